"""The file a cry model is: weights, the bout rule and the card, as data and never as code.

An ``.npz`` archive of plain arrays (half precision) and one block of JSON. The model carries the
fingerprint of the features it was trained on and is refused by a version that computes others.
"""

from __future__ import annotations

import io
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta

from monitor.core.cry.bouts import BoutRule
from monitor.core.cry.features import Floats, fingerprint
from monitor.core.cry.model_file import Arrays, ConvShape, check_fit, read_arrays
from monitor.errors import InputError

SPECIES = ("kitten", "puppy", "human", "other")


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """The machine-readable block inside a model file."""

    fingerprint: str
    convs: Annotated[list[ConvShape], Meta(min_length=1, max_length=16)]
    classes: Annotated[list[str], Meta(min_length=1, max_length=32)]
    temperature: Annotated[float, Meta(ge=0.01, le=100)]
    rule: BoutRule
    notes: dict[str, Any] = {}
    """what it was trained on, by which protocol, and the figures measured"""


class Conv(NamedTuple):
    """One convolution with its weights."""

    shape: ConvShape
    weights: Floats
    """shape (kernel_t * kernel_f * inputs + 1, outputs); the last row is the bias"""

    @property
    def inputs(self) -> int:
        """Channels it reads."""
        return len(self.weights) // (self.shape.kernel[0] * self.shape.kernel[1])

    @property
    def outputs(self) -> int:
        """Channels it gives."""
        return int(self.weights.shape[1])

    @property
    def carried(self) -> int:
        """Frames of the past that the next block needs."""
        return self.shape.kernel[0] - self.shape.stride[0]


class CryModel:
    """Weights and rule; stateless, may be shared."""

    def __init__(self, card: Card, arrays: Arrays) -> None:
        """Check that everything fits; see ``from_bytes`` for the errors."""
        if card.fingerprint != fingerprint():
            raise InputError(
                f"this cry model was trained on other features ({card.fingerprint}, this version "
                f"computes {fingerprint()}): use the model that ships, or train it again"
            )
        check_fit(card.convs, arrays, len(card.classes))
        self.card = card
        self.arrays: dict[str, Floats] = {}
        self.convs = []
        for k, shape in enumerate(card.convs):
            parts = arrays[f"conv{k}"], arrays[f"conv{k}_bias"]
            weights = np.vstack(parts, dtype=np.float32)
            self.convs.append(Conv(shape, weights))
            self.arrays |= {f"conv{k}": weights[:-1], f"conv{k}_bias": weights[-1]}  # views
        for name in ("head0", "head0_bias", "head1", "head1_bias"):
            self.arrays[name] = arrays[name].astype(np.float32)
        self.head = [(self.arrays[f"head{k}"], self.arrays[f"head{k}_bias"]) for k in range(2)]
        self._columns = _columns(card.classes)

    @classmethod
    def from_bytes(cls, data: bytes) -> CryModel:
        """Read an ``.npz`` written by ``to_bytes``.

        Raises:
            InputError: not a model, or one for other features.
        """
        try:
            arrays = read_arrays(data)
            card = msgspec.json.decode(arrays.pop("card").tobytes(), type=Card)
        except (KeyError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise InputError(f"this is not a cry model: {error}") from error
        return cls(card, arrays)

    def to_bytes(self) -> bytes:
        """The model as an ``.npz``: half-precision weights and the card as JSON."""
        stream = io.BytesIO()
        card = np.frombuffer(msgspec.json.encode(self.card), dtype=np.uint8)
        halves = {name: value.astype(np.float16) for name, value in self.arrays.items()}
        np.savez_compressed(stream, allow_pickle=False, card=card, **halves)
        return stream.getvalue()

    def probabilities(self, logits: Floats) -> Floats:
        """Softmax at the card's temperature, shape (windows, classes) to (windows, SPECIES)."""
        scaled = logits.astype(np.float64) / self.card.temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        p = np.exp(scaled)
        p /= p.sum(axis=1, keepdims=True)
        merged: Floats = p @ self._columns
        return merged


def _columns(classes: list[str]) -> Floats:
    """Shape (classes, SPECIES): which species each class of the network counts for."""
    columns = np.zeros((len(classes), len(SPECIES)), dtype=np.float32)
    for row, name in enumerate(classes):
        columns[row, SPECIES.index(name if name in SPECIES else "other")] = 1
    return columns

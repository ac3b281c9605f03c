"""Hearing a kitten or puppy cry: a small convolutional network over a stream, in numpy.

The network looks at level-free log-mel pictures (``features.py``), shrinks time and pitch in six
strided convolutions, pools the last second and names what it hears. Each layer carries over the
few columns the next block needs, so a stream gives the same scores however it is cut (to the
rounding of single precision); each convolution is one matrix product over a block of 0.96 s or
more, which is where the speed comes from.
Blocks in which nothing stands out of the background are not shown to the network at all.
"""

from __future__ import annotations

import io
from typing import Annotated, Any, NamedTuple

import msgspec
import numpy as np
from msgspec import Meta
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from monitor.core.bouts import BoutEvent, BoutRule, Bouts, CryWindow
from monitor.core.features import (
    FRAME,
    HOP,
    STEP_FRAMES,
    STEP_S,
    STEP_SAMPLES,
    Floats,
    Normaliser,
    fingerprint,
    log_mel,
)
from monitor.core.model_file import ConvShape, check_fit, read_arrays
from monitor.errors import InputError
from monitor.events import AUDIO_RATE_HZ, AudioBlock, CryStarted
from monitor.moments import Shift

SPECIES = ("kitten", "puppy", "human", "other")
BLOCK_STEPS = 2
"""steps computed at once: 0.96 s, the longest that still tells a cry within two seconds"""
GAP_S = 0.05
"""block times may disagree by this much before the stream counts as interrupted"""

_BLOCK_SAMPLES = BLOCK_STEPS * STEP_SAMPLES
_BLOCK_FRAMES = BLOCK_STEPS * STEP_FRAMES
_BLOCKS_AT_ONCE = 4
"""when more has arrived than a block (a file), so many go through together: cheaper per second"""
_LOOK_AHEAD = FRAME - HOP
_POOL_STEPS = 2
"""steps a window is pooled over: 0.96 s"""
_AVERAGED = 3
"""windows whose logits are averaged: a call is seen by that many, a click by one. On the held-out
fold, against 1 and 2: AUC 0.941, 0.951, 0.955; average precision 0.555, 0.619, 0.622"""
_UNSTIRRED_P = {"kitten": 5e-5, "puppy": 5e-5, "human": 1e-4, "other": 1 - 2e-4}
"""nothing stood out of the background: below every score the network gives"""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """The machine-readable block inside a model file."""

    fingerprint: str
    convs: Annotated[list[ConvShape], Meta(min_length=1, max_length=16)]
    classes: Annotated[list[str], Meta(min_length=1, max_length=32)]
    temperature: Annotated[float, Meta(ge=0.01, le=100)]
    rule: BoutRule
    notes: dict[str, Any] = {}
    """what it was trained on, by which protocol, and the figures measured"""


class _Conv(NamedTuple):
    shape: ConvShape
    weights: Floats
    """shape (kernel_t * kernel_f * inputs, outputs)"""
    bias: Floats
    inputs: int


class CryModel:
    """Weights and rule; stateless, may be shared."""

    def __init__(self, card: Card, arrays: dict[str, Floats]) -> None:
        """Check that everything fits; see ``from_bytes`` for the errors."""
        if card.fingerprint != fingerprint():
            raise InputError(
                f"this cry model was trained on other features ({card.fingerprint}, this version "
                f"computes {fingerprint()}): use the model that ships, or train it again"
            )
        check_fit(card.convs, dict(arrays), len(card.classes))
        self.card = card
        self.arrays = arrays
        self.convs = [
            _conv(shape, arrays[f"conv{k}"], arrays[f"conv{k}_bias"])
            for k, shape in enumerate(card.convs)
        ]
        self.head = [(arrays[f"head{k}"], arrays[f"head{k}_bias"]) for k in range(2)]
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
        return cls(card, {k: v.astype(np.float32) for k, v in arrays.items()})

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


def average(logits: Floats, past: Floats) -> Floats:
    """Each window's logits averaged with those of up to _AVERAGED - 1 windows before it.

    ``past`` holds the logits of the windows before the first, shape (k, classes), k may be 0.
    """
    known = np.concatenate([past[-(_AVERAGED - 1) :], logits])
    offset = len(known) - len(logits)
    ends = np.arange(offset + 1, len(known) + 1)
    means = [known[max(0, end - _AVERAGED) : end].mean(axis=0) for end in ends]
    return np.stack(means).astype(np.float32)


class Net:
    """The network over one stream of pictures."""

    def __init__(self, model: CryModel) -> None:
        self._model = model
        self.reset()

    def reset(self) -> None:
        """Forget the past, as at the start of a stream."""
        self._carried: list[Floats | None] = [None] * len(self._model.convs)
        self._pooled: Floats | None = None

    def logits(self, layers: Floats) -> Floats:
        """Whole steps of pictures, shape (steps * STEP_FRAMES, BANDS, 2), to (steps, classes)."""
        weights, bias = self._model.head[1]
        out: Floats = self.hidden(layers) @ weights + bias
        return out

    def hidden(self, layers: Floats) -> Floats:
        """The same up to the last layer, shape (steps, hidden): where fine-tuning starts."""
        steps = len(layers) // STEP_FRAMES
        x = layers
        for k, conv in enumerate(self._model.convs):
            x, self._carried[k] = _convolve(conv, x, self._carried[k])
        x = x.reshape(steps, -1, x.shape[-1])
        if self._pooled is None:
            self._pooled = np.zeros((_POOL_STEPS - 1, *x.shape[1:]), dtype=np.float32)
        past = np.concatenate([self._pooled, x])
        self._pooled = past[steps:]
        windows = np.concatenate([past[k : k + steps] for k in range(_POOL_STEPS)], axis=1)
        pooled = np.concatenate([windows.mean(axis=1), windows.max(axis=1)], axis=1)
        weights, bias = self._model.head[0]
        out: Floats = np.maximum(pooled @ weights + bias, 0)
        return out


class Heard(NamedTuple):
    """What a block of audio made certain."""

    windows: list[CryWindow]
    bouts: list[BoutEvent]


class _Opinion(NamedTuple):
    """About one window: averaged with those before it, and on its own.

    The average is what a sound as a whole is judged by. Bouts count single calls, which lie
    between pauses: an average would drown them.
    """

    shown: CryWindow
    call: CryWindow


class CryDetector:
    """Audio blocks in, windows and bouts out; one per stream."""

    level_db: float | None = None
    """RMS of the last half second in dBFS; ``None`` before it is complete"""
    floor_db: float | None = None
    """the same for the background: the quiet quarter of the last ten seconds"""

    def __init__(self, model: CryModel) -> None:
        self._model = model
        self._net = Net(model)
        self._bouts = Bouts(model.card.rule)
        self._end_s: float | None = None
        self._pending: Floats
        self._restart()

    @property
    def crying(self) -> CryStarted | None:
        """The bout that is open now."""
        return self._bouts.crying

    def update(self, block: AudioBlock) -> Heard:
        """Fold in the next block, of any size.

        A block that does not follow on the last one (by more than GAP_S) starts a new stretch:
        sound before the gap is never joined to sound after it.
        """
        opinions: list[_Opinion] = []
        if self._end_s is not None and abs(block.t_s - self._end_s) > GAP_S:
            opinions += self._finish()
        self._end_s = block.end_s
        self._pending = np.concatenate([self._pending, block.samples])
        while (blocks := (len(self._pending) - _LOOK_AHEAD) // _BLOCK_SAMPLES) > 0:
            start_s = self._end_s - len(self._pending) / AUDIO_RATE_HZ
            done = min(blocks, _BLOCKS_AT_ONCE) * _BLOCK_SAMPLES
            opinions += self._hear(self._pending[: done + _LOOK_AHEAD], start_s)
            self._pending = self._pending[done:]
        return self._tell(opinions)

    def move(self, shift: Shift) -> None:
        """The timeline was moved."""
        self._end_s = shift.maybe(self._end_s)
        self._bouts.move(shift)

    def flush(self) -> Heard:
        """The stream is over: score what is left, close an open bout."""
        heard = self._tell(self._finish())
        self._end_s = None
        return Heard(heard.windows, heard.bouts + self._bouts.flush())

    def _tell(self, opinions: list[_Opinion]) -> Heard:
        events = [event for o in opinions for event in self._bouts.update(o.call)]
        return Heard([o.shown for o in opinions], events)

    def _restart(self) -> None:
        self._pending = np.zeros(0, dtype=np.float32)
        self._heard_samples = 0
        self._normaliser = Normaliser()
        self._net.reset()
        self._skipped: Floats | None = None
        self._past: Floats = np.zeros((0, len(self._model.card.classes)), dtype=np.float32)
        self._levels_db: list[float] = []

    def _finish(self) -> list[_Opinion]:
        """Score the rest of a stretch, padded with silence, and forget it."""
        opinions: list[_Opinion] = []
        left = len(self._pending)
        if self._end_s is not None and left and (left > _LOOK_AHEAD or not self._heard_samples):
            start_s = self._end_s - left / AUDIO_RATE_HZ
            padded = np.zeros(_BLOCK_SAMPLES + _LOOK_AHEAD, dtype=np.float32)
            padded[:left] = self._pending
            steps = min(BLOCK_STEPS, -(-left // STEP_SAMPLES))
            opinions = self._hear(padded, start_s)[:steps]
        self._restart()
        return opinions

    def _hear(self, samples: Floats, start_s: float) -> list[_Opinion]:
        """Whole blocks (and their look-ahead) to BLOCK_STEPS windows each."""
        self._measure_level(samples[: len(samples) - _LOOK_AHEAD])
        self._heard_samples += len(samples) - _LOOK_AHEAD
        picture = self._normaliser.picture(log_mel(samples))
        stirring: NDArray[np.bool_] = picture.stirring.reshape(-1, BLOCK_STEPS).max(axis=1)
        cuts = np.flatnonzero(np.diff(stirring)) + 1
        opinions: list[_Opinion] = []
        for run in np.split(np.arange(len(stirring)), cuts):
            layers = picture.layers[run[0] * _BLOCK_FRAMES : (run[-1] + 1) * _BLOCK_FRAMES]
            seen_s = start_s + len(opinions) * STEP_S
            if stirring[run[0]]:
                opinions += self._look(layers, seen_s)
            else:
                opinions += self._skip(layers, seen_s)
        return opinions

    def _look(self, layers: Floats, start_s: float) -> list[_Opinion]:
        if self._skipped is not None:  # wake up with the last block as context
            self._net.reset()
            self._past = self._net.logits(self._skipped)
            self._skipped = None
        logits = self._net.logits(layers)
        shown = self._windows(average(logits, self._past), start_s)
        self._past = np.concatenate([self._past, logits])[-(_AVERAGED - 1) :]
        return list(map(_Opinion, shown, self._windows(logits, start_s)))

    def _windows(self, logits: Floats, start_s: float) -> list[CryWindow]:
        p = self._model.probabilities(logits).tolist()
        named = (dict(zip(SPECIES, row, strict=True)) for row in p)
        return [CryWindow(start_s + (k + 1) * STEP_S, row) for k, row in enumerate(named)]

    def _skip(self, layers: Floats, start_s: float) -> list[_Opinion]:
        self._skipped = layers[-_BLOCK_FRAMES:]
        windows = (
            CryWindow(start_s + (k + 1) * STEP_S, dict(_UNSTIRRED_P))
            for k in range(len(layers) // STEP_FRAMES)
        )
        return [_Opinion(window, window) for window in windows]

    def _measure_level(self, samples: Floats) -> None:
        power = np.square(samples).reshape(-1, STEP_SAMPLES).mean(axis=1)
        self._levels_db += (10 * np.log10(power + 1e-11)).tolist()
        del self._levels_db[:-20]
        self.level_db = self._levels_db[-1]
        self.floor_db = sorted(self._levels_db)[len(self._levels_db) // 4]


def _conv(shape: ConvShape, weights: Floats, bias: Floats) -> _Conv:
    cells = shape.kernel[0] * shape.kernel[1]
    return _Conv(shape, np.ascontiguousarray(weights), bias, len(weights) // cells)


def _convolve(conv: _Conv, x: Floats, carried: Floats | None) -> tuple[Floats, Floats]:
    """Valid convolution over time (the past is carried), padded over pitch, then ReLU.

    ``x`` has shape (frames, bands, channels). Windows of neighbouring cells are adjacent in
    memory, so gathering them for the matrix product copies long runs.
    """
    (kt, kf), (st, sf), pad = conv.shape.kernel, conv.shape.stride, conv.shape.pad
    frames, bands, channels = x.shape
    keep = kt - st
    buffer = np.zeros((keep + frames, bands + 2 * pad, channels), dtype=np.float32)
    if carried is not None:
        buffer[:keep] = carried
    buffer[keep:, pad : pad + bands] = x
    rows, columns = frames // st, (bands + 2 * pad - kf) // sf + 1
    t, f, c = buffer.strides
    cells = as_strided(
        buffer, (rows, columns, kt, kf * channels), (t * st, f * sf, t, c), writeable=False
    )
    out = cells.reshape(rows * columns, -1) @ conv.weights
    out += conv.bias
    np.maximum(out, 0, out=out)
    return out.reshape(rows, columns, -1), buffer[len(buffer) - keep :].copy()


def _columns(classes: list[str]) -> Floats:
    """Shape (classes, SPECIES): which species each class of the network counts for."""
    columns = np.zeros((len(classes), len(SPECIES)), dtype=np.float32)
    for row, name in enumerate(classes):
        columns[row, SPECIES.index(name if name in SPECIES else "other")] = 1
    return columns

"""Moves the cry model's bias and threshold to the recordings of one nursery, and judges that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.core.cry.bouts import Bouts, CryWindow
from monitor.core.cry.features import (
    STEP_S,
)
from monitor.core.cry.model import SPECIES, CryModel
from monitor.events import CryStarted, Species
from monitor.times import HOUR_S

Floats = NDArray[np.float32]

_STAY = 0.02
"""pull towards the shipped weights, per window: a handful of recordings moves them only a little"""
_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
_STEPS, _RATE = 400, 0.5
"""of gradient descent, and its rate"""


@dataclass(frozen=True)
class Recording:
    """One file as the last layer sees it."""

    path: Path
    hidden: Floats
    """shape (windows, hidden)"""
    loud: NDArray[np.bool_]
    is_cry: bool

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.hidden) * STEP_S


class Tuned(NamedTuple):
    """A last layer and a threshold."""

    weights: Floats
    bias: Floats
    on: float


class Metrics(NamedTuple):
    """How a model does on recordings it was not tuned on."""

    heard: int
    cries: int
    false_bouts: int
    room_h: float

    def better_than(self, other: Metrics) -> bool:
        """More heard without more false bouts, or as much heard with fewer."""
        no_worse = self.heard >= other.heard and self.false_bouts <= other.false_bouts
        return no_worse and (self.heard, self.false_bouts) != (other.heard, other.false_bouts)

    def __str__(self) -> str:
        return (
            f"{self.heard} of {self.cries} cry recordings raise a bout, "
            f"{self.false_bouts} false bouts in {self.room_h:.2f} h"
        )


Way = Literal["shipped", "threshold", "last layer"]


def tune(
    model: CryModel,
    recordings: Sequence[Recording],
    species: Species,
    way: Way,
    answers: Sequence[float],
) -> Tuned:
    """One way of tuning on these recordings."""
    shipped = Tuned(*model.head[1], model.card.rule.on)
    if way == "shipped":
        return shipped
    layer = shipped if way == "threshold" else _moved(model, recordings, species)
    return layer._replace(on=_threshold(model, layer, recordings, answers))


def leave_one_out(
    model: CryModel,
    recordings: Sequence[Recording],
    species: Species,
    way: Way,
    answers: Sequence[float],
) -> Metrics:
    """Judge a way on each recording in turn, tuned on all the others."""
    heard = false = 0
    for left_out in recordings:
        others = [r for r in recordings if r is not left_out]
        bouts = pet_bouts(model, tune(model, others, species, way, answers), left_out)
        if left_out.is_cry:
            heard += bouts > 0
        else:
            false += bouts
    room_h = sum(r.seconds for r in recordings if not r.is_cry) / HOUR_S
    return Metrics(heard, sum(r.is_cry for r in recordings), false, room_h)


def pet_bouts(model: CryModel, tuned: Tuned, recording: Recording) -> int:
    """How many bouts of a kitten or puppy a recording raises, looped to ten seconds if shorter."""
    hidden = recording.hidden
    if recording.is_cry:
        hidden = np.tile(hidden, (max(1, round(10.0 / recording.seconds)), 1))
    p = model.probabilities(hidden @ tuned.weights + tuned.bias)
    rule = msgspec.structs.replace(
        model.card.rule, on=tuned.on, off=min(tuned.on, model.card.rule.off)
    )
    bouts = Bouts(rule)
    events = []
    for k, row in enumerate(p):
        window = CryWindow((k + 1) * STEP_S, dict(zip(SPECIES, row.tolist(), strict=True)))
        events += bouts.observe(window)
    return sum(isinstance(e, CryStarted) and e.species != "human" for e in events)


def _moved(model: CryModel, recordings: Sequence[Recording], species: Species) -> Tuned:
    """The last layer after gradient descent on her windows, held near the shipped one."""
    classes = model.card.classes
    cries = [r.hidden[r.loud] for r in recordings if r.is_cry]
    rooms = [r.hidden for r in recordings if not r.is_cry]
    x = np.concatenate([*cries, *rooms])
    count = sum(map(len, cries))
    target = np.zeros((len(x), len(classes)), dtype=np.float32)
    target[:count, classes.index(species)] = 1
    target[count:, classes.index("other")] = 1
    weight = np.concatenate(
        [np.full(count, 0.5 / max(count, 1)), np.full(len(x) - count, 0.5 / max(1, len(x) - count))]
    ).astype(np.float32)[:, None]
    start_w, start_b = model.head[1]
    w, b = start_w.copy(), start_b.copy()
    rate = _RATE / (1 + float(np.square(x).sum(axis=1).mean()))
    for _ in range(_STEPS):
        logits = x @ w + b
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        error = (p / p.sum(axis=1, keepdims=True) - target) * weight
        w -= rate * (x.T @ error + _STAY * (w - start_w))
        b -= rate * (error.sum(axis=0) + _STAY * (b - start_b))
    return Tuned(w, b, model.card.rule.on)


def _threshold(
    model: CryModel, layer: Tuned, recordings: Sequence[Recording], answers: Sequence[float]
) -> float:
    """The threshold with the most recordings heard less false bouts; ties go to the shipped one."""
    shipped_on = model.card.rule.on

    def worth(on: float) -> tuple[int, float]:
        trial = layer._replace(on=on)
        counts = [(r.is_cry, pet_bouts(model, trial, r)) for r in recordings]
        heard = sum(is_cry and n > 0 for is_cry, n in counts)
        false = sum(n for is_cry, n in counts if not is_cry) + sum(s >= on for s in answers)
        return heard - 2 * false, -abs(on - shipped_on)

    return max((shipped_on, *_THRESHOLDS), key=worth)

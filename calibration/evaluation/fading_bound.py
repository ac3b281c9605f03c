"""How early a baby that fades could be told of at most, by kind of course.

Two shares of courses told 12 h before ``losing_weight``, at one false alert in 100 weeks:

* **looks**: the same signs, and somebody says when to look: 48 hours that begin with the onset, or
  once a week at any hour of a healthy baby;
* **knows**: somebody who knows all that the simulation hides (when and how it fades, what it would
  weigh, drink and do otherwise, its own movement and calls apart from those of its litter) and has
  only to tell these two courses apart in what is weighed, drunk and heard. The most powerful test
  of one course against another (Neyman and Pearson) finds it with the probability
  Phi(d - z), where d² = delta' S^-1 delta: nobody who knows less is better.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.evaluation.fading_drive import (
    AWAKE,
    AWAKE_HOURS,
    CRY_SHAPE,
    Score,
    Told,
)
from calibration.evaluation.fading_worlds import (
    BOTTLE_SCATTER,
    DAY_SCATTER,
    FADES,
    LIFT_KEPT,
    LIFT_SCATTER,
    LIFT_WANDERS,
    LITTER_SCATTER,
    LIVELY_DAYS,
    Animal,
    Fade,
    Litter,
    Values,
)

Hours = NDArray[np.int64]

WEEK_H, EARLY_H = 168.0, 12.0
LOOKS_H = 48
WARM_UP_H = 48
FALSE = 0.01
"""false alerts in a week of a healthy baby"""


class Bound(NamedTuple):
    """One course."""

    fade: Fade
    room_h: float
    """from the onset to 12 h before ``losing_weight``"""
    looks: bool
    """told by then by somebody who knows when to look"""
    knows: float
    """the probability that somebody who knows all else tells it by then"""


# ---------------------------------------------------------------------- when to look


def looking_limit(told: Sequence[Told], score: Score = "fading") -> float:
    """The limit that one in a hundred stretches of 48 h of healthy babies reaches."""
    most = []
    for of in told:
        well_h = math.ceil(of.animal.onset_h) if of.animal.fade else len(of.scores)
        said = [now.get(score, -math.inf) for now in of.scores[:well_h]]
        most += [max(said[h : h + LOOKS_H]) for h in range(WARM_UP_H, well_h - LOOKS_H)]
    return sorted(most)[int((1.0 - FALSE) * len(most))] if most else math.inf


def looked(of: Told, until_h: float, limit: float, score: Score = "fading") -> bool:
    """Whether the limit is reached between the onset and ``until_h``."""
    hours = range(math.ceil(of.animal.onset_h), min(int(until_h) + 1, len(of.scores)))
    return any(of.scores[h].get(score, -math.inf) >= limit for h in hours)


# ---------------------------------------------------------------------- what is hidden


def known(sick: Animal, well: Animal, made: Litter, until_h: float) -> float:
    """The power of the best test by ``until_h``; ``well``: the same baby, had it not begun."""
    span_h = until_h - sick.onset_h
    if span_h <= 0.0:
        return 0.0
    apart = math.sqrt(distance(sick, well, made, until_h))
    normal = NormalDist()
    return normal.cdf(apart + normal.inv_cdf(FALSE * span_h / WEEK_H))


def distance(sick: Animal, well: Animal, made: Litter, until_h: float) -> float:
    """d² of all that is seen of one baby from its onset on."""
    fed = made.feeds_h.astype(int)
    fed = fed[(fed >= sick.onset_h) & (fed < until_h) & made.seen[fed]]
    hours = np.arange(math.ceil(sick.onset_h), int(until_h))
    return _milk(sick, well, fed) + _weight(sick, well, fed) + _lively(sick, well, hours) + (
        _cries(sick, well, hours) if made.hears else 0.0
    )  # fmt: skip


def _milk(sick: Animal, well: Animal, fed: Hours) -> float:
    less = np.log(sick.drinks[fed] / well.drinks[fed])
    days = DAY_SCATTER**2 + LITTER_SCATTER**2
    refuses, usual = (np.clip(each.refuses[fed], 0.01, 0.99) for each in (sick, well))
    refused = refuses * np.log(refuses / usual)
    refused += (1.0 - refuses) * np.log((1.0 - refuses) / (1.0 - usual))
    return _squared(less, BOTTLE_SCATTER**2, days * _one_day(fed)) + 2.0 * float(refused.sum())


def _weight(sick: Animal, well: Animal, fed: Hours) -> float:
    place = np.arange(len(fed))
    apart = np.abs(place[:, None] - place[None, :])
    step = (LIFT_WANDERS * LIFT_KEPT) ** 2 / (1.0 - LIFT_KEPT**2)
    return _squared(sick.log_g[fed] - well.log_g[fed], LIFT_SCATTER**2, step * LIFT_KEPT**apart)


def _lively(sick: Animal, well: Animal, hours: Hours) -> float:
    share = np.clip(AWAKE * well.lively[hours], 0.01, 0.9)
    of_hour = (1.0 - share) / (share * (AWAKE_HOURS + 1.0))
    less = np.log(sick.lively[hours] / well.lively[hours])
    return _squared(less, of_hour, LIVELY_DAYS**2 * _one_day(hours))


def _cries(sick: Animal, well: Animal, hours: Hours) -> float:
    """Minutes of calls are gamma distributed: twice the divergence of one scale from another."""
    times = np.maximum(sick.cries[hours], 1e-3) / well.cries[hours]
    return 2.0 * CRY_SHAPE * float(np.sum(times - 1.0 - np.log(times)))


def _one_day(hours: Hours) -> Values:
    same: Values = (hours[:, None] // 24 == hours[None, :] // 24).astype(float)
    return same


def _squared(apart: Values, own: float | Values, shared: Values) -> float:
    if not len(apart):
        return 0.0
    return float(apart @ np.linalg.solve(shared + np.diag(own * np.ones(len(apart))), apart))


# ---------------------------------------------------------------------- the table


def rows(bounds: Sequence[Bound]) -> list[str]:
    """By kind of course."""
    table = [
        "| course | onset to 12 h before losing_weight, median (10 to 90 %) | looks | knows |",
        "|---|---|---|---|",
    ]
    for name in (*FADES, "all"):
        found = [each for each in bounds if name in {each.fade, "all"}]
        if found:
            low, middle, high = np.percentile([each.room_h for each in found], (10, 50, 90))
            looks = sum(each.looks for each in found)
            knows = 100.0 * float(np.mean([each.knows for each in found]))
            table.append(
                f"| {name} | {middle:.0f} h ({low:.0f} to {high:.0f}) "
                f"| {looks} of {len(found)} ({100.0 * looks / len(found):.0f} %) | {knows:.0f} % |"
            )
    return table

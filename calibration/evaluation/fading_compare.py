"""Signs that agree against each single rule and each single sign, at the same rate of false alerts.

A rule of fixed limits has one rate of false alerts; the agreement of signs is given the limit with
which it is false as often. A single sign is given the limit with which it is false as often as
``fading`` is. The curve says what any rate buys.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from calibration.evaluation.fading_drive import Score, Scores, Told
from calibration.evaluation.fading_worlds import HOURS, Animal
from monitor.core.fading.judgement import WATCH

Spoken = Callable[[Told], list[bool]]
"""hour by hour, whether something is said of a baby"""
Result = tuple[float, float]
"""false ones in 100 weeks, and the share of courses told 12 h before ``losing_weight``"""
Measure = Callable[[Spoken], Result]

RATES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""False alerts in 100 weeks, of the curve."""
SINGLE: tuple[Score, ...] = ("gain", "drinking", "moving", "crying")
HIGHEST = 60.0
"""No score says more."""


def spoken_at(of: Told, score: Score, limit: float) -> list[bool]:
    """Said from a limit on, and until it is over: half of the limit; of agreement, as the box does.

    With agreement that is until the level is ``well``.
    """
    on, found = False, []
    for now in of.scores:
        on = now.get(score, -math.inf) >= limit or (on and _lasts(now, score, limit))
        found.append(on)
    return found


def _lasts(now: Scores, score: Score, limit: float) -> bool:
    if score == "fading":
        return now.get("score", math.inf) >= min(WATCH, limit)
    return now.get(score, math.inf) >= 0.5 * limit


def limit_for(measure: Measure, score: Score, rate: float) -> float:
    """The lowest limit at which it is false at most so often in 100 weeks; by bisection."""
    low, high = 0.5, HIGHEST
    for _ in range(12):
        middle = 0.5 * (low + high)
        too_often = measure(at_limit(score, middle))[0] > rate
        low, high = (middle, high) if too_often else (low, middle)
    return high


def at_limit(score: Score, limit: float) -> Spoken:
    """What is said with this limit."""
    return lambda of: spoken_at(of, score, limit)


def curve(measure: Measure) -> list[str]:
    """What each rate of false alerts buys."""
    rows = [
        "| limit | false, per 100 weeks | 12 h before losing_weight |",
        "|---|---|---|",
    ]
    for rate in RATES:
        limit = limit_for(measure, "fading", rate)
        false, early = measure(at_limit("fading", limit))
        rows.append(f"| {limit:.1f} | {false:.1f} | {early:.0f} % |")
    return rows


def against_rules(measure: Measure, rules: Sequence[str]) -> list[str]:
    """Each rule that was there before, and agreement at its rate."""
    rows = ["| rule | false, per 100 weeks | by the rule | by agreement |", "|---|---|---|---|"]
    for rule in rules:
        false, early = measure(lambda of, rule=rule: [rule in kinds for kinds in of.kinds])  # type: ignore[misc]
        limit = limit_for(measure, "fading", false)
        ours = measure(at_limit("fading", limit))[1]
        rows.append(f"| {rule} | {false:.1f} | {early:.0f} % | {ours:.0f} % |")
    return rows


def against_signs(measure: Measure, rate: float) -> list[str]:
    """Each group of signs by itself, at a rate, beside agreement."""
    rows = ["| signs | 12 h before losing_weight |", "|---|---|"]
    names: tuple[Score, ...] = ("fading", *SINGLE)
    for score in names:
        early = measure(at_limit(score, limit_for(measure, score, rate)))[1]
        rows.append(f"| {'that agree' if score == 'fading' else score} | {early:.0f} % |")
    return rows


def milk_missed(animal: Animal, until_h: float) -> float:
    """Days of its usual milk that it has left since the onset, as it truly is, without scatter."""
    from_h, to_h = math.ceil(animal.onset_h), min(math.ceil(until_h), HOURS)
    usual = float(animal.drinks[max(from_h - 1, 0)])
    return float(np.sum(1.0 - animal.drinks[from_h:to_h] / usual)) / 24.0

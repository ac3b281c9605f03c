"""What a newborn may lose, and by when it must have gained.

Everything is set against its first weight, which lies within a day of birth. Only a known date of
birth excuses anything. ``calibration.evaluation.growth_base_rates`` counts how often each
rule holds for healthy newborns, and how often a loss is found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from monitor.alert_kinds import Severity
from monitor.core.growth.averages import Mean, around, shown_after_h, surely_lost_g
from monitor.core.growth.concern import Concern, Excuse, of_divisions
from monitor.core.growth.trend import Point
from monitor.events import Species
from monitor.times import DAY_S, HOUR_S

AT_BIRTH_DAY = 1.0
"""A first weight later than this is none of birth; a date of birth is half a day uncertain."""
EXCUSED_PCT = 4.0
"""in one day or two, whatever the first weight was: the published line for puppies (Mila 2015)"""
ALONE_PCT = 7.0
"""Less than this must show twice when it was weighed twice within half a day: one weighing is off
by 2 %, and by more where one was before a bottle and the other after it."""
HALF_DAY_S = 12.5 * HOUR_S
LEVEL_S = 4.2 * HOUR_S
"""Lifts within this are one level: 1.4 of the three hours on either side of "then"."""


class Newborn(msgspec.Struct, frozen=True, kw_only=True):
    """What one species may do in its first days."""

    until_day: float
    """from this age on the rules of older babies hold alone"""
    loss_pct: tuple[tuple[float, float], ...]
    """(hours since its first weight, loss that is told from then on)"""
    critical_pct: float
    gains_by_h: float
    """at this age it weighs more than at birth"""
    why_loss: str
    why_no_gain: str


NEWBORN: dict[Species, Newborn] = {
    # A loss, or no gain by day 2, is a risk at any birth weight (Mugnier 2024, 5,504 kittens). Nine
    # of ten healthy kittens gain 7 % or more on each of their first days (growth.toml, 39 records)
    # and two weighings by hand differ by 2.3 % (1 SD) of themselves, so that 3 % after a day is no
    # accident. Before that it dries and empties itself, and a bottle weighs 4 to 5 %.
    "kitten": Newborn(
        until_day=2.0,
        loss_pct=((0.0, 8.0), (18.0, 5.0), (24.0, 3.0), (30.0, 1.0)),
        critical_pct=7.0,
        gains_by_h=40.0,
        why_loss="a kitten loses nothing after birth: a loss in its first two days is a risk",
        why_no_gain="no gain between birth and day 2 is a risk, whatever the birth weight",
    ),
    # Growth of -4 % or worse over the first two days goes with death to day 21 (Mila 2015, 514
    # puppies); 10 % in 48 h is trouble (Dog Owner's Home Veterinary Handbook). "No gain by 72 h" is
    # in the same book and was true of all six of a litter that thrived: they gained from day 5 on.
    "puppy": Newborn(
        until_day=7.0,
        loss_pct=((0.0, 8.0), (24.0, 4.0)),
        critical_pct=10.0,
        gains_by_h=144.0,
        why_loss="a loss of 4 % or more over a puppy's first two days is a risk",
        why_no_gain="a puppy weighs more than at birth by day 6",
    ),
}


def first_weight(points: Sequence[Point], age_day: float) -> Mean | None:
    """The level of its first weight, when that is of about its birth; ``age_day`` at the last."""
    if not points:
        return None
    first = points[0]
    if age_day - (points[-1].t_s - first.t_s) / DAY_S > AT_BIRTH_DAY:
        return None
    if first.typed:
        return Mean(first.t_s, first.g, 1, first.resolution_g)
    return around(points, first.t_s, first.t_s + LEVEL_S)


def excuse_of(points: Sequence[Point], species: Species, age_day: float) -> Excuse | None:
    """What the rules of older babies leave to those of the first days; ``None`` later."""
    rules = NEWBORN[species]
    if age_day >= rules.until_day:
        return None
    birth = first_weight(points, age_day)
    hours = math.inf if birth is None else (points[-1].t_s - birth.t_s) / HOUR_S
    return Excuse(max(EXCUSED_PCT, _limit_pct(rules, hours)), rules.critical_pct)


def _limit_pct(rules: Newborn, hours: float) -> float:
    return next(pct for from_h, pct in reversed(rules.loss_pct) if hours >= from_h)


def newborn_concern(
    points: Sequence[Point], species: Species, age_day: float, gain_g_day: float
) -> Concern | None:
    """A loss since birth, or no gain since; ``gain_g_day`` is what the reference expects.

    Asked until two weeks after birth: one that never came back to its first weight is not well.
    """
    birth, rules = first_weight(points, age_day), NEWBORN[species]
    if birth is None or points[-1].t_s - birth.t_s > 14 * DAY_S:
        return None
    now = around(points, points[-1].t_s - LEVEL_S, points[-1].t_s)
    if now is None or now.t_s <= birth.t_s:
        return None
    hours = (now.t_s - birth.t_s) / HOUR_S
    return _loss(birth, now, _earlier(points, birth), rules, hours) or _no_gain(
        birth, now, rules, hours, gain_g_day
    )


def _earlier(points: Sequence[Point], birth: Mean) -> Mean | None:
    """The level before the present one, of the last half day; lifts need none to be sure of."""
    last = points[-1]
    since_s = max(last.t_s - HALF_DAY_S, birth.t_s + LEVEL_S)
    return around(points[:-1], since_s, last.t_s - LEVEL_S) if last.typed else None


def _loss(
    birth: Mean, now: Mean, earlier: Mean | None, rules: Newborn, hours: float
) -> Concern | None:
    limit = _limit_pct(rules, hours)
    sure = 100.0 * surely_lost_g(birth, now) / birth.g
    before = sure if earlier is None else 100.0 * surely_lost_g(birth, earlier) / birth.g
    if sure < limit or (sure < ALONE_PCT and before < limit):
        return None
    severity: Severity = "critical" if sure >= rules.critical_pct else "warning"
    lost_g = birth.g - now.g
    return Concern(
        kind="losing_weight",
        severity=severity,
        text=f"{now.g:.0f} g, {lost_g:.0f} g ({100.0 * lost_g / birth.g:.1f} %) less than its "
        f"first weight ({birth.g:.0f} g, {hours:.0f} h ago)",
        why=rules.why_loss + of_divisions(birth, now),
    )


def _no_gain(
    birth: Mean, now: Mean, rules: Newborn, hours: float, gain_g_day: float
) -> Concern | None:
    shown_h = rules.gains_by_h + shown_after_h(birth, now, gain_g_day)
    if hours < shown_h or now.g > birth.g:
        return None
    return Concern(
        kind="not_gaining",
        severity="warning",
        text=f"{now.g:.0f} g, no more than its first weight ({birth.g:.0f} g, {hours:.0f} h ago)",
        why=rules.why_no_gain + of_divisions(birth, now),
    )

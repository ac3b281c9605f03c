"""The rules about a weight that falls or stands still, once the first days are over.

They were counted on real litters: "no gain in 24 h" is right to about three weeks only. A coarse
scale widens them: what it may be off is no loss, and it is given the time to show a gain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from monitor.alert_kinds import Severity
from monitor.core.growth.averages import (
    Mean,
    ago,
    daily,
    half_window_s,
    peak,
    shown_after_h,
    surely_lost_g,
    theil_sen,
)
from monitor.core.growth.changepoint import find_turn
from monitor.core.growth.concern import Concern, Excuse, of_divisions
from monitor.core.growth.trend import Point, noise
from monitor.events import Species
from monitor.times import HOUR_S

COARSE_SHARE = 0.015
"""A scale whose division is a larger share of the weight cannot tell several weighings that agree
on a loss from one that stands still: its errors agree, too."""


def below_peak(points: Sequence[Point], now: Mean, excuse: Excuse | None) -> Concern | None:
    """Far below the highest weight of the last days."""
    highest = peak(points)
    below = 100.0 * (highest.g - now.g) / highest.g
    sure = 100.0 * surely_lost_g(highest, now) / highest.g
    if sure < 5.0:
        return None
    ten = sure >= 10.0
    rule = "10 %" if ten else "5 %"
    counted = "" if ten else " (never seen in 39 healthy kittens)"
    return Concern(
        kind="losing_weight",
        severity=_severity(sure, excuse),
        text=f"{now.g:.0f} g, {below:.0f} % below its highest ({highest.g:.0f} g)",
        why=f"{rule} or more below its own peak{counted}{of_divisions(highest, now)}",
    )


def lost(
    points: Sequence[Point], now: Mean, age_day: float, excuse: Excuse | None
) -> Concern | None:
    """Less than a day or two ago."""
    half_s = half_window_s(points)
    for hours in (24.0, 48.0):
        before = ago(points, now.t_s, hours, half_s)
        if before is None:
            continue
        limit = _limit_pct(age_day, now, before, points)
        limit = limit if excuse is None else max(limit, excuse.loss_pct)
        lost_g = before.g - now.g
        sure = 100.0 * surely_lost_g(before, now) / before.g
        if sure >= limit:
            since = (now.t_s - before.t_s) / HOUR_S
            return Concern(
                kind="losing_weight",
                severity=_severity(sure, excuse),
                text=f"{now.g:.0f} g, {lost_g:.0f} g ({100.0 * lost_g / before.g:.1f} %) less than "
                f"{since:.0f} h ago",
                why=f"lost {limit:.1f} % or more{of_divisions(before, now)}",
            )
    return None


def _severity(lost_pct: float, excuse: Excuse | None) -> Severity:
    return "critical" if lost_pct >= (5.0 if excuse is None else excuse.critical_pct) else "warning"


def _limit_pct(age_day: float, now: Mean, before: Mean, points: Sequence[Point]) -> float:
    """Loss in a day or two that is no accident of one weighing.

    39 healthy kittens by hand, once a day: >= 2 % in 24 h on 0.4, 1.2 and 0.4 % of kitten-days
    1-14, 14-21 and 21-28 and on 2.1 % of days 28-42; >= 3 % on 0.4 % of those; >= 5 % never.
    Whoever is weighed more often has more chances to be wrong, so one weighing must then show
    more; several on either side leave less to chance.
    """
    if daily(points):
        return 2.0 if age_day <= 14 else 2.5 if age_day <= 28 else 3.0 if age_day <= 42 else 5.0
    single = 1.5 if age_day <= 14 else 2.0 if age_day <= 28 else 2.3 if age_day <= 42 else 4.0
    # Lifted at each bottle, a loss is found sooner by its turn, and this need not hurry.
    floor = 1.0 if points[-1].typed else 1.4
    return floor + single * math.sqrt(0.5 / now.n + 0.5 / before.n)


def turned(points: Sequence[Point], age_day: float, gain_prior_pct: float) -> Concern | None:
    """Several weighings since a turn that agree on a loss."""
    last = points[-1]
    if age_day > 42 or last.resolution_g > COARSE_SHARE * last.g:
        return None
    turn = find_turn(
        np.array([p.t_s for p in points]),
        np.array([p.g for p in points]),
        np.array([math.sqrt(noise(p)) for p in points]),
        gain_prior_pct,
    )
    if turn is None or turn.n_after < 3 or turn.slope_pct_day > -1.0:
        return None
    if turn.p_losing < (0.95 if turn.n_after > 3 else 0.97):
        return None
    hours = (last.t_s - turn.since_s) / HOUR_S
    return Concern(
        kind="losing_weight",
        severity="warning",
        text=f"{last.g:.0f} g, falling {-turn.slope_pct_day:.1f} % a day for {hours:.0f} h",
        why=f"{turn.n_after} weighings agree on a loss (p {turn.p_losing:.2f})",
    )


def stalled(
    points: Sequence[Point], now: Mean, species: Species, age_day: float, gain_g_day: float
) -> Concern | None:
    """No gain in two days to three weeks of age, in three to six weeks, in five later.

    ``gain_g_day`` is the reference's: a scale of whole ounces is waited for until such a gain
    would have moved it by one of them.
    """
    if age_day < (6.0 if species == "puppy" else 2.0):
        return None
    # No gain in 48 h: 0.0 % of kitten-days to day 14 and 0.4 % to day 21; in 72 h: 0.4 to 1.0 %
    # of those from day 21 to 42. Theil-Sen over 3 days below 1 %/d: 0.0 % to day 14.
    hours = 48.0 if age_day <= 21 else 72.0 if age_day <= 42 else 120.0
    shown_h = hours + shown_after_h(now, now, gain_g_day)
    before = ago(points, now.t_s, shown_h, half_window_s(points))
    gained = 0.0 if age_day <= 14 else -0.003
    if before is not None and now.g <= before.g * (1.0 + gained):
        if now.resolution_g > 0 and now.t_s - before.t_s < (shown_h - 6.0) * HOUR_S:
            return None  # nothing that old is known
        return Concern(
            kind="not_gaining",
            severity="warning",
            text=f"{now.g:.0f} g, no more than {(now.t_s - before.t_s) / HOUR_S:.0f} h ago",
            why=f"no gain in {shown_h:.0f} h{of_divisions(before, now)}",
        )
    slope = theil_sen(points, now.t_s)
    floor = 0.5 if age_day <= 14 else 0.0
    sure_slope = floor - 100.0 * now.resolution_g / now.g / 3.0
    if slope is not None and slope < sure_slope and age_day <= 21:
        return Concern(
            kind="not_gaining",
            severity="warning",
            text=f"{now.g:.0f} g, {slope:+.1f} % a day over three days",
            why=f"three-day trend below {floor:.1f} % a day",
        )
    return None

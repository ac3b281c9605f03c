"""How a baby's weight is going, and from which day on that is a reason to call.

``trend`` gives ``p_losing``, ``changepoint`` whether several weighings agree on a loss; the alarms
are rules that were counted on real litters: "no gain in 24 h" is right to about three weeks only.
Weights are compared before a feed with before a feed; a puppy's first days are allowed more.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np

from monitor.alert_kinds import AlertKind, Severity
from monitor.core.growth.changepoint import find_turn
from monitor.core.growth.trend import Point, noise, trend_of
from monitor.events import Species, Verdict
from monitor.times import DAY_S, HOUR_S
from monitor.timeshift import Moment


class Mean(msgspec.Struct, frozen=True, array_like=True):
    """The middle of ``n`` weights around a moment."""

    t_s: float
    g: float
    n: int


class Concern(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that holds now."""

    kind: AlertKind
    severity: Severity
    text: str
    """the observation, in numbers"""
    why: str
    """the rule"""


class GrowthReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known about a baby's growth at its last weighing."""

    t_s: Moment
    weight_g: float
    gain_24h_g: float | None = None
    gain_24h_pct: float | None = None
    p_losing: float | None = None
    slope_pct_day: float | None = None
    verdict: Verdict = "not_enough_data"
    concern: Concern | None = None


def assess(
    points: Sequence[Point],
    species: Species,
    age_day: float,
    gain_prior_pct: float,
    *,
    age_known: bool = True,
) -> GrowthReport | None:
    """Judge a baby by its points (sorted by time); ``None`` without any.

    ``age_day`` is its age at the last point, ``age_known`` false when it is a guess from the
    weight; ``gain_prior_pct`` is the reference's daily gain.
    """
    if not points:
        return None
    last = points[-1]
    recent = [p for p in points if p.t_s > last.t_s - 12 * DAY_S]
    half_s = _half_window_s(recent)
    now = _around(recent, last.t_s - 1.4 * half_s, last.t_s)
    assert now is not None  # the last point is in its own window  # noqa: S101
    before = _reference(recent, now.t_s, 24.0, half_s)
    trend = trend_of(recent, gain_prior_pct)
    report = GrowthReport(t_s=last.t_s, weight_g=last.g)
    if before is None or trend is None:
        return report
    gain = (now.g - before.g) / (now.t_s - before.t_s) * DAY_S
    p_losing = 0.5 * math.erfc(trend.slope / trend.slope_sd / math.sqrt(2.0))
    # A guessed age must not excuse a loss as a newborn's.
    judged_day = age_day if age_known else max(age_day, 7.0)
    concern = _concern(recent, now, species, judged_day, gain_prior_pct)
    pct = 100.0 * gain / before.g
    return msgspec.structs.replace(
        report,
        gain_24h_g=gain,
        gain_24h_pct=pct,
        p_losing=p_losing,
        slope_pct_day=100.0 * trend.slope,
        verdict=_verdict(pct, p_losing, concern),
        concern=concern,
    )


def _verdict(gain_pct: float, p_losing: float, concern: Concern | None) -> Verdict:
    if concern is not None:
        return "losing" if concern.kind == "losing_weight" else "not_gaining"
    if gain_pct >= 1.0 or (gain_pct > 0 and p_losing < 0.1):
        return "gaining"
    return "steady"


# ---------------------------------------------------------------------- rules


def _concern(
    points: Sequence[Point], now: Mean, species: Species, age_day: float, gain_prior_pct: float
) -> Concern | None:
    grace = _grace_pct(species, age_day)
    peak = _peak(points)
    below = 100.0 * (peak.g - now.g) / peak.g
    if below >= max(10.0, grace):
        return Concern(
            kind="losing_weight",
            severity="critical",
            text=f"{now.g:.0f} g, {below:.0f} % below its highest ({peak.g:.0f} g)",
            why="10 % or more below its own peak",
        )
    if below >= max(5.0, grace) and peak.g - now.g > 1.2 * _resolution(points):
        return Concern(
            kind="losing_weight",
            severity="critical",
            text=f"{now.g:.0f} g, {below:.0f} % below its highest ({peak.g:.0f} g)",
            why="5 % or more below its own peak (never seen in 39 healthy kittens)",
        )
    return (
        _loss(points, now, age_day, grace)
        or (_turned(points, age_day, gain_prior_pct) if grace == 0.0 else None)
        or _stall(points, now, species, age_day)
    )


def _grace_pct(species: Species, age_day: float) -> float:
    """Loss that is normal just after birth.

    Up to 10 % in a puppy's first days (Fontaine; Dog Owner's Home Veterinary Handbook; all six of
    the German Shepherd litter lost or stalled on days 1 to 5), a little in a kitten's first.
    """
    if species == "puppy":
        return 10.0 if age_day < 4.0 else 7.0 if age_day < 7.0 else 0.0
    return 7.0 if age_day < 1.0 else 4.0 if age_day < 2.0 else 0.0


def _loss(points: Sequence[Point], now: Mean, age_day: float, grace: float) -> Concern | None:
    half_s = _half_window_s(points)
    for hours in (24.0, 48.0):
        before = _reference(points, now.t_s, hours, half_s)
        if before is None:
            continue
        limit = max(_loss_limit_pct(age_day, now, before, points), grace)
        lost_g = before.g - now.g
        loss = 100.0 * lost_g / before.g
        if loss >= limit and lost_g > 1.2 * _resolution(points):
            since = (now.t_s - before.t_s) / HOUR_S
            return Concern(
                kind="losing_weight",
                severity="critical" if loss >= max(5.0, grace) else "warning",
                text=f"{now.g:.0f} g, {lost_g:.0f} g ({loss:.1f} %) less than {since:.0f} h ago",
                why=f"lost {limit:.1f} % or more",
            )
    return None


def _loss_limit_pct(age_day: float, now: Mean, before: Mean, points: Sequence[Point]) -> float:
    """Loss in a day or two that is no accident of one weighing.

    39 healthy kittens by hand, once a day: >= 2 % in 24 h on 0.4, 1.2 and 0.4 % of kitten-days
    1-14, 14-21 and 21-28 and on 2.1 % of days 28-42; >= 3 % on 0.4 % of those; >= 5 % never.
    Whoever is weighed more often has more chances to be wrong, so one weighing must then show
    more; several on either side leave less to chance.
    """
    if _daily(points):
        return 2.0 if age_day <= 14 else 2.5 if age_day <= 28 else 3.0 if age_day <= 42 else 5.0
    single = 1.5 if age_day <= 14 else 2.0 if age_day <= 28 else 2.3 if age_day <= 42 else 4.0
    # Lifted at each bottle, a loss is found sooner by its turn, and this need not hurry.
    floor = 1.0 if points[-1].typed else 1.4
    return floor + single * math.sqrt(0.5 / now.n + 0.5 / before.n)


def _turned(points: Sequence[Point], age_day: float, gain_prior_pct: float) -> Concern | None:
    """Several weighings since a turn that agree on a loss."""
    if age_day > 42:
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
    hours = (points[-1].t_s - turn.since_s) / HOUR_S
    return Concern(
        kind="losing_weight",
        severity="warning",
        text=f"{points[-1].g:.0f} g, falling {-turn.slope_pct_day:.1f} % a day for {hours:.0f} h",
        why=f"{turn.n_after} weighings agree on a loss (p {turn.p_losing:.2f})",
    )


def _stall(points: Sequence[Point], now: Mean, species: Species, age_day: float) -> Concern | None:
    if age_day < (6.0 if species == "puppy" else 2.0):
        return None
    # No gain in 48 h: 0.0 % of kitten-days to day 14 and 0.4 % to day 21; in 72 h: 0.4 to 1.0 %
    # of those from day 21 to 42. Theil-Sen over 3 days below 1 %/d: 0.0 % to day 14.
    hours = 48.0 if age_day <= 21 else 72.0 if age_day <= 42 else 120.0
    before = _reference(points, now.t_s, hours, _half_window_s(points))
    gained = 0.0 if age_day <= 14 else -0.003
    if before is not None and now.g <= before.g * (1.0 + gained):
        return Concern(
            kind="not_gaining",
            severity="warning",
            text=f"{now.g:.0f} g, no more than {(now.t_s - before.t_s) / HOUR_S:.0f} h ago",
            why=f"no gain in {hours:.0f} h",
        )
    slope = _theil_sen(points, now.t_s)
    floor = 0.5 if age_day <= 14 else 0.0
    if slope is not None and slope < floor and age_day <= 21:
        return Concern(
            kind="not_gaining",
            severity="warning",
            text=f"{now.g:.0f} g, {slope:+.1f} % a day over three days",
            why=f"three-day trend below {floor:.1f} % a day",
        )
    return None


def _resolution(points: Sequence[Point]) -> float:
    """Grams of one division of a coarse scale (5 g, an ounce); 0 when it is fine or unknown."""
    steps = [abs(b.g - a.g) for a, b in pairwise(points)]
    moved = [s for s in steps if s > 0.4]
    if len(moved) < 5:
        return 0.0
    unit = min(moved)
    whole = all(abs(s / unit - round(s / unit)) < 0.05 for s in moved)
    return unit if whole and unit >= 4.0 else 0.0


def _peak(points: Sequence[Point]) -> Point:
    """The highest level that neighbouring weighings support: a running median of three."""
    if len(points) < 3:
        return min(points, key=lambda p: p.g)
    triples = zip(points, points[1:], points[2:], strict=False)
    return max((sorted(t, key=lambda p: p.g)[1] for t in triples), key=lambda p: p.g)


def _daily(points: Sequence[Point]) -> bool:
    """Weighed once a day or less: the last one stands alone."""
    return len(points) < 2 or points[-2].t_s < points[-1].t_s - 18 * HOUR_S


def _half_window_s(points: Sequence[Point]) -> float:
    """Half the span of weighings averaged as "then"; "now" are those of 1.4 of it.

    A typed weight scatters by 1.3 to 2.2 % (phase unknown), a lift before the bottle by about half.
    """
    return 7 * HOUR_S if points[-1].typed and not _daily(points) else 3 * HOUR_S


def _around(points: Sequence[Point], from_s: float, to_s: float) -> Mean | None:
    """Median of the points in a span."""
    inside = sorted((p for p in points if from_s <= p.t_s <= to_s), key=lambda p: p.g)
    if not inside:
        return None
    n = len(inside)
    g = inside[n // 2].g if n % 2 else 0.5 * (inside[n // 2 - 1].g + inside[n // 2].g)
    return Mean(sum(p.t_s for p in inside) / n, g, n)


def _reference(points: Sequence[Point], now_s: float, hours: float, half_s: float) -> Mean | None:
    """The weight ``hours`` ago: the median around then, else the last one before."""
    t_s = now_s - hours * HOUR_S
    near = _around(points, t_s - half_s, t_s + half_s)
    if near is not None:
        return near
    wide = [p for p in points if t_s - 14 * HOUR_S <= p.t_s <= t_s + 6 * HOUR_S]
    if wide:
        nearest = min(wide, key=lambda p: abs(p.t_s - t_s))
        return Mean(nearest.t_s, nearest.g, 1)
    older = [p for p in points if t_s - 7 * DAY_S <= p.t_s < t_s]
    return Mean(older[-1].t_s, older[-1].g, 1) if older else None


def _theil_sen(points: Sequence[Point], now_s: float) -> float | None:
    """Median slope in % a day over three days; ``None`` with too little of them."""
    span = [p for p in points if p.t_s >= now_s - 3.3 * DAY_S][-40:]
    if len(span) < 3 or span[-1].t_s - span[0].t_s < 2.5 * DAY_S:
        return None
    slopes = sorted(
        (math.log(b.g / a.g)) / (b.t_s - a.t_s) * DAY_S * 100.0
        for i, a in enumerate(span)
        for b in span[i + 1 :]
        if b.t_s - a.t_s >= 6 * HOUR_S
    )
    return slopes[len(slopes) // 2] if slopes else None

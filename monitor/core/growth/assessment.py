"""How a baby's weight is going, and from which day on that is a reason to call.

``trend`` gives ``p_losing``, ``changepoint`` whether several weighings agree on a loss; the alarms
are the rules of ``first_days`` and ``loss_rules``. Weights are compared before a feed with before
a feed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from monitor.core.growth.averages import Mean, ago, around, half_window_s
from monitor.core.growth.concern import Concern
from monitor.core.growth.first_days import excuse_of, newborn_concern
from monitor.core.growth.loss_rules import below_peak, lost, stalled, turned
from monitor.core.growth.trend import Point, trend_of
from monitor.events import Species, Verdict
from monitor.times import DAY_S
from monitor.timeshift import Moment


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
    prior_g = gain_prior_pct / 100.0 * last.g
    newborn = newborn_concern(points, species, age_day, prior_g) if age_known else None
    report = _weighed(last, newborn)
    recent = [p for p in points if p.t_s > last.t_s - 12 * DAY_S]
    now, before = _now_and_a_day_ago(recent)
    trend = trend_of(recent, gain_prior_pct)
    if before is None or trend is None:
        return report
    gain = (now.g - before.g) / (now.t_s - before.t_s) * DAY_S
    p_losing = 0.5 * math.erfc(trend.slope / trend.slope_sd / math.sqrt(2.0))
    # A guessed age must not excuse a loss as a newborn's.
    judged_day = age_day if age_known else max(age_day, 7.0)
    older = _concern(recent, now, species, judged_day, gain_prior_pct)
    concern = _worse(newborn, older)
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


def _now_and_a_day_ago(recent: Sequence[Point]) -> tuple[Mean, Mean | None]:
    last_s, half_s = recent[-1].t_s, half_window_s(recent)
    now = around(recent, last_s - 1.4 * half_s, last_s)
    assert now is not None  # the last point is in its own window  # noqa: S101
    return now, ago(recent, now.t_s, 24.0, half_s)


def _weighed(last: Point, newborn: Concern | None) -> GrowthReport:
    """What the last weight says where nothing can be compared with it."""
    report = GrowthReport(t_s=last.t_s, weight_g=last.g)
    if newborn is None:
        return report
    return msgspec.structs.replace(report, concern=newborn, verdict=_verdict(0.0, 1.0, newborn))


def _verdict(gain_pct: float, p_losing: float, concern: Concern | None) -> Verdict:
    if concern is not None:
        return "losing" if concern.kind == "losing_weight" else "not_gaining"
    if gain_pct >= 1.0 or (gain_pct > 0 and p_losing < 0.1):
        return "gaining"
    return "steady"


def _worse(newborn: Concern | None, older: Concern | None) -> Concern | None:
    """Of two that hold the one to say: the graver, and of equals a loss before a standstill."""
    held = [concern for concern in (newborn, older) if concern is not None]
    return max(
        held,
        key=lambda c: (c.severity == "critical", c.kind == "losing_weight"),
        default=None,
    )


def _concern(
    points: Sequence[Point], now: Mean, species: Species, age_day: float, gain_prior_pct: float
) -> Concern | None:
    excuse = excuse_of(points, species, age_day)
    return (
        below_peak(points, now, excuse)
        or lost(points, now, age_day, excuse)
        or (turned(points, age_day, gain_prior_pct) if excuse is None else None)
        or stalled(points, now, species, age_day, gain_prior_pct / 100.0 * now.g)
    )

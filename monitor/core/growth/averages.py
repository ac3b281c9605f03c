"""Levels of a baby's weight: of now, of so many hours ago, its highest, and its slope of days.

Weights before a feed are compared with weights before a feed. A level knows the division of the
scale it was read on, so that what a coarse scale cannot show is not taken for a loss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from monitor.core.growth.trend import Point
from monitor.times import DAY_S, HOUR_S


class Mean(msgspec.Struct, frozen=True, array_like=True):
    """The middle of ``n`` weights around a moment."""

    t_s: float
    g: float
    n: int
    resolution_g: float = 0.0
    """one division of the coarsest scale among them; several readings of it agree in their error"""


def surely_lost_g(before: Mean, now: Mean) -> float:
    """Grams lost at least: either reading may be off by half a division of its scale."""
    return before.g - now.g - 0.5 * (before.resolution_g + now.resolution_g)


def shown_after_h(before: Mean, now: Mean, gain_g_day: float) -> float:
    """Hours in which the usual gain moves the coarser scale by one division; 0 for fine ones."""
    division_g = max(before.resolution_g, now.resolution_g)
    return 24.0 * division_g / gain_g_day if division_g > 0 else 0.0


def daily(points: Sequence[Point]) -> bool:
    """Weighed once a day or less: the last one stands alone."""
    return len(points) < 2 or points[-2].t_s < points[-1].t_s - 18 * HOUR_S


def half_window_s(points: Sequence[Point]) -> float:
    """Half the span of weighings averaged as "then"; "now" are those of 1.4 of it.

    A typed weight scatters by 1.3 to 2.2 % (phase unknown), a lift before the bottle by about half.
    """
    return 7 * HOUR_S if points[-1].typed and not daily(points) else 3 * HOUR_S


def around(points: Sequence[Point], from_s: float, to_s: float) -> Mean | None:
    """Median of the points in a span."""
    inside = sorted((p for p in points if from_s <= p.t_s <= to_s), key=lambda p: p.g)
    if not inside:
        return None
    n = len(inside)
    g = inside[n // 2].g if n % 2 else 0.5 * (inside[n // 2 - 1].g + inside[n // 2].g)
    return Mean(sum(p.t_s for p in inside) / n, g, n, max(p.resolution_g for p in inside))


def ago(points: Sequence[Point], now_s: float, hours: float, half_s: float) -> Mean | None:
    """The weight ``hours`` ago: the median around then, else the last one before."""
    t_s = now_s - hours * HOUR_S
    near = around(points, t_s - half_s, t_s + half_s)
    if near is not None:
        return near
    wide = [p for p in points if t_s - 14 * HOUR_S <= p.t_s <= t_s + 6 * HOUR_S]
    if wide:
        return _alone(min(wide, key=lambda p: abs(p.t_s - t_s)))
    older = [p for p in points if t_s - 7 * DAY_S <= p.t_s < t_s]
    return _alone(older[-1]) if older else None


def peak(points: Sequence[Point]) -> Mean:
    """The highest level that neighbouring weighings support: a running median of three."""
    if len(points) < 3:
        return _alone(min(points, key=lambda p: p.g))
    triples = zip(points, points[1:], points[2:], strict=False)
    middles = (sorted(triple, key=lambda p: p.g)[1] for triple in triples)
    return _alone(max(middles, key=lambda p: p.g))


def _alone(point: Point) -> Mean:
    return Mean(point.t_s, point.g, 1, point.resolution_g)


def theil_sen(points: Sequence[Point], now_s: float) -> float | None:
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

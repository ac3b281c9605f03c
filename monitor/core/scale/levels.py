"""What a run of windows says: its level and error, its trend, where a plateau begins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median, median_high

import msgspec

from monitor.core.scale.windows import WINDOW_S
from monitor.timeshift import Moment

FEWEST_FOR_TREND = 8
"""windows: a trend of less than four seconds is the hand's"""
_TIE_G = 1e-6
"""Counts are whole, so values can lie exactly on a limit; rounding must not decide then."""


class Reading(msgspec.Struct, array_like=True, frozen=True):
    """One window: when, and how much."""

    t_s: Moment
    g: float


class Trend(msgspec.Struct, frozen=True, array_like=True):
    """How a level ran while it was read."""

    g_s: float
    """grams a second"""
    se_g_s: float
    middle_s: Moment
    """the moment at which the level is what was read"""


def tolerance_g(noise_g: float) -> float:
    """How far a window may lie from the plateau that it belongs to."""
    reach_g = 5.0 * noise_g
    return 1.0 if reach_g < 1.0 else min(reach_g, 20.0)


_SCALES = (
    # span, spread allowed (floor, times the noise), share of windows inside, trend allowed
    (1.0, 0.5, 3.0, 1.0, 0.4),
    (2.0, 0.8, 3.5, 1.0, 0.6),
    (4.0, 1.5, 4.0, 0.85, 1.0),
    (8.0, 4.0, 4.5, 0.85, 1.5),
    (16.0, 9.0, 5.0, 0.80, 2.5),
    (32.0, 25.0, 5.0, 0.80, 4.0),
)
"""A hand is rarely within a gram for two seconds, a sleeping litter always; a lively litter or a
washing machine is recognised as a level only after it has held one for longer."""


def plateau_start(moving: list[Reading], noise_g: float) -> int | None:
    """Index of the first window of a plateau that ends with the last window, or ``None``."""
    end_s = moving[-1].t_s
    noise = min(noise_g, 2.0)
    for span_s, floor_g, times, share, trend_g in _SCALES:
        start = len(moving)
        while start > 0 and moving[start - 1].t_s >= end_s - span_s - 1e-6:
            start -= 1
        n = len(moving) - start
        if start == 0 and end_s - moving[0].t_s < span_s - 2 * WINDOW_S:
            return None
        if n < 3:
            continue
        values = [p.g for p in moving[start:]]
        middle_g = median_high(values)
        limit = max(floor_g, times * noise)
        inside = sum(1 for v in values if abs(v - middle_g) <= limit)
        if inside < share * n:
            continue
        half = n // 2
        early_g, late_g = median_high(values[:half]), median_high(values[-half:])
        if abs(early_g - late_g) <= max(trend_g, noise):
            return start
    return None


def crossed_s(before: list[Reading], from_g: float | None, to_g: float, start_s: float) -> float:
    """When the level crossed half-way for the last time."""
    if from_g is None:
        return start_s
    half = 0.5 * (from_g + to_g)
    rising = to_g > from_g
    for pair in reversed(before):
        if (pair.g < half) == rising:
            return min(pair.t_s + 0.5 * WINDOW_S, start_s)
    return before[0].t_s if before else start_s


def robust_sd(windows: Sequence[Reading], centre_g: float) -> float:
    """Standard deviation around ``centre_g``, by the median: outliers do not count."""
    return 1.4826 * median_high(abs(p.g - centre_g) for p in windows)


def trend_of(windows: Sequence[Reading], noise_g: float) -> Trend | None:
    """From the earlier half of the windows to the later one, by medians."""
    n = len(windows)
    if n < FEWEST_FOR_TREND:
        return None
    half = n // 2
    parts = windows[:half], windows[-half:]
    middles = [median_high(p.g for p in part) for part in parts]
    early_s, late_s = (sum(p.t_s for p in part) / half for part in parts)
    scatter = max(*map(robust_sd, parts, middles), 0.5 * noise_g, 0.02)
    # 1.25: a median's error over that of a mean; three windows count as one, as in ``level_of``
    se_g = 1.25 * scatter * math.sqrt(2.0 / max(half / 3.0, 1.0))
    apart_s = late_s - early_s
    middle_s = sum(p.t_s for p in windows) / n
    return Trend((middles[1] - middles[0]) / apart_s, se_g / apart_s, middle_s)


def level_of(windows: Sequence[Reading], noise_g: float) -> tuple[float, float]:
    """Mean of the windows near the median, and its standard error.

    Neighbouring windows share a baby's slow shifts, so three windows count as one.
    """
    values = sorted(p.g for p in windows)
    middle_g = median(values)
    scatter = max(robust_sd(windows, middle_g), 0.5 * noise_g, 0.02)
    near = [v for v in values if abs(v - middle_g) <= 2.5 * scatter + _TIE_G]
    mean = sum(near) / len(near)
    return mean, scatter / math.sqrt(max(len(near) / 3.0, 1.0))

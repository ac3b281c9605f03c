"""The next bottle: how much of the day's need it should hold, and never more than fits.

A bottle is the share of the day's milk that falls to its interval, with a part of what is missing
of the day before; catching up is never all at once. Milk weighs about 1 g per ml.
"""

from __future__ import annotations

import math

from monitor.core.growth.reference import COMFORT_ML_PER_KG
from monitor.times import DAY_S

CATCH_UP_SHARE = 0.25
"""A bottle differs from its usual share of the day by a quarter at most."""
LEAST_ML = 0.1
"""Less cannot be drawn up."""
BY_HALVES_ML = 10.0
"""Below this people draw up half milliliters."""


def next_bottle_ml(
    weight_g: float, need_ml_per_kg_day: float, interval_s: float, drank_24h_ml: float | None
) -> float | None:
    """How much the next bottle should hold, rounded down to 0.1 ml; ``None`` when it needs no milk.

    ``drank_24h_ml`` is ``None`` where nobody knows it: then nothing is made up for.
    """
    day = need_ml_per_kg_day * weight_g / 1000.0
    share = min(interval_s / DAY_S, 1.0)
    usual = day * share
    missing = 0.0 if drank_24h_ml is None else (day - drank_24h_ml) * share
    most = CATCH_UP_SHARE * usual
    return within_comfort_ml(usual + min(max(missing, -most), most), weight_g)


def within_comfort_ml(ml: float, weight_g: float) -> float | None:
    """As much of it as a stomach holds in comfort, rounded down; ``None`` when that is nothing."""
    fits = math.floor(10.0 * min(ml, COMFORT_ML_PER_KG * weight_g / 1000.0)) / 10.0
    return fits if fits >= LEAST_ML else None


def spoken_bottle(ml: float) -> str:
    """``about 4.5 ml``; rounded down, since more than is comfortable is never said."""
    if ml < 1.0:
        return f"about {ml:.1f} ml"
    if ml < BY_HALVES_ML:
        return f"about {math.floor(2.0 * ml) / 2.0:g} ml"
    return f"about {math.floor(ml)} ml"

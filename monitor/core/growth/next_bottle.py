"""The next bottle: how much of the day's need it should hold, and never more than fits.

A bottle is the share of the day's milk that falls to its interval, with a part of what is missing
of the day before; catching up is never all at once. Milk weighs about 1 g per ml.
"""

from __future__ import annotations

import math

from monitor.times import DAY_S

COMFORT_ML_PER_KG = 40.0
"""A stomach holds 4 ml per 100 g of body weight in comfort (Maddie's Fund feeding chart)."""
CATCH_UP_SHARE = 0.25
"""A bottle differs from its usual share of the day by a quarter at most."""
LEAST_ML = 0.1
"""Less cannot be drawn up."""


def next_bottle_ml(
    weight_g: float, need_ml_per_kg_day: float, interval_s: float, drank_24h_ml: float | None
) -> float | None:
    """How much the next bottle should hold, rounded down to 0.1 ml; ``None`` when it needs no milk.

    ``drank_24h_ml`` is ``None`` where nobody knows it: then nothing is made up for.
    """
    kg = weight_g / 1000.0
    day = need_ml_per_kg_day * kg
    share = min(interval_s / DAY_S, 1.0)
    usual = day * share
    missing = 0.0 if drank_24h_ml is None else (day - drank_24h_ml) * share
    most = CATCH_UP_SHARE * usual
    wanted = usual + min(max(missing, -most), most)
    ml = math.floor(10.0 * min(wanted, COMFORT_ML_PER_KG * kg)) / 10.0
    return ml if ml >= LEAST_ML else None

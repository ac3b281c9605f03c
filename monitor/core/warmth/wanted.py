"""How warm a nest should be, by the age of the youngest in it.

29 to 32 °C in the first week, 26 to 29 in the second, then 24 to 27 (CASCMA; petplace), about 22 °C
at the end of the fourth week (whelping tables). Neonates keep only about 6 °C above what surrounds
them, stop digesting below 34.4 °C of their own and cannot crawl away from a mat that burns.
"""

from __future__ import annotations

import math
from typing import NamedTuple

Span = tuple[float, float]
"""lowest and highest, in °C"""


class Wanted(NamedTuple):
    """For the babies of one age."""

    below_day: float
    span_c: Span
    far_below_c: float
    """so much below the lowest is critical. A neonate at 25 °C keeps itself at about 31; from the
    third week on they shiver, and huddle"""


WANTED = (
    Wanted(7.0, (29.0, 32.0), 4.0),
    Wanted(14.0, (26.0, 29.0), 4.0),
    Wanted(28.0, (24.0, 27.0), 6.0),
    Wanted(math.inf, (21.0, 27.0), 6.0),
)
TURNED_DOWN_DAYS = 4.0
"""within which the heat is turned down to the next step"""
HOT_C, ABOVE_C = 35.0, 6.0
"""critical: from here on, or so much above the highest. Above 35 °C air neonates overheat, since
they neither pant nor sweat (judgement, from incubators' limits); under a huddle a probe reads 34 to
36 °C, so it belongs beside them"""
BURNS_C = 40.0
"""no nest and no baby is so warm: a mat that burns, a lamp that has come down"""


def wanted(age_day: float) -> Wanted:
    """What a nest needs whose youngest is so old, in days."""
    return next(each for each in WANTED if age_day < each.below_day)


def warmest_c(age_day: float) -> float:
    """From where on it is too warm; nobody turns the heat down on the stroke of a birthday."""
    return wanted(max(0.0, age_day - TURNED_DOWN_DAYS)).span_c[1]


def hot_c(span_c: Span) -> float:
    """From where on it is critical."""
    return min(HOT_C, span_c[1] + ABOVE_C)

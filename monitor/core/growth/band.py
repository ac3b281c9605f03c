"""The usual band over the time of a curve; a baby whose age nobody knows has one of its weight."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from monitor.core.growth.reference import GrowthReference
from monitor.events import Baby, Weighing
from monitor.times import DAY_S, midnight_utc_s

TYPICAL_ADULT_KG = (5.0, 15.0, 35.0, 55.0)
"""one adult weight inside each class of puppy of the reference"""
POINTS = 101


class BandPoint(msgspec.Struct, frozen=True):
    """The reference band at one moment."""

    t_s: float
    low_g: float
    median_g: float
    high_g: float


def band_of(
    reference: GrowthReference,
    baby: Baby,
    history: Sequence[Weighing],
    from_s: float,
    to_s: float,
) -> list[BandPoint]:
    """The band over the time shown; without a date of birth the first weight gives the age.

    Empty while neither an age nor a weight is known.
    """
    first_s = history[0].t_s if history else baby.registered_s or from_s
    first_g = history[0].weight_g if history else baby.weight_g
    if baby.born is not None:
        born_s = midnight_utc_s(baby.born)
    elif first_g is not None:
        born_s = first_s - reference.expected(baby, None, first_g).age_day * DAY_S
    else:
        return []
    age_day = (first_s - born_s) / DAY_S
    if baby.species == "puppy" and baby.adult_weight_kg is None and first_g is not None:
        baby = _with_class(reference, baby, age_day, first_g)
    begin_s = max(from_s, born_s, min(first_s, to_s - DAY_S))
    points = []
    for i in range(POINTS):
        t_s = begin_s + (to_s - begin_s) * i / (POINTS - 1)
        band_g = reference.expected(baby, (t_s - born_s) / DAY_S, None).weight_g
        points.append(BandPoint(t_s, *band_g))
    return points


def _with_class(reference: GrowthReference, baby: Baby, age_day: float, weight_g: float) -> Baby:
    """One class of puppy for the whole curve: the one whose median is nearest at the beginning."""

    def distance(adult_kg: float) -> float:
        sized = replace(baby, adult_weight_kg=adult_kg)
        return abs(math.log(weight_g / reference.expected(sized, age_day, None).weight_g[1]))

    return replace(baby, adult_weight_kg=min(TYPICAL_ADULT_KG, key=distance))

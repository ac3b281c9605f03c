"""How old the babies are, for what goes by age; where nobody said, the youngest that fits."""

from __future__ import annotations

from typing import NamedTuple

from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.times import DAY_S


class Age(NamedTuple):
    """Of one baby."""

    name: str
    day: float
    known: bool
    """its date of birth was given"""


def age_of(record: BabyRecord, reference: GrowthReference, now_s: float) -> Age:
    """Its age; without a date of birth, the youngest at which one may weigh what it weighed first.

    Without a weight, too, it counts as new-born: who is older than thought is kept a little warm.
    """
    name, born_day = record.baby.name, record.age_day(now_s)
    if born_day is not None:
        return Age(name, born_day, known=True)
    first = record.weighings[0] if record.weighings else None
    if first is not None:
        then = reference.youngest_day(record.baby, first.weight_g)
        return Age(name, then + max(now_s - first.t_s, 0.0) / DAY_S, known=False)
    if record.baby.weight_g is not None:
        return Age(name, reference.youngest_day(record.baby, record.baby.weight_g), known=False)
    return Age(name, 0.0, known=False)

from __future__ import annotations

import random

from monitor.core.fading.judgement import Course, judge
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import shipped
from monitor.events import Baby, Weighing
from monitor.times import DAY_S, HOUR_S

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T = 1_700_000_000.0


def raised(days: float, *, seed: int = 1, fading_h: float = 0.0, name: str = "Ash") -> Course:
    """Eight bottles a day for so many days; the last hours a third of each and no gain."""
    rng = random.Random(seed)
    record = BabyRecord(baby=Baby(id=name, name=name, species="kitten", weight_g=180.0))
    end_s, t_s, grams = T + days * DAY_S, T, 180.0
    while t_s < end_s:
        fades = t_s > end_s - fading_h * HOUR_S
        milk_g = grams * 0.045 * (0.3 if fades else 1.0) * rng.uniform(0.8, 1.2)
        for move, g, later_s in (("lift", grams, 0.0), ("return", grams + milk_g, 600.0)):
            key, at_s = f"{t_s + later_s:.0f}", t_s + later_s
            record.put(
                Weighing(step_id=key, t_s=at_s, baby=name, weight_g=g, sigma_g=0.2, move=move)
            )
        grams *= (1.0 + (-0.02 if fades else 0.05) / 8.0) * rng.uniform(0.997, 1.003)
        t_s += 3 * HOUR_S
    record.refresh(REFERENCE)
    return Course.of(record, (), end_s, REFERENCE)


def test_nothing_can_be_said_of_a_baby_that_has_just_come():
    assert judge([raised(0.5)], T + 0.5 * DAY_S) == [None]


def test_a_baby_that_drinks_and_gains_is_well():
    (found,) = judge([raised(6)], T + 6 * DAY_S)
    assert (found.level, found.signs) == ("well", [])


def test_less_milk_and_less_gain_agree():
    (found,) = judge([raised(6, fading_h=18)], T + 6 * DAY_S)
    assert found.level == "act"
    assert {sign.group for sign in found.signs} == {"gain", "drinking"}
    assert all(sign.evidence > 0 for sign in found.signs)

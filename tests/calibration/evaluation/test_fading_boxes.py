from __future__ import annotations

from itertools import pairwise

import pytest

from calibration.evaluation.fading_boxes import Confirmed, bottles, boxed, row
from calibration.evaluation.fading_courses import Job
from calibration.evaluation.fading_drive import OUT_S, START_S
from calibration.evaluation.fading_worlds import litter
from monitor.times import DAY_S, HOUR_S

GROWN = [(k * DAY_S, 90.0 * 1.06 ** min(k, 12) * 1.03 ** max(k - 12, 0)) for k in range(50)]


def test_the_box_weighs_what_the_litter_of_the_fast_evaluation_weighs():
    made = litter({"x": GROWN}, "kitten", "refusal", "none", 4)
    blocks = boxed(made, [])
    first = next(blocks)
    assert first.times_s[0] == pytest.approx(START_S, abs=1.0)
    assert first.t_s == pytest.approx(START_S + 60.0, abs=1.0)
    assert sum(len(next(blocks).counts) for _ in range(59)) == pytest.approx(59 * 600, rel=0.02)


def test_bottles_come_in_order_and_carry_the_milk_of_each():
    made = litter({"x": GROWN}, "kitten", "refusal", "none", 4)
    found = bottles(made)
    assert all(a.t_s <= b.t_s for a, b in pairwise(found))
    assert {each.name for each in found} == {animal.name for animal in made.animals}
    fades = next(animal for animal in made.animals if animal.fade)

    def mean_g(from_h: float) -> float:
        mine = [m for m in found if m.name == fades.name]
        hours = [(m.t_s - START_S) / HOUR_S - fades.onset_h for m in mine]
        milk = [m.milk_g for m, h in zip(mine, hours, strict=True) if from_h <= h < from_h + 24.0]
        return sum(milk) / len(milk)

    assert mean_g(40.0) < 0.7 * mean_g(-24.0)
    assert OUT_S < HOUR_S


def test_a_row_says_how_long_after_the_onset_each_way_told():
    job = Job("kitten", "cold", "none", 1)
    assert row(Confirmed(job, 80.0, 100.0, None, 0, 9, 1)) == (
        "| kitten, cold | 20 h | not told | 9 of 10 | 0 |"
    )

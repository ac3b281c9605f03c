from __future__ import annotations

import numpy as np
import pytest

from calibration.evaluation.fading_compare import (
    against_signs,
    curve,
    limit_for,
    milk_missed,
    spoken_at,
)
from calibration.evaluation.fading_drive import Told
from calibration.evaluation.fading_worlds import HOURS, WORST_BAD_DAY, Animal


def animal(drinks: float = 1.0, onset_h: float = 100.0) -> Animal:
    milk = np.where(np.arange(HOURS) >= onset_h, drinks, 1.0)
    rest = [np.ones(HOURS) for _ in range(5)]
    return Animal("a", "kitten", 10.0, np.ones(HOURS), milk, *rest, fade="cold", onset_h=onset_h)


def test_agreement_lasts_until_all_signs_are_well_and_a_single_one_to_half_its_limit():
    joint = [{"score": 4.0}, {"score": 9.0, "fading": 9.0}, {"score": 4.0}, {"score": 3.0}, {}]
    assert spoken_at(Told(animal(), scores=joint), "fading", 8.0) == [0, 1, 1, 0, 0]
    single = [{"gain": 2.0}, {"gain": 6.0}, {"gain": 3.0}, {"gain": 2.0}]
    assert spoken_at(Told(animal(), scores=single), "gain", 6.0) == [0, 1, 1, 0]


def test_the_limit_is_the_lowest_that_is_false_so_seldom():
    scores = [{"gain": float(k)} for k in range(40)]

    def measure(spoken):
        said = sum(spoken(Told(animal(), scores=[each]))[0] for each in scores)
        return float(said), 2.0 * said

    assert limit_for(measure, "gain", 10.0) == pytest.approx(29.0, abs=0.1)
    assert "| 60 % |" not in curve(measure)[2]
    assert against_signs(measure, 10.0)[3] == "| gain | 20 % |"


def test_a_baby_that_leaves_half_of_its_milk_for_a_day_has_missed_half_a_days():
    assert milk_missed(animal(0.5), 124.0) == pytest.approx(0.5)
    assert milk_missed(animal(0.5), 100.0) == 0.0
    assert milk_missed(animal(0.5), 124.0) > WORST_BAD_DAY

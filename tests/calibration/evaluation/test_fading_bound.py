from __future__ import annotations

import numpy as np
import pytest

from calibration.evaluation.fading_bound import (
    FALSE,
    Bound,
    distance,
    known,
    looked,
    looking_limit,
    rows,
)
from calibration.evaluation.fading_drive import Told
from calibration.evaluation.fading_worlds import HOURS, Animal, Litter


def animal(*, drinks: float = 1.0, lively: float = 1.0, fade=None) -> Animal:
    since = np.arange(HOURS) >= 100
    ones = np.ones(HOURS)
    return Animal(
        "a", "kitten", 10.0, 5.0 * ones, np.where(since, drinks, 1.0),
        np.where(since, lively, 1.0), ones, 0.0 * ones, 0.03 * ones, 0.0 * ones,
        fade=fade, onset_h=100.0,
    )  # fmt: skip


def nursery(*, hears: bool = True, seen: bool = True) -> Litter:
    return Litter([], "none", np.arange(1.5, HOURS, 3.0), hears, np.full(HOURS, seen))


def test_two_courses_that_are_the_same_are_told_apart_by_chance_alone():
    assert distance(animal(), animal(), nursery(), 148.0) == pytest.approx(0.0)
    found = known(animal(), animal(), nursery(), 148.0)
    assert found == pytest.approx(FALSE * 48.0 / 168.0)


def test_half_of_the_milk_for_a_day_is_found_and_a_tenth_for_six_hours_is_not():
    assert known(animal(drinks=0.5), animal(), nursery(), 124.0) > 0.99
    assert known(animal(drinks=0.9), animal(), nursery(), 106.0) < 0.01


def test_what_is_not_seen_tells_nothing():
    assert distance(animal(drinks=0.2), animal(), nursery(seen=False), 148.0) == pytest.approx(0.0)
    heard = distance(animal(lively=0.5), animal(), nursery(), 148.0)
    assert heard == distance(animal(lively=0.5), animal(), nursery(hears=False), 148.0) > 1.0


def test_one_in_a_hundred_stretches_of_a_healthy_baby_reaches_the_limit():
    scores = [{"fading": float(h == 120)} for h in range(HOURS)]
    healthy = [Told(animal(), scores=scores)] + [
        Told(animal(), scores=[{"fading": 0.0}] * HOURS) for _ in range(60)
    ]
    assert looking_limit(healthy) == 0.0  # one baby in 61 has it, in a third of its stretches
    assert looking_limit(healthy[:5]) == 1.0


def test_a_course_is_looked_at_from_its_onset_to_twelve_hours_before():
    scores = [{"fading": float(h >= 130)} for h in range(HOURS)]
    of = Told(animal(fade="cold"), scores=scores)
    assert looked(of, 130.0, 1.0)
    assert not looked(of, 129.0, 1.0)


def test_a_row_for_each_kind_and_one_for_all():
    found = [Bound("cold", 20.0, True, 1.0), Bound("slow", 60.0, False, 0.5)]
    table = rows(found)
    assert [line.split("|")[1].strip() for line in table[2:]] == ["slow", "cold", "all"]
    assert "| 1 of 2 (50 %) | 75 % |" in table[-1]

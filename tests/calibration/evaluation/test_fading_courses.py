from __future__ import annotations

import numpy as np
import pytest

from calibration.evaluation.fading_courses import (
    Course,
    Job,
    course,
    jobs,
    line,
    rate_interval,
    spoken_by,
    told,
)
from calibration.evaluation.fading_drive import Told
from calibration.evaluation.fading_worlds import HOURS, Animal, halves, litter
from monitor.times import DAY_S

GROWN = [(k * DAY_S, 90.0 * 1.06 ** min(k, 12) * 1.03 ** max(k - 12, 0)) for k in range(50)]


def animal(fade=None, onset_h: float = 0.0) -> Animal:
    rest = [np.ones(HOURS) for _ in range(7)]
    return Animal("a", "kitten", 10.0, *rest, fade=fade, onset_h=onset_h)  # type: ignore[arg-type]


def test_intervals_of_rates_are_those_of_the_tables():
    assert rate_interval(0, 100.0) == pytest.approx((0.0, 3.689), abs=2e-3)
    assert rate_interval(10, 100.0) == pytest.approx((4.795, 18.39), abs=1e-2)


def test_the_lead_is_counted_to_losing_weight_and_the_delay_from_the_onset():
    kinds = [frozenset[str]()] * 100 + [frozenset({"fading"})] * 20
    kinds += [frozenset({"fading", "losing_weight"})] * 120
    of = Told(animal("refusal", 90.5), kinds=kinds, levels=[])
    found = course(Job("kitten", "refusal", "none", 1), of, spoken_by(of, "fading"))
    assert (found.delay_h, found.lead_h, found.false) == (10.5, 20.0, 0)


def test_what_is_said_of_a_baby_that_is_well_is_false_and_counted_once():
    on = frozenset({"fading"})
    kinds = [frozenset[str]()] * 60 + [on] * 10 + [frozenset[str]()] * 10 + [on] * 160
    of = Told(animal(), kinds=kinds, levels=[])
    found = course(Job("kitten", None, "none", 1), of, spoken_by(of, "fading"))
    assert (found.false, found.weeks, found.delay_h) == (2, pytest.approx(192 / 168), None)


def test_a_line_says_how_many_were_told_twelve_hours_before():
    def fades(lead_h: float | None) -> Course:
        return Course(fade="cold", disturbance="none", weeks=0.5, false=0,
                      delay_h=None if lead_h is None else 20.0, lead_h=lead_h)  # fmt: skip

    text = line("x", [fades(20.0), fades(13.0), fades(2.0), fades(None)])
    assert "| 3 of 4 | 20 h | +8 h | 50 % " in text


def test_records_are_parted_and_every_kind_has_its_turn():
    one, other = halves({"a": [], "b": [], "c": []})
    assert (set(one), set(other)) == ({"a", "c"}, {"b"})
    made = jobs(90, 1)
    assert {job.fade for job in made} == {None, "refusal", "slow", "cold", "quiet", "recovery"}
    assert len({job.disturbance for job in made if job.fade is None}) == 9


def test_a_baby_that_refuses_loses_and_its_litter_does_not():
    made = litter({"x": GROWN}, "kitten", "refusal", "none", 4)
    for each in made.animals:
        h = int(each.onset_h) + 60 if each.fade else 200
        assert (each.log_g[h] < each.log_g[h - 24]) == (each.fade is not None)


def test_a_course_goes_through_the_cores_own_judgement():
    job = Job("kitten", "cold", "none", 12)
    found = told(job, {"kitten": {"x": GROWN}, "puppy": {}})
    fading = next(each for _, each in found if each.animal.fade)
    assert fading.first_h("fading", fading.animal.onset_h) is not None
    assert fading.raised("fading", until_h=fading.animal.onset_h) == 0

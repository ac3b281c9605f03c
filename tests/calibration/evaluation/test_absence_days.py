"""Somebody out, away, new or one of two: what is told, on a few seeds, and how it is counted."""

from __future__ import annotations

import numpy as np
import pytest

from calibration.evaluation.absence_days import (
    ABSENCES,
    carrier_overnight,
    climbs_out,
    missed_after_s,
    newcomer,
    told,
    twins_one_refuses,
)
from calibration.evaluation.scenarios import evaluate
from monitor.times import MINUTE_S


def box(build, seed=5):
    return build(np.random.default_rng([seed, 21]))


def test_whoever_climbs_out_is_missed_within_the_hour():
    after_s = missed_after_s(box(climbs_out))
    assert after_s is not None
    assert 39 * MINUTE_S < after_s < 43 * MINUTE_S


@pytest.mark.parametrize("build", [carrier_overnight, newcomer])
def test_whoever_is_away_or_new_is_not_missed(build):
    day = box(build)
    assert day.said
    assert told(day, "out_of_box").at_s == []


def test_three_refused_bottles_are_told_of_the_two():
    assert (
        len(told(box(twins_one_refuses), "low_intake", "took nothing in three bottles").at_s) == 1
    )


@pytest.mark.parametrize("name", [build.__name__ for build in ABSENCES])
def test_no_name_is_wrong(name):
    result = evaluate(name, 77)
    assert result.wrong == result.false_claims == 0
    assert result.moves > 3

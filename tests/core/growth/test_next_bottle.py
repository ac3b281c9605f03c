"""How much the next bottle should hold."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.growth.next_bottle import COMFORT_ML_PER_KG, next_bottle_ml
from monitor.times import DAY_S, HOUR_S


def test_a_bottle_is_the_share_of_the_day_that_falls_to_its_interval():
    assert next_bottle_ml(100.0, 240.0, 2.4 * HOUR_S, None) == 2.4


def test_a_bottle_never_holds_more_than_is_comfortable():
    assert next_bottle_ml(100.0, 240.0, 8.0 * HOUR_S, None) == 4.0


def test_what_is_missing_of_the_day_is_made_up_for_a_quarter_of_a_bottle_at_a_time():
    assert next_bottle_ml(100.0, 240.0, 2.4 * HOUR_S, 20.0) == 2.8
    assert next_bottle_ml(100.0, 240.0, 2.4 * HOUR_S, 0.0) == 3.0


def test_one_that_drank_more_than_it_needs_is_offered_a_quarter_less_at_most():
    assert next_bottle_ml(100.0, 240.0, 2.4 * HOUR_S, 60.0) == pytest.approx(1.8)


def test_one_that_needs_no_milk_is_offered_none():
    assert next_bottle_ml(800.0, 0.0, 6.0 * HOUR_S, None) is None


@given(
    weight_g=st.floats(1.0, 20_000.0),
    need=st.floats(0.0, 2_000.0),
    interval_s=st.floats(0.0, 3.0 * DAY_S),
    drank=st.none() | st.floats(-100.0, 100_000.0),
)
def test_no_bottle_is_negative_or_more_than_comfortable(weight_g, need, interval_s, drank):
    ml = next_bottle_ml(weight_g, need, interval_s, drank)
    if ml is not None:
        assert math.isfinite(ml)
        assert 0.0 < ml <= COMFORT_ML_PER_KG * weight_g / 1000.0

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.growth.trend import Point, noise, trend_of
from monitor.times import DAY_S, HOUR_S

T0 = 1_700_000_000.0


def kalman(points: list[Point], gain_prior_pct: float) -> tuple[float, float, float]:
    """The same filter in matrices: level and slope of the logarithm, and the slope's deviation."""
    state = np.array([math.log(points[0].g), gain_prior_pct / 100])
    scatter = [0.016 if p.typed else 0.010 for p in points]
    r = [s**2 + (p.sigma_g / p.g) ** 2 for s, p in zip(scatter, points, strict=True)]
    cov = np.diag([r[0], 0.04**2])
    for before, point, noise_var in zip(points, points[1:], r[1:], strict=False):
        dt = (point.t_s - before.t_s) / DAY_S
        step = np.array([[1.0, dt], [0.0, 1.0]])
        walk = 0.03**2 * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
        state = step @ state
        cov = step @ cov @ step.T + walk + np.diag([0.004**2 * dt, 0.0])
        off = math.log(point.g) - state[0]
        var = cov[0, 0] + noise_var
        good = 0.97 * math.exp(-0.5 * off**2 / var) / math.sqrt(var)
        wild = 0.03 * math.exp(-0.5 * off**2 / (var + 0.09**2)) / math.sqrt(var + 0.09**2)
        gain = cov[:, 0] / var * good / (good + wild)
        state, cov = state + gain * off, cov - np.outer(gain, cov[0])
    return state[0], state[1], math.sqrt(cov[1, 1])


@given(
    st.lists(
        st.tuples(st.floats(0.3, 2.0), st.floats(0.9, 1.1), st.booleans()), min_size=2, max_size=6
    ),
    st.floats(-2.0, 8.0),
)
def test_the_trend_is_a_kalman_filter_on_log_weight(steps, gain_prior_pct):
    t_s, g, points = T0, 200.0, []
    for days, ratio, typed in steps:
        t_s, g = t_s + days * DAY_S, g * ratio
        points.append(Point(t_s, g, 0.7, typed))
    trend = trend_of(points, gain_prior_pct)
    level, slope, sd = kalman(points, gain_prior_pct)
    assert trend.level == pytest.approx(level, rel=1e-9)
    assert trend.slope == pytest.approx(slope, rel=1e-6, abs=1e-9)
    assert trend.slope_sd == pytest.approx(sd, rel=1e-6)


def test_two_weights_six_hours_apart_have_a_trend_and_less_have_none():
    first = Point(T0, 200.0, 1.0)
    assert trend_of([], 5.0) is None
    assert trend_of([first], 5.0) is None
    assert trend_of([first, Point(T0 + 6 * HOUR_S - 1, 202.0, 1.0)], 5.0) is None
    late = Point(T0 + 6 * HOUR_S, 202.0, 1.0)
    assert trend_of([first, late], 5.0) is not None
    assert trend_of([first, Point(T0 + HOUR_S, 201.0, 1.0), late], 5.0) is not None


def test_a_weight_that_cannot_be_pulls_nothing():
    points = [Point(T0, 200.0, 1.0), Point(T0 + DAY_S, 200_000.0, 1.0)]
    assert trend_of(points, 5.0).slope == 0.05
    assert trend_of(points, 5.0).level == pytest.approx(math.log(200.0) + 0.05)


def test_a_weight_by_hand_scatters_more_than_one_before_the_bottle():
    assert noise(Point(T0, 200.0, 0.0)) == pytest.approx(0.016**2)
    assert noise(Point(T0, 200.0, 0.0, typed=False)) == pytest.approx(0.010**2)
    assert noise(Point(T0, 200.0, 2.0, typed=False)) == pytest.approx(0.010**2 + 0.01**2)

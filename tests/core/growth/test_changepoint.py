from __future__ import annotations

import numpy as np
import pytest

from monitor.core.growth.changepoint import find_turn
from monitor.times import DAY_S

T0 = 1_700_000_000.0


def bent(gain_pct: float, then_pct: float, turn_day: float, *, seed: int, scatter: float):
    """Three days, eight weighings a day."""
    day = np.arange(0.0, 3.0, 1 / 8)
    log = np.where(
        day < turn_day, gain_pct * day, gain_pct * turn_day + then_pct * (day - turn_day)
    )
    noise = np.random.default_rng(seed).normal(0.0, scatter, day.size)
    return T0 + day * DAY_S, 250.0 * np.exp(log / 100.0 + noise)


def judge(t_s, g, gain_pct=4.0):
    return find_turn(t_s, g, np.full(t_s.size, 0.010), gain_pct)


def test_two_points_have_no_turn():
    assert judge(np.array([T0, T0 + DAY_S]), np.array([200.0, 190.0])) is None


@pytest.mark.parametrize("seed", range(5))
def test_a_turn_is_found_where_it_is(seed):
    turn = judge(*bent(4.0, -5.0, 2.2, seed=seed, scatter=0.008))
    assert turn.p_losing > 0.95
    assert turn.slope_pct_day == pytest.approx(-5.0, abs=3.0)
    assert (turn.since_s - T0) / DAY_S == pytest.approx(2.2, abs=0.3)
    assert turn.n_after >= 3


@pytest.mark.parametrize("seed", range(5))
def test_steady_gain_has_no_loss_in_it(seed):
    assert judge(*bent(4.0, 4.0, 1.0, seed=seed, scatter=0.008)).p_losing < 0.2


def test_a_slow_gainer_is_not_a_loser():
    assert judge(*bent(1.5, 1.5, 1.0, seed=2, scatter=0.008)).p_losing < 0.5


def test_a_record_that_scatters_more_proves_less():
    quiet = judge(*bent(4.0, -3.0, 2.4, seed=3, scatter=0.006))
    noisy = judge(*bent(4.0, -3.0, 2.4, seed=3, scatter=0.03))
    assert quiet.p_losing > noisy.p_losing


def test_grams_or_kilograms_make_no_difference():
    t_s, g = bent(4.0, -5.0, 2.0, seed=1, scatter=0.008)
    assert judge(t_s, 1000.0 * g).p_losing == pytest.approx(judge(t_s, g).p_losing)

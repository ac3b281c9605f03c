from __future__ import annotations

from statistics import NormalDist, median

import numpy as np
import pytest

from monitor.core.growth.changepoint import find_turn
from monitor.times import DAY_S, HOUR_S

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


def scattered_more(day, y, sd):
    """How much more the middle ones of three scatter than they should, drawn to 1 and bounded."""
    if len(day) < 4:
        return 1.0
    ratios = []
    for k in range(1, len(day) - 1):
        share = (day[k] - day[k - 1]) / (day[k + 1] - day[k - 1])
        off = y[k] - (1 - share) * y[k - 1] - share * y[k + 1]
        ratios.append(abs(off) / (sd[k] * np.sqrt(1 + share**2 + (1 - share) ** 2)))
    n, own = len(ratios), median(ratios) / 0.6745
    return min(max(np.sqrt((6.0 + n * own**2) / (6.0 + n)), 0.6), 2.5)


def by_densities(t_s, g, sd, gain_pct):
    """The same by the density of all points under each possible turn."""
    day = (t_s - t_s[-1]) / DAY_S
    y = np.log(g / g[-1])
    cov_points = np.diag((sd * scattered_more(day, y, sd)) ** 2)
    turns = [*day[1:-1], day[0]]
    log_p, slopes, sds = [], [], []
    for k, at in enumerate(turns):
        never = k == len(turns) - 1
        line = np.stack([np.ones_like(day), np.minimum(day - at, 0), np.maximum(day - at, 0)], 1)
        mean = np.array([0.0, gain_pct / 100, gain_pct / 100 if never else 0.0])
        prior = np.diag([0.3**2, 0.025**2, 0.025**2 if never else 0.05**2])
        cov = line @ prior @ line.T + cov_points
        off = y - line @ mean
        gain = prior @ line.T @ np.linalg.inv(cov)
        slopes.append((mean + gain @ off)[2])
        sds.append(np.sqrt((prior - gain @ line @ prior)[2, 2]))
        chance = 1.0 if never else 0.1 * 0.5 * (day[k + 2] - day[k]) + 1e-9
        log_p.append(
            -0.5 * (np.linalg.slogdet(cov)[1] + off @ np.linalg.inv(cov) @ off) + np.log(chance)
        )
    weight = np.exp(np.array(log_p) - max(log_p))
    weight /= weight.sum()
    falls = [NormalDist(m, s).cdf(0.0) for m, s in zip(slopes, sds, strict=True)]
    best = turns[int(np.argmax(weight))]
    return weight @ falls, 100 * weight @ slopes, t_s[-1] + best * DAY_S, int(sum(day > best))


@pytest.mark.parametrize("scatter", [0.002, 0.008, 0.05, 0.2])
@pytest.mark.parametrize(("then_pct", "turn_day"), [(-5.0, 2.2), (-1.0, 1.5), (4.0, 1.0)])
@pytest.mark.parametrize("points", [3, 4, 9, 24])
def test_the_turn_is_weighed_by_how_well_it_explains_the_points(
    scatter, then_pct, turn_day, points
):
    t_s, g = bent(4.0, then_pct, turn_day, seed=points, scatter=scatter)
    t_s, g = t_s[-points:] + np.arange(points) ** 2 * 60.0, g[-points:]
    sd = np.linspace(0.008, 0.014, points)
    turn = find_turn(t_s, g, sd, 4.0)
    p_losing, slope, since_s, n_after = by_densities(t_s, g, sd, 4.0)
    assert turn.p_losing == pytest.approx(p_losing, rel=1e-4, abs=1e-6)
    assert turn.slope_pct_day == pytest.approx(slope, rel=1e-4, abs=1e-4)
    assert turn.since_s == pytest.approx(since_s)
    assert turn.n_after == n_after


def test_only_the_last_three_and_a_half_days_are_looked_at():
    t_s, g = T0 + np.array([-3.5, -2.0, -1.0, 0.0]) * DAY_S, np.array([200.0, 208, 216, 210])
    whole = judge(t_s, g)
    older = judge(np.append(T0 - 3.6 * DAY_S, t_s), np.append(100.0, g))
    without_first = judge(t_s[1:], g[1:])
    assert older == whole
    assert whole != without_first


def test_only_the_last_forty_eight_points_are_looked_at():
    t_s = T0 + np.arange(-50, 0) * HOUR_S
    g = 250.0 * np.exp(np.random.default_rng(5).normal(0.0, 0.01, 50))
    assert judge(t_s, g) == judge(t_s[-48:], g[-48:])
    assert judge(t_s, g) != judge(t_s[-47:], g[-47:])


def test_three_weights_are_enough_and_two_at_one_moment_are_no_harm():
    three = np.array([T0, T0 + DAY_S, T0 + 2 * DAY_S])
    assert judge(three, np.array([200.0, 208.0, 216.0])).p_losing < 0.5
    twice = judge(np.array([T0, T0, T0, T0 + DAY_S]), np.array([200.0, 201.0, 200.0, 190.0]))
    assert np.isfinite(twice.p_losing)
    assert twice.slope_pct_day < 0

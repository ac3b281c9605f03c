"""What a run of windows says."""

from __future__ import annotations

import math
from statistics import mean, median

import numpy as np
import pytest

from monitor.core.scale.levels import (
    Reading,
    crossed_s,
    level_of,
    plateau_start,
    robust_sd,
    tolerance_g,
    trend_of,
)

T0 = 1_000_000.0


def run(*grams: float, start_s: float = T0, every_s: float = 0.5) -> list[Reading]:
    return [Reading(start_s + every_s * k, float(g)) for k, g in enumerate(grams)]


def test_a_window_belongs_to_a_plateau_within_five_times_the_noise_one_gram_to_twenty():
    assert tolerance_g(0.1) == 1.0
    assert tolerance_g(0.2) == 1.0
    assert tolerance_g(0.5) == 2.5
    assert tolerance_g(4.0) == 20.0
    assert tolerance_g(9.0) == 20.0


def test_the_scatter_is_by_the_median():
    assert robust_sd(run(99, 100, 102, 100.5, 900), 100.0) == pytest.approx(1.4826)
    assert robust_sd(run(99, 103), 100.0) == pytest.approx(1.4826 * 3)


# ------------------------------------------------------------------ a level


def test_a_level_is_the_mean_of_what_is_near_the_median():
    grams = (100.0, 100.2, 99.9, 100.1, 180.0)
    level, error = level_of(run(*grams), 0.1)
    scatter = 1.4826 * median(abs(g - 100.1) for g in grams)
    assert level == pytest.approx(mean(grams[:4]))
    assert error == pytest.approx(scatter / math.sqrt(4 / 3))


def test_of_an_even_number_the_median_is_between_the_two():
    level, error = level_of(run(100.0, 101.0, 104.0, 103.0), 0.0)
    assert level == 102.0
    assert error == pytest.approx(1.4826 * 2.0 / math.sqrt(4 / 3))


def test_a_level_that_does_not_scatter_is_as_good_as_the_noise_or_two_hundredths():
    assert level_of(run(*[100.0] * 12), 0.8) == (100.0, pytest.approx(0.4 / 2))
    assert level_of(run(*[100.0] * 12), 0.0) == (100.0, pytest.approx(0.02 / 2))
    assert level_of(run(100.0), 0.8) == (100.0, pytest.approx(0.4))
    assert level_of(run(100.0, 100.0), 0.8)[1] == pytest.approx(0.4)
    assert level_of(run(*[100.0] * 4), 0.8)[1] == pytest.approx(0.4 / math.sqrt(4 / 3))


def test_near_is_two_and_a_half_scatters():
    base = [100.0] * 9
    assert level_of(run(*base, 101.0), 0.8)[0] == pytest.approx(100.1)
    assert level_of(run(*base, 101.01), 0.8)[0] == 100.0


# ------------------------------------------------------------------ a trend


def test_a_trend_needs_eight_windows():
    assert trend_of(run(*range(7)), 0.1) is None
    assert trend_of(run(*range(8)), 0.1) is not None


def test_a_trend_goes_from_the_middle_of_one_half_to_that_of_the_other():
    trend = trend_of(run(*(100.0 + 0.5 * k for k in range(12))), 0.1)
    assert trend.g_s == pytest.approx(1.0)
    assert trend.middle_s == pytest.approx(T0 + 2.75)
    scatter = 1.4826 * 0.5  # each half is off its median by 0, 0.5, 0.5, 1 ...
    halves = [[100.0 + 0.5 * k for k in span] for span in (range(6), range(6, 12))]
    scatter = max(robust_sd(run(*half), sorted(half)[3]) for half in halves)
    assert trend.se_g_s == pytest.approx(1.25 * scatter * math.sqrt(2 / 2) / 3.0)


def test_an_odd_window_in_the_middle_is_in_neither_half():
    grams = [100.0] * 4 + [500.0] + [104.0] * 4
    trend = trend_of(run(*grams), 1.0)
    assert trend.g_s == pytest.approx(4.0 / 2.5)
    assert trend.se_g_s == pytest.approx(1.25 * 0.5 * math.sqrt(2 / (4 / 3)) / 2.5)
    assert trend_of(run(*[100.0] * 8), 0.0).se_g_s == pytest.approx(
        1.25 * 0.02 * math.sqrt(2 / (4 / 3)) / 2.0
    )


# ------------------------------------------------------------------ where a plateau begins


def test_a_second_within_half_a_gram_is_a_plateau():
    assert plateau_start(run(50.0, 80.0, 100.0, 100.5, 100.1), 0.05) == 2
    assert plateau_start(run(50.0, 80.0, 100.0, 100.7, 100.1), 0.05) is None


def test_too_little_is_none():
    assert plateau_start(run(100.0), 0.05) is None
    assert plateau_start(run(100.0, 100.0), 0.05) is None
    assert plateau_start(run(100.0, 100.0, 100.0), 0.05) == 0
    assert plateau_start(run(100.0, 100.0, every_s=0.9), 0.05) is None


def test_what_scatters_more_must_last_longer():
    wide = [100.0, 100.7, 99.3, 100.6, 99.4]
    assert plateau_start(run(200.0, 150.0, *wide), 0.05) == 2
    assert plateau_start(run(200.0, 150.0, 160.0, *wide[:4]), 0.05) is None


def test_a_noisy_cell_is_still_by_its_own_noise():
    noisy = [100.0, 103.0, 100.1]
    assert plateau_start(run(150.0, 190.0, *noisy), 1.0) == 2
    assert plateau_start(run(150.0, 190.0, *noisy), 0.9) is None
    assert plateau_start(run(150.0, 190.0, 100.0, 106.0, 100.1), 9.0) == 2
    assert plateau_start(run(150.0, 190.0, 100.0, 106.2, 100.1), 9.0) is None


def test_a_level_that_runs_is_no_plateau():
    slow = [100.0 + 0.19 * k for k in range(3)]
    assert plateau_start(run(50.0, 80.0, *slow), 0.05) == 2
    fast = [100.0, 100.21, 100.42]
    assert plateau_start(run(50.0, 80.0, *fast), 0.05) is None
    assert plateau_start(run(50.0, 80.0, *fast), 0.5) == 2


@pytest.mark.parametrize(
    ("seconds", "half_width_g"), [(4.0, 1.4), (8.0, 3.9), (16.0, 8.9), (32.0, 24.0)]
)
def test_a_lively_litter_is_a_level_after_it_has_held_one_for_longer(seconds, half_width_g):
    n = round(seconds / 0.5) + 1
    lively = [100.0 + half_width_g * (1, -1, 0, -1, 1, 0)[k % 6] for k in range(n)]
    jump = [300.0 + 40.0 * k for k in range(6)]
    assert plateau_start(run(*jump, *lively), 0.05) == 6


# ------------------------------------------------------------------ when it crossed


def test_a_step_is_when_the_level_crossed_half_way_for_the_last_time():
    before = run(100.0, 140.0, 100.0, 130.0, 180.0)
    assert crossed_s(before, 100.0, 200.0, T0 + 9) == T0 + 1.5 + 0.25
    falling = run(200.0, 120.0, 190.0, 130.0, 110.0)
    assert crossed_s(falling, 200.0, 100.0, T0 + 9) == T0 + 1.0 + 0.25
    assert crossed_s(before, 100.0, 200.0, T0 + 1.6) == T0 + 1.6


def test_without_a_level_before_a_step_begins_with_its_plateau():
    assert crossed_s(run(100.0), None, 200.0, T0 + 9) == T0 + 9
    assert crossed_s([], 100.0, 200.0, T0 + 9) == T0 + 9
    assert crossed_s(run(190.0, 195.0), 100.0, 200.0, T0 + 9) == T0
    assert np.isfinite(crossed_s(run(150.0), 100.0, 200.0, T0 + 9))

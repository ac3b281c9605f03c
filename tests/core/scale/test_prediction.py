"""What a baby should weigh: the physiology, in numbers that a person can check."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from monitor.core.scale.hypothesis import Estimate
from monitor.core.scale.prediction import (
    gauss,
    heavy_gauss,
    lift_density,
    object_density,
    predicted,
    return_density,
)
from monitor.times import HOUR_S

T0 = 1_000_000.0
LAST = Estimate(200.0, 1.0, T0, 9.0)


def pdf(x: float, mean: float, *sds: float) -> float:
    return NormalDist(mean, math.hypot(*sds)).pdf(x)


def test_a_normal_density_ends_at_twelve_deviations():
    assert gauss(1.5, 2.0) == pytest.approx(NormalDist(0, 2).pdf(1.5))
    assert gauss(-23.9, 2.0) == pytest.approx(NormalDist(0, 2).pdf(23.9))
    assert gauss(23.9, 2.0) > 0
    assert gauss(24.0, 2.0) == gauss(-24.0, 2.0) == 0.0


def test_one_in_ten_is_three_times_as_wide():
    expected = 0.9 * NormalDist(0, 2).pdf(3.0) + 0.1 * NormalDist(0, 6).pdf(3.0)
    assert heavy_gauss(3.0, 2.0) == pytest.approx(expected)


def test_a_thing_may_weigh_anything_from_five_grams_on_by_ratio():
    assert object_density(50.0) == pytest.approx(1 / 300)
    assert object_density(6.0) == pytest.approx(1 / 36)
    assert object_density(5.0) == object_density(1.0) == pytest.approx(1 / 30)


def test_at_once_a_baby_weighs_what_it_weighed():
    assert predicted(LAST, T0, lifting=True) == pytest.approx((200.0, math.hypot(1.0, 1.0)))
    assert predicted(LAST, T0 - 99.0, lifting=True) == predicted(LAST, T0, lifting=True)
    assert predicted(LAST, T0 - 99.0, lifting=False) == predicted(LAST, T0, lifting=False)


@pytest.mark.parametrize("hours", [0.5, 2.5, 8.0, 20.0])
def test_between_feeds_most_of_the_bottle_goes(hours):
    gone = 1 - math.exp(-hours / 2.5)
    grown = 200.0 * (1 + 0.04 * max(hours - 8, 0) / 24)
    mean, sd = predicted(LAST, T0 + hours * HOUR_S, lifting=True)
    assert mean == pytest.approx(grown - gone * (0.65 * 9.0 + 0.003 * 200.0))
    share = math.sqrt(0.005**2 + (0.013 * gone) ** 2 + 0.02**2 * hours / 24)
    assert sd == pytest.approx(math.hypot(200.0 * share, 1.0))


@pytest.mark.parametrize(
    ("hours", "away"),
    [(0.2, 0.0), (0.5, 0.0), (2.5, 0.015 * 2**0.5), (36.5, 0.09), (90.0, 0.09)],
)
def test_back_from_a_feed_it_weighs_three_per_cent_more_give_or_take(hours, away):
    grown = 200.0 * (1 + 0.04 * max(hours - 8, 0) / 24)
    mean, sd = predicted(LAST, T0 + hours * HOUR_S, lifting=False)
    assert mean == pytest.approx(1.03 * grown)
    assert sd == pytest.approx(math.hypot(200.0 * 0.024, 200.0 * away, 1.0))


@pytest.mark.parametrize("grams", [180.0, 196.0, 200.0, 215.0])
@pytest.mark.parametrize("hours", [-1.0, 0.0, 2.0, 12.0])
def test_a_lift_is_near_the_prediction_or_one_in_a_few_is_odd(grams, hours):
    t_s = T0 + hours * HOUR_S
    mean, sd = predicted(LAST, t_s, lifting=True)
    odd = 0.01 + 0.05 * (1 - math.exp(-max(hours, 0.0) / 2))
    expected = (1 - odd) * pdf(grams, mean, sd, 0.5) + odd * pdf(grams, mean, sd, 0.5, 10.0)
    assert lift_density(grams, 0.5, LAST, t_s) == pytest.approx(expected)


@pytest.mark.parametrize("grams", [190.0, 199.0, 203.0, 209.0, 230.0])
@pytest.mark.parametrize("hours", [-1.0, 0.2, 2.5, 12.0])
def test_a_return_is_fed_or_emptied_or_neither(grams, hours):
    grown = 200.0 * (1 + 0.04 * max(hours - 8, 0) / 24)
    away = 200.0 * 0.015 * math.sqrt(max(hours - 0.5, 0.0))
    spread = (0.5, 1.0, away)
    expected = (
        0.70 * pdf(grams, 1.042 * grown, *spread, 3.6)
        + 0.22 * pdf(grams, 0.995 * grown, *spread, 2.6)
        + 0.08 * pdf(grams, 1.015 * grown, *spread, 12.0)
    )
    assert return_density(grams, 0.5, LAST, T0 + hours * HOUR_S) == pytest.approx(expected)

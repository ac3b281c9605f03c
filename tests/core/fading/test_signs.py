from __future__ import annotations

import math

import pytest

from monitor.core.fading.signs import evidence, two_sided


def test_evidence_is_the_logarithm_of_a_ratio_of_two_normals():
    worse, sd, effect = 0.7, 0.4, 1.0
    fading = math.exp(-0.5 * ((worse - effect) / sd) ** 2)
    well = math.exp(-0.5 * (worse / sd) ** 2)
    assert evidence(worse, sd, effect) == pytest.approx(math.log(fading / well))


def test_half_the_effect_says_nothing_and_an_uncertain_number_hardly_anything():
    assert evidence(0.5, 0.4, 1.0) == 0.0
    assert abs(evidence(1.0, 20.0, 1.0)) < 0.01
    assert evidence(1.0, 0.0, 1.0) == 0.0


def test_a_change_either_way_is_the_mean_of_both():
    assert two_sided(2.0, 2.0) == pytest.approx(2.0)
    assert two_sided(3.0, -50.0) == pytest.approx(3.0 - math.log(2.0))

from __future__ import annotations

import pytest

from monitor.core.growth.resolution import OUNCE_G, resolutions_g


@pytest.mark.parametrize(
    ("grams", "division_g"),
    [
        ([OUNCE_G * n for n in (4, 4, 5)], OUNCE_G),
        ([28.35 * n for n in (17, 16)], OUNCE_G),
        ([113.4, 141.7], OUNCE_G),
        ([113, 142], OUNCE_G),  # written in whole grams
        ([113.398], OUNCE_G),  # three decimals say it alone
        ([OUNCE_G * n / 2 for n in (7, 8, 9)], OUNCE_G / 2),
        ([90, 110, 120], 10.0),
        ([85, 90, 100, 105, 110], 5.0),
        ([100.0, 98.5, 101.2], 0.0),
        ([113], 0.0),  # one whole gram in 28 looks like an ounce
        ([300, 300, 300, 300], 0.0),  # standing still is no division
        ([98, 113, 118, 130, 139, 156], 0.0),  # a real kitten on a scale of one gram
    ],
)
def test_numbers_show_the_division_of_their_scale(grams, division_g):
    assert resolutions_g(grams) == [pytest.approx(division_g)] * len(grams)


def test_a_bag_that_was_weighed_with_it_hides_no_division():
    assert resolutions_g([107, 112, 127, 132, 142]) == [5.0] * 5  # 5 g, a bag of 17 taken off
    assert resolutions_g([107, 112, 127, 132]) == [0.0] * 4  # one more has to agree


def test_a_carer_may_change_to_another_scale():
    assert resolutions_g([113, 142, 170, 181, 193, 208]) == pytest.approx([OUNCE_G] * 3 + [0.0] * 3)


def test_nothing_typed_has_no_division():
    assert resolutions_g([]) == []

"""A typed weight carries the error of the scale it was read on, and names follow from it."""

from __future__ import annotations

import pytest

from monitor.core.growth.resolution import OUNCE_G
from monitor.core.scale.roster import first_estimate
from monitor.events import Baby
from tests.core.scale.test_corrections import REFERENCE, T0, Nursery, kitten


def sigmas(nursery: Nursery, baby: int = 0) -> list[float]:
    return [w.sigma_g for w in nursery.claims.records[baby].weighings]


def test_whole_ounces_of_a_litter_are_recognised_together():
    """One scale weighs them all: the second kitten's weight tells."""
    nursery = Nursery()
    nursery.ask("weigh", T0 + 60, baby="Ash", grams=198)
    assert sigmas(nursery) == [1.0]
    nursery.ask("weigh", T0 + 90, baby="Bee", grams=142)
    assert sigmas(nursery, 1) == [pytest.approx(OUNCE_G / 12**0.5)]


def test_a_baby_that_stands_still_on_a_coarse_scale_keeps_its_division():
    nursery = Nursery(kitten("Ash", weight_g=115.0), kitten("Bee", weight_g=140.0))
    for day, grams in enumerate((113, 142, 142, 142, 142)):
        nursery.ask("weigh", T0 + 86_400 * day + 60, baby="Ash", grams=grams)
    assert sigmas(nursery)[1:] == [pytest.approx(OUNCE_G / 12**0.5)] * 4


def test_grams_of_a_fine_scale_are_off_by_one():
    nursery = Nursery()
    for k, (ash_g, bee_g) in enumerate(((201, 149), (203, 152), (206, 153))):
        nursery.ask("weigh", T0 + 3600 * k + 60, baby="Ash", grams=ash_g)
        nursery.ask("weigh", T0 + 3600 * k + 90, baby="Bee", grams=bee_g)
    assert sigmas(nursery) == [1.0] * 3


def test_the_scale_of_last_week_says_nothing_of_todays():
    nursery = Nursery()
    nursery.ask("weigh", T0 + 60, baby="Ash", grams=198)
    nursery.ask("weigh", T0 + 4 * 86_400, baby="Bee", grams=142)
    assert sigmas(nursery, 1) == [1.0]


def test_a_corrected_weight_is_looked_at_again():
    nursery = Nursery()
    nursery.ask("weigh", T0 + 60, baby="Bee", grams=142)
    key = nursery.ask("weigh", T0 + 90, baby="Ash", grams=198)[0].step_id
    nursery.ask("correct", T0 + 120, step_id=key, grams=203.5)
    assert sigmas(nursery) == [1.0]


def test_ounces_claim_no_name_that_grams_would():
    """Read as 4 and 5 oz, both may weigh 127 g, and 120 g two hours later may be either."""
    told = {}
    for scale, ash_g, bee_g in (("ounces", 4 * OUNCE_G, 5 * OUNCE_G), ("grams", 113.0, 141.0)):
        nursery = Nursery(kitten("Ash", weight_g=115.0), kitten("Bee", weight_g=140.0))
        nursery.ask("weigh", T0 + 10, baby="Ash", grams=ash_g)
        nursery.ask("weigh", T0 + 20, baby="Bee", grams=bee_g)
        step = nursery.step(-120.0, after_s=7200.0)
        told[scale] = nursery.tracker.state.decisions[step].kind
    assert told == {"ounces": "unassigned", "grams": "claim"}


@pytest.mark.parametrize(
    ("weight_g", "hidden_g"), [(4 * OUNCE_G, 8.18), (113.0, 1.0), (115.2, 1.0)]
)
def test_a_weight_of_registration_in_ounces_is_as_rough(weight_g, hidden_g):
    baby = Baby(id="a", name="A", species="kitten", weight_g=weight_g, registered_s=T0)
    nursery = Nursery(baby)
    estimate = first_estimate(nursery.claims.records[0], REFERENCE, T0)
    assert estimate.sd_g == pytest.approx(0.02 * weight_g + hidden_g, abs=0.01)

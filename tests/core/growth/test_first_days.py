from __future__ import annotations

import pytest

from monitor.core.growth.assessment import assess
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.concern import Concern
from monitor.core.growth.reference import GrowthReference
from monitor.core.growth.resolution import OUNCE_G
from monitor.core.growth.trend import Point
from monitor.data.shipped import shipped
from monitor.events import Baby, Weighing
from monitor.times import DAY_S, HOUR_S, midnight_utc_s

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
BORN_S = midnight_utc_s("2026-03-02")


def since_birth(*weights: tuple[float, float], species="kitten", typed=True) -> Concern | None:
    """Judged at the last of (hour, grams); born at noon, as a date of birth is taken."""
    points = [Point(hour * HOUR_S, g, 1.0, typed) for hour, g in weights]
    report = assess(points, species, weights[-1][0] / 24.0, 12.0)
    assert report is not None
    return report.concern


def followed(
    *weights: tuple[float, float], species="kitten", registered_g: float | None = None, hour=12.0
) -> BabyRecord:
    """The record of a baby born at ``hour`` of a day, typed at hours of its life."""
    birth_s = BORN_S + hour * HOUR_S
    baby = Baby(
        id="a", name="A", species=species, born="2026-03-02", weight_g=registered_g,
        registered_s=birth_s,
    )  # fmt: skip
    record = BabyRecord(baby=baby)
    for k, (at_h, g) in enumerate(weights):
        record.put(
            Weighing(
                step_id=f"w{k}",
                t_s=birth_s + at_h * HOUR_S,
                baby="A",
                weight_g=g,
                sigma_g=1.0,
                origin="typed",
            )
        )
        record.refresh(REFERENCE)
    return record


# ------------------------------------------------------------------ what real records asked for


@pytest.mark.parametrize("hour", [0.2, 6.0, 12.0, 18.0, 23.8])
@pytest.mark.parametrize("between", [[], [(13.0, 70.0)], [(6.0, 71.0), (12.0, 69.0), (20.0, 67.0)]])
def test_a_kitten_of_72_g_that_fell_to_66_g_in_27_hours_is_told(hour, between):
    concern = followed((0.0, 72.0), *between, (27.0, 66.0), hour=hour).report.concern
    assert concern is not None
    assert (concern.kind, concern.severity) == ("losing_weight", "critical")
    assert "66 g, 6 g (8.3 %) less than" in concern.text


@pytest.mark.parametrize("hour", [0.2, 12.0, 23.8])
def test_no_gain_between_birth_and_day_2_is_told(hour):
    record = followed((0.0, 90.0), (24.0, 91.0), (47.0, 90.0), hour=hour)
    assert record.report.concern.kind == "not_gaining"
    assert record.report.verdict == "not_gaining"
    record = followed((0.0, 90.0), (24.0, 91.0), (47.0, 95.0), hour=hour)
    assert record.report.concern is None


def test_the_weight_it_was_registered_with_is_that_of_birth():
    told = followed((27.0, 66.0), registered_g=72.0).report.concern
    assert told.text == "66 g, 6 g (8.3 %) less than its first weight (72 g, 27 h ago)"
    assert followed((27.0, 76.0), registered_g=72.0).report.concern is None


def test_a_weight_of_registration_that_cannot_be_meant_is_no_weight_of_birth():
    assert followed((27.0, 76.0), registered_g=720.0).report.concern is None


# ------------------------------------------------------------------ each rule at its edge


@pytest.mark.parametrize(
    ("species", "hour", "limit_g"),
    [
        ("kitten", 12.0, 80),
        ("kitten", 17.9, 80),
        ("kitten", 18.0, 50),
        ("kitten", 23.9, 50),
        ("kitten", 24.0, 30),
        ("kitten", 29.9, 30),
        ("kitten", 30.0, 10),
        ("puppy", 23.9, 80),
        ("puppy", 24.0, 40),
        ("puppy", 100.0, 40),
    ],
)
def test_what_may_be_lost_since_birth_at_which_hour(species, hour, limit_g):
    told = since_birth((0.0, 1000.0), (hour, 1000.0 - limit_g), species=species)
    critical = limit_g >= 70 and species == "kitten"
    assert (told.kind, told.severity) == ("losing_weight", "critical" if critical else "warning")
    within = since_birth((0.0, 1000.0), (hour, 1001.0 - limit_g), species=species)
    assert within is None or within.kind == "not_gaining"


def test_weighed_twice_in_half_a_day_both_must_show_a_small_loss():
    """A bottle more or less is 4 to 5 %; from 7 % on one is enough."""
    assert since_birth((0.0, 1000.0), (20.0, 990.0), (26.0, 965.0)) is None
    assert since_birth((0.0, 1000.0), (20.0, 970.0), (26.0, 965.0)).kind == "losing_weight"
    assert since_birth((0.0, 1000.0), (20.0, 990.0), (26.0, 930.0)).severity == "critical"
    longer_ago = since_birth((0.0, 1000.0), (13.4, 990.0), (26.0, 965.0))
    assert longer_ago.kind == "losing_weight"


@pytest.mark.parametrize(("species", "critical_g"), [("kitten", 70), ("puppy", 100)])
def test_a_grave_loss_since_birth_is_critical(species, critical_g):
    assert since_birth((0.0, 1e3), (26.0, 1e3 - critical_g), species=species).severity == "critical"
    assert since_birth((0.0, 1e3), (26.0, 1001 - critical_g), species=species).severity == "warning"


@pytest.mark.parametrize(("species", "hour"), [("kitten", 40.0), ("puppy", 144.0)])
def test_from_when_on_it_weighs_more_than_at_birth(species, hour):
    assert since_birth((0.0, 1000.0), (hour, 1000.0), species=species).kind == "not_gaining"
    assert since_birth((0.0, 1000.0), (hour - 0.1, 1000.0), species=species) is None


def test_one_that_stays_below_its_first_weight_is_told_on():
    week = [(24.0 * day, 90.0 - day + (day > 3) * 2 * (day - 3)) for day in range(7)]
    told = since_birth(*week)
    assert told is not None


def test_a_first_weight_of_a_later_day_is_none_of_birth():
    points = [Point(0.0, 1000.0, 1.0), Point(2 * DAY_S, 1000.0, 1.0)]
    assert assess(points, "kitten", 3.1, 12.0).concern.text == "1000 g, no more than 48 h ago"
    assert "first weight" in assess(points, "kitten", 2.9, 12.0).concern.text


def test_lifts_before_the_bottle_are_one_level():
    lifts = [(0.0, 100.0), (2.0, 101.0), (4.0, 102.0), (26.0, 97.0), (28.0, 98.0), (30.0, 97.0)]
    told = since_birth(*lifts, typed=False)
    assert told.text == "97 g, 4 g (4.0 %) less than its first weight (101 g, 26 h ago)"


def test_a_guessed_age_leaves_it_to_the_rules_of_a_week():
    points = [Point(0.0, 1000.0, 1.0), Point(DAY_S, 979.0, 1.0)]
    assert assess(points, "kitten", 0.5, 12.0, age_known=False).concern.why == "lost 2.0 % or more"


def test_a_coarse_scale_cannot_show_what_a_newborn_may_not_lose():
    ounces = [(24.0 * day, OUNCE_G * n) for day, n in enumerate((17, 16, 16))]
    assert followed(*ounces, species="puppy").report.concern is None
    ounces.append((72.0, OUNCE_G * 15))
    told = followed(*ounces, species="puppy").report.concern
    assert told.text == "425 g, 57 g (11.8 %) less than its first weight (482 g, 72 h ago)"
    assert told.why == (
        "a loss of 4 % or more over a puppy's first two days is a risk; its scale shows steps of "
        "28.3 g, and that is allowed for"
    )

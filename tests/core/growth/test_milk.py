"""What it drank in a day, what it needs, and its next bottle."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.next_bottle import spoken_bottle
from monitor.core.growth.reference import COMFORT_ML_PER_KG, GrowthReference
from monitor.data.shipped import shipped
from monitor.events import Baby, HandFeed, Weighing
from monitor.times import DAY_S, HOUR_S

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T0 = 1_773_100_800.0  # 2026-03-10T00:00:00Z


def record_of(*fed: tuple[float, float | None], **about) -> BabyRecord:
    """A kitten of 200 g on day 8 that was told to have drunk (hours ago, grams)."""
    record = BabyRecord(baby=Baby(
        **{"id": "ash", "name": "Ash", "species": "kitten", "born": "2026-03-02"} | about
    ))  # fmt: skip
    record.put(Weighing(step_id="w", t_s=T0, baby="Ash", weight_g=200.0, sigma_g=0.5))
    for k, (ago_h, g) in enumerate(fed):
        record.tell(HandFeed(step_id=f"f{k}", t_s=T0 - ago_h * HOUR_S, g=g))
    record.refresh(REFERENCE)
    return record


def test_the_next_bottle_is_a_share_of_what_it_needs():
    milk = record_of().milk(T0, REFERENCE)
    assert milk.need_24h_ml_per_kg == pytest.approx(240.0)
    assert milk.next_feed_ml == 7.0  # 240 ml/kg in bottles every 3.5 h
    assert (milk.intake_24h_g, milk.intake_24h_ml_per_kg) == (None, None)


def test_a_day_of_known_bottles_is_set_against_the_need():
    day = [(ago, 5.0) for ago in (1, 5, 9, 13, 17, 21, 25)]
    milk = record_of(*day).milk(T0, REFERENCE, 10.0)
    assert (milk.intake_24h_g, milk.intake_24h_ml_per_kg) == (30.0, 150.0)
    assert milk.milk_g_per_gain_g == 3.0
    assert milk.next_feed_ml == 8.0  # more than its share, no more than is comfortable


def test_a_bottle_of_unknown_amount_leaves_the_day_open():
    milk = record_of((1, 5.0), (5, None), (25, 5.0)).milk(T0, REFERENCE, 10.0)
    assert (milk.intake_24h_g, milk.intake_24h_ml_per_kg) == (5.0, None)
    assert milk.milk_g_per_gain_g is None


def test_one_that_nurses_as_well_is_offered_what_it_usually_takes():
    assert record_of(also_nurses=True).milk(T0, REFERENCE).next_feed_ml is None
    nursed = record_of((1, 3.0), (9, 4.0), (17, 3.5), also_nurses=True).milk(T0, REFERENCE)
    assert (nursed.next_feed_ml, nursed.need_24h_ml_per_kg) == (3.5, None)


def test_an_old_weight_measures_no_bottle():
    assert record_of().milk(T0 + 3.1 * DAY_S, REFERENCE).next_feed_ml is None


def test_a_weaned_one_needs_no_bottle():
    milk = record_of(born="2026-01-01").milk(T0, REFERENCE)
    assert (milk.need_24h_ml_per_kg, milk.next_feed_ml) == (0.0, None)
    alone = record_of(born="2026-01-01", weaning=False).milk(T0, REFERENCE)
    assert alone.next_feed_ml is not None


@pytest.mark.parametrize(
    ("ml", "said"),
    [(0.34, "about 0.3 ml"), (4.49, "about 4 ml"), (4.9, "about 4.5 ml"), (12.9, "about 12 ml")],
)
def test_a_bottle_in_words_is_never_more_than_it_is(ml, said):
    assert spoken_bottle(ml) == said


@settings(max_examples=200)
@given(
    species=st.sampled_from(["kitten", "puppy"]),
    age_day=st.none() | st.integers(0, 80),
    adult_kg=st.none() | st.floats(0.5, 120.0),
    weight_g=st.floats(20.0, 15_000.0),
    flags=st.tuples(*[st.none() | st.booleans()] * 2),
    kcal=st.floats(0.3, 2.5),
    fed=st.lists(st.tuples(st.floats(0.0, 60.0), st.none() | st.floats(0.1, 1000.0)), max_size=25),
    later_h=st.floats(0.0, 60.0),
)
def test_no_advice_is_ever_negative_or_more_than_a_stomach_holds(
    species, age_day, adult_kg, weight_g, flags, kcal, fed, later_h
):
    born = None if age_day is None else f"2026-{1 + age_day // 28:02d}-{1 + age_day % 28:02d}"
    record = BabyRecord(baby=Baby(
        id="a", name="A", species=species, born=born, adult_weight_kg=adult_kg,
        also_nurses=flags[0], weaning=flags[1],
    ))  # fmt: skip
    record.put(Weighing(step_id="w", t_s=T0, baby="A", weight_g=weight_g, sigma_g=0.5))
    for k, (hours, g) in enumerate(fed):
        record.tell(HandFeed(step_id=f"f{k}", t_s=T0 + (later_h - hours) * HOUR_S, g=g))
    reference = REFERENCE.with_milk(kcal)
    record.refresh(reference)
    milk = record.milk(T0 + later_h * HOUR_S, reference, 5.0)
    if milk.next_feed_ml is not None:
        assert math.isfinite(milk.next_feed_ml)
        assert 0.0 < milk.next_feed_ml <= COMFORT_ML_PER_KG * weight_g / 1000.0
    numbers = (milk.intake_24h_ml_per_kg, milk.need_24h_ml_per_kg, milk.milk_g_per_gain_g)
    assert all(number is None or (math.isfinite(number) and number >= 0.0) for number in numbers)

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.growth.reference import COMFORT_ML_PER_KG, GrowthReference
from monitor.data.shipped import shipped
from monitor.errors import InputError
from monitor.events import Baby

KITTEN = Baby(id="a", name="A", species="kitten")
PUPPY = Baby(id="b", name="B", species="puppy")


def row(age_day: float, grams: float, **how) -> dict:
    return {
        "age_day": age_day, "n_animals": 3, "source": "here",
        "weight_g": [grams - 10, grams, grams + 20], "gain_g_per_day": [5.0, 10.0, 15.0],
        "milk_kcal_per_kg_day": [135.0, 180.0, 225.0], "intake_ml_per_kg_day": [150.0, 250.0],
        "feed_interval_h": [2.0, 4.0], "feed_g": [0.025 * grams, 0.04 * grams], **how,
    }  # fmt: skip


def table(species: str, *rows: dict, name: str = "all", **how) -> dict:
    return {"species": species, "class": name, "source": "here", "rows": list(rows), **how}


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def parse(*tables: dict, origin: str = "growth.toml") -> GrowthReference:
    return GrowthReference.parse(f"table = {toml(list(tables))}".encode(), origin)


KITTENS = table(
    "kitten",
    row(0.0, 100.0),
    row(10.0, 200.0, feed_interval_h=[3.0, 6.0], feed_g=[7.5, 8.0],
        gain_g_per_day=[6.0, 12.0, 18.0], milk_kcal_per_kg_day=[153.0, 180.0, 261.0],
        intake_ml_per_kg_day=[170.0, 290.0]),
    row(20.0, 400.0),
)  # fmt: skip
SMALL = table("puppy", row(0, 120.0), row(10, 300.0), name="small", adult_weight_kg=[1.0, 10.0])
LARGE = table("puppy", row(0, 400.0), row(10, 900.0), name="large", adult_weight_kg=[10.0, 30.0])
GIANT = table("puppy", row(0, 600.0), row(10, 1500.0), name="giant")
REFERENCE = parse(KITTENS, SMALL, LARGE, GIANT)


def test_between_two_rows_every_number_is_interpolated():
    expected = REFERENCE.expected(KITTEN, 2.5, None)
    assert (expected.age_day, expected.age_known) == (2.5, True)
    assert expected.weight_g == (115.0, 125.0, 145.0)
    assert expected.gain_g_per_day == (5.25, 10.5, 15.75)
    assert expected.feed_interval_h == (2.25, 4.5)
    assert expected.milk_ml_per_kg_day == pytest.approx((155.0, 200.0, 260.0))


def test_on_a_row_its_own_numbers_and_beyond_the_ends_those_of_the_end():
    assert REFERENCE.expected(KITTEN, 10.0, None).weight_g == (190.0, 200.0, 220.0)
    assert REFERENCE.expected(KITTEN, 0.0, None).weight_g == (90.0, 100.0, 120.0)
    assert REFERENCE.expected(KITTEN, -3.0, None).weight_g == (90.0, 100.0, 120.0)
    assert REFERENCE.expected(KITTEN, 20.0, None).weight_g == (390.0, 400.0, 420.0)
    assert REFERENCE.expected(KITTEN, 99.0, None).weight_g == (390.0, 400.0, 420.0)
    assert REFERENCE.expected(KITTEN, 15.0, None).weight_g == (290.0, 300.0, 320.0)


@pytest.mark.parametrize(
    ("weight_g", "age_day"),
    [(50.0, 0.0), (100.0, 0.0), (150.0, 5.0), (200.0, 10.0), (300.0, 15.0), (500.0, 20.0)],
)
def test_an_unknown_age_is_where_the_median_has_that_weight(weight_g, age_day):
    expected = REFERENCE.expected(KITTEN, None, weight_g)
    assert expected.age_day == pytest.approx(age_day)
    assert not expected.age_known
    assert expected.weight_g[1] == pytest.approx(max(100.0, min(weight_g, 400.0)))


def test_with_neither_age_nor_weight_it_is_a_week_old():
    expected = REFERENCE.expected(KITTEN, None, None)
    assert expected.age_day == 7.0
    assert expected.weight_g[1] == 170.0


@pytest.mark.parametrize(
    ("adult_kg", "grams"),
    [(1.0, 120.0), (9.9, 120.0), (10.0, 400.0), (29.9, 400.0), (30.0, 600.0), (0.5, 600.0)],
)
def test_a_puppys_class_is_that_of_its_adult_weight_else_the_last(adult_kg, grams):
    puppy = Baby(id="b", name="B", species="puppy", adult_weight_kg=adult_kg)
    assert REFERENCE.expected(puppy, 0.0, 5_000.0).weight_g[1] == grams


def test_an_unknown_class_is_the_nearest_in_ratio():
    # at birth 120 and 400: their geometric mean is 219
    assert math.sqrt(120.0 * 400.0) == pytest.approx(219.1, abs=0.1)
    assert REFERENCE.expected(PUPPY, 0.0, 218.0).weight_g[1] == 120.0
    assert REFERENCE.expected(PUPPY, 0.0, 221.0).weight_g[1] == 400.0
    assert REFERENCE.expected(PUPPY, 10.0, 520.0).weight_g[1] == 900.0
    assert REFERENCE.expected(PUPPY, 10.0, 518.0).weight_g[1] == 300.0


def test_without_age_or_weight_a_puppy_is_of_the_first_class():
    assert REFERENCE.expected(PUPPY, 0.0, None).weight_g[1] == 120.0
    assert REFERENCE.expected(PUPPY, None, 900.0).weight_g[1] == 300.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"weight_g": [0.0, 100.0, 120.0]}, "weights and intervals are above 0"),
        ({"feed_interval_h": [0.0, 4.0]}, "weights and intervals are above 0"),
        ({"age_day": -1.0}, "weights and intervals are above 0"),
        ({"weight_g": [100.0, 90.0, 120.0]}, "a range must rise from low to high"),
        ({"gain_g_per_day": [5.0, 4.0, 15.0]}, "a range must rise from low to high"),
        ({"feed_interval_h": [4.0, 2.0]}, "a range must rise from low to high"),
        ({"feed_g": [4.0, 2.0]}, "a range must rise from low to high"),
        ({"intake_ml_per_kg_day": [4.0, 2.0]}, "a range must rise from low to high"),
        ({"weight_g": [90.0, 100.0, math.inf]}, "a value is no number"),
        ({"gain_g_per_day": [5.0, 6.0, math.inf]}, "a value is no number"),
        ({"feed_interval_h": [5.0, math.inf]}, "a value is no number"),
        ({"feed_g": [5.0, math.inf]}, "a value is no number"),
        ({"milk_kcal_per_kg_day": [180.0, 135.0, 225.0]}, "a range must rise from low to high"),
        ({"milk_kcal_per_kg_day": [-1.0, 180.0, 225.0]}, "milk is at least 0"),
        ({"intake_ml_per_kg_day": [5.0, math.inf]}, "a value is no number"),
    ],
)
def test_a_row_that_cannot_be_is_refused_with_its_place(wrong, message):
    with pytest.raises(InputError) as refused:
        parse(table("kitten", row(0.0, 100.0) | wrong, row(10.0, 200.0)), SMALL)
    day = wrong.get("age_day", 0.0)
    assert str(refused.value) == f"growth.toml: kitten all, day {day:g}: {message}"


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        # the table of earlier versions: a bottle of 4 % every two to three hours, and three times
        # the milk that it says is needed
        (
            {"feed_interval_h": [2.0, 3.0], "feed_g": [3.4, 4.0]},
            "9.6 bottles of 3.4 g are 326 ml/kg a day, and 200 are needed",
        ),
        ({"feed_g": [2.5, 5.0]}, "a comfortable bottle is 4.0 g"),
        ({"feed_interval_h": [6.0, 8.0], "feed_g": [5.8, 4.0]}, "a range must rise"),
        ({"intake_ml_per_kg_day": [180.0, 270.0]}, "the energy is 150 to 250 ml/kg a day"),
    ],
)
def test_columns_that_contradict_each_other_are_refused(columns, message):
    with pytest.raises(InputError, match=message):
        parse(table("kitten", row(0.0, 100.0, **columns), row(10.0, 200.0)), SMALL)


def test_thin_milk_needs_more_of_it_and_sooner():
    thin = REFERENCE.with_milk(0.45).expected(KITTEN, 20.0, None)
    assert thin.milk_ml_per_kg_day == pytest.approx((300.0, 400.0, 500.0))
    assert thin.feed_interval_h == pytest.approx((2.0, 2.4))  # 40 ml/kg last so long


SHIPPED = GrowthReference.parse(shipped("growth.toml"))


@given(
    species=st.sampled_from(["kitten", "puppy"]),
    adult_kg=st.none() | st.floats(0.5, 120.0),
    weaning=st.none() | st.booleans(),
    age_day=st.none() | st.floats(0.0, 400.0),
    weight_g=st.none() | st.floats(1.0, 40_000.0),
    kcal=st.floats(0.3, 2.5),
)
def test_the_usual_bottle_of_any_milk_is_comfortable_and_covers_the_need(
    species, adult_kg, weaning, age_day, weight_g, kcal
):
    baby = Baby(id="a", name="A", species=species, adult_weight_kg=adult_kg, weaning=weaning)
    expected = SHIPPED.with_milk(kcal).expected(baby, age_day, weight_g)
    low, usual, high = expected.milk_ml_per_kg_day
    assert 0.0 <= low <= usual <= high
    bottle = usual * sum(expected.feed_interval_h) / 48.0
    assert bottle <= COMFORT_ML_PER_KG * (1.0 + 1e-9)


def test_milk_falls_when_solids_begin_unless_it_lives_on_milk_alone():
    for species in ("kitten", "puppy"):
        baby = Baby(id="a", name="A", species=species)
        usual = [SHIPPED.expected(baby, day, None).milk_ml_per_kg_day[1] for day in (28, 35, 42)]
        assert usual[0] > 1.5 * usual[1] > 2.0 * usual[2]
        assert SHIPPED.expected(baby, 56.0, None).milk_ml_per_kg_day == (0.0, 0.0, 0.0)
        alone = Baby(id="a", name="A", species=species, weaning=False)
        assert SHIPPED.expected(alone, 42.0, None).milk_ml_per_kg_day[1] == usual[0]


def test_the_milk_of_a_day_is_that_of_the_books():
    kitten = SHIPPED.expected(KITTEN, 7.0, None)
    assert 180.0 <= kitten.milk_ml_per_kg_day[1] <= 270.0
    assert 24.0 / (0.5 * sum(kitten.feed_interval_h)) == pytest.approx(7.0, abs=0.2)  # Maddie's
    assert 130.0 <= SHIPPED.expected(PUPPY, 5.0, None).milk_ml_per_kg_day[1] <= 240.0


def test_an_age_that_is_no_number_is_refused():
    with pytest.raises(InputError, match="day inf: a value is no number"):
        parse(table("kitten", row(0.0, 100.0), row(math.inf, 200.0)), SMALL)


def test_small_weights_and_intervals_and_a_day_of_birth_are_no_mistake():
    tiny = row(0.0, 0.6, weight_g=[0.5, 0.6, 0.7], feed_interval_h=[0.5, 0.9])
    assert parse(table("kitten", tiny, row(10.0, 200.0)), SMALL)


@pytest.mark.parametrize("ages", [(0.0,), (10.0, 0.0), (0.0, 0.0), (0.0, 10.0, 5.0)])
def test_ages_must_rise_from_row_to_row(ages):
    with pytest.raises(InputError) as refused:
        parse(SMALL, table("kitten", *(row(age, 100.0) for age in ages)))
    assert str(refused.value) == "growth.toml: ages of kitten all must rise from row to row"


def test_every_species_needs_a_table():
    with pytest.raises(InputError) as refused:
        parse(SMALL, origin="mine.toml")
    assert str(refused.value) == "mine.toml: no table for kitten"
    with pytest.raises(InputError) as refused:
        GrowthReference.parse(b"table = []")
    assert str(refused.value) == "growth.toml: no table for kitten, puppy"


def test_what_is_no_toml_is_refused_by_name():
    for raw in (b"table = 3", b"[", b"\xff"):
        with pytest.raises(InputError, match=r"^mine\.toml: .+"):
            GrowthReference.parse(raw, "mine.toml")


def test_what_ships_is_read():
    assert GrowthReference.parse(shipped("growth.toml")).expected(KITTEN, 7.0, None).weight_g[0] > 0

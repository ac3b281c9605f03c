"""The growth reference is what its command prints, and holds to the records it names."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from calibration.evaluation.growth_records import Rows, read_records
from calibration.growth_curves import (
    LARGE_RATE,
    LARGE_SLOW_DAYS,
    SIZES,
    by_day,
    ceiling,
    fit_large,
    kitten_band,
    puppy_band,
)
from calibration.growth_milk import feeding
from calibration.growth_reference import AGES, growth_toml, held, main, short_weeks
from monitor.core.growth.reference import COMFORT_ML_PER_KG
from monitor.data.shipped import shipped

WEIGHTS = Path(__file__).parents[3] / "shared/data/weight"
KITTENS = WEIGHTS / "purrfectdata_kittens/kitten_growth.csv"
PUPPIES = WEIGHTS / "codesamplerr_gsd_puppies/puppies-2019-weight-in-oz.csv"
LARGE = partial(puppy_band, SIZES[2])


def real(path: Path) -> dict[str, Rows]:
    if not path.exists() and not os.environ.get("CI"):
        pytest.skip(f"the real records are not beside this repository: {path.name}")
    return read_records(path)


def test_what_ships_is_what_is_printed(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out.encode() == shipped("growth.toml")
    assert growth_toml().encode() == shipped("growth.toml")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: size.name)
def test_puppies_stay_below_the_published_ceiling_and_grow_without_a_kink(size):
    day = np.arange(0.0, 56.5, 0.5)
    low, middle, high = puppy_band(size, day)
    assert np.all((low < middle) & (middle < high))
    early = day <= 21.0
    assert np.all(high[early] <= ceiling(size.birth_g[2], day[early]) + 1e-9)
    assert np.all(middle[early] <= ceiling(size.birth_g[1], day[early]) + 1e-9)
    for grown in (middle, high):
        gain = np.diff(grown)
        assert np.all(gain > 0.0)
        assert np.max(np.abs(np.diff(gain))) < 0.12 * np.max(gain)


def test_the_large_curve_is_the_fit_to_the_litter():
    assert fit_large(real(PUPPIES)) == pytest.approx((LARGE_RATE, LARGE_SLOW_DAYS), abs=1e-6)


def test_real_shepherds_lie_within_the_band_and_near_its_middle():
    for rows in real(PUPPIES).values():
        day, grams = (np.array(column) for column in zip(*by_day(rows), strict=True))
        low, _, high = LARGE(day)
        assert np.all((low <= grams) & (grams <= high))
    for age, least, most in ((7.0, 0.9, 1.1), (28.0, 0.9, 1.1), (42.0, 0.9, 1.25)):
        weights = [np.interp(age, *zip(*by_day(r), strict=True)) for r in real(PUPPIES).values()]
        assert least <= np.median(weights) / LARGE(np.array([age]))[1][0] <= most


def test_kittens_are_percentiles_5_and_95_not_10_and_90():
    """One weight in ten of eight kittens outside is what 5 and 95 promise; 10 and 90 say two."""
    points = [point for rows in real(KITTENS).values() for point in by_day(rows)]
    day, grams = (np.array(column) for column in zip(*points, strict=True))
    low, _, high = kitten_band(day)
    assert 0.05 < np.mean((grams < low) | (grams > high)) < 0.12


def test_after_day_14_thriving_kittens_gain_less_than_7_g_a_day_for_a_week():
    lines = short_weeks(real(KITTENS))
    assert "from day  0, over 7 days:   0 % below 7 g a day" in lines
    assert "from day 14, over 7 days:  27 % below 7 g a day" in lines


def test_every_age_has_a_bottle_that_fits():
    for species in ("kitten", "puppy"):
        for age in AGES:
            assert feeding(species, age).usual_ml_per_kg <= COMFORT_ML_PER_KG


def test_with_records_it_says_how_the_curves_hold(capsys):
    real(KITTENS)
    assert main(["--kittens", str(KITTENS), "--puppies", str(PUPPIES)]) == 0
    said = capsys.readouterr().out
    assert "8 animals, 328 weights: 7.9 % below the low" in said
    assert "6 animals, 268 weights: 0.0 % below the low, 0.0 % above the high curve" in said


def test_a_record_on_the_curve_is_held_to_it_exactly():
    day = np.arange(0.0, 43.0)
    rows = list(zip((day * 86_400.0).tolist(), LARGE(day)[1].tolist(), strict=True))
    assert held({"a": rows}, LARGE)[2] == (
        "day  7: the median of the records is 1.00 of the middle curve, 1.00 of it from its own "
        "birth weight on"
    )

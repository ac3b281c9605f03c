"""The growth reference, worked out: ``python -m calibration.growth_reference`` prints the file.

It is ``monitor/data/growth.toml``. With records (``--kittens CSV... --puppies CSV...``) it fits the
large puppies' curve anew and says how every curve holds to these animals. The monitor itself never
fits anything.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from calibration.evaluation.growth_records import Rows, read_records
from calibration.growth_curves import (
    KITTENS_39,
    LARGE_RATE,
    LARGE_SLOW_DAYS,
    SIZES,
    Bands,
    Values,
    by_day,
    columns_of,
    fit_large,
    kitten_band,
    kitten_gains,
    puppy_band,
)
from calibration.growth_milk import feeding
from monitor.core.growth.reference import COMFORT_ML_PER_KG, COMMON_MILK_KCAL_PER_ML

AGES = (*range(11), 12, 14, 16, 18, 21, 24, 28, 32, 35, 38, 42, 46, 49, 52, 56)

HEAD = """\
# Growth reference: weight bands, daily gain, milk and feed interval by species and age.
# Printed by "python -m calibration.growth_reference", which says how each curve was made.
#
# One table per class of animal; a new species is a new table, not new code. Every column of
# a table has the same length as age_day; values between two ages are interpolated.
#
#   weight_g              [low, median, high]; kittens: percentiles 5, 50 and 95
#   gain_g_per_day        [low, median, high]
#   milk_kcal_per_kg_day  [low, usual, high] energy from milk; solids take over from day 28 on
#   feed_interval_h       [shortest, longest] between two bottles
#
# What follows from these with milk of the energy below, at the median weight; they are held to one
# another when the file is read, and worked out anew for another milk ([feeding] milk_kcal_per_ml):
#
#   feed_g                [usual, comfortable] bottle; comfortable is 4 ml per 100 g
#   intake_ml_per_kg_day  [low, high]
#
# A band is a prior, not a verdict: orphans have guessed ages and unknown breeds.

"""
MILK_SOURCE = {
    "kitten": "milk: 18 to 26 kcal per 100 g (Small Animal Clinical Nutrition 5th ed. p. 427, "
    "Lawler 2008), solids as in Maddie's Fund feeding chart and Box 23-2; intervals: from rescues' "
    "2 h to Maddie's seven a day in week 1, then seven; stomach: Lawler 2008",
    "puppy": "milk: 13, 15, 18 and 20 kcal per 100 g in weeks 1 to 4 at least (Dog Owner's Home "
    "Veterinary Handbook), 22 to 26 at most; intervals: shelters' 2 to 4 h in week 1, then what a "
    "comfortable stomach lasts (Lawler 2008)",
}


def growth_toml() -> str:
    """The whole file."""
    day = np.array(AGES, dtype=np.float64)
    animals = columns_of(KITTENS_39, 5)[:, 1].astype(int).tolist()
    gains = kitten_gains(day)
    text = HEAD + f"milk_kcal_per_ml = {COMMON_MILK_KCAL_PER_ML}\n\n\n"
    text += _class(
        'species = "kitten"\nclass = "domestic"',
        "weights and gains: percentiles 5, 50 and 95 of daily records of 39 healthy kittens "
        "(purrfectdata, Meow Cattery and fatcat), smoothed; " + MILK_SOURCE["kitten"],
        "kitten", kitten_band, (gains[0], gains[1]), animals,
        ["percentiles of real records, smoothed"] * len(AGES),
    )  # fmt: skip
    for size in SIZES:
        large = size.name == "large"
        fit = "six German shepherds (codesamplerr) to day 45, and " if large else ""
        slow = [
            "the litter and the published gains" if large and age <= 42 else "the published gains"
            for age in AGES
        ]
        text += "\n" + _class(
            f'species = "puppy"\nclass = "{size.name}"\nadult_weight_kg = {list(size.adult_kg)}',
            f"weights: curves towards the adult weight, fit to {fit}the gains of Small Animal "
            "Clinical Nutrition 5th ed. Table 16-1, birth weights of Mugnier 2020 (BMC Vet Res 16, "
            "Table 1), the highest below the ceiling of Alves 2020 (Vet Med Sci); "
            + MILK_SOURCE["puppy"],
            "puppy", partial(puppy_band, size), None,
            [6 if large and age <= 42 else 0 for age in AGES],
            [f"fit to {each}" for each in slow],
        )  # fmt: skip
    return text


def _class(
    head: str,
    source: str,
    species: str,
    bands: Bands,
    gains: tuple[Values, Values] | None,
    animals: Sequence[int],
    sources: Sequence[str],
) -> str:
    day = np.array(AGES, dtype=np.float64)
    weights, later, before = bands(day), bands(day + 0.5), bands(np.maximum(day - 0.5, 0.0))
    span = day + 0.5 - np.maximum(day - 0.5, 0.0)
    slopes = [(b - a) / span for a, b in zip(before, later, strict=True)]
    low, high = gains if gains is not None else (np.maximum(slopes[0], 0.0), slopes[2])
    lines = []
    for i, age in enumerate(AGES):
        milk, kg = feeding(species, age), round(weights[1][i]) / 1000.0
        ml = [round(kcal / COMMON_MILK_KCAL_PER_ML) for kcal in (milk.kcal[0], milk.kcal[2])]
        row = {
            "age_day": age,
            "n_animals": animals[i],
            "weight_g": [round(float(column[i])) for column in weights],
            "gain_g_per_day": [round(float(g[i]), 1) for g in (low, slopes[1], high)],
            "milk_kcal_per_kg_day": list(milk.kcal),
            "feed_interval_h": list(milk.hours),
            "feed_g": [round(milk.usual_ml_per_kg * kg, 1), round(COMFORT_ML_PER_KG * kg, 1)],
            "intake_ml_per_kg_day": ml,
        }
        fields = ", ".join(f"{key} = {value}" for key, value in row.items())
        lines.append(f'  {{ {fields}, source = "{sources[i]}" }},\n')
    return f'[[table]]\n{head}\nsource = "{source}"\nrows = [\n{"".join(lines)}]\n'


# ------------------------------------------------------------------ held to records


def held(records: dict[str, Rows], bands: Bands) -> list[str]:
    """How the band and its middle hold to these animals, as lines."""
    points = [point for rows in records.values() for point in by_day(rows) if point[0] <= 56.0]
    day, grams = (np.array(column) for column in zip(*points, strict=True))
    birth = np.array(
        [rows[0][1] for rows in records.values() for d, _ in by_day(rows) if d <= 56.0]
    )
    low, middle, high = bands(day)
    since_birth = grams / middle * float(bands(np.zeros(1))[1][0]) / birth
    below, above = float(np.mean(grams < low)), float(np.mean(grams > high))
    lines = [(f"{len(records)} animals, {len(day)} weights: {100 * below:.1f} % below the low, "
              f"{100 * above:.1f} % above the high curve")]  # fmt: skip
    for age in (0, 7, 14, 21, 28, 35, 42):
        near = np.abs(day - age) <= 0.5
        if near.any():
            ratio, own = (float(np.median(each[near])) for each in (grams / middle, since_birth))
            lines.append(f"day {age:2d}: the median of the records is {ratio:.2f} of the middle "
                         f"curve, {own:.2f} of it from its own birth weight on")  # fmt: skip
    return lines


def short_weeks(records: dict[str, Rows], least_g_day: float = 7.0) -> list[str]:
    """How often these animals, which thrived, gained less than that in three and seven days."""
    lines = []
    for first in (0, 7, 14, 21, 28, 35):
        for span in (3, 7):
            gains = [g for rows in records.values() for g in _gains(rows, first, span)]
            if gains:
                share = 100.0 * float(np.mean(np.array(gains) < least_g_day))
                lines.append(f"from day {first:2d}, over {span} days: {share:3.0f} % below "
                             f"{least_g_day:g} g a day")  # fmt: skip
    return lines


def _gains(rows: Rows, first: int, span: int) -> list[float]:
    """Grams a day over ``span`` days, from each day of a week on."""
    day, grams = (np.array(column) for column in zip(*by_day(rows), strict=True))
    starts = np.arange(first, first + 7)
    starts = starts[starts + span <= day[-1]]
    gained = np.interp(starts + span, day, grams) - np.interp(starts, day, grams)
    return [float(g) / span for g in gained]


def _report(kittens: dict[str, Rows], puppies: dict[str, Rows]) -> None:
    if kittens:
        print("Kittens", *held(kittens, kitten_band), *short_weeks(kittens), sep="\n")
    if puppies:
        rate, slow = fit_large(puppies)
        print(f"Large puppies: rate {rate:.4f}, slow for {slow:.1f} days "
              f"(in force: {LARGE_RATE}, {LARGE_SLOW_DAYS})")  # fmt: skip
        print(*held(puppies, partial(puppy_band, SIZES[2])), sep="\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the file, or with records how it holds to them; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kittens", type=Path, nargs="*", default=[])
    parser.add_argument("--puppies", type=Path, nargs="*", default=[])
    args = parser.parse_args(argv)
    if not (args.kittens or args.puppies):
        print(growth_toml(), end="")
        return 0
    kittens, puppies = (
        {f"{path.stem}/{name}": rows for path in paths for name, rows in read_records(path).items()}
        for paths in (args.kittens, args.puppies)
    )
    _report(kittens, puppies)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Milk of the growth reference: energy by age, the share of it that solids take over, intervals.

The bottle follows: the day's milk over the bottles of a day, and never more than a comfortable
stomach holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitor.core.growth.reference import COMFORT_ML_PER_KG, COMMON_MILK_KCAL_PER_ML

KITTEN_KCAL = ((0, (180, 216, 260)), (28, (180, 216, 260)))
PUPPY_KCAL = ((0, (130, 170, 220)), (7, (150, 190, 230)), (14, (180, 210, 240)),
              (21, (200, 220, 260)), (28, (200, 220, 260)))  # fmt: skip
"""(age in days, kcal per kg and day: low, usual, high). Kittens: 18 to 26 kcal per 100 g (Small
Animal Clinical Nutrition, 5th ed., p. 427; Lawler 2008); the 380 kcal/kg at birth that are printed
as well are what nursing kittens take in. Puppies: 13, 15, 18 and 20 kcal per 100 g in weeks 1 to 4
at least (Dog Owner's Home Veterinary Handbook), 22 to 26 at most (Cessna Lifeline); the middle is
between, since 1 g of gain takes 2 to 5 g of milk (SACN p. 309) and the least would not carry it."""
KITTEN_MILK = ((28, 1.0), (32, 0.8), (35, 0.6), (42, 0.35), (49, 0.14), (56, 0.0))
PUPPY_MILK = ((28, 1.0), (32, 0.7), (35, 0.5), (42, 0.2), (49, 0.0))
"""(age in days, share of the energy that comes from milk); four bottles a day at five weeks, as in
Maddie's chart, are 59 % of a kitten's"""
KITTEN_HOURS = ((0, (2, 3.4)), (6, (2, 3.4)), (7, (3, 4)), (18, (3, 4)), (21, (3.4, 3.9)),
                (28, (3.4, 3.9)), (32, (4, 4.9)), (35, (5, 6.5)), (38, (6, 8)))  # fmt: skip
PUPPY_HOURS = ((0, (2, 4)), (6, (2, 4)), (7, (3, 4.5)), (10, (3, 4.5)), (14, (3.4, 4.1)),
               (21, (3.4, 3.9)), (28, (3.4, 3.9)), (32, (4, 5.6)), (35, (5, 7)),
               (38, (6, 8)))  # fmt: skip
"""(age in days, shortest and longest interval in hours). Week 1: from rescues' 2 hours to the seven
bottles a day of Maddie's Fund. Longer ones that are published (5 to 6 h at four weeks, puppies 6 to
8 h) would need bottles of 5 to 7 ml per 100 g; they come with solids."""


class Feeding(NamedTuple):
    """What one age needs of milk."""

    kcal: tuple[float, ...]
    hours: tuple[float, ...]
    usual_ml_per_kg: float
    """in one bottle"""


def feeding(species: str, day: float) -> Feeding:
    """Milk of one age, with the common milk."""
    kitten = species == "kitten"
    share = _at(KITTEN_MILK if kitten else PUPPY_MILK, day)[0]
    kcal = tuple(round(share * k) for k in _at(KITTEN_KCAL if kitten else PUPPY_KCAL, day))
    hours = tuple(round(h, 1) for h in _at(KITTEN_HOURS if kitten else PUPPY_HOURS, day))
    usual = kcal[1] / COMMON_MILK_KCAL_PER_ML * sum(hours) / 48.0
    if usual > COMFORT_ML_PER_KG:
        raise ValueError(f"{species}, day {day:g}: {usual:.1f} ml/kg in one bottle")
    return Feeding(kcal, hours, usual)


def _at(steps: Sequence[tuple[float, float | tuple[float, ...]]], day: float) -> tuple[float, ...]:
    ages = [age for age, _ in steps]
    columns = np.array([np.atleast_1d(value) for _, value in steps], dtype=np.float64).T
    return tuple(float(np.interp(day, ages, column)) for column in columns)

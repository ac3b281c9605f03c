"""Weights of the growth reference: curves through published numbers and real records.

Kittens: percentiles 5, 50 and 95 of the daily records of 39 healthy kittens, smoothed by a
polynomial of the logarithm. Puppies: a Gompertz curve towards the adult weight that begins slowly,

    W(d) = A * (W0 / A) ** exp(-k * (d - T * (1 - exp(-d / T))))

with A the adult weight, W0 the weight at birth, k the rate and T the days of the slow beginning.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calibration.evaluation.growth_records import Rows
from monitor.times import DAY_S

Values = NDArray[np.float64]
Bands = Callable[[Values], tuple[Values, Values, Values]]
"""low, middle and high grams at these ages"""

KITTENS_39 = """
 0 37 69 84 109    1 39 76 97 127    2 39 86 106 138   3 39 99 121 160   4 38 114 137 176
 5 38 127 149 192  6 38 139 164 205  7 38 148 178 216  8 38 157 190 230  9 38 167 202 240
10 38 176 214 260 12 38 198 236 285 14 38 222 265 306 16 38 241 288 338 18 38 255 307 367
21 38 281 340 408 24 38 309 363 464 28 35 347 407 510 32 35 378 454 572 35 35 409 482 606
38 35 440 526 645 42 32 491 586 706 46 19 549 617 763 49 19 572 648 833 52 15 618 714 872
56 12 677 818 972
"""
"""age in days, animals, and grams at the percentiles 5, 50 and 95 of 39 healthy kittens
(purrfectdata, Meow Cattery, fatcat)"""
KITTEN_GAINS_39 = """
 0 6.1 18.3  1 7.2 17.7  2 8.1 17.6  3 10.2 17.8  4 10.8 17.8  5 10.4 16.7  6 9.5 15.7
 7 8.7 16.3  8 9.1 14.5  9 8.5 13.9 10 9.3 14.5 12 8.6 15.7 14 8.3 19.8 16 6.3 15.0
18 5.9 15.8 21 6.5 16.5 24 6.5 18.0 28 5.4 19.3 32 3.5 16.9 35 7.9 19.3 38 6.0 27.0
42 2.8 27.1 46 7.9 22.4 49 2.5 18.3 52 10.2 26.0 56 9.4 24.7
"""
"""age in days, and the percentiles 5 and 95 of their gains in g a day"""


# ------------------------------------------------------------------ puppies


class Gompertz(NamedTuple):
    """One curve; weights in grams, times in days."""

    birth_g: float
    adult_g: float
    rate: float
    slow_days: float

    def at(self, day: Values | float) -> Values:
        """Grams at these ages."""
        day = np.asarray(day, dtype=np.float64)
        slow = self.slow_days
        grown = day - slow * (1.0 - np.exp(-day / slow)) if slow > 0 else day
        left = math.log(self.adult_g / self.birth_g) * np.exp(-self.rate * grown)
        grams: Values = self.adult_g * np.exp(-left)
        return grams


class Size(NamedTuple):
    """A class of puppies; birth weights from Mugnier 2020 (BMC Vet Res 16, Table 1)."""

    name: str
    adult_kg: tuple[float, float]
    typical_kg: tuple[float, float, float]
    """adults of the low, middle and high curve, within the class"""
    birth_g: tuple[float, float, float]


SIZES = (
    Size("small", (0, 10), (2.0, 5.0, 9.0), (115, 175, 235)),
    Size("medium", (10, 25), (10.0, 15.0, 23.0), (165, 300, 420)),
    Size("large", (25, 45), (25.0, 35.0, 40.0), (270, 420, 560)),
)
PUBLISHED_PCT = ((5.0, 3.5, 2.0), (8.0, 5.0, 3.0), (10.0, 6.0, 4.0))
"""low, middle and high gains: % a day in week 1, in weeks 2 to 4, then g a day per kg of adult
weight (Small Animal Clinical Nutrition 5th ed. Table 16-1)"""
SLOW_DAYS = 1.0
"""of small and medium puppies: a slight loss in the first 24 h is usual (Root Kustritz)"""
LARGE_RATE, LARGE_SLOW_DAYS = 0.0156, 2.0
"""fit to the published gains and to six German shepherds (codesamplerr), days 0 to 42, equally"""
FIRST_LOSS = 0.05
"""of the low curve: what is lost in the first two days at most (all six shepherds lost or stood
still; more is told, see core/growth/first_days.py)"""


def ceiling(birth_g: float, day: Values | float) -> Values:
    """The most that a puppy can weigh to day 21 (Alves 2020: 345 puppies, 19 breeds)."""
    day = np.asarray(day, dtype=np.float64)
    grams: Values = birth_g * np.exp(0.13084 * day - 0.001616 * day**2)
    return grams


def published(birth_g: float, adult_kg: float, which: int) -> tuple[Values, Values]:
    """(days, grams) along the published gains."""
    first, later, per_kg = PUBLISHED_PCT[which]
    week = birth_g * (1.0 + first / 100.0) ** 7
    days = np.array([7.0, 14.0, 21.0, 28.0, 42.0, 56.0])
    month = [week * (1.0 + later / 100.0) ** (day - 7.0) for day in days[:4]]
    after = [month[-1] + (day - 28.0) * per_kg * adult_kg for day in days[4:]]
    return days, np.array(month + after)


def best_rate(off: Callable[[float], Values]) -> float:
    """The rate with the least squares of ``off``."""
    rates = np.arange(0.005, 0.04, 0.0001)
    return float(rates[int(np.argmin([np.sum(off(rate) ** 2) for rate in rates]))])


def curve(size: Size, which: int) -> Gompertz:
    """The low (0), middle (1) or high (2) curve of a class."""
    birth_g, adult_kg = size.birth_g[which], size.typical_kg[which]
    large = size.name == "large"
    if large and which == 1:
        return Gompertz(birth_g, 1000.0 * adult_kg, LARGE_RATE, LARGE_SLOW_DAYS)
    slow = (LARGE_SLOW_DAYS if large else SLOW_DAYS) if which < 2 else 0.0
    days, grams = published(birth_g, adult_kg, which)

    def off(rate: float) -> Values:
        grown: Values = np.log(Gompertz(birth_g, 1000.0 * adult_kg, rate, slow).at(days) / grams)
        return grown

    return Gompertz(birth_g, 1000.0 * adult_kg, best_rate(off), slow)


def puppy_band(size: Size, day: Values) -> tuple[Values, Values, Values]:
    """Low, middle and high weights in grams."""
    low, middle, high = (curve(size, which).at(day) for which in range(3))
    lost = 1.0 - FIRST_LOSS * (day / 1.5) * np.exp(1.0 - day / 1.5)
    most = ceiling(size.birth_g[2], np.minimum(day, 21.0))
    return low * lost, middle, np.where(day <= 21.0, np.minimum(high, most), high)


def fit_large(records: dict[str, Rows]) -> tuple[float, float]:
    """Rate and slow days of the middle curve of large puppies, to these and to what is known."""
    size = SIZES[2]
    days, grams = published(size.birth_g[1], size.typical_kg[1], 1)
    seen = [(t, g, rows[0][1]) for rows in records.values() for t, g in by_day(rows) if t <= 42.0]
    day, weight, birth = (np.array(column) for column in zip(*seen, strict=True))
    share = math.sqrt(len(day) / len(days))

    def off(rate: float, slow: float) -> float:
        books = np.log(Gompertz(size.birth_g[1], 35_000.0, rate, slow).at(days) / grams) * share
        left = np.log(35_000.0 / birth)
        grown = day - slow * (1.0 - np.exp(-day / slow))
        real = np.log(35_000.0 / weight) - left * np.exp(-rate * grown)
        return float(np.sum(books**2) + np.sum(real**2))

    tries = [(k, t) for k in np.arange(0.012, 0.022, 0.0001) for t in np.arange(0.1, 6.0, 0.1)]
    return min(tries, key=lambda pair: off(*pair))


def by_day(rows: Rows) -> list[tuple[float, float]]:
    """(days since the first, grams)."""
    return [((t_s - rows[0][0]) / DAY_S, g) for t_s, g in rows]


# ------------------------------------------------------------------ kittens


def columns_of(text: str, columns: int) -> Values:
    """The numbers of a text in rows of so many."""
    return np.array(text.split(), dtype=np.float64).reshape(-1, columns)


def _smooth(day: Values, value: Values, animals: Values, degree: int, at: Values) -> Values:
    """A polynomial of the logarithm, each age with the weight of its animals."""
    fitted = np.polyfit(np.sqrt(day + 1.0), np.log(value), degree, w=np.sqrt(animals))
    smooth: Values = np.exp(np.polyval(fitted, np.sqrt(at + 1.0)))
    return smooth


def kitten_band(day: Values) -> tuple[Values, Values, Values]:
    """Percentiles 5, 50 and 95 of weight in grams."""
    table = columns_of(KITTENS_39, 5)
    low, middle, high = (_smooth(table[:, 0], table[:, i], table[:, 1], 5, day) for i in (2, 3, 4))
    return low, middle, high


def kitten_gains(day: Values) -> tuple[Values, Values]:
    """Percentiles 5 and 95 of the gain in g a day."""
    table, animals = columns_of(KITTEN_GAINS_39, 3), columns_of(KITTENS_39, 5)[:, 1]
    low, high = (_smooth(table[:, 0], table[:, i], animals, 3, day) for i in (1, 2))
    return low, high

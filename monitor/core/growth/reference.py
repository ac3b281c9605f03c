"""Growth reference: what a baby of this species, size and age usually weighs, gains and drinks.

The tables live in ``data/growth.toml`` with the source of every row; this module parses the bytes
and interpolates. Orphans have guessed ages and unknown breeds, so every question takes the age
and the weight together: a missing age is read off the weight, an unknown puppy breed is the class
whose median is nearest to the weight. A band is a prior, never a verdict.

What a baby needs is energy: milk and the interval between two bottles follow from it, from what a
milliliter of its milk holds, and from its stomach. The file says them for one milk as well, and is
refused where its columns contradict one another.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise
from typing import Annotated

import msgspec
from msgspec import Meta

from monitor.errors import InputError
from monitor.events import Baby, Species

COMFORT_ML_PER_KG = 40.0
"""A stomach holds 4 ml per 100 g of body weight in comfort (Lawler 2008, Theriogenology 70)."""
SOLIDS_DAY = 28.0
"""Until then it lives on milk alone."""
COMMON_MILK_KCAL_PER_ML = 0.9
"""Replacers have 0.74 to 1 kcal in a milliliter as they are mixed."""

Band = Annotated[tuple[float, float, float], Meta(description="low, median, high")]


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class Row(_Strict, frozen=True, kw_only=True):
    """One age of one class of animal."""

    age_day: float
    n_animals: int
    """how many real animals the row rests on; 0 = a model"""
    weight_g: Band
    gain_g_per_day: Band
    milk_kcal_per_kg_day: Band
    """energy that should come from milk; falls when solids begin"""
    feed_interval_h: tuple[float, float]
    feed_g: tuple[float, float]
    """usual and comfortable bottle at the median weight, with the file's milk"""
    intake_ml_per_kg_day: tuple[float, float]
    """low and high of the energy as the file's milk"""
    source: str


class Table(_Strict, frozen=True, kw_only=True):
    """All ages of one class of animal."""

    species: Species
    class_: str = msgspec.field(name="class")
    source: str
    adult_weight_kg: tuple[float, float] | None = None
    rows: list[Row]


class _File(_Strict, frozen=True, kw_only=True):
    table: list[Table]
    milk_kcal_per_ml: float = COMMON_MILK_KCAL_PER_ML


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the reference says about one baby at one moment."""

    age_day: float
    """given, or read off the weight"""
    age_known: bool
    weight_g: Band
    gain_g_per_day: Band
    feed_interval_h: tuple[float, float]
    """as charts say, and no longer than a comfortable stomach lasts"""
    milk_ml_per_kg_day: Band
    """low, usual, high; 0 once it is weaned"""


class GrowthReference:
    """The parsed tables; ask ``expected``."""

    def __init__(
        self, tables: list[Table], milk_kcal_per_ml: float = COMMON_MILK_KCAL_PER_ML
    ) -> None:
        """Of these tables, for babies that drink this milk."""
        self._tables = tables
        self._milk_kcal_per_ml = milk_kcal_per_ml
        self._ages = [[row.age_day for row in table.rows] for table in tables]

    @classmethod
    def parse(cls, raw: bytes, origin: str = "growth.toml") -> GrowthReference:
        """Decode the TOML.

        Raises:
            InputError: a key is unknown, a row is out of order or a species has no table.
        """
        try:
            file = msgspec.toml.decode(raw, type=_File)
        except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as error:
            raise InputError(f"{origin}: {error}") from error
        for table in file.table:
            for row in table.rows:
                where = f"{origin}: {table.species} {table.class_}, day {row.age_day:g}"
                _check(row, where)
                _check_bottle(row, file.milk_kcal_per_ml, where)
            ages = [row.age_day for row in table.rows]
            if len(ages) < 2 or ages != sorted(set(ages)):
                name = f"{table.species} {table.class_}"
                raise InputError(f"{origin}: ages of {name} must rise from row to row")
        missing = {"kitten", "puppy"} - {table.species for table in file.table}
        if missing:
            raise InputError(f"{origin}: no table for {', '.join(sorted(missing))}")
        return cls(file.table, file.milk_kcal_per_ml)

    def with_milk(self, kcal_per_ml: float) -> GrowthReference:
        """The same for another milk."""
        return GrowthReference(self._tables, kcal_per_ml)

    def expected(self, baby: Baby, age_day: float | None, weight_g: float | None) -> Expected:
        """Interpolate for one baby; either of age and weight may be unknown.

        A puppy's class is chosen by its adult weight when known, else by the class whose median
        weight is nearest (in ratio). With neither age nor weight, day 7 of the first class.
        """
        index = self._table_for(baby, age_day, weight_g)
        table = self._tables[index]
        known = age_day is not None
        age = age_day if age_day is not None else _age_at(table, weight_g)
        low, high, share = self._between(index, age)
        on_milk = min(age, SOLIDS_DAY) if baby.weaning is False else age
        milk_ml, interval_h = self._milk(index, on_milk)
        return Expected(
            age_day=age,
            age_known=known,
            weight_g=_mix3(low.weight_g, high.weight_g, share),
            gain_g_per_day=_mix3(low.gain_g_per_day, high.gain_g_per_day, share),
            feed_interval_h=interval_h,
            milk_ml_per_kg_day=milk_ml,
        )

    def youngest_day(self, baby: Baby, weight_g: float) -> float:
        """The least age at which the median of a class of its species reaches this weight.

        Of all classes, unless its adult weight is known: a shepherd of 400 g may be new-born.
        """
        tables = [table for table in self._tables if table.species == baby.species]
        if baby.adult_weight_kg is not None:
            tables = [self._tables[self._table_for(baby, None, weight_g)]]
        return min(_age_at(table, weight_g) for table in tables)

    def _milk(self, index: int, age_day: float) -> tuple[Band, tuple[float, float]]:
        """Milk a day, and the interval in which a comfortable stomach takes its part of it."""
        low, high, share = self._between(index, age_day)
        kcal = _mix3(low.milk_kcal_per_kg_day, high.milk_kcal_per_kg_day, share)
        least, usual, most = (each / self._milk_kcal_per_ml for each in kcal)
        lasts_h = 24.0 * COMFORT_ML_PER_KG / usual if usual > 0 else math.inf
        shortest, longest = _mix2(low.feed_interval_h, high.feed_interval_h, share)
        return (least, usual, most), (min(shortest, lasts_h), min(longest, lasts_h))

    def span_g(self, baby: Baby, age_day: float | None) -> tuple[float, float]:
        """The least and the most that its species weighs at an age, or (``None``) at any here.

        Of all classes, unless its adult weight is known.
        """
        tables = [i for i, table in enumerate(self._tables) if table.species == baby.species]
        if baby.adult_weight_kg is not None:
            tables = [self._table_for(baby, age_day, None)]
        bands = [row.weight_g for i in tables for row in self._tables[i].rows]
        if age_day is not None:
            rows = [self._between(i, age_day) for i in tables]
            bands = [_mix3(low.weight_g, high.weight_g, share) for low, high, share in rows]
        return min(band[0] for band in bands), max(band[2] for band in bands)

    def _table_for(self, baby: Baby, age_day: float | None, weight_g: float | None) -> int:
        of_species = [i for i, t in enumerate(self._tables) if t.species == baby.species]
        if baby.adult_weight_kg is not None:
            for i in of_species:
                span = self._tables[i].adult_weight_kg
                if span is not None and span[0] <= baby.adult_weight_kg < span[1]:
                    return i
            return of_species[-1]
        if weight_g is None or age_day is None:
            return of_species[0]

        def distance(i: int) -> float:
            low, high, share = self._between(i, age_day)
            return abs(math.log(weight_g / _mix3(low.weight_g, high.weight_g, share)[1]))

        return min(of_species, key=distance)

    def _between(self, index: int, age_day: float) -> tuple[Row, Row, float]:
        rows, ages = self._tables[index].rows, self._ages[index]
        place = min(max(bisect_right(ages, age_day) - 1, 0), len(rows) - 2)
        low, high = rows[place], rows[place + 1]
        share = (age_day - low.age_day) / (high.age_day - low.age_day)
        return low, high, min(max(share, 0.0), 1.0)


def _check(row: Row, where: str) -> None:
    spans: list[tuple[float, ...]] = [row.weight_g, row.gain_g_per_day, row.feed_interval_h]
    spans += [row.milk_kcal_per_kg_day, row.feed_g, row.intake_ml_per_kg_day, (row.age_day,)]
    if not all(math.isfinite(value) for span in spans for value in span):
        raise InputError(f"{where}: a value is no number")
    if any(list(span) != sorted(span) for span in spans):
        raise InputError(f"{where}: a range must rise from low to high")
    if row.weight_g[0] <= 0 or row.feed_interval_h[0] <= 0 or row.age_day < 0:
        raise InputError(f"{where}: weights and intervals are above 0")
    if min(*row.milk_kcal_per_kg_day, *row.feed_g) < 0:
        raise InputError(f"{where}: milk is at least 0")


def _check_bottle(row: Row, milk_kcal_per_ml: float, where: str) -> None:
    """Energy, milk, interval and bottle say the same."""
    if not 0.1 <= milk_kcal_per_ml <= 3.0:
        raise InputError(f"{where}: no milk has {milk_kcal_per_ml:g} kcal in a milliliter")
    low, usual, high = (each / milk_kcal_per_ml for each in row.milk_kcal_per_kg_day)
    written = zip(row.intake_ml_per_kg_day, (low, high), strict=True)
    if not all(math.isclose(ml, derived, abs_tol=1.0) for ml, derived in written):
        raise InputError(f"{where}: the energy is {low:.0f} to {high:.0f} ml/kg a day of this milk")
    kg = row.weight_g[1] / 1000.0
    comfort_g, a_day = COMFORT_ML_PER_KG * kg, 48.0 / sum(row.feed_interval_h)
    if not math.isclose(row.feed_g[1], comfort_g, rel_tol=0.02, abs_tol=0.06):
        raise InputError(f"{where}: a comfortable bottle is {comfort_g:.1f} g")
    if not math.isclose(row.feed_g[0], usual * kg / a_day, rel_tol=0.02, abs_tol=0.06):
        raise InputError(
            f"{where}: {a_day:.1f} bottles of {row.feed_g[0]:g} g are "
            f"{row.feed_g[0] * a_day / kg:.0f} ml/kg a day, and {usual:.0f} are needed"
        )


def _age_at(table: Table, weight_g: float | None) -> float:
    """Age at which the median reaches ``weight_g``."""
    if weight_g is None:
        return 7.0
    rows = table.rows
    for low, high in pairwise(rows):
        if weight_g < high.weight_g[1]:
            span = high.weight_g[1] - low.weight_g[1]
            share = max((weight_g - low.weight_g[1]) / span, 0.0)
            return low.age_day + share * (high.age_day - low.age_day)
    return rows[-1].age_day


def _mix2(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share)


def _mix3(a: Band, b: Band, share: float) -> Band:
    return (*_mix2(a[:2], b[:2], share), a[2] + (b[2] - a[2]) * share)

"""A rescuer's own list of weighings, whatever it looks like: what is understood, what not, why.

Nothing is guessed about whose weight it is or what it means: a name that nobody has here, a number
that can be read in two ways, a line that cannot be read are left out with a reason. Times without a
zone are local.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from monitor.errors import InputError
from monitor.events import Baby, slug
from monitor.recordings.list_cells import NO_TIME, day_of, day_order
from monitor.recordings.list_layout import Layout, find_layout
from monitor.recordings.list_rows import Rows
from monitor.recordings.list_sums import is_sum
from monitor.recordings.tables import Cell, Table, read_tables
from monitor.times import DAY_S
from monitor.written.days import MONTHS, LocalNow
from monitor.written.grams import Unit, spoken_grams
from monitor.written.moments import local_s

OLDEST_S = 400 * DAY_S
"""of two ways to read a date, one longer ago is not meant"""
_ORDERS = {True: "day before month", False: "month before day"}


class Found(NamedTuple):
    """One weighing of the list."""

    place: str
    baby: str
    t_s: float
    weight_g: float


class LeftOut(NamedTuple):
    """A weighing that is not taken."""

    place: str
    why: str


class WeightList(NamedTuple):
    """What is understood of a list."""

    found: list[Found]
    """in order of time"""
    left_out: list[LeftOut]
    notes: list[str]
    """how it was read, in sentences"""


class DayOrderError(InputError):
    """Whether 3/4 is a day of April or of March is for a person to say."""


class Choices(NamedTuple):
    """What a person has said about the list."""

    day_first: bool | None = None
    unit: Unit | None = None
    """of numbers for which the list names none"""
    baby: str | None = None
    """whose list it is, where it names nobody"""


def read_list(
    data: bytes,
    babies: Sequence[Baby],
    now: LocalNow,
    choices: Choices = Choices(),  # noqa: B008 - frozen
) -> WeightList:
    """The weighings in the bytes of a file.

    Args:
        data: CSV, TSV, .xlsx, .xls or .ods.
        babies: everybody who is or was here; a name may differ in case and accents.
        now: when and where it is read.
        choices: what a person has said about it.

    Raises:
        DayOrderError: a phrase; ask, and call again.
        InputError: a phrase that follows the name of the file.
    """
    readings = []
    for tables in read_tables(data):
        try:
            readings.append(_Reader(tables, babies, now, choices).read())
        except DayOrderError:
            raise
        except InputError as error:
            last = error
    if not readings:
        raise last
    return min(readings, key=lambda reading: len(reading.left_out))


class _Reader:
    """Reads the tables of one file."""

    def __init__(
        self, tables: list[Table], babies: Sequence[Baby], now: LocalNow, choices: Choices
    ) -> None:
        self._tables, self._now, self._choices = tables, now, choices
        self._here = {baby.slug: baby.name for baby in babies if baby.retired_s is None}
        gone = {baby.slug: baby.name for baby in babies if baby.retired_s is not None}
        self._names = gone | self._here
        self._born = {baby.name: baby.born for baby in babies if baby.born is not None}

    def read(self) -> WeightList:
        found = [(table, find_layout(table.rows, self._names, self._now)) for table in self._tables]
        lists = [(table, layout) for table, layout in found if layout is not None]
        if not lists:
            raise InputError(self._why_not())
        day_first, said = self._day_first([layout for _, layout in lists])
        parts = [self._sheet(table, layout, day_first) for table, layout in lists]
        other = [f'sheet "{table.sheet}" has no weighings' for table, layout in found if not layout]
        merged = WeightList(
            sorted((f for part in parts for f in part.found), key=lambda f: f.t_s),
            [one for part in parts for one in part.left_out],
            [*(note for part in parts for note in part.notes), *said, *other],
        )
        return _without_doubles(merged)

    def _why_not(self) -> str:
        first = next((row for table in self._tables for row in table.rows), None)
        if first is None:
            return "is empty"
        cells = ", ".join(str(cell) for cell in first.cells if cell != "")[:80]
        known = ", ".join(self._here.values()) or "nobody yet"
        return (
            f"has no weighings that can be understood; it begins with: {cells}. It needs columns "
            "with date (and time), name and weight, or with the date and one column a baby "
            f"(here: {known})"
        )

    # ------------------------------------------------------------------ 3/4

    def _day_first(self, layouts: list[Layout]) -> tuple[bool | None, list[str]]:
        if self._choices.day_first is not None:
            return self._choices.day_first, []
        cells = [cell for layout in layouts for cell in _dates(layout)]
        order = day_order(cells)
        if order in {"day", "month"}:
            return order == "day", [f"dates are {_ORDERS[order == 'day']}, as some of them show"]
        if order == "both":
            raise InputError("has dates with the day first and others with the month first")
        if order == "clear":
            return None, []
        possible = [first for first in (True, False) if self._is_possible(cells, first)]
        if len(possible) == 1:
            why = "the other way some lie ahead, too far back or before birth"
            return possible[0], [f"dates are {_ORDERS[possible[0]]}: {why}"]
        for cell in cells:
            if len(days := self._both_days(cell)) == 2:
                either = " or ".join(
                    f"{day.day} {MONTHS[day.month - 1].title()}" for day in sorted(days)
                )
                raise DayOrderError(f"{cell} can be {either}")
        return None, []

    def _both_days(self, cell: Cell) -> set[date]:
        """The days that a cell can be; none when it is no date at all."""
        try:
            days = [day_of(cell, self._now, first).day for first in (True, False)]
        except (ValueError, OverflowError):
            return set()
        return {day for day in days if day is not None}

    def _is_possible(self, cells: list[Cell], day_first: bool) -> bool:
        born = min(self._born.values(), default="0000")
        earliest_s = self._now.t_s - OLDEST_S
        for cell in cells:
            try:
                day = day_of(cell, self._now, day_first).day
            except (ValueError, OverflowError):
                continue
            if day is None:
                continue
            day_s = local_s(day, NO_TIME, self._now)
            if not earliest_s < day_s < self._now.t_s + DAY_S or day.isoformat() < born:
                return False
        return True

    # ------------------------------------------------------------------ one table

    def _sheet(self, table: Table, layout: Layout, day_first: bool | None) -> WeightList:
        sheet = Rows(
            layout,
            self._now,
            day_first=day_first,
            owner=self._owner(table, layout),
            in_parts=self._choices.baby is None and not _names_in_columns(layout),
            unit=self._choices.unit,
        )
        found: list[Found] = []
        left_out: list[LeftOut] = []
        sums: dict[str, None] = {}
        for row in layout.rows:
            place = f"line {row.line}{f' of {table.sheet}' if table.sheet else ''}"
            for cells in sheet.weighings(row):
                if slug(cells.name) not in self._names and is_sum(cells.name):
                    sums[cells.name.strip()[:40]] = None
                    continue
                try:
                    baby = self._baby(cells.name)
                    t_s, grams = sheet.moment_s(cells), sheet.grams(cells)
                except (ValueError, OverflowError, OSError) as error:
                    left_out.append(LeftOut(place, str(error)))
                else:
                    found.append(Found(place, baby, t_s, grams))
        said = [f'"{name}" is no baby: left out' for name in sums]
        how = f"{table.how}: {sheet.describe()}"
        return WeightList(found, left_out, [how, *sheet.notes(), *said])

    def _baby(self, name: str) -> str:
        if not name:
            raise ValueError("has no name")
        baby = self._names.get(slug(name))
        if baby is None:
            raise ValueError(f'nobody is called "{name[:40]}": nursery baby add "{name[:40]}" ...')
        if slug(name) not in self._here:
            raise ValueError(f"{baby} has left the nursery")
        return baby

    def _begins_with_a_name(self, layout: Layout) -> bool:
        """Whether the rows fall into parts, each below a line with a name."""
        cells = [cell for cell in layout.rows[0].cells if cell != ""] if layout.rows else []
        return len(cells) == 1 and isinstance(cells[0], str) and slug(cells[0]) in self._names

    def _owner(self, table: Table, layout: Layout) -> str:
        """Whose list it is when no column says so: by sheet, by title, or the only one here."""
        if self._choices.baby is not None:
            return self._choices.baby
        if _names_in_columns(layout):
            return ""
        if self._begins_with_a_name(layout):
            return ""
        titles = [table.sheet, *(str(cell) for row in layout.titles for cell in row.cells)]
        said = {
            name
            for title in titles
            for key, name in self._names.items()
            if f"_{key}_" in f"_{slug(title)}_"
        }
        if len(said) == 1:
            return said.pop()
        if not layout.titles and len(self._here) == 1:
            return next(iter(self._here.values()))
        raise InputError("does not say whose weighings they are: nursery weigh NAME --csv FILE")


def _names_in_columns(layout: Layout) -> bool:
    named = layout.of("baby") or any(column.baby for column in layout.columns)
    return layout.days_across or bool(named)


def _dates(layout: Layout) -> list[Cell]:
    if layout.days_across and layout.header is not None:
        return layout.header.cells[1:]
    if layout.day != "":
        return [layout.day]
    columns = layout.of("moment", "date")
    return [row.cells[i] for row in layout.rows for i in columns if i < len(row.cells)]


def _without_doubles(read: WeightList) -> WeightList:
    """One weighing of a baby at one moment: a second is left out unless it says the same."""
    kept: dict[tuple[str, int], Found] = {}
    left_out = list(read.left_out)
    for one in read.found:
        first = kept.setdefault((one.baby, round(one.t_s)), one)
        if abs(first.weight_g - one.weight_g) > 0.05:
            grams = spoken_grams(first.weight_g)
            left_out.append(LeftOut(one.place, f"{one.baby} has {grams} then, in {first.place}"))
    return WeightList(list(kept.values()), left_out, read.notes)

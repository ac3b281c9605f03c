"""The rows of one table of weighings, one after another, as dates, names and grams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from datetime import time as clock_time
from typing import NamedTuple, cast

from monitor.recordings.list_cells import (
    NO_TIME,
    PART_OF_DAY,
    When,
    clock_of,
    day_of,
    decimal_mark,
    grams_of,
    is_blank,
    when,
)
from monitor.recordings.list_header import Heading, Role
from monitor.recordings.list_layout import Layout
from monitor.recordings.tables import Cell, Row
from monitor.times import DAY_S
from monitor.written.days import LocalNow, quoted
from monitor.written.grams import UNIT_OF_WORD, Unit, spoken_grams
from monitor.written.moments import local_s

LEAST_G, MOST_G = 5.0, 20_000.0
"""what a baby can weigh: core/scale/roster.py refuses the rest"""
LONGEST_S = 10 * 366 * DAY_S
"""no list of weighings goes back further"""
_WEIGHINGS = frozenset({"weighing", "weight", "weigh", "weigh-in", "weigh_in", "gewicht"})

_WORD: dict[Role, str] = {
    "moment": "date and time", "date": "date", "time": "time", "baby": "name",
    "weight": "weight", "unit": "unit", "kind": "kind of entry",
}  # fmt: skip


class Cells(NamedTuple):
    """What a row says of one weighing."""

    name: str
    day: Cell
    clock: Cell
    part: str
    weights: list[tuple[Cell, str]]
    """with the unit of each; pounds and ounces are two"""


class Rows:
    """Reads row after row; a date that is blank is that of the row above."""

    def __init__(
        self,
        layout: Layout,
        now: LocalNow,
        *,
        day_first: bool | None,
        owner: str,
        in_parts: bool,
        unit: Unit | None,
    ) -> None:
        """Read the rows below the headings.

        Args:
            layout: where everything stands.
            now: when and where it is read.
            day_first: what 3/4 means.
            owner: whose weighings they are when no column says so.
            in_parts: a line with nothing but a name makes the rows below that baby's.
            unit: of weights without one.
        """
        self._layout, self._now, self._day_first = layout, now, day_first
        self._owner, self._in_parts, self._unit = owner, in_parts, unit
        self._chosen = _chosen(layout)
        cells = [row.cells[i] for row in layout.rows for i in self._chosen if i < len(row.cells)]
        self._mark = decimal_mark(cells)
        self._last_day: date | None = None
        self._assumed: set[str] = set()
        self._filter = [
            i for i in layout.of("kind")
            if any(_text(row, i).casefold() in _WEIGHINGS for row in layout.rows)
        ]  # fmt: skip

    def weighings(self, row: Row) -> Iterator[Cells]:
        """What a row says; nothing for one without a weight."""
        layout = self._layout
        if layout.header is not None and row.cells == layout.header.cells:
            return
        if any(_text(row, i).casefold() not in _WEIGHINGS for i in self._filter):
            return
        if layout.days_across:
            yield from self._across(row)
            return
        if self._is_section(row):
            self._owner = next(str(cell) for cell in row.cells if cell != "")
            return
        moment = self._first(row, "moment", "date") or layout.day
        clock = self._first(row, "time")
        name = self._first(row, "baby")
        for heading, columns in self._groups():
            weights = [(_cell(row, i), self._unit_of(row, i)) for i in columns]
            weights = [(cell, unit) for cell, unit in weights if not is_blank(cell)]
            if weights:
                whose = heading.baby or (str(name) if layout.of("baby") else self._owner)
                yield Cells(whose, moment, clock, heading.part, weights)

    def moment_s(self, cells: Cells) -> float:
        """Unix seconds of a weighing.

        Raises:
            ValueError: a sentence.
            OverflowError, OSError: it is out of the calendar.
        """
        try:
            found = self._read_day(cells.day)
        except ValueError as error:
            self._last_day = None
            raise ValueError(f"{quoted(str(cells.day))} is no date") from error
        if found is not None and found.unix_s is not None:
            return self._possible(found.unix_s)
        clock = found.clock if found is not None else None
        day = found.day if found is not None else self._last_day
        if day is None:
            raise ValueError("has no date")
        if found is None:
            self._assumed.add("a blank date is that of the line above")
        self._last_day = day
        try:
            clock = clock_of(cells.clock) or clock
        except ValueError as error:
            raise ValueError(f"{quoted(str(cells.clock))} is no time of day") from error
        return self._possible(local_s(day, clock or self._clock_of(cells), self._now))

    def grams(self, cells: Cells) -> float:
        """Grams of a weighing.

        Raises:
            ValueError: a sentence.
        """
        total_g = 0.0
        for cell, unit in cells.weights:
            known = cast("Unit", unit or self._unit or "g")
            if not unit and self._unit is None and not _says_unit(cell):
                self._assumed.add("weights without a unit are grams")
            try:
                total_g += grams_of(cell, known, self._mark)
            except ValueError as error:
                if str(error).startswith("can be"):
                    raise ValueError(f"the weight {error}") from error
                raise ValueError(f"{quoted(str(cell))} is no weight") from error
        if not LEAST_G <= total_g <= MOST_G:
            raise ValueError(f"{spoken_grams(total_g)} is nothing a baby can weigh")
        return total_g

    def notes(self) -> list[str]:
        """What was assumed, in sentences; complete when every row has been read."""
        return sorted(self._assumed)

    def describe(self) -> str:
        """Which line has the headings and what each column is, in a sentence."""
        layout = self._layout
        if layout.header is None:
            return "no line of headings; columns are known by what is in them"
        line = f"line {layout.header.line} has the headings"
        if layout.days_across:
            return f"{line}, one column a day"
        used = {*self._chosen, *layout.of("moment", "date", "time", "baby", "unit", "kind")}
        said = [
            f'"{column.text}" {_WORD[column.role]}'
            for i, column in enumerate(layout.columns)
            if i in used and column.text
        ]
        unused = [f'"{c.text}"' for i, c in enumerate(layout.columns) if i not in used and c.text]
        rest = f"; not used: {', '.join(unused)}" if unused else ""
        return f"{line}: {', '.join(said)}{rest}"

    # ------------------------------------------------------------------ inside

    def _is_section(self, row: Row) -> bool:
        """A line with nothing but a name: the rows below are that baby's."""
        cells = [cell for cell in row.cells if cell != ""]
        if (
            not self._in_parts
            or len(cells) != 1
            or not isinstance(cells[0], str)
            or is_blank(cells[0])
        ):
            return False
        return not any(letter.isdigit() for letter in cells[0])

    def _across(self, row: Row) -> Iterator[Cells]:
        header = self._layout.header
        for i, day in enumerate(header.cells if header is not None else []):
            if i > 0 and not is_blank(day) and not is_blank(_cell(row, i)):
                yield Cells(_text(row, 0), day, "", "", [(_cell(row, i), "")])

    def _possible(self, t_s: float) -> float:
        ahead_s = DAY_S if self._now.clock_known else LONGEST_S
        if not -LONGEST_S < t_s - self._now.t_s < ahead_s:
            raise ValueError("it has not come yet, or is long ago: check the year")
        return t_s

    def _read_day(self, cell: Cell) -> When | None:
        if is_blank(cell):
            return None
        layout = self._layout
        dates = bool(layout.of("date")) or layout.days_across
        return (day_of if dates else when)(cell, self._now, self._day_first)

    def _clock_of(self, cells: Cells) -> clock_time:
        if cells.part in PART_OF_DAY:
            clock = PART_OF_DAY[cells.part]
            self._assumed.add(f"{cells.part} is taken as {clock:%H:%M}")
            return clock
        self._assumed.add(f"days without a time are taken as {NO_TIME:%H:%M}")
        return NO_TIME

    def _groups(self) -> list[tuple[Heading, list[int]]]:
        """The columns of each weighing in a row."""
        columns = self._layout.columns
        groups: dict[tuple[str, str], list[int]] = {}
        for i in self._chosen:
            groups.setdefault((columns[i].baby, columns[i].part), []).append(i)
        return [(columns[group[0]], group) for group in groups.values()]

    def _unit_of(self, row: Row, i: int) -> str:
        beside = self._first(row, "unit")
        said = UNIT_OF_WORD.get(str(beside).casefold().strip(" .()"), "")
        return self._layout.columns[i].unit or said

    def _first(self, row: Row, *roles: Role) -> Cell:
        """The first cell in a column of these roles that is not blank."""
        found = [_cell(row, i) for i in self._layout.of(*roles)]
        return next((cell for cell in found if not is_blank(cell)), "")


def _chosen(layout: Layout) -> list[int]:
    """The columns of weights that are read.

    Of weights before and after a feed that before is read, of one weight in two units that in
    grams; pounds and ounces belong together.
    """
    columns = layout.columns
    every = layout.of("weight")
    weights = [i for i in every if columns[i].baby] or every
    chosen: list[int] = []
    for baby in dict.fromkeys(columns[i].baby for i in weights):
        own = [i for i in weights if columns[i].baby == baby]
        parts = {columns[i].part for i in own}
        if "before" in parts:
            own = [i for i in own if columns[i].part != "after"]
        for part in dict.fromkeys(columns[i].part for i in own):
            same = [i for i in own if columns[i].part == part]
            units = {columns[i].unit: i for i in reversed(same)}
            if {"lb", "oz"} <= set(units) and "g" not in units:
                chosen += [units["lb"], units["oz"]]
            else:
                chosen.append(units.get("g", units.get("kg", same[0])))
    return chosen


def _cell(row: Row, i: int) -> Cell:
    return row.cells[i] if i < len(row.cells) else ""


def _text(row: Row, i: int) -> str:
    return str(_cell(row, i))


def _says_unit(cell: Cell) -> bool:
    return isinstance(cell, str) and any(letter.isalpha() for letter in cell)

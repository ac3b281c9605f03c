"""How a list of weighings is laid out: which line has the headings, and what each column holds.

One row a weighing, one column a baby, or one row a baby with a column a day. What no heading says,
the cells do: a column of dates, of known names, of weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from monitor.events import slug
from monitor.recordings.list_cells import day_of, decimal_mark, grams_of, is_blank, when
from monitor.recordings.list_header import Heading, Role, heading
from monitor.recordings.tables import Cell, Row
from monitor.written.days import AmbiguousDayError, LocalNow
from monitor.written.grams import UNIT_OF_WORD

HEADER_WITHIN = 25
"""lines above the headings: titles, an address, a legend"""
SAMPLE = 200
"""rows that are looked at to find out what a column holds"""
MOST = 0.6
"""share of a column's cells that must be of one kind to say what it holds"""
_WHEN: frozenset[Role] = frozenset({"moment", "date", "time"})


class Layout(NamedTuple):
    """Where everything stands."""

    header: Row | None
    columns: list[Heading]
    rows: list[Row]
    """below the headings"""
    titles: list[Row]
    """above them"""
    days_across: bool = False
    """one row a baby, and the headings are days"""

    def of(self, *roles: Role) -> list[int]:
        """Indices of the columns with these roles."""
        return [i for i, column in enumerate(self.columns) if column.role in roles]


def find_layout(rows: list[Row], names: Mapping[str, str], now: LocalNow) -> Layout | None:
    """The layout of a table; ``None`` when it is no list of weighings."""
    for i, row in enumerate(rows[:HEADER_WITHIN]):
        columns = [heading(cell, names) for cell in row.cells]
        layout = Layout(row, columns, rows[i + 1 :], rows[:i])
        if _days_across(layout, names, now):
            return layout._replace(days_across=True)
        if _may_be_headings(row, columns, now):
            layout = _with_row_of_units(layout)
            layout = _completed(layout, names, now)
            if _is_whole(layout):
                return layout
    blank = [Heading("unknown", "")] * max((len(row.cells) for row in rows), default=0)
    layout = _completed(Layout(None, blank, rows, []), names, now)
    return layout if _is_whole(layout) else None


def _with_row_of_units(layout: Layout) -> Layout:
    """The units may stand in a line of their own below the headings."""
    if not layout.rows:
        return layout
    below, *rest = layout.rows
    units = [
        UNIT_OF_WORD.get(cell.casefold().strip("()[] .")) if isinstance(cell, str) else None
        for cell in below.cells
    ]
    said = [unit for unit, cell in zip(units, below.cells, strict=True) if not is_blank(cell)]
    if not all(said):
        return layout
    columns = [
        column._replace(unit=column.unit or unit) if unit and column.role != "other" else column
        for column, unit in zip_longest(layout.columns, units[: len(layout.columns)])
    ]
    return layout._replace(columns=columns, rows=rest)


def _may_be_headings(row: Row, columns: list[Heading], now: LocalNow) -> bool:
    """Several cells, one at least with a word that is known; none is a date or a number."""
    cells = [cell for cell in row.cells if not is_blank(cell)]
    said = any(column.role not in {"other", "unknown"} for column in columns)
    data = any(_is_day(cell, now) or _is_clock(cell, now) or _is_weight(cell) for cell in cells)
    return said and len(cells) >= 2 and not data


def _is_whole(layout: Layout) -> bool:
    return bool(layout.of("moment", "date")) and bool(layout.of("weight"))


def _completed(layout: Layout, names: Mapping[str, str], now: LocalNow) -> Layout:
    """With the columns whose heading says nothing, by what their cells are."""
    columns = list(layout.columns)
    width = max((len(row.cells) for row in layout.rows), default=0)
    columns += [Heading("unknown", "")] * (width - len(columns))

    def those(fits: Callable[[Cell], bool]) -> list[int]:
        unknown = [i for i, column in enumerate(columns) if column.role == "unknown"]
        return [i for i in unknown if _share(layout.rows, i, fits) >= MOST]

    def fill(role: Role, found: list[int]) -> None:
        for i in found[:1]:
            columns[i] = columns[i]._replace(role=role)

    if not layout._replace(columns=columns).of("moment", "date"):
        for i in layout.of("time"):
            if _share(layout.rows, i, lambda cell: _is_day(cell, now)) >= MOST:
                columns[i] = columns[i]._replace(role="moment")
    if not layout._replace(columns=columns).of("moment", "date"):
        fill("moment", those(lambda cell: _is_day(cell, now)))
    if not layout._replace(columns=columns).of("moment", "time"):
        fill("time", [i for i in those(lambda c: _is_clock(c, now)) if not columns[i].text])
    wide = any(column.baby for column in columns)
    named = wide or any(column.role == "baby" for column in columns)
    if not named:
        known = those(lambda cell: isinstance(cell, str) and cell != "" and slug(cell) in names)
        fill("baby", known)
        named = bool(known)
    if wide or not any(column.role == "weight" for column in columns):
        found = those(_is_weight)
        if len(found) == 1 and not wide and (named or not columns[found[0]].text):
            fill("weight", found)
        elif wide or not named:  # babies whose name nobody knows here
            for i in found:
                if text := columns[i].text:
                    columns[i] = columns[i]._replace(role="weight", baby=text)
    return layout._replace(columns=columns)


def _days_across(layout: Layout, names: Mapping[str, str], now: LocalNow) -> bool:
    header = layout.header
    if header is None or len(header.cells) < 3:
        return False
    days = sum(_is_day(cell, now) for cell in header.cells[1:])
    known = any(isinstance(row.cells[0], str) and slug(row.cells[0]) in names
                for row in layout.rows if row.cells[0] != "")  # fmt: skip
    return known and not _is_day(header.cells[0], now) and days >= 2


def _share(rows: Sequence[Row], i: int, fits: Callable[[Cell], bool]) -> float:
    cells = [
        row.cells[i] for row in rows[:SAMPLE] if i < len(row.cells) and not is_blank(row.cells[i])
    ]
    return sum(fits(cell) for cell in cells) / len(cells) if cells else 0.0


def _is_day(cell: Cell, now: LocalNow) -> bool:
    if isinstance(cell, float):
        return False
    try:
        found = day_of(cell, now, None)
    except AmbiguousDayError:
        return True
    except (ValueError, OverflowError):
        return False
    return found.day is not None or found.unix_s is not None


def _is_clock(cell: Cell, now: LocalNow) -> bool:
    try:
        found = when(cell, now, None)
    except (ValueError, OverflowError):
        return False
    return not isinstance(cell, float) and found.day is None and found.clock is not None


def _is_weight(cell: Cell) -> bool:
    try:
        return grams_of(cell, "g", decimal_mark([cell])) > 0
    except ValueError:
        return False

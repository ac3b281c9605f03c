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
    day: Cell = ""
    """of all of it, as a title says; "" where the rows say it"""

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
            layout = _with_row_of_names(_with_row_of_units(layout), names)
            layout = _dated_by_title(_completed(layout, names, now), now)
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


def _with_row_of_names(layout: Layout, names: Mapping[str, str]) -> Layout:
    """The names may stand in a line of their own above: ``Bee`` over ``AM`` and ``PM``."""
    above = layout.titles[-1].cells if layout.titles else []
    if not any(isinstance(cell, str) and slug(cell) in names for cell in above if cell != ""):
        return layout
    if len([cell for cell in above if cell != ""]) == 1 and above[0] != "":
        return layout  # a title
    columns, name = list(layout.columns), ""
    for i, column in enumerate(columns):
        name = str(above[i]) if i < len(above) and above[i] != "" else name
        if name and column.role in {"weight", "unknown"} and not column.baby:
            columns[i] = column._replace(role="weight", baby=names.get(slug(name), name))
    return layout._replace(columns=columns)


def _dated_by_title(layout: Layout, now: LocalNow) -> Layout:
    """One title may have the day of all: ``Weigh-in, 26 Nov 2026 07:30``."""
    if layout.of("moment", "date") or not layout.of("weight"):
        return layout
    for cell in (cell for row in layout.titles for cell in row.cells if cell != ""):
        words = str(cell).split() if isinstance(cell, str) else []
        ends: list[Cell] = [" ".join(words[i:]) for i in range(len(words))] or [cell]
        if (day := next((end for end in ends if _is_day(end, now)), None)) is not None:
            return layout._replace(day=day)
    return layout


def _may_be_headings(row: Row, columns: list[Heading], now: LocalNow) -> bool:
    """Several cells, one at least with a word that is known; none is a date or a number."""
    cells = [cell for cell in row.cells if not is_blank(cell)]
    said = any(column.role not in {"other", "unknown"} for column in columns)
    data = any(_is_day(cell, now) or _is_clock(cell, now) or _is_weight(cell) for cell in cells)
    return said and len(cells) >= 2 and not data


def _is_whole(layout: Layout) -> bool:
    dated = bool(layout.of("moment", "date")) or layout.day != ""
    return dated and bool(layout.of("weight"))


def _completed(layout: Layout, names: Mapping[str, str], now: LocalNow) -> Layout:
    """With the columns whose heading says nothing, by what their cells are."""
    width = max((len(row.cells) for row in layout.rows), default=0)
    more = [Heading("unknown", "")] * (width - len(layout.columns))
    layout = layout._replace(columns=[*layout.columns, *more])
    return _with_weights(_with_times(layout, now), names)


def _with_times(layout: Layout, now: LocalNow) -> Layout:
    def share_of_days(i: int) -> float:
        return _share(layout.rows, i, lambda cell: _is_day(cell, now))

    dated = [i for i in layout.of("date") if share_of_days(i) >= MOST]
    if dated:  # "Day" may be a number
        layout = _as("other", layout, [i for i in layout.of("date") if i not in dated])
    if not layout.of("moment", "date"):
        layout = _as("moment", layout, [i for i in layout.of("time") if share_of_days(i) >= MOST])
    if not layout.of("moment", "date"):
        found = [i for i in layout.of("unknown") if share_of_days(i) >= MOST]
        layout = _as("moment", layout, found[:1])
    if not layout.of("moment", "time"):
        clocks = _those(layout, lambda cell: _is_clock(cell, now))
        layout = _as("time", layout, [i for i in clocks if not layout.columns[i].text][:1])
    return layout


def _with_weights(layout: Layout, names: Mapping[str, str]) -> Layout:
    wide = any(column.baby for column in layout.columns)
    if not wide and not layout.of("baby"):
        known = _those(layout, lambda cell: isinstance(cell, str) and slug(cell) in names)
        layout = _as("baby", layout, known[:1])
    if layout.of("weight") and not wide:
        return layout
    found, named = _those(layout, _is_weight), bool(layout.of("baby"))
    if len(found) == 1 and not wide and (named or not layout.columns[found[0]].text):
        return _as("weight", layout, found)
    if named and not wide:
        return layout
    columns = list(layout.columns)
    for i in found:  # babies whose name nobody knows here
        if text := columns[i].text:
            columns[i] = columns[i]._replace(role="weight", baby=text)
    return layout._replace(columns=columns)


def _those(layout: Layout, fits: Callable[[Cell], bool]) -> list[int]:
    """The columns whose heading says nothing and most of whose cells are like that."""
    return [i for i in layout.of("unknown") if _share(layout.rows, i, fits) >= MOST]


def _as(role: Role, layout: Layout, which: Sequence[int]) -> Layout:
    columns = list(layout.columns)
    for i in which:
        columns[i] = columns[i]._replace(role=role)
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
    """Of the cells of a column that say something; a line of one cell is no row of the table."""
    table = [row.cells for row in rows[:SAMPLE] if len([c for c in row.cells if c != ""]) > 1]
    cells = [row[i] for row in table if i < len(row) and not is_blank(row[i])]
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

"""Cells of a list as dates, times of day and grams.

What one cell leaves open, its column settles: 3/4 is a day of April if another line has 27/11,
``1,250`` is decimal if another has ``98,5``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import Literal, NamedTuple

from monitor.recordings.tables import Cell
from monitor.times import DAY_S
from monitor.units import GRAMS_A_UNIT
from monitor.written.days import AmbiguousDayError, LocalNow, parse_day
from monitor.written.grams import DecimalMark, Unit, parse_grams
from monitor.written.moments import parse_clock, split_moment

NO_TIME = clock_time(12, 0)
"""taken for a day without a time: the middle of it"""
PART_OF_DAY = {
    "am": clock_time(8), "morning": clock_time(8), "morgens": clock_time(8), "früh": clock_time(8),
    "noon": clock_time(12), "midday": clock_time(12), "mittags": clock_time(12),
    "pm": clock_time(20), "evening": clock_time(20), "abends": clock_time(20),
    "abend": clock_time(20), "night": clock_time(22),
}  # fmt: skip
"""times of day without a clock; a guess that is said"""
BLANK = frozenset({"", "-", "--", "\u2014", "\u2013", "n/a", "na", "none", "null", "x", "?", "."})
_SLASHED = re.compile(r"(?<![\d/-])(\d{1,2})[/-](\d{1,2})(?!\d)")
_RULE = "-_=*\u2014\u2013 "
"""what lines between the parts of a list are drawn with"""
_RELATIVE = re.compile(r"ago|now|today|yesterday")
_EXCEL_ZERO = date(1899, 12, 30)
_EXCEL_DAYS = range(36_526, 73_051)
"""days of this century, as a workbook counts them"""


DayOrder = Literal["day", "month", "both", "open", "clear"]


class When(NamedTuple):
    """A date and a time of day, as far as the cells say."""

    day: date | None
    clock: clock_time | None
    unix_s: float | None = None
    """for a cell that names its zone"""


def is_blank(cell: Cell) -> bool:
    """Whether a cell says nothing."""
    return isinstance(cell, str) and (cell.casefold() in BLANK or not cell.strip(_RULE))


def day_order(cells: Iterable[Cell]) -> DayOrder:
    """What comes first in dates such as 27/11; "open": nothing tells, "clear": no such dates."""
    firsts: set[DayOrder] = set()
    for cell in cells:
        for one, two in _SLASHED.findall(cell) if isinstance(cell, str) else ():
            a, b = int(one), int(two)
            firsts.add("day" if a > 12 else "month" if b > 12 else "clear" if a == b else "open")
    if {"day", "month"} <= firsts:
        return "both"
    order: tuple[DayOrder, ...] = ("day", "month", "open")
    return next((first for first in order if first in firsts), "clear")


def decimal_mark(cells: Iterable[Cell]) -> DecimalMark | None:
    """What this column writes before decimals; None when no cell tells."""
    for cell in cells:
        if isinstance(cell, str) and (match := re.search(r"\d([.,])(\d{1,2}|\d{4,})(?!\d)", cell)):
            return "." if match[1] == "." else ","
    return None


def when(cell: Cell, now: LocalNow, day_first: bool | None) -> When:
    """The date and the time in one cell.

    Raises:
        ValueError: a phrase that follows what it is the time of.
    """
    if isinstance(cell, datetime):
        if cell.date() <= _EXCEL_ZERO + timedelta(days=1):  # a time of day, to a workbook
            return When(None, cell.time())
        midnight = cell.time() == clock_time(0)  # a date, to many programs
        return When(cell.date(), None if midnight else cell.time())
    if isinstance(cell, date):
        return When(cell, None)
    if isinstance(cell, clock_time):
        return When(None, cell)
    if isinstance(cell, float):
        return _excel(cell)
    if _RELATIVE.search(cell.casefold()):
        raise ValueError(f"is no date: {cell[:40]!r}, write 2026-01-31")
    return When(*split_moment(cell, now, day_first=day_first))


def day_of(cell: Cell, now: LocalNow, day_first: bool | None) -> When:
    """Like ``when``, for a column of dates: 7.11 is a day there, not seven o'clock.

    Raises:
        ValueError: a phrase that follows what it is the time of.
    """
    if isinstance(cell, str) and not _RELATIVE.search(cell.casefold()):
        try:
            return When(parse_day(cell, now, day_first=day_first), None)
        except AmbiguousDayError:
            raise
        except ValueError:
            pass
    return when(cell, now, day_first)


def _excel(number: float) -> When:
    days, part = divmod(number, 1.0)
    seconds = min(round(part * DAY_S), DAY_S - 1)
    clock = (datetime.min + timedelta(seconds=seconds)).time()
    if days == 0:
        return When(None, clock)
    if int(days) not in _EXCEL_DAYS:
        raise ValueError(f"is no date: {number:g}")
    return When(_EXCEL_ZERO + timedelta(days=days), clock if seconds else None)


def clock_of(cell: Cell) -> clock_time | None:
    """The time of day in a cell of its own; None when it is blank.

    Raises:
        ValueError: a phrase that follows what it is the time of.
    """
    if is_blank(cell):
        return None
    if isinstance(cell, str):
        if re.fullmatch(r"([01]\d|2[0-3])[0-5]\d", cell):  # 0730
            return clock_time(int(cell[:2]), int(cell[2:]))
        return PART_OF_DAY.get(cell.casefold()) or parse_clock(cell)
    if isinstance(cell, float):
        return _excel(cell % 1.0).clock
    return (
        cell
        if isinstance(cell, clock_time)
        else cell.time()
        if isinstance(cell, datetime)
        else None
    )


def grams_of(cell: Cell, unit: Unit, mark: DecimalMark | None) -> float:
    """Grams of a weight; ``unit`` is that of a bare number.

    Raises:
        ValueError: a phrase that follows what it is the weight of.
    """
    if isinstance(cell, float):
        return cell * GRAMS_A_UNIT[unit]
    if not isinstance(cell, str):
        raise ValueError(f"is no weight: {cell}")
    return parse_grams(cell, unit=unit, mark=mark)

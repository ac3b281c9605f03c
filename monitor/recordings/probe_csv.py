"""Reads a recorded probe: a CSV with the header ``time_s,temperature_c``.

A week at one reading in ten seconds is 60,000 lines: all of it fits into memory. As with the scale,
a recording with a fault is refused; 85.0 and -127 are what a faulty probe said, so they are read.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import NamedTuple, TextIO

from monitor.errors import InputError

HEADER = ("time_s", "temperature_c")
MOST_READINGS = 10_000_000


class Reading(NamedTuple):
    """One line."""

    time_s: float
    temperature_c: float


def read_probe_csv(path: str | Path) -> list[Reading]:
    """All of it, times in the file's own seconds; other columns are left out.

    Raises:
        InputError: with file and line, when the header lacks a column, a field is no number, time
            does not increase, or the file cannot be read or holds no values.
    """
    source = Path(path)
    try:
        with source.open(encoding="utf-8-sig", newline="") as stream:
            return _read(stream, source)
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror or error}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{source} is no CSV: {error}") from error


def _read(stream: TextIO, source: Path) -> list[Reading]:
    rows = csv.reader(stream)
    names = [name.strip() for name in next(rows, [])]
    if not set(HEADER) <= set(names):
        raise InputError(f'{source}, line 1: the first line must be "{",".join(HEADER)}"')
    places = [names.index(name) for name in HEADER]
    found: list[Reading] = []
    for row in rows:
        where = f"{source}, line {rows.line_num}"
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(names):
            raise InputError(f"{where}: {len(row)} fields where the header has {len(names)}")
        reading = Reading(*(_number(row[i], names[i], where) for i in places))
        if found and reading.time_s <= found[-1].time_s:
            raise InputError(
                f"{where}: time_s {reading.time_s:g} does not come after {found[-1].time_s:g}; "
                "the lines must be in order of time, each time once"
            )
        found.append(reading)
        if len(found) > MOST_READINGS:
            raise InputError(f"{source} is longer than any recording of a probe")
    if not found:
        raise InputError(f"{source}: there is a header but no values under it")
    return found


def _number(cell: str, column: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise InputError(f"{where}: {column} is {cell[:40]!r}, which is not a number") from None
    if not math.isfinite(value):
        raise InputError(f"{where}: {column} is {cell.strip()[:40]}, which is no reading")
    return value

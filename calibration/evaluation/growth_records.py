"""Weighings of real litters, read from the files that people keep."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from monitor.errors import InputError
from monitor.times import HOUR_S

OUNCE_G = 28.349523125
WEIGHED_AT_H = 12.0
"""the hour of a weighing of which only the day is known"""

Rows = list[tuple[float, float]]
"""(time, grams) in order of time"""


def read_records(path: Path) -> dict[str, Rows]:
    """Weighings by animal, in order of time.

    Known are ``time,baby,weight_g``; ``datetime,name,mass`` among other columns (grams); and a
    ``date`` with one column an animal (whole ounces, as its name says, ``..-in-oz.csv``).

    Raises:
        InputError: the header is none of these.
    """
    found: dict[str, Rows] = {}
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        for name, when, grams in _weighings(reader, path):
            t_s = datetime.fromisoformat(when.replace("Z", "+00:00"))
            t_s = t_s if t_s.tzinfo is not None else t_s.replace(tzinfo=UTC)
            hour_s = WEIGHED_AT_H * HOUR_S if len(when) == len("2026-01-31") else 0.0
            found.setdefault(name, []).append((t_s.timestamp() + hour_s, grams))
    return {name: sorted(rows) for name, rows in found.items()}


def _weighings(reader: csv.DictReader[str], path: Path) -> Iterator[tuple[str, str, float]]:
    columns = set(reader.fieldnames or ())
    if {"time", "baby", "weight_g"} <= columns:
        yield from _long(reader, "baby", "time", "weight_g")
    elif {"datetime", "name", "mass"} <= columns:
        yield from _long(reader, "name", "datetime", "mass")
    elif "date" in columns:
        for row in reader:
            day = row.pop("date")
            for name, ounces in row.items():
                if ounces not in {"", "NA"}:
                    yield name, day, float(ounces) * OUNCE_G
    else:
        raise InputError(f"{path}: a header like time,baby,weight_g is needed")


def _long(
    reader: csv.DictReader[str], name: str, when: str, grams: str
) -> Iterator[tuple[str, str, float]]:
    for row in reader:
        if row[when] not in {"", "NA"} and row[grams] not in {"", "NA"}:  # not weighed that day
            yield row[name], row[when], float(row[grams])

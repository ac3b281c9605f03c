"""Copies what can still be read of a damaged journal into a fresh one.

A torn page rarely takes the whole file with it. Each table is read from both ends until SQLite
meets the damage; a row that SQLite reads and whose values are plausible is copied; any other is
left out. The damaged file itself is only read.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from monitor.events import Baby

Row = tuple[object, ...]


def salvage(damaged: Path, fresh: sqlite3.Connection) -> dict[str, int]:
    """Copy every sound row into ``fresh``; returns how many rows of each table were saved."""
    saved: dict[str, int] = {}
    names = [row[0] for row in fresh.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    with closing(sqlite3.connect(f"{damaged.as_uri()}?mode=ro", uri=True)) as old, fresh:
        for table in names:
            if table.startswith("sqlite_"):
                continue
            columns = fresh.execute(f"PRAGMA table_info({table})").fetchall()
            marks = ", ".join("?" * len(columns))
            before = fresh.total_changes
            for row in _rows(old, table, [column[1] for column in columns]):
                if _is_sound(table, row, columns):
                    fresh.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608 - fixed names
            saved[table] = fresh.total_changes - before
    return saved


def _rows(old: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[Row]:
    """All that can be read, some of it twice."""
    names = ", ".join(columns)
    for order in ("", " ORDER BY 1 DESC", " ORDER BY rowid DESC"):
        try:
            yield from old.execute(f"SELECT {names} FROM {table}{order}")  # noqa: S608 - fixed names
        except sqlite3.Error:
            continue  # the damage, or no such table: what came before it has been kept
        return


KINDS = {"REAL": float, "INTEGER": int, "TEXT": str, "BLOB": bytes}


def _is_sound(table: str, row: Row, columns: list[Row]) -> bool:
    for value, (_, _, kind, needed, *_) in zip(row, columns, strict=True):
        if not (_fits(value, str(kind)) or (value is None and not needed)):
            return False
    if table != "babies":
        return True
    try:
        return bool(msgspec.json.decode(_blob(row[3]), type=Baby).id == row[0])
    except msgspec.MsgspecError:
        return False


def _fits(value: object, kind: str) -> bool:
    finite = not isinstance(value, float) or math.isfinite(value)
    # SQLite reads zeros where a file was cut off within a page; nothing here writes a NUL.
    cut_off = isinstance(value, str) and "\0" in value
    return isinstance(value, KINDS[kind]) and finite and not cut_off


def _blob(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""

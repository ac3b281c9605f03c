"""What is read from a journal: babies, weights, feeds, cries, alerts, minutes, stored values."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from monitor.events import Baby, CryEnded, Feed, Note, Stamp, Weighing
from monitor.store.card import refusal
from monitor.store.checked_rows import CheckedRows, tables
from monitor.store.event_rows import PERSON
from monitor.store.opening import connect_for_reading
from monitor.timeshift import Moment

S = TypeVar("S", bound=msgspec.Struct)


class MinuteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One minute of telemetry."""

    t_s: Moment
    cry_s: float
    activity: float | None
    level_db: float | None
    in_box: str
    """slugs, sorted, separated by spaces; "?" when unknown"""


class JournalReader:
    """Reads one journal; a row that is no value of its columns is left out everywhere.

    Every method raises ``CardError`` or ``JournalError`` when the file cannot be read now.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self.path = path
        self.rows = CheckedRows(connection)

    @classmethod
    def open_for_reading(cls, path: str | Path) -> Self:
        """Open an existing journal without the right to change it.

        Raises:
            JournalError: there is none, or it cannot be read.
        """
        path = Path(path)
        return cls(connect_for_reading(path), path)

    def close(self) -> None:
        """Close the file; the write-ahead log is folded in."""
        with suppress(sqlite3.Error):  # the card may be gone
            self._db.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what SQLite raises into a ``JournalError`` that names the file."""
        try:
            yield
        except sqlite3.Error as error:
            raise refusal("read", self.path, error) from error

    # ------------------------------------------------------------------ stored values

    def load_state(self, key: str) -> bytes | None:
        """A value saved under ``key``; None when there is none, or none that is plausible."""
        with self.reading():
            return self.rows.value(key)

    def rejected_since(self, unix_s: float) -> dict[str, int]:
        """How many rows were set aside since then, by table."""
        with self.reading():
            return self.rows.rejected_since(unix_s)

    def last_s(self) -> float:
        """The latest time of any row but those a person dated; 0 for an empty journal."""
        sound = self.rows.sound
        with self.reading():
            row = self._db.execute(
                "SELECT max(t) AS t FROM (SELECT max(t_s) AS t FROM weighings "  # noqa: S608 - fixed names
                f"WHERE session != '{PERSON}' AND {sound('weighings')} "
                f"UNION SELECT max(t_s) FROM telemetry WHERE {sound('telemetry')} "
                f"UNION SELECT max(t_s) FROM alerts WHERE {sound('alerts')})"
            ).fetchone()
        return float(row["t"] or 0.0)

    # ------------------------------------------------------------------ what happened

    def babies(self, *, retired: bool = False) -> list[Baby]:
        """The babies in the nursery in order of registration; with ``retired`` also those gone."""
        with self.reading():
            rows = self.rows.read("babies", "(? OR retired_s IS NULL) ORDER BY rowid", (retired,))
        return [msgspec.json.decode(row["document"], type=Baby) for row in rows]

    def named_since_s(self, baby: Baby) -> float:
        """Since when its name means this baby: when the last other of that name had left.

        0.0: nobody before it was called so. Rows hold names, and a litter's names come again.
        """
        earlier = takewhile(lambda other: other.id != baby.id, self.babies(retired=True))
        ends = [other.retired_s for other in earlier if other.name == baby.name]
        return max((end for end in ends if end is not None), default=0.0)

    def weighings_of(self, baby: Baby, since_s: float = 0.0) -> list[Weighing]:
        """Its own weighings in order of time, not those of another of the same name."""
        begin_s, end_s = self.named_since_s(baby), baby.retired_s or math.inf
        found = self.weighings(since_s, baby.name)
        return [weighing for weighing in found if begin_s < weighing.t_s <= end_s]

    def feeds_of(self, baby: Baby, since_s: float = 0.0) -> list[Feed]:
        """Its own feeds in order of time, not those of another of the same name."""
        begin_s, end_s = self.named_since_s(baby), baby.retired_s or math.inf
        return [feed for feed in self.feeds(since_s, baby.name) if begin_s < feed.t_s <= end_s]

    def weighings(self, since_s: float = 0.0, baby: str | None = None) -> list[Weighing]:
        """Weighings in order of time; ``baby`` is a name."""
        rows = self._since("weighings", since_s, baby)
        return [_struct(Weighing, row, stamp=_stamp(row)) for row in rows]

    def feeds(self, since_s: float = 0.0, baby: str | None = None) -> list[Feed]:
        """Feeds in order of time."""
        return [
            _struct(Feed, row, stamp=_stamp(row)) for row in self._since("feeds", since_s, baby)
        ]

    def notes(self, since_s: float = 0.0, baby: str | None = None) -> list[Note]:
        """The care log in order of time."""
        return [
            _struct(Note, row, value=_decoded(row["value"]), stamp=_stamp(row))
            for row in self._since("notes", since_s, baby)
        ]

    def cries(self, since_s: float = 0.0) -> list[CryEnded]:
        """Bouts in order of time."""
        return [_struct(CryEnded, row) for row in self._since("cries", since_s)]

    def alerts(self, since_s: float = 0.0, baby: str | None = None) -> list[sqlite3.Row]:
        """Rows of the alerts' lives in order of time (columns as in ``schema.py``)."""
        return self._since("alerts", since_s, baby)

    def first_alert_s(self) -> float | None:
        """When the oldest row of an alert is from; ``None``: there is none."""
        with self.reading():
            rows = self.rows.read("alerts", "1 ORDER BY t_s LIMIT 1")
        return float(rows[0]["t_s"]) if rows else None

    def open_alerts(self) -> list[sqlite3.Row]:
        """The latest row of each alert of this box that has not been cleared, oldest first."""
        with self.reading():
            return self.rows.read(
                "alerts",
                "state != 'cleared' AND session != 'person' AND rowid IN "  # noqa: S608 - fixed names
                f"(SELECT max(rowid) FROM alerts WHERE {self.rows.sound('alerts')} GROUP BY id) "
                "ORDER BY rowid",
            )

    def unassigned(self, since_s: float = 0.0) -> list[sqlite3.Row]:
        """Weighings nobody has been named for, in order of time."""
        return self._since("unassigned", since_s)

    def back(
        self, table: str, since_ms: int, until_ms: int, *, baby: str | None, most: int
    ) -> list[sqlite3.Row]:
        """Rows of ``table`` from the latest back, none at or after ``until_ms``.

        Times are whole milliseconds, as they are written; ``most`` below 0: all of them.
        """
        where = "t_s BETWEEN ? AND ? AND round(t_s * 1000) >= ? AND round(t_s * 1000) < ?"
        values: list[object] = [since_ms / 1000 - 1.0, until_ms / 1000 + 1.0, since_ms, until_ms]
        if baby is not None:
            where += " AND baby = ?"
            values.append(baby)
        with self.reading():
            if table not in tables(self._db):
                return []  # a file of an earlier version that is only read
            asked = f"{where} ORDER BY round(t_s * 1000) DESC, t_s DESC, rowid DESC LIMIT ?"
            return self.rows.read(table, asked, [*values, most])

    def telemetry(self, since_s: float = 0.0) -> list[MinuteRow]:
        """Minutes in order of time."""
        return [_struct(MinuteRow, row) for row in self._since("telemetry", since_s)]

    def _since(self, table: str, since_s: float, baby: str | None = None) -> list[sqlite3.Row]:
        where, values = "t_s >= ?", [since_s, *([] if baby is None else [baby])]
        if baby is not None:
            where += " AND baby = ?"
        with self.reading():
            return self.rows.read(table, f"{where} ORDER BY t_s", values)


def _struct(kind: type[S], row: sqlite3.Row, **more: Any) -> S:
    """The struct whose fields are called like the row's columns; other columns are left out.

    A file that is only read may lack the newest column: the field has its default, then.
    """
    return msgspec.convert(dict(row) | more, kind, strict=False)


def _decoded(value: str | None) -> str | float | None:
    return None if value is None else msgspec.json.decode(value, type=str | float)


def _stamp(row: sqlite3.Row) -> Stamp:
    if row["session"] == PERSON:
        return "person"
    return "clock" if row["synced"] else "guess"

"""The one reader of stored values: an implausible row is left out, kept aside and reported.

A torn page, a bent bit or somebody's own SQL may leave any value in any column, and one of them
must not stop a start. What a value has to be follows from the schema (type, NOT NULL), from its
column's unit and from the vocabulary; documents are decoded. The rule is one SQL condition a table,
so that every reading applies it, also to columns of steps to come. Rows that fail are moved to the
table ``rejected``, as text, with the reason.
"""

from __future__ import annotations

import math
import re
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple, get_args

import msgspec

from monitor.alert_kinds import AlertKind, Severity
from monitor.events import (
    Alert,
    AlertState,
    AnyEvent,
    Baby,
    Candidate,
    CryContext,
    Move,
    Origin,
    Voice,
)
from monitor.host.boot_clock import BootClock
from monitor.timeshift import TimeShift

FIRST_S, LAST_S = -1e9, 4.2e9
"""1938 to 2103: no clock of a nursery shows another time, and no duration in it is longer"""
LONGEST_TEXT = 65_536
LONGEST_BLOB = 16_000_000
"""a whole snapshot is some 20 kB"""
LARGEST = 2**53
"""an integer that a float still holds exactly"""

_UNITS = {"_s": (FIRST_S, LAST_S), "_g": (-1e5, 1e5), "_db": (-400.0, 200.0)}
_LIMITS = {
    "confidence": (0.0, 1.0),
    "score": (0.0, 1.0),
    "activity": (0.0, 1e6),
    "sigma_g": (0.0, 1e5),
    "expires_s": (FIRST_S, 1e11),
    "out_s": (0.0, LAST_S),
    "cry_s": (0.0, LAST_S),
    "qos": (0, 2),
    "synced": (0, 1),
    "only_weighed": (0, 1),
    "urgency": (0, 2),
    "is_reminder": (0, 1),
    "ok": (0, 1),
    "id": (0, LARGEST),
    "rejected.id": (-(2**63), 2**63 - 1),
    "weighings.weight_g": (0.01, 1e5),
    "weighing_history.weight_g": (0.01, 1e5),
    "weighings.sigma_g": (1e-6, 1e5),
}
"""by column, or by table and column where only that one is meant"""

_CHOICES: dict[str, tuple[str, ...]] = {
    "weighings.move": get_args(Move),
    "weighings.origin": get_args(Origin),
    "weighing_history.move": get_args(Move),
    "weighing_history.origin": get_args(Origin),
    "unassigned.move": get_args(Move),
    "cries.species": get_args(Voice),
    "cries.context": get_args(CryContext),
    "alerts.kind": get_args(AlertKind),
    "alerts.state": get_args(AlertState),
    "alerts.severity": get_args(Severity),
}
_NOT_EMPTY = frozenset({"topic", "step_id", "baby", "id", "slug", "verb", "key"})


class Lost(msgspec.Struct, frozen=True):
    """What is left of a damaged journal: state ``lost``."""

    at: float
    file: str
    saved: dict[str, int]


class Generation(msgspec.Struct, frozen=True):
    """Which state of which journal this is: state ``generation``."""

    lineage: str
    """drawn when the journal was created"""
    count: int
    """changes since then"""
    writer: str
    """the session that made the last change: two journals that diverged have the same count and
    different writers"""

    def next(self, writer: str) -> Generation:
        """The state after one more change."""
        return Generation(self.lineage, self.count + 1, writer)


class CopyOf(msgspec.Struct, frozen=True, kw_only=True):
    """Whose place a journal in memory has taken: state ``copy_of``."""

    generation: Generation | None
    """of the journal on the card when this one was made; None: it could not tell"""
    whole: bool
    """it began with everything that was there; otherwise only what the monitor still knew"""
    roster: bool = True
    """False: it began without knowing who is in the nursery"""
    took_over: dict[Literal["outbox", "pushes"], list[int]] = {}
    """rows of the one on the card that this one has taken care of"""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a copy that the journal on the card has to follow: table ``carried``."""

    event: AnyEvent | None = None
    shift: TimeShift | None = None


def _is_baby(value: bytes, key: object) -> bool:
    baby = msgspec.json.decode(value, type=Baby)
    numbers = (baby.weight_g, baby.adult_weight_kg)
    moments = (baby.registered_s, baby.retired_s)
    if baby.born is not None:
        date.fromisoformat(baby.born)
    return (
        baby.id == key
        and 0 < len(baby.name.strip()) <= 200
        and all(number is None or 0.0 < number < 1e5 for number in numbers)
        and all(moment is None or FIRST_S <= moment <= LAST_S for moment in moments)
    )


def _are_candidates(value: bytes, _key: object) -> bool:
    found = msgspec.json.decode(value, type=list[Candidate])
    return all(0.0 <= candidate.p <= 1.0 for candidate in found)


def _is_args(value: bytes, _key: object) -> bool:
    msgspec.json.decode(value, type=dict[str, Any])
    return True


def _is_change(value: bytes, _key: object) -> bool:
    change = msgspec.msgpack.decode(value, type=Carried)
    return change.event is None or FIRST_S <= change.event.t_s <= LAST_S


def _is_alert(value: bytes, _key: object) -> bool:
    alert = msgspec.json.decode(value, type=Alert)
    return all(FIRST_S <= t_s <= LAST_S for t_s in (alert.t_s, alert.since, alert.until or 0.0))


def _is_something(value: bytes, _key: object) -> bool:
    return bool(value)


def _are_pushed(value: bytes, _key: object) -> bool:
    msgspec.json.decode(value, type=dict[str, bool])
    return True


def _text(pattern: str) -> Callable[[bytes, object], bool]:
    return lambda value, _key: re.fullmatch(pattern, value.decode()) is not None


def _number(value: bytes, _key: object) -> bool:
    return FIRST_S <= float(value) <= LAST_S


def _clock(value: bytes, _key: object) -> bool:
    clock = msgspec.json.decode(value, type=BootClock)
    moments = (clock.offset_s, clock.began_s, clock.guessed_s or 0.0)
    return all(FIRST_S <= moment <= LAST_S for moment in moments)


def _lost(value: bytes, _key: object) -> bool:
    lost = msgspec.json.decode(value, type=Lost)
    return FIRST_S <= lost.at <= LAST_S and "/" not in lost.file


def _generation(value: bytes, _key: object) -> bool:
    return 0 <= msgspec.json.decode(value, type=Generation).count <= LARGEST


def _copy_of(value: bytes, _key: object) -> bool:
    took_over = msgspec.json.decode(value, type=CopyOf).took_over
    return all(0 < i <= LARGEST for ids in took_over.values() for i in ids)


_DOCUMENTS: dict[str, Callable[[bytes, object], bool]] = {
    "babies.document": _is_baby,
    "unassigned.candidates": _are_candidates,
    "inbox.args": _is_args,
    "carried.change": _is_change,
    "pushes.document": _is_alert,
    "state.pushed": _are_pushed,
    "state.identity": _text("[0-9a-zA-Z_-]{1,64}"),
    "state.clock": _clock,
    "state.core_scale": _is_something,
    "state.core_alerts": _is_something,
    "state.core_crying": _is_something,
    "state.core_activity": _is_something,
    "state.pipeline": _is_something,
    "state.pipeline_light": _is_something,
    "state.pipeline_at": _number,
    "state.opened_at": _number,
    "state.lost": _lost,
    "state.generation": _generation,
    "state.taken_in": _generation,
    "state.copy_of": _copy_of,
    "state.discovery_mode": _text("device|entity|off"),
    "state.discovery_box": _text("[^/+#\0]{1,200}"),
}
"""Values that are documents: what decodes each, by table and column or state and key."""


def _fails(name: object, value: object, key: object) -> int:
    """Whether a document is not one: the SQL function ``unreadable``."""
    rule = _DOCUMENTS.get(str(name))
    if rule is None:
        return 0
    try:
        return int(not isinstance(value, bytes) or not rule(value, key))
    except (msgspec.MsgspecError, ValueError, OverflowError):
        return 1


class _Column(NamedTuple):
    name: str
    kind: str
    needed: bool


class CheckedRows:
    """Reads one connection's tables; what fails its rule is as if it were not there."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._rules: dict[str, dict[str, str]] = {}
        # Text that is no text must be readable at all to be left out.
        connection.text_factory = _decoded
        connection.create_function("unreadable", 3, _fails, deterministic=True)

    def read(
        self, table: str, where: str = "1", values: Sequence[object] = ()
    ) -> list[sqlite3.Row]:
        """The sound rows of ``table`` for which ``where`` (with ORDER BY and LIMIT) holds.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        return self._db.execute(
            f"SELECT * FROM {table} WHERE NOT ({self._any(table)}) AND {where}",  # noqa: S608 - fixed names
            values,
        ).fetchall()

    def sound(self, table: str) -> str:
        """The SQL condition that a row of ``table`` is sound."""
        return f"NOT ({self._any(table)})"

    def value(self, key: str) -> bytes | None:
        """A value of the table ``state``; None when there is none, or not a sound one.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        rows = self.read("state", "key = ?", (key,))
        return bytes(rows[0]["value"]) if rows else None

    def set_aside(self) -> dict[str, int]:
        """Move every row that fails to ``rejected``; returns how many, by table.

        A baby whose document is sound gets its other columns back from it. The caller commits.

        Raises:
            sqlite3.Error: nothing was moved.
        """
        found: dict[str, int] = {}
        # Beyond the largest number SQLite says "full" for ever.
        self._db.execute("DELETE FROM sqlite_sequence WHERE NOT seq BETWEEN 0 AND ?", (LARGEST,))
        for table in tables(self._db):
            bad = self._db.execute(
                f"SELECT * FROM {table} WHERE {self._any(table)}"  # noqa: S608 - fixed names
            ).fetchall()
            if not bad:
                continue
            found[table] = len(bad)
            for row in bad:
                self._keep(table, row, self._why(table, row))
            again = self._repaired(bad) if table == "babies" else []
            self._db.execute(f"DELETE FROM {table} WHERE {self._any(table)}")  # noqa: S608 - fixed names
            self._db.executemany("INSERT OR IGNORE INTO babies VALUES (?, ?, ?, ?)", again)
        return found

    def reject_value(self, key: str, why: str) -> None:
        """Set a value of the table ``state`` aside; the caller commits.

        Raises:
            sqlite3.Error: it is still there.
        """
        for row in self._db.execute("SELECT * FROM state WHERE key = ?", (key,)).fetchall():
            self._keep("state", row, why)
        self._db.execute("DELETE FROM state WHERE key = ?", (key,))

    def rejected_since(self, unix_s: float) -> dict[str, int]:
        """How many rows were set aside since then, by table.

        Raises:
            sqlite3.Error: the file cannot be read.
        """
        if "rejected" not in tables(self._db):
            return {}
        counts: dict[str, int] = {}
        for row in self.read("rejected", "at_s >= ?", (unix_s,)):
            counts[row["table_name"]] = counts.get(row["table_name"], 0) + 1
        return counts

    # ------------------------------------------------------------------ inside

    def _keep(self, table: str, row: sqlite3.Row, why: str) -> None:
        import json

        text = json.dumps({name: _shown(row[name]) for name in row.keys()})  # noqa: SIM118 - of a Row, "in" asks for values
        self._db.execute(
            "INSERT INTO rejected (table_name, row, why, at_s) VALUES (?, ?, ?, ?)",
            (table, text[:LONGEST_TEXT].encode(), why, time.time()),
        )

    def _why(self, table: str, row: sqlite3.Row) -> str:
        names = [name for name, rule in self._rule(table).items() if self._holds(rule, row)]
        return f"not a value of its column: {', '.join(names)}"

    def _holds(self, rule: str, row: sqlite3.Row) -> bool:
        """Whether a column's rule of failing holds for this row's values alone."""
        names = row.keys()
        columns = ", ".join(f'? AS "{name}"' for name in names)
        asked = f"SELECT {rule} FROM (SELECT {columns})"  # noqa: S608 - fixed names
        return bool(self._db.execute(asked, [row[name] for name in names]).fetchone()[0])

    def _repaired(self, rows: list[sqlite3.Row]) -> list[tuple[object, ...]]:
        out: list[tuple[object, ...]] = []
        for row in rows:
            try:
                baby = msgspec.json.decode(row["document"], type=Baby)
            except (msgspec.MsgspecError, TypeError):
                continue
            if not _fails("babies.document", row["document"], baby.id):
                out.append((baby.id, baby.slug, baby.retired_s, row["document"]))
        return out

    def _any(self, table: str) -> str:
        return " OR ".join(f"({rule})" for rule in self._rule(table).values()) or "0"

    def _rule(self, table: str) -> dict[str, str]:
        """For each column of a table the condition under which it fails."""
        if table not in self._rules:
            columns = [
                _Column(row[1], str(row[2]).upper(), bool(row[3] or row[5]))
                for row in self._db.execute(f"PRAGMA table_info({table})")
            ]
            self._rules[table] = {column.name: _failing(table, column) for column in columns}
        return self._rules[table]


def tables(connection: sqlite3.Connection) -> list[str]:
    """Names of the journal's own tables."""
    asked = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    return [row[0] for row in connection.execute(asked) if not row[0].startswith("sqlite_")]


def _failing(table: str, column: _Column) -> str:
    """SQL: this column's value is not what the schema, its unit and the vocabulary promise."""
    name = f'"{column.name}"'
    rules = {
        "REAL": _outside(table, column, "('real', 'integer')"),
        "INTEGER": _outside(table, column, "('integer')"),
        "TEXT": _unspoken(table, column),
        "BLOB": f"typeof({name}) != 'blob' OR length({name}) > {LONGEST_BLOB}",
    }
    rule = rules[column.kind]
    document = "'state.' || key" if table == "state" else f"'{table}.{column.name}'"
    if column.kind == "BLOB" and (table == "state" or f"{table}.{column.name}" in _DOCUMENTS):
        key = "id" if table == "babies" else "NULL"
        rule += f" OR unreadable({document}, {name}, {key})"
    if column.needed:
        return f"{name} IS NULL OR {rule}"
    return f"{name} IS NOT NULL AND ({rule})"


def _outside(table: str, column: _Column, kinds: str) -> str:
    unit = next((limits for end, limits in _UNITS.items() if column.name.endswith(end)), None)
    known = _LIMITS.get(f"{table}.{column.name}") or _LIMITS.get(column.name) or unit
    low, high = known or (-LARGEST, LARGEST)
    name = f'"{column.name}"'
    return f"typeof({name}) NOT IN {kinds} OR {name} NOT BETWEEN {low!r} AND {high!r}"


def _unspoken(table: str, column: _Column) -> str:
    name = f'"{column.name}"'
    # Zeros are what a file gives that was cut off within a page; nothing here writes a NUL.
    rule = (
        f"typeof({name}) != 'text' OR length({name}) > {LONGEST_TEXT} "
        f"OR instr(CAST({name} AS BLOB), x'00')"
    )
    if column.name in _NOT_EMPTY:
        rule += f" OR trim({name}) = ''"
    if (choices := _CHOICES.get(f"{table}.{column.name}")) is not None:
        allowed = ", ".join(f"'{choice}'" for choice in choices)
        rule += f" OR {name} NOT IN ({allowed})"
    return rule


def _decoded(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _shown(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value

"""The one reader of stored values: an implausible row is left out, kept aside and reported.

A torn page, a bent bit or somebody's own SQL may leave any value in any column, and one of them
must not stop a start. What a value has to be follows from the schema (type, NOT NULL), from its
column's unit and from the vocabulary; documents are decoded. The rule is one SQL condition a table,
so that every reading applies it, also to columns of steps to come. Rows that fail are moved to the
table ``rejected``, as text, with the reason.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Sequence

import msgspec

from monitor.events import (
    Baby,
)
from monitor.store.column_rules import LONGEST_TEXT, Column, failing
from monitor.store.stored_documents import LARGEST, is_unreadable


class CheckedRows:
    """Reads one connection's tables; what fails its rule is as if it were not there."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._rules: dict[str, dict[str, str]] = {}
        # Text that is no text must be readable at all to be left out.
        connection.text_factory = _decoded
        connection.create_function("unreadable", 3, is_unreadable, deterministic=True)

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
            if not is_unreadable("babies.document", row["document"], baby.id):
                out.append((baby.id, baby.slug, baby.retired_s, row["document"]))
        return out

    def _any(self, table: str) -> str:
        return " OR ".join(f"({rule})" for rule in self._rule(table).values()) or "0"

    def _rule(self, table: str) -> dict[str, str]:
        """For each column of a table the condition under which it fails."""
        if table not in self._rules:
            columns = [
                Column(row[1], str(row[2]).upper(), bool(row[3] or row[5]))
                for row in self._db.execute(f"PRAGMA table_info({table})")
            ]
            self._rules[table] = {column.name: failing(table, column) for column in columns}
        return self._rules[table]


def tables(connection: sqlite3.Connection) -> list[str]:
    """Names of the journal's own tables."""
    asked = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    return [row[0] for row in connection.execute(asked) if not row[0].startswith("sqlite_")]


def _decoded(raw: bytes) -> str:
    return raw.decode(errors="replace")


def _shown(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value

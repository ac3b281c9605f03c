"""Commands typed on the Pi: rows that a command leaves and the running daemon answers."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from monitor.commands import Request, arguments
from monitor.errors import CommandError
from monitor.events import Command
from monitor.store.card import refusal
from monitor.store.checked_rows import CheckedRows
from monitor.written.requests import request
from monitor.written.verb import verb_of

AT_ONCE = 4
"""commands handed out at a time: each takes 10 ms on a desktop, about 0.1 s on a small Pi"""


class Answer(NamedTuple):
    """What became of a command."""

    ok: bool
    error: str | None = None
    understood: str | None = None
    """what it says back"""
    fields: dict[str, Any] | None = None
    """of the answer to a question"""


class Inbox:
    """Rows in the journal's file."""

    def __init__(self, connection: sqlite3.Connection, path: Path, rows: CheckedRows) -> None:
        self._db, self._path, self._rows = connection, path, rows
        self._seen_version: int | None = None
        self._handed_out = 0
        self._has_more = False

    def reconnect(self, connection: sqlite3.Connection, path: Path, rows: CheckedRows) -> None:
        """The journal has moved, with its rows."""
        self._db, self._path, self._rows = connection, path, rows
        self._seen_version = None

    def submit(self, request: Request) -> int:
        """Leave a command for the daemon; returns its number.

        Raises:
            JournalError: it was not written.
        """
        return self.submit_all([request])[0]

    def submit_all(self, requests: Sequence[Request], by: str | None = None) -> list[int]:
        """Leave several in order, all of them or none; returns their numbers.

        ``by``: who asks, by the name of a carer.

        Raises:
            JournalError: none was written.
        """
        numbers: list[int] = []
        try:
            with self._db:
                for request in requests:
                    args = msgspec.json.encode(arguments(request))
                    cursor = self._db.execute(
                        'INSERT INTO inbox (verb, args, submitted_s, "by") VALUES (?, ?, ?, ?)',
                        (verb_of(request), args, time.time(), by),
                    )
                    numbers.append(int(cursor.lastrowid or 0))
        except sqlite3.Error as error:
            raise refusal("write", self._path, error) from error
        self._has_more = True  # for whoever carries out what it has left itself
        return numbers

    @property
    def has_more(self) -> bool:
        """Whether more is waiting than was handed out at the last call."""
        return self._has_more

    def submitted(self, t_s: float) -> list[Command]:
        """Commands not answered yet, stamped ``t_s``; their results find them by ``origin``.

        At most ``AT_ONCE`` of them, so that a list of thousands holds nothing up. Asked every
        second, and while ``has_more``: the tables are read only when there may be news in them.

        Raises:
            JournalError: it cannot be read now; nothing was handed out.
        """
        try:
            version = self._db.execute("PRAGMA data_version").fetchone()[0]
            if version == self._seen_version and not self._has_more:
                return []
            rows = self._rows.read(
                "inbox",
                "done_s IS NULL AND id > ? ORDER BY id LIMIT ?",
                (self._handed_out, AT_ONCE),
            )
        except sqlite3.Error as error:
            raise refusal("read", self._path, error) from error
        self._seen_version, self._has_more = version, len(rows) == AT_ONCE
        # Each once: while the card refuses, an answer is not on it yet although it was carried out.
        self._handed_out = max([self._handed_out, *(row["id"] for row in rows)])
        read = [self._command(row, t_s) for row in rows]
        return [command for command in read if command is not None]

    def _command(self, row: sqlite3.Row, t_s: float) -> Command | None:
        """None for one that another version left and this one does not know: it is refused here."""
        try:
            asked = request(row["verb"], msgspec.json.decode(row["args"]))
        except CommandError as refused:
            # whoever waits for the answer gives up by itself
            with suppress(sqlite3.Error), self._db:
                self._db.execute(
                    "UPDATE inbox SET done_s = ?, ok = 0, error = ? WHERE id = ?",
                    (t_s, str(refused), row["id"]),
                )
            return None
        return Command(t_s=t_s, request=asked, origin=f"inbox:{row['id']}", by=row["by"])

    def answer(self, number: int) -> Answer | None:
        """What became of a submitted command, or None while it waits.

        Raises:
            JournalError: it cannot be read now.
        """
        try:
            row = self._db.execute("SELECT * FROM inbox WHERE id = ?", (number,)).fetchone()
        except sqlite3.Error as error:
            raise refusal("read", self._path, error) from error
        if row is None or row["done_s"] is None:
            return None
        fields = None if row["answer"] is None else msgspec.json.decode(row["answer"])
        return Answer(bool(row["ok"]), row["error"], row["understood"], fields)

    def withdraw(self, number: int) -> None:
        """Take back a submitted command nobody answered.

        Raises:
            JournalError: it is still there.
        """
        try:
            with self._db:
                self._db.execute("DELETE FROM inbox WHERE id = ? AND done_s IS NULL", (number,))
        except sqlite3.Error as error:
            raise refusal("write", self._path, error) from error

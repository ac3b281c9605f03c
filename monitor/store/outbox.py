"""Messages that must arrive: kept on disk until the broker has acknowledged them.

The most urgent alert goes first, of two equally urgent ones the one that changed last, so that a
new critical one never waits behind a night without a connection. Within one alert the order of its
changes is kept, and a waiting reminder is replaced by any later message of its alert.

An alert that is too old to be news when the link returns (a cry from an hour ago) is dropped from
here; the journal and the retained state still tell of it. While the card cannot be written a
message waits in memory instead: an alert that the card is full must not need the card.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec

from monitor.errors import JournalError, LockedError
from monitor.store.card import refusal
from monitor.store.checked_rows import CheckedRows
from monitor.store.outbox_message import OutboxMessage, order_of, take_places
from monitor.timeshift import TimeShift, shifted

MOST_HELD = 1000
"""In memory: a card that refuses for days must not use it up. An alert is two messages."""

LOCKED_FOR_S = 1.0
"""Between two attempts to delete while another program has locked the journal."""


class Outbox:
    """Rows in the journal's file; adding is part of the caller's transaction.

    What waits is remembered, too (the newest ``MOST_HELD``): a card that cannot be read any more
    must not keep an alert.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path = Path("journal"),
        rows: CheckedRows | None = None,
    ) -> None:
        self._looked: tuple[frozenset[int], frozenset[str]] | None = None
        """rows and topics that were left out when nothing else was found"""
        self._held: dict[int, OutboxMessage] = {}
        self._last_held = 0
        self._arrived: set[int] = set()
        """rows that have arrived and could not be deleted yet"""
        self._waiting: dict[int, OutboxMessage] = {}
        """rows that are known to be there, by number"""
        self._uncommitted: list[int] = []
        self._delete_again_s = 0.0
        self.added = 0
        """messages since the start"""
        self.refused: JournalError | None = None
        """why rows could not be read or deleted"""
        self.reconnect(connection, path, rows or CheckedRows(connection))

    def reconnect(self, connection: sqlite3.Connection, path: Path, rows: CheckedRows) -> None:
        """The journal's file is another one now, with the same rows."""
        self._db, self._path, self._rows = connection, path, rows
        self._looked, self.refused = None, None

    @property
    def problem(self) -> str | None:
        """Why rows could not be read or deleted, in a sentence."""
        return None if self.refused is None else str(self.refused)

    def recall(self) -> None:
        """Remember the newest of what waits in the file.

        Raises:
            sqlite3.Error: it cannot be read.
        """
        rows = self._rows.read("outbox", f"1 ORDER BY id DESC LIMIT {MOST_HELD}")
        self._remember(map(_message, reversed(rows)))

    @property
    def remembered(self) -> list[OutboxMessage]:
        """Rows that have not arrived, as far as is known without the file; oldest first."""
        return [row for i, row in sorted(self._waiting.items()) if i not in self._arrived]

    def everything(self) -> list[OutboxMessage]:
        """All rows that have not arrived, in the order they were added.

        Raises:
            sqlite3.Error: they cannot be read.
        """
        rows = self._rows.read("outbox", "1 ORDER BY id")
        return [_message(row) for row in rows if row["id"] not in self._arrived]

    def add(self, message: OutboxMessage) -> None:
        """Insert one row, under its own number if it has one; the caller commits."""
        self._looked = None
        self.added += 1
        if message.alert_id:
            self._follow(message)
        number = message.id if message.id > 0 else None
        cursor = self._db.execute(
            "INSERT INTO outbox (id, topic, payload, qos, expires_s, t_s, alert_id, urgency, "
            "is_reminder, latest_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number, message.topic, message.payload, message.qos, message.expires_s,
                message.t_s, message.alert_id, message.urgency, message.is_reminder, message.t_s,
            ),
        )  # fmt: skip
        row = int(cursor.lastrowid or 0)
        self._uncommitted.append(row)
        self._remember([msgspec.structs.replace(message, id=row, latest_s=message.t_s)])

    def committed(self) -> None:
        """What was added is there."""
        self._uncommitted.clear()

    def rolled_back(self) -> None:
        """What was added is not."""
        for row in self._uncommitted:
            self._waiting.pop(row, None)
        self._uncommitted.clear()

    def next_rows(
        self, limit: int, *, without: Collection[int] = (), resting: Collection[str] = ()
    ) -> list[OutboxMessage]:
        """Up to ``limit`` messages in the order in which they should leave.

        Asked at every turn of the loop, so "nothing new" costs no query. While the file cannot be
        read, what is remembered.

        Args:
            limit: at least 1.
            without: rows that are on their way already.
            resting: topics that take nothing just now.
        """
        held = [
            message
            for message in self._held.values()
            if message.id not in without and message.topic not in resting
        ]
        return sorted([*self._stored(limit, without, resting), *held], key=order_of)[:limit]

    def _stored(
        self, limit: int, without: Collection[int], resting: Collection[str]
    ) -> list[OutboxMessage]:
        looked = frozenset(without), frozenset(resting)
        if self._looked is not None and all(map(frozenset.issubset, self._looked, looked)):
            return []
        left_out = ",".join(map(str, [*self._arrived, *without]))  # numbers of ours
        try:
            rows = self._rows.read(
                "outbox",
                f"id NOT IN ({left_out}) AND topic NOT IN ({_marks(resting)}) "
                "ORDER BY urgency DESC, latest_s DESC, id LIMIT ?",
                (*resting, limit),
            )
        except sqlite3.Error as error:
            self.refused = refusal("read", self._path, error)
            return [m for m in self.remembered if m.id not in without and m.topic not in resting]
        if not rows:
            self._looked = looked
        found = [_message(row) for row in rows]
        self._remember(found)
        return found

    def expired(self, now_s: float) -> list[int]:
        """Rows that are no longer news at ``now_s``; of those in the file, what can be read."""
        known = [m for m in [*self.remembered, *self._held.values()] if m.expires_s <= now_s]
        stored = self._ask("id", "expires_s <= ?", now_s) or []
        return sorted({row[0] for row in stored} - self._arrived | {m.id for m in known})

    def shift(self, shift: TimeShift) -> None:
        """The timeline was shifted: so are what waits here, its expiry and the times in it."""
        self._looked = None
        for row in map(_message, self._rows.read("outbox")):
            if (after := shifted(row, shift)) != row:
                self._db.execute(
                    "UPDATE outbox SET t_s = ?, expires_s = ?, latest_s = ?, payload = ? "
                    "WHERE id = ?",
                    (after.t_s, after.expires_s, after.latest_s, after.payload, after.id),
                )
        self._waiting = {i: shifted(row, shift) for i, row in self._waiting.items()}

    def delete(self, ids: Iterable[int]) -> None:
        """Forget rows that arrived or expired, in one transaction.

        When the card refuses, they are remembered as arrived, ``problem`` says why, and the next
        call tries again.
        """
        for i in ids:
            if self._held.pop(i, None) is None and i > 0:
                self._arrived.add(i)
        if time.monotonic() < self._delete_again_s:
            return
        try:
            with self._db:
                self._db.executemany(
                    "DELETE FROM outbox WHERE id = ?", [(i,) for i in self._arrived]
                )
        except sqlite3.Error as error:
            self.refused = refusal("delete what has arrived from", self._path, error)
            if isinstance(self.refused, LockedError):
                self._delete_again_s = time.monotonic() + LOCKED_FOR_S
            return
        for i in self._arrived:
            self._waiting.pop(i, None)
        self._arrived.clear()
        self.refused = None

    def shift_held(self, shift: TimeShift) -> None:
        """The same for what is in memory only."""
        self._held = {i: shifted(row, shift) for i, row in self._held.items()}

    def beyond(self, most: int, topics: Collection[str]) -> list[int]:
        """Rows on these topics that would leave after ``most`` of them; of those in the file."""
        chosen = f"topic IN ({_marks(topics)}) ORDER BY urgency DESC, latest_s DESC, id"
        rows = self._ask("id", f"{chosen} LIMIT -1 OFFSET ?", *topics, most)
        return [row[0] for row in rows or []]

    def __len__(self) -> int:
        return self.count()

    def count(self, *, without: Collection[str] = ()) -> int:
        """Messages that have not arrived, but for these topics."""
        held = [message for message in self._held.values() if message.topic not in without]
        chosen = f"id NOT IN ({','.join(map(str, self._arrived))})"  # numbers of ours
        rows = self._ask("count(*)", f"{chosen} AND topic NOT IN ({_marks(without)})", *without)
        if rows is None:
            return len([m for m in self.remembered if m.topic not in without]) + len(held)
        return int(rows[0][0]) + len(held)

    def _ask(self, what: str, where: str, *values: object) -> list[sqlite3.Row] | None:
        """Of the rows for which this holds; None while the file cannot be read."""
        try:
            return self._db.execute(f"SELECT {what} FROM outbox WHERE {where}", values).fetchall()  # noqa: S608 - fixed words
        except sqlite3.Error as error:
            self.refused = refusal("read", self._path, error)
            return None

    def _follow(self, message: OutboxMessage) -> None:
        """Delete waiting reminders of the same alert; the rest of it takes this one's place."""
        self._db.execute(
            "DELETE FROM outbox WHERE alert_id = ? AND topic = ? AND is_reminder",
            (message.alert_id, message.topic),
        )
        self._db.execute(
            "UPDATE outbox SET urgency = ?, latest_s = ? WHERE alert_id = ?",
            (message.urgency, message.t_s, message.alert_id),
        )
        take_places(self._waiting, message)

    def _remember(self, rows: Iterable[OutboxMessage]) -> None:
        self._waiting.update((row.id, row) for row in rows)
        if len(self._waiting) > MOST_HELD:
            for oldest in sorted(self._waiting)[:-MOST_HELD]:
                del self._waiting[oldest]

    # ------------------------------------------------------------------ while the card refuses

    @property
    def held(self) -> list[OutboxMessage]:
        """Messages that are in memory only, oldest first."""
        return list(self._held.values())

    def hold(self, messages: Iterable[OutboxMessage]) -> None:
        """Keep in memory what could not be written; the oldest go beyond ``MOST_HELD``."""
        for message in messages:
            self._last_held -= 1
            self.added += 1
            if message.alert_id:
                take_places(self._held, message)
            self._held[self._last_held] = msgspec.structs.replace(
                message, id=self._last_held, latest_s=message.t_s
            )
        for oldest in list(self._held)[: max(0, len(self._held) - MOST_HELD)]:
            del self._held[oldest]

    def release(self, held: Iterable[OutboxMessage]) -> None:
        """These are rows now."""
        for message in held:
            self._held.pop(message.id, None)


def _message(row: sqlite3.Row) -> OutboxMessage:
    return msgspec.convert(dict(row), OutboxMessage, strict=False)


def _marks(values: Collection[str]) -> str:
    """For so many values in a statement."""
    return ",".join("?" * len(values))

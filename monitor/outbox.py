"""Messages that must arrive: they wait here, on disk, until the broker has acknowledged them.

An alert that is too old to be news when the link returns (a cry from an hour ago) is dropped from
here; the journal and the retained state still tell of it. While the card cannot be written a
message waits in memory instead: an alert that the card is full must not need the card.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

import msgspec

from monitor.moments import Shift

EXPIRY_S = {
    "crying": 600.0,
    "too_quiet": 3600.0,
    "bottle_overdue": 3600.0,
    "who_is_it": 6 * 3600.0,
    "monitor_blind": 3600.0,
    "scale_overload": 3600.0,
    "scale_unsettled": 3600.0,
    "not_delivered": 3600.0,
}
"""How long an alert of a kind is still news. Ten minutes for a cry: later than that it has been
heard or is over, and a lasting one is reminded anyway."""

DEFAULT_EXPIRY_S = 24 * 3600.0
"""Weight trends and intake stay true for a day: the next weighings renew or clear them."""


MOST_HELD = 1000
"""In memory: a card that refuses for days must not eat it. An alert is two messages."""


class OutboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message on its way."""

    topic: str
    payload: bytes
    qos: int = 1
    expires_s: float
    """Unix seconds after which it is no longer news"""
    t_s: float = 0.0
    """when it became news"""
    id: int = 0
    """row number, given by the outbox; negative while the message is held in memory"""


class Outbox:
    """Rows in the journal's file; adding is part of the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._newest: int | None = None
        self._held: dict[int, OutboxMessage] = {}
        self._last_held = 0
        self._arrived: set[int] = set()
        """rows that have arrived and could not be deleted yet"""
        self.problem: str | None = None
        """why rows could not be deleted"""

    def reconnect(self, connection: sqlite3.Connection) -> None:
        """The journal has moved, with its rows."""
        self._db, self._newest = connection, None

    def add(self, message: OutboxMessage) -> None:
        """Insert one row; the caller commits."""
        self._newest = None
        self._db.execute(
            "INSERT INTO outbox (topic, payload, qos, expires_s, t_s) VALUES (?, ?, ?, ?, ?)",
            (message.topic, message.payload, message.qos, message.expires_s, message.t_s),
        )

    def next_after(self, last_id: int, limit: int) -> list[OutboxMessage]:
        """Up to ``limit`` rows beyond ``last_id`` in the order they were added.

        Asked at every turn of the loop, so "nothing new" costs no query.
        """
        if self._newest is not None and self._newest <= last_id:
            return []
        newest = self._db.execute("SELECT max(id) FROM outbox").fetchone()[0]
        self._newest = int(newest or 0)
        rows = self._db.execute(
            "SELECT * FROM outbox WHERE id > ? ORDER BY id LIMIT ?", (last_id, limit)
        )
        return [
            OutboxMessage(
                topic=row["topic"],
                payload=bytes(row["payload"]),
                qos=row["qos"],
                expires_s=row["expires_s"],
                t_s=row["t_s"],
                id=row["id"],
            )
            for row in rows
            if row["id"] not in self._arrived
        ]

    def move(self, shift: Shift, restamped: Callable[[bytes, Shift], bytes]) -> None:
        """The timeline was moved: so are what waits here, its expiry and the times in it."""
        rows = self._db.execute("SELECT id, t_s, expires_s, payload FROM outbox").fetchall()
        self._db.executemany(
            "UPDATE outbox SET t_s = ?, expires_s = ?, payload = ? WHERE id = ?",
            [
                (row["t_s"] + shift.by_s, row["expires_s"] + shift.by_s,
                 restamped(bytes(row["payload"]), shift), row["id"])
                for row in rows
                if shift.covers(row["t_s"])
            ],
        )  # fmt: skip

    def delete(self, ids: Iterable[int]) -> None:
        """Forget rows that arrived or expired, in one transaction.

        When the card refuses, they are remembered as arrived, ``problem`` says why, and the next
        call tries again.
        """
        for i in ids:
            if self._held.pop(i, None) is None and i > 0:
                self._arrived.add(i)
        try:
            with self._db:
                self._db.executemany(
                    "DELETE FROM outbox WHERE id = ?", [(i,) for i in self._arrived]
                )
        except sqlite3.Error as error:
            self.problem = f"cannot delete what has arrived: {error}"
            return
        self._arrived.clear()
        self.problem = None

    def move_held(self, shift: Shift, restamped: Callable[[bytes, Shift], bytes]) -> None:
        """The same for what is in memory only."""
        for i, message in self._held.items():
            if shift.covers(message.t_s):
                self._held[i] = msgspec.structs.replace(
                    message,
                    t_s=message.t_s + shift.by_s,
                    expires_s=message.expires_s + shift.by_s,
                    payload=restamped(message.payload, shift),
                )

    def __len__(self) -> int:
        rows = int(self._db.execute("SELECT count(*) FROM outbox").fetchone()[0])
        return rows - len(self._arrived) + len(self._held)

    # ------------------------------------------------------------------ while the card refuses

    @property
    def held(self) -> list[OutboxMessage]:
        """Messages that are in memory only, oldest first."""
        return list(self._held.values())

    def hold(self, messages: Iterable[OutboxMessage]) -> None:
        """Keep in memory what could not be written; the oldest go beyond ``MOST_HELD``."""
        for message in messages:
            self._last_held -= 1
            self._held[self._last_held] = msgspec.structs.replace(message, id=self._last_held)
        for oldest in list(self._held)[: max(0, len(self._held) - MOST_HELD)]:
            del self._held[oldest]

    def release(self, held: Iterable[OutboxMessage]) -> None:
        """These are rows now."""
        for message in held:
            self._held.pop(message.id, None)

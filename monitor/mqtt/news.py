"""Takes messages from the outbox to the broker, the most urgent first, at a pace phones can take.

A row is deleted when it is delivered, and when it is no longer news. What the broker refuses, and
what nobody has heard, stays where it is and does not hold up the rest.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import msgspec

from monitor.codec import converted
from monitor.mqtt.topics import Message
from monitor.store.outbox import Outbox
from monitor.store.outbox_message import OutboxMessage

BURST = 20
"""rows at once after a pause"""
ROWS_PER_S = 50.0
"""Pace after an outage: Mosquitto without TCP_NODELAY delivered 2,074 of a burst of 4,000."""
CRITICAL = 2
FRESH_S = 60.0
"""a critical alert this young waits for no pace"""
LATE = b" This was told late."
LATE_S = 60.0
"""told so long after it became news it says that it is late: a broken connection is back before"""
MOST_UNHEARD = 200
"""messages that wait for somebody to subscribe, the least urgent go: a house where nobody ever does
keeps the two busiest days (84 messages was the busiest of thirty, ``make soak``)"""
EXPIRY_EVERY_S = 1.0


class News:
    """The pace and the choice; ``delivery`` sends. Monotonic seconds, and Unix time for expiry."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._allowance = float(BURST)
        self._refilled_s: float | None = None
        self._swept_s = -math.inf
        self._added = outbox.added
        self.expired = 0
        """alerts that were no longer news, since the start"""

    def has_more(self) -> bool:
        """Whether something was added since the last call."""
        before, self._added = self._added, self._outbox.added
        return self._added != before

    def sweep(self, now_s: float, now_unix_s: float, *, unheard: Collection[str] = ()) -> None:
        """Once a second: forget what is no longer news, and what is too much of ``unheard`` topics.

        What expires there has been said; there was nobody.
        """
        if now_s - self._swept_s < EXPIRY_EVERY_S:
            return
        self._swept_s = now_s
        if expired := self._outbox.expired(now_unix_s):
            before = self._outbox.count(without=unheard)
            self._outbox.delete(expired)
            self.expired += before - self._outbox.count(without=unheard)
        if unheard and (least := self._outbox.beyond(MOST_UNHEARD, unheard)):
            self._outbox.delete(least)

    def next(
        self, now_s: float, now_unix_s: float, *, without: set[int], resting: set[str]
    ) -> list[OutboxMessage]:
        """What should leave now, in order; call ``left`` for each that did."""
        if self._refilled_s is not None:
            gained = (now_s - self._refilled_s) * ROWS_PER_S
            self._allowance = min(float(BURST), self._allowance + gained)
        self._refilled_s = now_s
        rows = self._outbox.next_rows(BURST, without=without, resting=resting)
        room = int(self._allowance)
        return [
            row
            for number, row in enumerate(rows)
            if row.expires_s > now_unix_s and (number < room or is_urgent(row, now_unix_s))
        ]

    def left(self) -> None:
        """One is on its way."""
        self._allowance = max(0.0, self._allowance - 1.0)

    def delivered(self, rows: list[int]) -> None:
        """The broker has them."""
        if rows:
            self._outbox.delete(rows)


def as_message(row: OutboxMessage, now_unix_s: float) -> Message:
    """What is sent of it now; late, it says so: ``"late": true``, or a last sentence."""
    message = converted(Message, row, expiry_s=row.expires_s - now_unix_s)
    if not row.t_s or now_unix_s - row.t_s < LATE_S:
        return message
    said = message.payload
    is_object = said.startswith(b"{") and said.endswith(b"}")
    late = said[:-1] + b',"late":true}' if is_object else said + LATE
    return msgspec.structs.replace(message, payload=late)


def is_urgent(row: OutboxMessage, now_unix_s: float) -> bool:
    """Whether it tells of something critical that has just changed."""
    latest_s = row.t_s if row.latest_s is None else row.latest_s
    return row.urgency >= CRITICAL and now_unix_s - latest_s < FRESH_S

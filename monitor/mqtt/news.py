"""Takes messages from the outbox to the broker, the most urgent first, at a pace phones can take.

A row is deleted when it is delivered, and when it is no longer news. What the broker refuses stays
where it is and does not hold up the rest.
"""

from __future__ import annotations

import math

from monitor.store.outbox import Outbox
from monitor.store.outbox_message import OutboxMessage

BURST = 20
"""rows at once after a pause"""
ROWS_PER_S = 50.0
"""Pace after an outage: Mosquitto without TCP_NODELAY delivered 2,074 of a burst of 4,000."""
CRITICAL = 2
FRESH_S = 60.0
"""a critical alert this young waits for no pace"""
EXPIRY_EVERY_S = 1.0


class News:
    """The pace and the choice; ``delivery`` sends. Monotonic seconds, and Unix time for expiry."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._allowance = float(BURST)
        self._refilled_s: float | None = None
        self._swept_s = -math.inf
        self.expired = 0
        """alerts that were no longer news, since the start"""

    def sweep(self, now_s: float, now_unix_s: float) -> None:
        """Once a second: forget what is no longer news."""
        if now_s - self._swept_s < EXPIRY_EVERY_S:
            return
        self._swept_s = now_s
        if expired := self._outbox.expired(now_unix_s):
            self.expired += len(expired)
            self._outbox.delete(expired)

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


def is_urgent(row: OutboxMessage, now_unix_s: float) -> bool:
    """Whether it tells of something critical that has just changed."""
    latest_s = row.t_s if row.latest_s is None else row.latest_s
    return row.urgency >= CRITICAL and now_unix_s - latest_s < FRESH_S

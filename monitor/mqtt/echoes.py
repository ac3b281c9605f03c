"""Messages that must come back, because nothing else proves that they arrived.

MQTT 3.1.1 has no word for "refused": a broker whose rules forbid a topic acknowledges the message
and throws it away, and so does one that finds it too long. The box therefore subscribes to its own
alerts and answers there, and what it says counts as delivered when it hears it itself. With a
broker that takes only QoS 0 there is no acknowledgement at all, and the same proof is used.
"""

from __future__ import annotations

import msgspec


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """One message that should come back."""

    topic: str
    payload: bytes
    sent_s: float
    row: int | None = None
    """of the outbox, if it came from there"""


class Echoes:
    """Of one connection; times are monotonic seconds."""

    def __init__(self, within_s: float) -> None:
        """``within_s``: after it, what was sent has not come back."""
        self.within_s = within_s
        self._expected: list[Expected] = []

    def begin(self) -> None:
        """A new connection: nothing is on its way."""
        self._expected.clear()

    def expect(self, expected: Expected) -> None:
        """It has been sent."""
        self._expected.append(expected)

    def received(self, topic: str, payload: bytes) -> Expected | None:
        """Take a message that came in; returns what was expected, None for anything else."""
        for number, expected in enumerate(self._expected):
            if (expected.topic, expected.payload) == (topic, payload):
                return self._expected.pop(number)
        return None

    def overdue(self, now_s: float) -> list[Expected]:
        """What has not come back in time; each is told once."""
        late = [e for e in self._expected if now_s - e.sent_s >= self.within_s]
        self._expected = [e for e in self._expected if now_s - e.sent_s < self.within_s]
        return late

    @property
    def rows(self) -> set[int]:
        """Rows of the outbox that have not come back yet."""
        return {expected.row for expected in self._expected if expected.row is not None}

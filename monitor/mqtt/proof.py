"""The box's message to itself: does what it says reach anybody, and how long may it be?

Where a broker's acknowledgement proves nothing (``echoes``) a short message is sent on each connect
to a topic that the box hears itself, then one as long as the longest document. The short one shows
that the broker passes on what this box says at all; the long one that its documents are not thrown
away for their length.
"""

from __future__ import annotations

import os

from monitor.mqtt.topics import Message

SHORT_BYTES = 32
LONGEST_BYTES = 15_000
"""the box itself takes no packet of more than 16 kB (``intake.Intake``)"""


class Proof:
    """One at a time is on its way; lengths are of the payload, in bytes."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self._awaited: bytes | None = None
        self._proven_bytes = 0

    def begin(self) -> None:
        """A new connection: nothing is proven."""
        self._awaited, self._proven_bytes = None, 0

    @property
    def is_proven(self) -> bool:
        """Whether anything has come back on this connection."""
        return self._proven_bytes > 0

    def next(self, longest: int) -> Message | None:
        """What to send now; None while one is on its way, and when nothing is left to prove.

        ``longest``: payload of the longest document that waits to be believed.
        """
        wanted = min(longest, LONGEST_BYTES) if self.is_proven else SHORT_BYTES
        if self._awaited is not None or wanted <= self._proven_bytes:
            return None
        self._awaited = os.urandom(SHORT_BYTES // 2).hex().encode().ljust(wanted)
        return Message(topic=self.topic, payload=self._awaited)

    def came_back(self, payload: bytes) -> None:
        """This length passes."""
        self._proven_bytes = max(self._proven_bytes, len(payload))
        self._awaited = None

    def forget(self) -> None:
        """What was on its way is lost."""
        self._awaited = None

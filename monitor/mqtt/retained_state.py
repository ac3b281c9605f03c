"""What is true now: one wanted payload a topic, sent when it changed and on each connect.

Numbers that expire at the broker are renewed in time. A topic that is wanted empty is emptied at
the broker and forgotten once that is acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.mqtt.topics import Message


class RetainedState:
    """Wanted and sent, by topic; times are monotonic seconds."""

    def __init__(self) -> None:
        self._wanted: dict[str, Message] = {}
        self._sent: dict[str, tuple[bytes, float]] = {}

    def set(self, messages: Iterable[Message]) -> None:
        """Set what topics should hold; an unchanged payload costs nothing."""
        for message in messages:
            self._wanted[message.topic] = message

    @property
    def longest(self) -> int:
        """Bytes of the longest wanted payload."""
        return max((len(message.payload) for message in self._wanted.values()), default=0)

    def begin(self) -> None:
        """All of it is to be sent again: a new connection, or somebody who has just arrived."""
        self._sent.clear()

    def pending(self, now_s: float) -> Iterator[Message]:
        """What is to be sent now, in the order in which it was first wanted."""
        for topic, message in list(self._wanted.items()):
            payload, sent_s = self._sent.get(topic, (None, 0.0))
            # A live number expires at the broker after three intervals: renew it in time.
            fresh = message.expiry_s is None or now_s - sent_s < message.expiry_s / 3
            if payload != message.payload or not fresh:
                yield message

    def sent(self, message: Message, now_s: float) -> None:
        """It is on its way."""
        self._sent[message.topic] = (message.payload, now_s)

    def emptied(self, topic: str) -> None:
        """The broker has emptied it: nothing is wanted there any more, unless it is again."""
        wanted = self._wanted.get(topic)
        if wanted is not None and not wanted.payload:
            del self._wanted[topic]
            self._sent.pop(topic, None)

    def refused(self, topic: str) -> None:
        """It did not arrive: it is pending again."""
        self._sent.pop(topic, None)

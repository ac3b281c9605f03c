"""What the broker does not take, by topic: why, and when it is tried again.

A refused message must not be lost, must not hold up the others, and must not be sent over and
over: its topic rests, and after a while, and at each new connection, one message finds out
whether the broker takes it by now.
"""

from __future__ import annotations

import math

import msgspec


class _Refusal(msgspec.Struct):
    why: str
    retry_s: float


class Refusals:
    """Monotonic times in; ``why`` is topic to sentence."""

    def __init__(self, retry_after_s: float) -> None:
        self._retry_after_s = retry_after_s
        self._topics: dict[str, _Refusal] = {}

    @property
    def why(self) -> dict[str, str]:
        """Every topic that is refused, with the reason."""
        return {topic: refusal.why for topic, refusal in self._topics.items()}

    def refuse(self, topic: str, why: str, now_s: float) -> None:
        """The broker did not take a message on this topic."""
        self._topics[topic] = _Refusal(why, now_s + self._retry_after_s)

    def accept(self, topic: str) -> None:
        """It did."""
        self._topics.pop(topic, None)

    def resting(self, now_s: float) -> set[str]:
        """Topics on which nothing may be sent now."""
        return {topic for topic, refusal in self._topics.items() if now_s < refusal.retry_s}

    def tried(self, topic: str, now_s: float) -> None:
        """One message is on its way to find out: the rest of the topic waits for its answer."""
        if (refusal := self._topics.get(topic)) is not None:
            refusal.retry_s = now_s + self._retry_after_s

    def begin(self) -> None:
        """A new connection: everything may be tried once."""
        for refusal in self._topics.values():
            refusal.retry_s = -math.inf

"""Topics that take nothing just now: why, and when one message finds out whether they do again.

What the broker refuses, or takes although nobody has subscribed, must not be lost, must not hold
up the others, and must not be sent over and over: its topic rests, longer each time, and then one
message is tried. At each new connection everything may be tried once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec


class _Rest(msgspec.Struct):
    why: str
    until_s: float
    tries: int = 0


class RestingTopics:
    """Monotonic times in; ``why`` is topic to sentence."""

    def __init__(self, waits_s: Sequence[float]) -> None:
        """``waits_s``: how long before each try; the last for good."""
        self._waits_s = tuple(waits_s)
        self._topics: dict[str, _Rest] = {}

    @property
    def why(self) -> dict[str, str]:
        """Every topic whose last message was not taken, with the reason."""
        return {topic: rest.why for topic, rest in self._topics.items()}

    def rest(self, topic: str, why: str, now_s: float) -> None:
        """A message on this topic was not taken."""
        rest = self._topics.setdefault(topic, _Rest(why, now_s))
        rest.why = why
        rest.until_s = now_s + self._wait_s(rest)

    def taken(self, topic: str) -> None:
        """One was."""
        self._topics.pop(topic, None)

    def resting(self, now_s: float) -> set[str]:
        """Topics on which nothing may be sent now."""
        return {topic for topic, rest in self._topics.items() if now_s < rest.until_s}

    def tried(self, topic: str, now_s: float) -> None:
        """One message is on its way to find out: the rest of the topic waits for its answer."""
        if (rest := self._topics.get(topic)) is not None:
            rest.tries += 1
            rest.until_s = now_s + self._wait_s(rest)

    def begin(self) -> None:
        """Something has changed: everything may be tried at once, and soon again."""
        for rest in self._topics.values():
            rest.until_s, rest.tries = -math.inf, 0

    def _wait_s(self, rest: _Rest) -> float:
        return self._waits_s[min(rest.tries, len(self._waits_s) - 1)]

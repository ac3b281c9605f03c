"""Waits between attempts, longer while something keeps failing.

They start small again after a time of health: without that, a device that fails once an hour ends
up waiting the longest time each time (seen in BirdNET-Go, issue 4080).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

WAITS_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)


class Backoff:
    """``waits_s`` one after the other, the last for good; from the first after ``proof_s``."""

    def __init__(
        self,
        waits_s: Sequence[float] = WAITS_S,
        *,
        proof_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waits_s, self._proof_s, self._clock = tuple(waits_s), proof_s, clock
        self._failures = 0
        self._healthy_since_s: float | None = None

    @property
    def is_reset(self) -> bool:
        """Whether the next wait is the first again."""
        return self._failures == 0

    def next_s(self) -> float:
        """It failed again: how long to wait before the next attempt."""
        self._healthy_since_s = None
        wait_s = self._waits_s[min(self._failures, len(self._waits_s) - 1)]
        self._failures += 1
        return wait_s

    def healthy(self) -> None:
        """It works at this moment; called as often as convenient."""
        now_s = self._clock()
        if self._healthy_since_s is None:
            self._healthy_since_s = now_s
        elif now_s - self._healthy_since_s >= self._proof_s:
            self._failures = 0

    def reset(self) -> None:
        """It has been healthy long enough: the next wait is the first again."""
        self._failures = 0

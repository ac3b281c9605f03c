"""Waits that double while a device keeps failing, and start small again after health.

Without the reset, a device that fails once an hour ends up waiting the longest time each time
(seen in BirdNET-Go, issue 4080).
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Backoff:
    """1, 2, 4 ... ``longest_s`` seconds; back to 1 after ``proof_s`` of health."""

    def __init__(
        self,
        longest_s: float = 30.0,
        proof_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._longest_s, self._proof_s, self._clock = longest_s, proof_s, clock
        self._wait_s = 1.0
        self._healthy_since_s: float | None = None

    @property
    def is_reset(self) -> bool:
        """Whether the next wait is the shortest again."""
        return self._wait_s == 1.0

    def next_s(self) -> float:
        """It failed again: how long to wait before the next attempt."""
        self._healthy_since_s = None
        wait_s = self._wait_s
        self._wait_s = min(wait_s * 2, self._longest_s)
        return wait_s

    def healthy(self) -> None:
        """It works at this moment; called as often as convenient."""
        now_s = self._clock()
        if self._healthy_since_s is None:
            self._healthy_since_s = now_s
        elif now_s - self._healthy_since_s >= self._proof_s:
            self._wait_s = 1.0

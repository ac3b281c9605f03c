"""The nursery timeline: seconds that only move forward and are close to Unix time.

A Pi has no battery clock and NTP makes the wall clock jump, so nothing is ever timed on it. A run
begins where ``boot_clock.locate_run`` says and from then on adds monotonic seconds, and the time
that the computer slept, during which that clock stands still. When the wall clock turns out to
differ (it was synchronised late), the recorder shifts everything of this boot; the sources go on
stamping as they began and are retimed as they come in.
"""

from __future__ import annotations

import time
from collections.abc import Callable

SLEEP_S = 1.0
"""Less is no sleep: two clocks are read one after the other, and a thread may wait in between"""


def asleep_s() -> float:
    """Seconds that this computer has slept since it was switched on, at most a moment too few.

    CLOCK_BOOTTIME goes on in a suspended computer, CLOCK_MONOTONIC does not (clock_gettime(2)).
    """
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock) - time.monotonic()


class Timeline:
    """Maps ``time.monotonic()`` to nursery seconds; ``speed`` above 1 is for simulations."""

    def __init__(
        self,
        start_unix_s: float,
        speed: float = 1.0,
        asleep: Callable[[], float] = asleep_s,
    ) -> None:
        """Begin now, at ``start_unix_s``; ``asleep`` says how long the computer has slept."""
        self._start_s = start_unix_s
        self._asleep = asleep
        self._asleep_s = self._slept_before_s = asleep()
        self._monotonic_start_s = time.monotonic()
        self._speed = speed

    @classmethod
    def from_wall_clock(cls) -> Timeline:
        """Start at what the wall clock shows: for measurements that nothing is kept of."""
        return cls(time.time())

    @property
    def speed(self) -> float:
        """Nursery seconds per second: 1 except in a simulation."""
        return self._speed

    def now_s(self) -> float:
        """Nursery seconds now."""
        return self.at_s(time.monotonic())

    def at_s(self, monotonic_s: float) -> float:
        """Nursery seconds at a reading of the monotonic clock (any process of this machine)."""
        awake_s = monotonic_s - self._monotonic_start_s
        return self._start_s + (awake_s + self.slept_s) * self._speed

    @property
    def slept_s(self) -> float:
        """How long the computer has slept since this timeline began."""
        now_s = self._asleep()
        if now_s > self._asleep_s + SLEEP_S:
            self._asleep_s = now_s
        return self._asleep_s - self._slept_before_s

"""The heartbeat: a tick a second, the wall clock once a minute, the host's health now and then.

A sleep of the computer is put before the first tick after it. Ticks travel through the same queue
as the data, so the core sees time and data in one order.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from monitor.devices import Put
from monitor.events import ClockReading, HostReport, Slept, Tick
from monitor.host.timeline import Timeline

CLOCK_EVERY = 60
UNSYNCED_EVERY = 5
"""seconds; the sooner the times are right, the fewer are wrong"""
HOST_EVERY = 30


class Ticker:
    """Puts a ``Tick`` every second until stopped."""

    def __init__(
        self,
        timeline: Timeline,
        *,
        clock_synced: Callable[[], bool],
        host_report: Callable[[float], HostReport] | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        self._timeline = timeline
        self._clock_synced = clock_synced
        self._host_report = host_report
        self._stopping = stopping or threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)
        self._turned_s = time.monotonic()

    def start(self, put: Put) -> None:
        """Begin ticking."""
        self._put = put
        self._thread.start()

    def stop(self) -> None:
        """End within a second."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def heartbeat_s(self) -> float:
        """``time.monotonic()`` at the last tick."""
        return self._turned_s

    def _run(self) -> None:
        due_s = time.monotonic()
        count, synced, slept_s = 0, False, self._timeline.slept_s
        while not self._stopping.wait(max(0.0, due_s - time.monotonic())):
            due_s = max(due_s + 1.0, time.monotonic())
            self._turned_s = time.monotonic()
            now_s = self._timeline.now_s()
            if (asleep_s := self._timeline.slept_s) > slept_s:
                self._put(Slept(now_s, asleep_s - slept_s))
                slept_s = asleep_s
            if count % (CLOCK_EVERY if synced else UNSYNCED_EVERY) == 0:
                time.tzset()  # the zone may have been changed; the C library asks only when told
                synced = self._clock_synced()
                self._put(ClockReading(now_s, time.time(), synced))
            if self._host_report is not None and count % HOST_EVERY == 0:
                self._put(self._host_report(now_s))
            self._put(Tick(now_s))
            count += 1

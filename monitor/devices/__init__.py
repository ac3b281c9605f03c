"""The only code that knows hardware. ``open_sources`` picks each back end by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from monitor.events import Observation, SourceName

Put = Callable[[Observation], None]
"""hands one observation to the loop; never blocks, safe from any thread"""


class Source(Protocol):
    """Something that turns the world into observations, in a thread or process of its own."""

    name: SourceName

    def start(self, put: Put) -> None:
        """Begin; returns at once. A missing device is retried and reported, never raised."""

    def stop(self) -> None:
        """End within two seconds, whatever the hardware does."""

    def heartbeat_s(self) -> float:
        """``time.monotonic()`` when the source's own loop last turned, for the watchdog."""

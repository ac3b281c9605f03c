"""How a moment is spoken in a hand-over: by the clock of the place, or not at all."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import NamedTuple

from monitor.times import MINUTE_S, spoken_duration
from monitor.written.days import MONTHS


class Clock(NamedTuple):
    """Where the box stands, and whether anybody knows what time it is there."""

    zone: tzinfo | None = None
    """None: this machine's"""
    known: bool = True

    def time(self, t_s: float) -> str:
        """``07:30``; empty while nobody knows the time."""
        return self._local(t_s).strftime("%H:%M") if self.known else ""

    def day(self, t_s: float) -> str:
        """``9 May``; empty while nobody knows the time."""
        moment = self._local(t_s)
        return f"{moment.day} {MONTHS[moment.month - 1].title()}" if self.known else ""

    def span(self, from_s: float, to_s: float) -> str:
        """``from 02:10 to 04:40``, or ``for 2 h 30 min``."""
        if not self.known:
            return f"for {spoken_duration(to_s - from_s)}"
        return f"from {self.time(from_s)} to {self.time(to_s)}"

    def at(self, t_s: float) -> str:
        """`` at 07:30``, with a space before it; empty while nobody knows the time."""
        return f" at {self.time(t_s)}" if self.known else ""

    def ahead(self, t_s: float, now_s: float) -> str:
        """``at 07:30``, or ``in 40 min``, or ``now``."""
        if t_s - now_s < MINUTE_S:
            return "now"
        return f"at {self.time(t_s)}" if self.known else f"in {spoken_duration(t_s - now_s)}"

    def _local(self, t_s: float) -> datetime:
        return datetime.fromtimestamp(t_s, self.zone)

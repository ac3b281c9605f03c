"""Quiet hours: what is not critical is said more softly at night.

A warning arrives as information (no sound on a phone that is set up as the documentation says),
information waits for the morning, and what is critical is never touched. A night also has a
budget of soft pushes: a box that nags all night is switched off by the second night.
"""

from __future__ import annotations

from collections.abc import Callable

from monitor.alert_kinds import AlertKind, Severity
from monitor.config import NightConfig

LocalMinute = Callable[[float], int]
"""minutes since local midnight (0..1439) at a nursery time; the core does not know time zones"""

NIGHT_BUDGET = 8
"""soft pushes a night. Judgement: two babies fed every three hours over nine hours make about six
moments that can be worth one; beyond that the log and the retained state carry them."""


class QuietHours:
    """Knows whether a moment lies in the night, and what the night does to a severity."""

    def __init__(self, night: NightConfig, local_minute: LocalMinute) -> None:
        self._from = _minute(night.from_)
        self._to = _minute(night.to)
        self._local_minute = local_minute

    def contains(self, t_s: float) -> bool:
        """True inside the quiet hours; equal ends mean that there are none."""
        minute = self._local_minute(t_s)
        if self._from <= self._to:
            return self._from <= minute < self._to
        return minute >= self._from or minute < self._to

    def lower(self, kind: AlertKind, severity: Severity, t_s: float) -> tuple[Severity, bool]:
        """The severity in force at ``t_s``, and whether it should make no push at all."""
        if kind == "test" or severity == "critical" or not self.contains(t_s):
            return severity, False
        return "info", severity == "info"


def _minute(clock_time: str) -> int:
    hours, minutes = clock_time.split(":")
    return int(hours) * 60 + int(minutes)

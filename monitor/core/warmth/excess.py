"""Is the nest beyond a limit, by how far, and for how long? One way: colder, or warmer.

A box that is opened for a bottle cools down for ten minutes, a hand takes the probe out for five:
so it has to last. What has been told is over when the limit itself is kept again.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

from monitor.timeshift import Moment

MARGIN_C = 1.0
"""beyond the limit before it counts: a thermostat's ripple, and half a degree of an uncalibrated
DS18B20 (its data sheet)"""
LASTS_S = 900.0
"""... for so long before it is told: a bottle takes 5 to 12 min"""


class Limits(NamedTuple):
    """How long what may last, in seconds; how much is far, in °C beyond the limit."""

    far_c: float
    far_lasts_s: float
    lasts_s: float = LASTS_S


class Excess(msgspec.Struct):
    """Begin, and how it goes on."""

    since_s: Moment | None = None
    """since when it has been beyond the limit and the margin"""
    far_since_s: Moment | None = None
    worst_c: float = 0.0
    """the farthest beyond the limit since then, in °C"""
    told: bool = False
    """it has lasted for long enough; so it stays until the limit is kept"""
    far: bool = False

    def observe(self, t_s: float, beyond_c: float, limits: Limits) -> None:
        """The nest is ``beyond_c`` past its limit now; negative: it keeps it."""
        if beyond_c <= 0.0 or (beyond_c < MARGIN_C and not self.told):
            self.forget()
            return
        if self.since_s is None:
            self.since_s, self.worst_c = t_s, beyond_c
        self.worst_c = max(self.worst_c, beyond_c)
        if beyond_c < limits.far_c:
            self.far_since_s = None
            self.far = self.far and beyond_c >= limits.far_c - MARGIN_C
        elif self.far_since_s is None:
            self.far_since_s = t_s
        self.far = self.far or _lasts(self.far_since_s, t_s, limits.far_lasts_s)
        self.told = self.told or self.far or _lasts(self.since_s, t_s, limits.lasts_s)

    def forget(self) -> None:
        """It is not beyond the limit."""
        self.since_s = self.far_since_s = None
        self.told = self.far = False
        self.worst_c = 0.0

    def begin_anew(self) -> None:
        """Nobody knows whether it went on; what was told stays until somebody knows."""
        if not self.told:
            self.forget()

    @property
    def level(self) -> Literal["warning", "critical"] | None:
        """How loudly it is told; ``None``: not at all."""
        if not self.told:
            return None
        return "critical" if self.far else "warning"


def _lasts(since_s: float | None, t_s: float, for_s: float) -> bool:
    return since_s is not None and t_s - since_s >= for_s

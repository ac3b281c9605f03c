"""What a journal records of itself: which one it is, whose copy, what became of a damaged one."""

from __future__ import annotations

from typing import Literal

import msgspec

from monitor.events import (
    AnyEvent,
)
from monitor.timeshift import TimeShift


class Lost(msgspec.Struct, frozen=True):
    """What is left of a damaged journal: state ``lost``."""

    at: float
    file: str
    saved: dict[str, int]


class Generation(msgspec.Struct, frozen=True):
    """Which state of which journal this is: state ``generation``."""

    lineage: str
    """drawn when the journal was created"""
    count: int
    """changes since then"""
    writer: str
    """the session that made the last change: two journals that diverged have the same count and
    different writers"""

    def next(self, writer: str) -> Generation:
        """The state after one more change."""
        return Generation(self.lineage, self.count + 1, writer)


class CopyOf(msgspec.Struct, frozen=True, kw_only=True):
    """Whose place a journal in memory has taken: state ``copy_of``."""

    generation: Generation | None
    """of the journal on the card when this one was made; None: it could not tell"""
    whole: bool
    """it began with everything that was there; otherwise only what the monitor still knew"""
    roster: bool = True
    """False: it began without knowing who is in the nursery"""
    took_over: dict[Literal["outbox", "pushes"], list[int]] = {}
    """rows of the one on the card that this one has taken care of"""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a copy that the journal on the card has to follow: table ``carried``."""

    event: AnyEvent | None = None
    shift: TimeShift | None = None

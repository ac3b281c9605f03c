"""What a hand-over tells of: one stretch of time, as plain structs."""

from __future__ import annotations

from typing import Literal

import msgspec

from monitor.documents import BabyStatus
from monitor.events import Alert, Baby, CryContext

Drunk = Literal["fed", "refused", "unclear"]
Watcher = Literal["box", "microphone", "scale"]


class Bottle(msgspec.Struct, frozen=True, kw_only=True):
    """One bottle, seen by the scale or told of."""

    t_s: float
    g: float | None
    """``None``: nobody knows how much"""
    drunk: Drunk = "fed"
    by_hand: bool = False


class BabyNight(msgspec.Struct, frozen=True, kw_only=True):
    """One baby, and what it drank."""

    baby: Baby
    bottles: list[Bottle]
    status: BabyStatus | None
    """as it is now; ``None`` for one that has left"""


class Cry(msgspec.Struct, frozen=True):
    """One bout."""

    started_s: float
    ended_s: float
    context: CryContext

    @property
    def lasted_s(self) -> float:
        """Seconds."""
        return self.ended_s - self.started_s


class Unseen(msgspec.Struct, frozen=True):
    """A time in which the box did not watch, or one sense of it was blind."""

    from_s: float
    to_s: float
    what: Watcher = "box"


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; ``now_s`` is when it is told."""

    from_s: float
    to_s: float
    now_s: float
    babies: list[BabyNight]
    cries: list[Cry]
    unseen: list[Unseen]
    open_alerts: list[Alert]
    hears: bool = True
    weighs: bool = True

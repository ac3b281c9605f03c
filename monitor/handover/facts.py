"""What a hand-over tells of: one stretch of time, as plain structs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.documents import BabyStatus
from monitor.events import Alert, Baby, CryContext, Note
from monitor.names import SourceName
from monitor.report.acted_on import ToldAlert
from monitor.report.growth import Change

SPELL_ENDS_S = 90.0
"""bouts with less quiet between them belong together, as for the alerts"""


class Bottle(msgspec.Struct, frozen=True, kw_only=True):
    """One bottle, seen by the scale or told of."""

    t_s: float
    g: float | None
    """``None``: nobody knows how much"""
    refused: bool = False


class BabyNight(msgspec.Struct, frozen=True, kw_only=True):
    """One baby, and what it drank."""

    baby: Baby
    bottles: Sequence[Bottle]
    status: BabyStatus | None
    """as it is now; ``None`` for one that has left"""
    change: Change | None = None
    """of its weight, before a bottle against before a bottle; ``None``: not known, or not asked"""

    @property
    def drunk(self) -> list[Bottle]:
        """Those it took."""
        return [bottle for bottle in self.bottles if not bottle.refused]

    @property
    def refused(self) -> list[Bottle]:
        """Those it did not."""
        return [bottle for bottle in self.bottles if bottle.refused]

    @property
    def known_g(self) -> float | None:
        """Grams of all bottles whose amount is known; ``None`` where none is."""
        known = [bottle.g for bottle in self.drunk if bottle.g is not None]
        return sum(known) if known else None


class Cry(msgspec.Struct, frozen=True):
    """One bout."""

    started_s: float
    ended_s: float
    context: CryContext = "unexplained"

    @property
    def lasted_s(self) -> float:
        """Seconds."""
        return self.ended_s - self.started_s


class Unseen(msgspec.Struct, frozen=True):
    """A time in which one sense was blind; without one, nobody watched at all."""

    from_s: float
    to_s: float
    source: SourceName | None = None

    @property
    def lasted_s(self) -> float:
        """Seconds."""
        return self.to_s - self.from_s


class Unnamed(msgspec.Struct, frozen=True):
    """A weighing that still waits for a name."""

    t_s: float
    weight_g: float


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; ``now_s`` is when it is told, and what is open and next is of then."""

    from_s: float
    to_s: float
    now_s: float
    babies: Sequence[BabyNight] = ()
    """those here, and those that have left in this time"""
    cries: Sequence[Cry] = ()
    unseen: Sequence[Unseen] = ()
    restarts: Sequence[float] = ()
    told: Sequence[ToldAlert] = ()
    open_alerts: Sequence[Alert] = ()
    unnamed: Sequence[Unnamed] = ()
    notes: Sequence[Note] = ()
    carers: Sequence[str] = ()
    """who told, weighed, corrected or answered anything, the one that did most first"""
    begun_s: float | None = None
    """since when this box watches, where that is within this time"""
    hears: bool = True
    weighs: bool = True

    @property
    def here(self) -> list[BabyNight]:
        """The babies in the nursery."""
        return [each for each in self.babies if each.status is not None]

    @property
    def missed_s(self) -> float:
        """Seconds in which it did not watch, hear or weigh; a dead probe hides nobody."""
        missed, seen_to_s = 0.0, self.from_s
        spans = [each for each in self.unseen if each.source != "probe"]
        for each in sorted(spans, key=lambda each: each.from_s):
            missed += max(0.0, each.to_s - max(each.from_s, seen_to_s))
            seen_to_s = max(seen_to_s, each.to_s)
        return missed

    @property
    def spells(self) -> list[Cry]:
        """Bouts joined where they belong together, with the context of their beginning."""
        found: list[Cry] = []
        for cry in sorted(self.cries, key=lambda cry: cry.started_s):
            if found and cry.started_s - found[-1].ended_s < SPELL_ENDS_S:
                found[-1] = Cry(found[-1].started_s, cry.ended_s, found[-1].context)
            else:
                found.append(cry)
        return found

"""What people tell of care: bottles that the scale did not see, and lines of the care log.

A bottle told of counts like one seen: for the rhythm, and for the intake when its amount is known.
"""

from __future__ import annotations

import itertools

import msgspec

from monitor.commands import FeedByHand, WriteNote
from monitor.core.scale.claims import Claims
from monitor.core.scale.hypothesis import step_id
from monitor.core.scale.roster import Roster
from monitor.errors import CommandError
from monitor.events import AnyEvent, HandFeed, Note, Stamp
from monitor.times import DAY_S, HOUR_S

AHEAD_S = HOUR_S
"""Nothing can be told before it happens; clocks of phone and Pi may differ."""
OLDEST_S = 400 * DAY_S
"""What is older cannot bear on a baby that is fed by bottle; such a time is a slip."""
KEPT_NOTES = 60
"""a day of eight babies; the journal keeps all"""


class CareState(msgspec.Struct):
    """What was told lately; bottles are in the record of each baby."""

    notes: list[Note] = []


class Care:
    """Carries out ``feed`` and ``note``."""

    def __init__(self, state: CareState, claims: Claims, roster: Roster) -> None:
        self._state, self._claims, self._roster = state, claims, roster

    def feed(self, request: FeedByHand, now_s: float) -> list[AnyEvent]:
        """A bottle that the scale did not see.

        Raises:
            CommandError: refused, nothing changed.
        """
        i = self._roster.find(request.baby)
        t_s, stamp = self._when(request.at_s, now_s)
        record = self._claims.records[i]
        feed = HandFeed(
            step_id=f"{step_id(t_s)}-{record.baby.slug}-feed",
            t_s=t_s,
            g=request.grams,
            how=request.how,
            stamp=stamp,
        )
        return self._claims.put_feed(i, feed)

    def note(self, request: WriteNote, now_s: float) -> list[AnyEvent]:
        """A line of the care log.

        Raises:
            CommandError: refused, nothing changed.
        """
        baby = None
        if request.baby is not None:
            baby = self._claims.records[self._roster.find(request.baby)].baby
        t_s, stamp = self._when(request.at_s, now_s)
        about = "all" if baby is None else baby.slug
        note = Note(
            t_s=t_s,
            step_id=self._free_id(f"{step_id(t_s)}-{about}-{request.kind}"),
            baby=None if baby is None else baby.name,
            kind=request.kind,
            value=request.value,
            text=request.text,
            stamp=stamp,
        )
        self._state.notes = [*self._state.notes[-KEPT_NOTES + 1 :], note]
        return [note]

    def _free_id(self, first: str) -> str:
        """Two notes of one kind at one time are two."""
        taken = {note.step_id for note in self._state.notes}
        names = itertools.chain([first], (f"{first}-{number}" for number in itertools.count(2)))
        return next(name for name in names if name not in taken)

    def _when(self, at_s: float | None, now_s: float) -> tuple[float, Stamp]:
        known = self._claims.state.clock_known  # else nobody here can tell
        if at_s is None:
            return now_s, "clock" if known else "guess"
        if known and at_s - now_s > AHEAD_S:
            raise CommandError('"at" has not come yet: check the date, and the clock of the Pi')
        if known and now_s - at_s > OLDEST_S:
            raise CommandError('"at" is more than a year ago: check the date')
        return at_s, "person"

"""What people tell of care: bottles that the scale did not see, and lines of the care log.

A bottle told of counts like one seen: for the rhythm, and for the intake when its amount is known.
"""

from __future__ import annotations

import itertools

import msgspec

from monitor.commands import Correct, FeedByHand, WriteNote
from monitor.core.growth.feeding import usual_g
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.care_state import CareState
from monitor.core.scale.claim_events import TAKEN_OUT
from monitor.core.scale.claims import Claims
from monitor.core.scale.hypothesis import step_id
from monitor.core.scale.roster import Roster
from monitor.errors import CommandError
from monitor.events import AnyEvent, HandFeed, Note, Retraction, Stamp
from monitor.times import DAY_S, HOUR_S
from monitor.written.grams import spoken_grams

AHEAD_S = HOUR_S
"""Nothing can be told before it happens; clocks of phone and Pi may differ."""
MOST_SHARE, FULL_SHARE = 0.15, 0.045
"""of the body weight: three full bottles, and one (comfortable is 4 ml, a meal 5 ml per 100 g)"""
OLDEST_S = 400 * DAY_S
"""What is older cannot bear on a baby that is fed by bottle; such a time is a slip."""


class Care:
    """Carries out ``feed`` and ``note``, and corrects them."""

    def __init__(
        self, state: CareState, claims: Claims, roster: Roster, reference: GrowthReference
    ) -> None:
        self._state, self._claims, self._roster = state, claims, roster
        self._reference = reference

    def feed(
        self, request: FeedByHand, now_s: float, by: str | None = None
    ) -> tuple[list[AnyEvent], str | None]:
        """A bottle that the scale did not see; returns also what was worked out, to say it back.

        Raises:
            CommandError: refused, nothing changed.
        """
        i = self._roster.find(request.baby)
        t_s, stamp = self._when(request.at_s, now_s)
        record = self._claims.records[i]
        g, said = request.grams, None
        if g is None and request.usual:
            g = usual_g(record.bottles, now_s)
            said = "amount unknown" if g is None else f"{spoken_grams(g)}, as usual"
        elif g is not None and not request.confirm:
            _check_amount(record.baby.name, g, record.weight_at(t_s, self._reference))
        feed = HandFeed(
            step_id=f"{step_id(t_s)}-{record.baby.slug}-feed",
            t_s=t_s,
            g=g,
            how=request.how,
            stamp=stamp,
            by=by,
        )
        return self._claims.put_feed(i, feed), said

    def note(self, request: WriteNote, now_s: float, by: str | None = None) -> list[AnyEvent]:
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
            value=request.said,
            text=request.text,
            stamp=stamp,
            by=by,
        )
        self._state.put(note)
        return [note]

    # ------------------------------------------------------------------ what was told before

    def correct(self, request: Correct, by: str | None = None) -> list[AnyEvent] | None:
        """What was wrong with a bottle or a note; ``None`` when it is neither.

        Raises:
            CommandError: refused, nothing changed.
        """
        key = request.step_id
        for i, record in enumerate(self._claims.records):
            for feed in record.by_hand:
                if feed.step_id == key:
                    return self._correct_feed(i, feed, request, by)
        note = next((note for note in self._state.notes if note.step_id == key), None)
        return None if note is None else self._correct_note(note, request, by)

    def _correct_feed(
        self, i: int, feed: HandFeed, request: Correct, by: str | None
    ) -> list[AnyEvent]:
        if request.void:
            return self._claims.drop_feed(i, feed.step_id)
        target = i if request.baby is None else self._roster.find(request.baby)
        g = feed.g if request.grams is None else request.grams
        record = self._claims.records[target]
        if g is not None and not request.confirm:
            _check_amount(record.baby.name, g, record.weight_at(feed.t_s, self._reference))
        self._claims.records[i].untell(feed.step_id)
        changed = msgspec.structs.replace(feed, g=g, by=by or feed.by)
        return [*self._claims.put_feed(target, changed), *self._claims.refresh({i} - {target})]

    def _correct_note(self, note: Note, request: Correct, by: str | None) -> list[AnyEvent]:
        if request.void:
            return self.put_note_back(note.step_id, None)
        if request.baby is None:
            raise CommandError('a note has no grams: correct "baby", or take it out with "void"')
        baby = self._claims.records[self._roster.find(request.baby)].baby
        changed = msgspec.structs.replace(note, baby=baby.name, by=by or note.by)
        return self.put_note_back(note.step_id, changed)

    def put_feed_back(self, i: int, key: str, feed: HandFeed | None) -> list[AnyEvent]:
        """A bottle as it was before; ``None``: it was not there."""
        return self._claims.drop_feed(i, key) if feed is None else self._claims.put_feed(i, feed)

    def put_note_back(self, key: str, note: Note | None) -> list[AnyEvent]:
        """A note as it was before; ``None``: it was not there."""
        if note is not None:
            self._state.put(note)
            return [note]
        gone = [each for each in self._state.notes if each.step_id == key]
        self._state.notes = [each for each in self._state.notes if each.step_id != key]
        return [Retraction(t_s=each.t_s, step_id=key, why=TAKEN_OUT) for each in gone]

    # ------------------------------------------------------------------ inside

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


def _check_amount(name: str, g: float, weight_g: float) -> None:
    if g > MOST_SHARE * weight_g:
        raise CommandError(
            f"{spoken_grams(g)} for {name}, who weighs {weight_g:.0f} g: a full bottle is about "
            f"{FULL_SHARE * weight_g:.0f} g. Check the number, or confirm it "
            '(--confirm, or "confirm": true)'
        )

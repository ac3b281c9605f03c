"""A baby goes to another box, or comes from one, with its record.

The other box has all of it before the baby is let go here, so that at no time nobody watches it.
"""

from __future__ import annotations

from msgspec.structs import replace

from monitor.codec import converted
from monitor.commands import BabyMove
from monitor.core.growth.baby_record import KEEP, BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.hypothesis import Presence, step_id
from monitor.core.scale.parts import Parts
from monitor.core.scale.roster import first_estimate
from monitor.errors import CommandError
from monitor.events import (
    AnyEvent,
    Arrival,
    Baby,
    Entries,
    HandFeed,
    Moving,
    RecordArrived,
    RecordBrought,
    RosterChanged,
    origin_of,
)
from monitor.written.setup_requests import BabyGive, BabyTake

NOTES_TAKEN = 20
"""of the care log, into what is kept at hand; the journal has all"""
NO_CLOCK = "the clock is not known yet, and every weighing has a time: wait until it is"


class Moves:
    """Carries out ``baby_move`` and what whoever carries the record asks."""

    def __init__(self, parts: Parts, reference: GrowthReference) -> None:
        self._state, self._claims = parts.state, parts.claims
        self._roster, self._occupancy = parts.roster, parts.occupancy
        self._reference = reference

    def move(self, request: BabyMove, now_s: float) -> tuple[list[AnyEvent], str]:
        """It is to go, or stays after all; returns also what is said back.

        Raises:
            CommandError: refused, nothing changed.
        """
        i = self._roster.find(request.name)
        baby = self._claims.records[i].baby
        if request.cancel:
            if baby.moving is None:
                raise CommandError(f"{baby.name} is not on its way to another box")
            return self._changed(i, replace(baby, moving=None, stayed=None)), f"{baby.name} stays"
        if request.to is None:
            raise CommandError('baby_move needs "to": the name of the other box')
        if not self._claims.state.clock_known:
            raise CommandError(NO_CLOCK)
        said = f"{baby.name} goes to {request.to} as soon as its record is there"
        if baby.moving is not None:
            if baby.moving.to != request.to:
                raise CommandError(f"{baby.name} is on its way to {baby.moving.to}: cancel that")
            return [], said
        moving = Moving(id=f"{step_id(now_s)}-{baby.slug}", to=request.to, since=now_s)
        return self._changed(i, replace(baby, moving=moving, stayed=None)), said

    def give(self, request: BabyGive, now_s: float) -> list[AnyEvent]:
        """Let it go, or keep it.

        Raises:
            CommandError: it is not on its way.
        """
        for i, record in enumerate(self._claims.records):
            moving = record.baby.moving
            if moving is None or moving.id != request.move:
                continue
            if not record.here:
                return []
            if request.step == "keep":
                why = request.why or f"{moving.to} does not take it"
                return self._changed(i, replace(record.baby, moving=None, stayed=why))
            gone = self._roster.retire(i, now_s, f"moved to {moving.to}")
            return [RosterChanged(t_s=now_s, baby=gone)]
        raise CommandError(f"no baby is on its way as {request.move!r}")

    def send_back(self, request: BabyTake, now_s: float) -> list[AnyEvent]:
        """It stays where it was after all; what came with it is kept here like one that left."""
        for i, record in enumerate(self._claims.records):
            arrival = record.baby.arrival
            if record.here and arrival is not None and arrival.id == request.move:
                gone = self._roster.retire(i, now_s, f"stays in {request.origin}")
                return [RosterChanged(t_s=now_s, baby=gone)]
        return []

    def bring(self, brought: RecordBrought) -> list[AnyEvent]:
        """It is here from now on, with all that was known of it.

        Raises:
            CommandError: it cannot be taken, nothing changed.
        """
        now_s, entries = brought.t_s, brought.entries
        if not self._claims.state.clock_known:
            raise CommandError(NO_CLOCK)
        records = self._claims.records
        place = next((i for i, r in enumerate(records) if r.baby.id == brought.baby.id), None)
        again = place is not None and self._is_again(place, brought.arrival)
        baby = replace(brought.baby, arrival=brought.arrival)
        if not again:
            self._roster.check_free(baby, place)
            self._roster.check_room(new=place is None)
        i = self._roster.open_record(baby) if place is None else place
        self._remember(records[i], baby, entries, again=again)
        told_of = _told(brought, replaces=place is not None)
        out: list[AnyEvent] = [RosterChanged(t_s=now_s, baby=baby), told_of]
        return out if again else [*out, *self._joins(i, now_s)]

    # ------------------------------------------------------------------ inside

    def _remember(self, record: BabyRecord, baby: Baby, entries: Entries, *, again: bool) -> None:
        """The record is what was brought; ``again``: and what was weighed and told here since."""
        record.baby = baby
        own = [w for w in record.weighings if again and not origin_of(w.step_id)]
        record.weighings = sorted([*entries.weighings, *own], key=lambda w: w.t_s)[-KEEP:]
        record.by_hand = [f for f in record.by_hand if again and not origin_of(f.step_id)]
        for feed in [f for f in entries.feeds if f.origin == "typed"][-KEEP:]:
            record.tell(converted(HandFeed, feed, g=feed.net_g))
        for note in entries.notes[-NOTES_TAKEN:]:
            self._state.care.put(note)
        record.report = record.concern_since_s = record.last_concern = None
        record.refresh(self._reference)

    def _is_again(self, place: int, arrival: Arrival) -> bool:
        """The same arrival once more: what changed meanwhile comes with it.

        Raises:
            CommandError: it is here, and came otherwise.
        """
        known = self._claims.records[place].baby
        if known.retired_s is not None:
            return False
        if known.arrival is None or known.arrival.id != arrival.id:
            raise CommandError(f"{known.name} is here already")
        return True

    def _joins(self, i: int, now_s: float) -> list[AnyEvent]:
        """Whether it is in the box is for the scale to find out."""
        estimate = first_estimate(self._claims.records[i], self._reference, now_s)
        joins = Presence(t_s=now_s, baby=i, present=True, estimate=estimate)
        return self._claims.publish(self._occupancy.meet(joins))

    def _changed(self, i: int, baby: Baby) -> list[AnyEvent]:
        self._claims.records[i].baby = baby
        return [RosterChanged(t_s=self._state.now_s, baby=baby)]


def _told(brought: RecordBrought, *, replaces: bool) -> RecordArrived:
    entries = brought.entries
    return RecordArrived(
        t_s=brought.t_s,
        baby=brought.baby.name,
        origin=brought.arrival.origin,
        since=brought.arrival.at,
        replaces=replaces,
        weighings=len(entries.weighings),
        feeds=len(entries.feeds),
        notes=len(entries.notes),
        alerts=len(entries.alerts),
        entries=entries,
    )

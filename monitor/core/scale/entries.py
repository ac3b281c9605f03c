"""What people entered lately, so that any of it can be taken back.

One mechanism for every request: all that people have entered is compared before and after it is
carried out, and the entry keeps the old value of everything that differs. ``undoing`` puts those
values back.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

import msgspec

from monitor.commands import ScaleRequest
from monitor.core.scale.hypothesis import step_id
from monitor.core.scale.parts import Parts
from monitor.core.scale.was import (
    AnswerWas,
    AwayWas,
    BabyWas,
    Entry,
    FeedWas,
    NoteWas,
    ThingWas,
    Was,
    WeighingWas,
)
from monitor.events import Weighing
from monitor.written.grams import spoken_grams
from monitor.written.verb import verb_of

KEPT = 40
"""Entries that can be taken back: two feeding rounds of a full box. A weight, a bottle or a note
that was entered earlier still can be, by its id."""


class _Stored(Protocol):
    @property
    def step_id(self) -> str: ...


S = TypeVar("S", bound=_Stored)


class Before:
    """What people had entered when this was made."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        records = parts.claims.records
        self._babies = [record.baby for record in records]
        self._weighings = [list(record.weighings) for record in records]
        self._feeds = [list(record.by_hand) for record in records]
        self._notes = list(parts.state.care.notes)
        self._away = dict(parts.state.absence.away)
        self._answers = dict(parts.state.occupancy.answers)
        self._things = [(t, parts.things.state_of(t).g) for t in parts.state.occupancy.things]

    def changes(self) -> list[Was]:
        """The old value of everything that is another one now."""
        return [
            *self._of_babies(),
            *self._of_notes(),
            *self._of_things(),
            *self._of_answers(),
            *self._of_away(),
        ]

    def _of_babies(self) -> Iterator[Was]:
        for i, record in enumerate(self._parts.claims.records):
            if i >= len(self._babies):
                yield BabyWas(record.baby.id, i, None)
                continue
            if self._babies[i] != record.baby:
                yield BabyWas(record.baby.id, i, self._babies[i])
            if self._weighings[i] != record.weighings:
                typed = _typed(self._weighings[i]), _typed(record.weighings)
                yield from (WeighingWas(key, i, old) for key, old in _changed(*typed))
            if self._feeds[i] != record.by_hand:
                told = _changed(self._feeds[i], record.by_hand)
                yield from (FeedWas(key, i, old) for key, old in told)

    def _of_notes(self) -> Iterator[Was]:
        for key, note in _changed(self._notes, self._parts.state.care.notes):
            yield NoteWas(key, note)

    def _of_things(self) -> Iterator[Was]:
        before = {thing.id: (thing, g) for thing, g in self._things}
        now = {thing.id: thing for thing in self._parts.state.occupancy.things}
        for key in sorted(before.keys() | now):
            old, g = before.get(key, (None, 0.0))
            if now.get(key) != old:
                name = (now.get(key) or before[key][0]).name
                yield ThingWas(f"thing-{key}", name, old, g)

    def _of_away(self) -> Iterator[Was]:
        before, now = self._away, self._parts.state.absence.away
        for key in sorted(before.keys() | now):
            if before.get(key) != now.get(key):
                yield AwayWas(f"away-{key}", key, before.get(key), now.get(key))

    def _of_answers(self) -> Iterator[Was]:
        for key, answer in self._parts.state.occupancy.answers.items():
            if self._answers.get(key) != answer:
                yield AnswerWas(key, self._answers.get(key))


def _typed(weighings: Sequence[Weighing]) -> list[Weighing]:
    """Those typed by hand; whose they are is where they lie, whatever it is called."""
    return [msgspec.structs.replace(w, baby="") for w in weighings if w.move is None]


def _changed(before: Sequence[S], now: Sequence[S]) -> list[tuple[str, S | None]]:
    """(id, old value) of what was added, replaced or taken out.

    A request takes out one at most: more is a list that has forgotten its oldest.
    """
    old, new = {each.step_id: each for each in before}, {each.step_id: each for each in now}
    added: list[tuple[str, S | None]] = [
        (key, old.get(key)) for key, each in new.items() if old.get(key) != each
    ]
    gone: list[tuple[str, S | None]] = [(key, old[key]) for key in old if key not in new]
    return added + (gone if len(gone) == 1 else [])


class Entries:
    """Remembers what requests changed."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def before(self) -> Before:
        """Ask for it before a request is carried out."""
        return Before(self._parts)

    def add(self, request: ScaleRequest, before: Before, t_s: float) -> None:
        """Remember what the request has changed since ``before``, if anything."""
        was = before.changes()
        if not was:
            return
        entry = Entry(id=self._id(request, was, t_s), t_s=t_s, what=described(request), was=was)
        state = self._parts.state
        kept = [each for each in state.entries if each.id != entry.id]
        state.entries = [*kept[-KEPT + 1 :], entry]

    def _id(self, request: ScaleRequest, was: Sequence[Was], t_s: float) -> str:
        """That of what was entered; of any other request one that nobody has."""
        fresh = [w.key for w in was if isinstance(w, WeighingWas | FeedWas | NoteWas)]
        if len(fresh) == 1 and verb_of(request) in {"weigh", "feed", "note"}:
            return fresh[0]
        taken = {entry.id for entry in self._parts.state.entries}
        first = f"{step_id(t_s)}-{verb_of(request)}"
        names = itertools.chain([first], (f"{first}-{number}" for number in itertools.count(2)))
        return next(name for name in names if name not in taken)


def described(request: ScaleRequest) -> str:
    """A request in a few words: ``weigh Possum 112 g``."""
    fields = msgspec.structs.asdict(request)
    words = [verb_of(request).replace("_", " ")]
    for name in ("step_id", "name", "baby", "object", "rename", "kind", "value", "grams"):
        value = fields.get(name)
        if isinstance(value, str):
            words.append(value if name != "rename" else f"as {value}")
        elif isinstance(value, float):
            words.append(spoken_grams(value) if name == "grams" else f"{value:g}")
    return " ".join(words)

"""Taking back what a person entered: every old value is put where it was.

What the scale saw meanwhile stays and is worked out again: an answer that is gone is a question
again, a weight that is gone predicts nothing any more.
"""

from __future__ import annotations

from msgspec.structs import replace

from monitor.commands import Undo
from monitor.core.scale.care import Care
from monitor.core.scale.parts import Parts
from monitor.core.scale.thing_answers import ThingAnswers
from monitor.core.scale.typed_weights import TypedWeights
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
from monitor.errors import CommandError
from monitor.events import AnyEvent


class Undoing:
    """Carries out ``undo``."""

    def __init__(self, parts: Parts, care: Care, weights: TypedWeights) -> None:
        self._parts, self._care, self._weights = parts, care, weights
        self._claims, self._roster = parts.claims, parts.roster
        self._things = ThingAnswers(parts.claims, parts.occupancy, parts.things)

    def undo(self, request: Undo, now_s: float) -> tuple[list[AnyEvent], str]:
        """Take back the last entry, or the one with this id; returns also what that was.

        Raises:
            CommandError: refused, nothing changed.
        """
        entry = self._found(request.id)
        self._check(entry)
        state, out = self._parts.state, list[AnyEvent]()
        state.entries = [each for each in state.entries if each is not entry]
        # What was not there goes first: a weighing given to another baby is in one place only.
        for was in sorted(entry.was, key=lambda each: each.before is not None):
            out += self._put_back(was, now_s)
        return out, f"taken back: {entry.what}"

    def _found(self, key: str | None) -> Entry:
        entries = self._parts.state.entries
        if key is None:
            if not entries:
                raise CommandError('nothing was entered lately: name it, "nursery log" has the ids')
            return entries[-1]
        for entry in reversed(entries):
            if entry.id == key or any(was.key == key for was in entry.was):
                return entry
        return self._entered_long_ago(key)

    def _entered_long_ago(self, key: str) -> Entry:
        """What was typed and has left the list of entries is gone with its undo, too."""
        found: list[Was] = []
        for i, record in enumerate(self._claims.records):
            weighings = (w for w in record.weighings if w.move is None and w.step_id == key)
            found += [WeighingWas(key, i, None) for _ in weighings]
            found += [FeedWas(key, i, None) for feed in record.by_hand if feed.step_id == key]
        notes = self._parts.state.care.notes
        found += [NoteWas(key, None) for note in notes if note.step_id == key]
        if not found:
            raise CommandError(
                f'nothing that a person entered has the id {key!r}: look at "nursery log"; '
                'a weighing of the scale is taken out with "correct" and "void"'
            )
        return Entry(id=key, t_s=0.0, what=key, was=found)

    def _check(self, entry: Entry) -> None:
        """Nothing entered later rests on it."""
        keys = {was.key for was in entry.was if not isinstance(was, AwayWas)}
        entries = self._parts.state.entries
        later = entries[entries.index(entry) + 1 :] if entry in entries else []
        for each in reversed(later):
            if any(was.key in keys for was in each.was):
                raise CommandError(
                    f"{each.what!r} changed it afterwards: undo that first (id {each.id!r})"
                )
        for was in entry.was:
            if isinstance(was, BabyWas):
                self._roster.check_undone(was.baby, was.before)
            elif isinstance(was, AnswerWas) and self._parts.occupancy.step(was.key) is None:
                raise CommandError("that was too long ago to be worked out again: use correct")

    def _put_back(self, was: Was, now_s: float) -> list[AnyEvent]:
        match was:
            case WeighingWas(key=key, baby=i, before=weighing):
                return self._weights.put_back(i, key, weighing)
            case FeedWas(key=key, baby=i, before=feed):
                return self._care.put_feed_back(i, key, feed)
            case NoteWas(key=key, before=note):
                return self._care.put_note_back(key, note)
            case AnswerWas(key=key, before=answer):
                told = self._parts.occupancy.answer(key, answer)
                return self._claims.publish(told, answered=key)
            case ThingWas(name=name, before=thing, g=g):
                return self._things.put_back(name, thing, g, now_s)
            case AwayWas():
                self._not_said(was)
                return []
            case BabyWas(baby=i, before=baby):
                return self._roster.put_back(i, baby, now_s)

    def _not_said(self, was: AwayWas) -> None:
        """That they have it was not said here; what was said later stays, and no longer hides it.

        Every note of a baby that is out says so anew, so one of them does not rest on another.
        """
        away = self._parts.state.absence.away
        if away.get(was.id) == was.after:
            away.pop(was.id, None)
            away |= {} if was.before is None else {was.id: was.before}
        state = self._parts.state
        state.entries = [
            replace(entry, was=[_without(each, was) for each in entry.was])
            for entry in state.entries
        ]


def _without(each: Was, gone: AwayWas) -> Was:
    """``each`` as it would be had ``gone`` not been said."""
    if isinstance(each, AwayWas) and each.id == gone.id and each.before == gone.after:
        return replace(each, before=gone.before)
    return each

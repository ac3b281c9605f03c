"""The hand-over in words: made at the end of quiet hours and when it is asked for.

What was told last is a value of the journal, so a restart tells it neither twice nor never.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import Literal, Protocol

import msgspec

from monitor.codec import converted, document
from monitor.commands import Summarize
from monitor.config import NightConfig
from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import growth_reference
from monitor.documents import BoxState, Summary
from monitor.errors import JournalError
from monitor.events import AnyEvent, Baby, Command, Handover, Observation
from monitor.handover import gather, weekly, words
from monitor.handover.clock import Clock
from monitor.handover.facts import Night
from monitor.handover.schedule import LATEST_S, Span, is_sunday, last_night
from monitor.store.journal import Journal
from monitor.times import DAY_S, HOUR_S, MINUTE_S
from monitor.timeshift import Moment, TimeShift, shifted

KEY = "handover"
"""where the journal's ``state`` keeps it"""
MOST_STARTS = 20
"""are remembered; a box that starts more often in a night has an alert about that"""
LONG_S = 48 * HOUR_S
"""of more the words are those of a week"""
WEEK_S = 7 * DAY_S
RETRY_S = MINUTE_S
"""a journal that cannot be read is asked again this much later"""


class BoxNow(Protocol):
    """What is asked of the box itself."""

    @property
    def babies(self) -> Sequence[Baby]:
        """Who is in the nursery."""

    def status(self, now_s: float) -> BoxState:
        """The retained documents."""

    @property
    def synced(self) -> bool:
        """Whether the timeline is where the world's clocks are."""


class _Kept(msgspec.Struct, kw_only=True):
    since_s: Moment
    """since when there is anything to tell of"""
    told_s: Moment
    """the end of the last night that was told, or when this box began"""
    starts: list[Moment] = []
    """when the box began to watch, the last of them"""
    summary: Summary = Summary()
    week: Summary = Summary()
    retry_s: Moment = 0.0


class Handovers:
    """``looked_back`` with every observation, ``tick`` once a second."""

    def __init__(
        self,
        night: NightConfig,
        journal: Journal,
        box: BoxNow,
        now_s: float,
        *,
        zone: tzinfo | None = None,
    ) -> None:
        """Take up what the journal remembers; ``zone``: where the box stands, None: where we are.

        Raises:
            JournalError: it cannot be read.
        """
        self._hours, self._journal, self._box, self._zone = night, journal, box, zone
        self._kept = self._restored(now_s)
        self._written: bytes | None = None
        self._reword = self._started = False
        self._looked: tuple[float, Span] | None = None

    def _restored(self, now_s: float) -> _Kept:
        saved = self._journal.load_state(KEY)
        if saved is not None:
            with suppress(msgspec.MsgspecError):
                kept = msgspec.json.decode(saved, type=_Kept)
                if kept.told_s < now_s + DAY_S:  # else no night would ever be told again
                    return kept
        known = [b.registered_s for b in self._box.babies if b.registered_s is not None]
        return _Kept(since_s=min([now_s, *known]), told_s=now_s)

    def beside(self, state: BoxState) -> BoxState:
        """The retained documents with the last ones that were made."""
        return msgspec.structs.replace(state, summary=self._kept.summary, week=self._kept.week)

    def changed_state(self) -> dict[str, bytes]:
        """What a restart must know, when it is something else than at the last call."""
        now = msgspec.json.encode(self._kept)
        before, self._written = self._written, now
        return {KEY: now} if now != before else {}

    def shift(self, shift: TimeShift) -> None:
        """The timeline was shifted: times in the words are other ones, too."""
        before, self._kept = self._kept, shifted(self._kept, shift)
        same = (before.summary, before.week) == (self._kept.summary, self._kept.week)
        self._reword = self._reword or not same

    def answered(self, observation: Observation) -> list[AnyEvent] | None:
        """The hand-over that somebody asks for, and the answer; ``None`` for anything else."""
        if not isinstance(observation, Command) or not isinstance(observation.request, Summarize):
            return None
        now_s, lasts_s = observation.t_s, observation.request.hours * HOUR_S
        span = Span(now_s - lasts_s, now_s)
        try:
            words = self._week(span, now_s) if lasts_s > LONG_S else self._night(span, now_s)
        except JournalError as error:
            return [observation.answer(str(error))]
        self._kept.summary = words
        result = msgspec.structs.replace(observation.answer(), answer=document(words))
        return [_event("asked", words, now_s), result]

    def tick(self, now_s: float) -> list[AnyEvent]:
        """The hand-over of a night that has ended, once; on a Sunday also that of the week."""
        if not self._started:
            self._started = True
            self._kept.starts = [*self._kept.starts, now_s][-MOST_STARTS:]
        if now_s < self._kept.retry_s:
            return []
        try:
            return [*self._said_again(now_s), *self._due(now_s)]
        except JournalError:
            self._kept.retry_s = now_s + RETRY_S
            return []

    def _due(self, now_s: float) -> list[AnyEvent]:
        night = self._last_night(now_s)
        if night.to_s <= self._kept.told_s:
            return []
        if now_s - night.to_s > LATEST_S:
            self._kept.told_s = night.to_s
            return []
        words = self._night(night, now_s)
        told: list[AnyEvent] = [_event("night", words, now_s)]
        week = None
        if is_sunday(night.to_s, self._zone):
            week = self._week(Span(night.to_s - WEEK_S, night.to_s), now_s)
            told.append(_event("week", week, now_s))
        self._kept.summary, self._kept.week = words, week or self._kept.week
        self._kept.told_s = night.to_s
        return told

    def _last_night(self, now_s: float) -> Span:
        """Nights begin and end on whole minutes: looked up once in each."""
        if self._looked is None or self._looked[0] != now_s // MINUTE_S:
            self._looked = now_s // MINUTE_S, last_night(self._hours, now_s, self._zone)
        return self._looked[1]

    def _said_again(self, now_s: float) -> list[AnyEvent]:
        """After a shift: the same times in words with the right times of day; no event."""
        if not self._reword:
            return []
        if (span := _span(self._kept.summary)) is not None:
            is_long = span.to_s - span.from_s > LONG_S
            self._kept.summary = (self._week if is_long else self._night)(span, now_s)
        if (span := _span(self._kept.week)) is not None:
            self._kept.week = self._week(span, now_s)
        self._reword = False
        return []

    def _night(self, span: Span, now_s: float) -> Summary:
        found = self._found(span, now_s)
        return _summary(words.text(found, self._clock), span)

    def _week(self, span: Span, now_s: float) -> Summary:
        found = self._found(span, now_s, reference=growth_reference())
        return _summary(weekly.text(found, self._clock), span)

    @property
    def _clock(self) -> Clock:
        return Clock(self._zone, known=self._box.synced)

    def _found(
        self, span: Span, now_s: float, *, reference: GrowthReference | None = None
    ) -> Night:
        kept, now = self._kept, self._box.status(now_s)
        known = gather.Known(now, now_s, begun_s=kept.since_s, starts=kept.starts)
        return gather.night(self._journal, span, known, reference=reference)


def _summary(text: str, span: Span) -> Summary:
    return Summary(text=text, from_s=span.from_s, to_s=span.to_s)


def _span(told: Summary) -> Span | None:
    """What it is about; ``None`` while there is none."""
    if told.from_s is None or told.to_s is None:
        return None
    return Span(told.from_s, told.to_s)


def _event(what: Literal["night", "week", "asked"], told: Summary, now_s: float) -> Handover:
    return converted(Handover, told, t_s=now_s, what=what)

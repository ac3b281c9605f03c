"""The hand-over in words: made at the end of quiet hours and when it is asked for.

What was told last is a value of the journal, so a restart tells it neither twice nor never.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import tzinfo
from typing import Protocol

import msgspec

from monitor.codec import document
from monitor.commands import Summarize
from monitor.config import NightConfig
from monitor.documents import BoxState, Summary
from monitor.errors import JournalError
from monitor.events import AnyEvent, Baby, Command, Handover, Observation
from monitor.handover import gather, words
from monitor.handover.clock import Clock
from monitor.handover.schedule import LATEST_S, Span, last_night
from monitor.store.journal import Journal
from monitor.times import HOUR_S, MINUTE_S
from monitor.timeshift import Moment, TimeShift, shifted

KEY = "handover"
"""where the journal's ``state`` keeps it"""
MOST_STARTS = 20
"""are remembered; a box that starts more often in a night has an alert about that"""
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
        self._night, self._journal, self._box, self._zone = night, journal, box, zone
        self._kept = self._restored(now_s)
        self._written: bytes | None = None
        self._reword = self._started = False

    def _restored(self, now_s: float) -> _Kept:
        saved = self._journal.load_state(KEY)
        if saved is not None:
            with suppress(msgspec.MsgspecError):
                return msgspec.json.decode(saved, type=_Kept)
        known = [b.registered_s for b in self._box.babies if b.registered_s is not None]
        return _Kept(since_s=min([now_s, *known]), told_s=now_s)

    @property
    def summary(self) -> Summary:
        """The last one that was made."""
        return self._kept.summary

    def changed_state(self) -> dict[str, bytes]:
        """What a restart must know, when it is something else than at the last call."""
        now = msgspec.json.encode(self._kept)
        before, self._written = self._written, now
        return {KEY: now} if now != before else {}

    def shift(self, shift: TimeShift) -> None:
        """The timeline was shifted: times in the words are other ones, too."""
        before, self._kept = self._kept.summary, shifted(self._kept, shift)
        self._reword = self._reword or self._kept.summary != before

    def answered(self, observation: Observation) -> list[AnyEvent] | None:
        """The hand-over that somebody asks for, and the answer; ``None`` for anything else."""
        if not isinstance(observation, Command) or not isinstance(observation.request, Summarize):
            return None
        now_s = observation.t_s
        try:
            told = self._tell(Span(now_s - observation.request.hours * HOUR_S, now_s), now_s)
        except JournalError as error:
            return [observation.answer(str(error))]
        answer = document(self._kept.summary)
        return [told, msgspec.structs.replace(observation.answer(), answer=answer)]

    def tick(self, now_s: float) -> list[AnyEvent]:
        """The hand-over of a night that has ended, once."""
        if not self._started:
            self._started = True
            self._kept.starts = [*self._kept.starts, now_s][-MOST_STARTS:]
        if self._reword and self._kept.summary.from_s is not None:
            self._say_again(now_s)
        span = last_night(self._night, now_s, self._zone)
        if span.to_s <= self._kept.told_s or now_s < self._kept.retry_s:
            return []
        if now_s - span.to_s > LATEST_S:
            self._kept.told_s = span.to_s
            return []
        try:
            told = self._tell(span, now_s)
        except JournalError:
            self._kept.retry_s = now_s + RETRY_S
            return []
        self._kept.told_s = span.to_s
        return [told]

    def _say_again(self, now_s: float) -> None:
        """The same time in words with the right times of day."""
        self._reword = False
        from_s, to_s = self._kept.summary.from_s, self._kept.summary.to_s
        if from_s is not None and to_s is not None:
            with suppress(JournalError):
                self._tell(Span(from_s, to_s), now_s)

    def _tell(self, span: Span, now_s: float) -> Handover:
        found = gather.night(
            self._journal, self._box.status(now_s),
            from_s=span.from_s, to_s=span.to_s, now_s=now_s,
            begun_s=self._kept.since_s, starts=self._kept.starts,
        )  # fmt: skip
        text = words.text(found, Clock(self._zone, known=self._box.synced))
        self._kept.summary = Summary(text=text, from_s=span.from_s, to_s=span.to_s)
        return Handover(t_s=now_s, text=text, from_s=span.from_s, to_s=span.to_s)

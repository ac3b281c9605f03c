"""Writes batches at once, or keeps them in memory until the card accepts them.

What the card refuses is neither lost nor late: messages and pushes leave from memory, events and
state are written with the next batch. A card that fails is replaced by a copy in memory
(``failover``) and asked again every ten seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from monitor.errors import CardError, JournalError, LockedError
from monitor.events import AnyEvent
from monitor.store import failover
from monitor.store.batch import Batch
from monitor.store.failover import FailBack, Known
from monitor.store.journal import Journal
from monitor.store.reading import MinuteRow
from monitor.times import DAY_S
from monitor.timeshift import Moment, TimeShift, shifted

RETRY_EVERY_S = 10.0
"""A card that refused is asked again this often."""

PRUNE_EVERY_S = DAY_S

LOCKED_RETRY_S = 1.0
"""A journal that another program has locked is asked again this often, and waits in memory."""

LOCKED_BRIEF_S = 30.0
"""A lock that is held for longer is reported: a backup or a query takes seconds."""

MOST_UNWRITTEN = 5000
"""Events kept in memory while the card refuses; hours of a busy box."""


class _Times(msgspec.Struct):
    """When the card is asked again, and since when another program has locked the journal."""

    retry_s: Moment
    locked_since_s: Moment | None = None
    pruned_s: float = 0.0
    """of the timeline, but a shift by hours makes no difference to it"""


class BatchWriter:
    """Writes to one journal, wherever that stands just now. All times are timeline seconds."""

    def __init__(
        self,
        journal: Journal,
        *,
        now_s: float,
        known: Callable[[], Known],
        failed_back: Callable[[FailBack], None],
        log: Callable[[str], None],
    ) -> None:
        """Nothing waits yet.

        Args:
            journal: open for writing.
            now_s: the time now.
            known: what can be said without the journal, for a copy that cannot be made of it.
            failed_back: called when the card's journal is in use again, before anything is written.
            log: one line for a person.
        """
        self._journal = journal
        self._known, self._failed_back, self._log = known, failed_back, log
        self._waiting = Batch()
        """all but its messages and pushes, which outbox and pushes hold"""
        self._times = _Times(now_s)
        self.error: str | None = None
        """why the last transaction failed"""

    def lasting_error(self, now_s: float) -> str | None:
        """Why the journal is not being written where it belongs; ``None`` when it is."""
        if self._journal.failed_over_from is not None:
            return f"{self._journal.failover_reason}; a copy in memory stands in"
        locked_since_s = self._times.locked_since_s
        brief = locked_since_s is not None and now_s - locked_since_s < LOCKED_BRIEF_S
        return None if brief else self._refused

    def write(self, batch: Batch, now_s: float) -> None:
        """Write it with all that waits, in one transaction, or keep what fits in memory."""
        for shift in batch.shifts:
            self._shift_waiting(shift)
        self._journal.outbox.hold(batch.messages)
        self._journal.pushes.hold(batch.pushes)
        self._waiting = Batch(
            shifts=[*self._waiting.shifts, *batch.shifts],
            events=[*self._waiting.events, *batch.events],
            state={**self._waiting.state, **batch.state},
            synced=batch.synced,
        )
        self._flush(now_s)

    def attempt(self, write: Callable[[], object], now_s: float) -> None:
        """Write on the card, or in memory where it refuses.

        Raises:
            JournalError: neither; it is remembered as ``error``.
        """
        try:
            try:
                write()
            except CardError as error:
                failover.fail_over(self._journal, str(error), self._known())
                write()
        except JournalError as error:
            self.error = str(error)
            if isinstance(error, LockedError):
                self._times.locked_since_s = self._times.locked_since_s or now_s
                self._times.retry_s = now_s + LOCKED_RETRY_S
            raise

    def record_minutes(self, rows: Sequence[MinuteRow], now_s: float) -> None:
        """Write collected telemetry.

        Raises:
            JournalError: neither the card nor memory takes it.
        """
        self.attempt(lambda: self._journal.record_minutes(rows), now_s)

    def prune(self, now_s: float) -> None:
        """Once a day: forget what is older than its retention."""
        if now_s - self._times.pruned_s >= PRUNE_EVERY_S:
            self._times.pruned_s = now_s
            with suppress(JournalError):
                self.attempt(lambda: self._journal.prune(now_s), now_s)

    def look(self, now_s: float) -> None:
        """Ask a card again that refused; to be called once a second."""
        if isinstance(self._journal.outbox.refused, LockedError):
            self._times.locked_since_s = self._times.locked_since_s or now_s
        if self._refused is None:
            self._times.locked_since_s = None
        away = self._journal.failed_over_from is not None
        if (away or self._refused is not None) and now_s >= self._times.retry_s:
            locked = self._times.locked_since_s is not None
            self._times.retry_s = now_s + (LOCKED_RETRY_S if locked else RETRY_EVERY_S)
            self._try_again(now_s)

    # ------------------------------------------------------------------ inside

    @property
    def _refused(self) -> str | None:
        return self.error or self._journal.outbox.problem

    def _flush(self, now_s: float) -> None:
        outbox, pushes = self._journal.outbox, self._journal.pushes
        batch = msgspec.structs.replace(
            self._waiting, messages=list(outbox.held), pushes=list(pushes.held)
        )
        if batch.is_empty:
            return  # without a write it would not show whether the card works
        if self._times.locked_since_s is not None and now_s < self._times.retry_s:
            return  # an alert must not wait for somebody's lock
        try:
            self.attempt(lambda: self._journal.write(batch), now_s)
        except JournalError:
            events: list[AnyEvent] = list(self._waiting.events)[-MOST_UNWRITTEN:]
            self._waiting = msgspec.structs.replace(self._waiting, events=events)
            return
        outbox.release(batch.messages)
        pushes.release(batch.pushes)
        self._waiting, self.error = Batch(synced=batch.synced), None

    def _shift_waiting(self, shift: TimeShift) -> None:
        self._times = shifted(self._times, shift)
        self._waiting = shifted(self._waiting, shift)
        self._journal.outbox.shift_held(shift)
        self._journal.pushes.shift_held(shift)

    def _try_again(self, now_s: float) -> None:
        outbox = self._journal.outbox
        with suppress(JournalError):  # it still refuses
            if isinstance(outbox.refused, CardError):
                failover.fail_over(self._journal, str(outbox.refused), self._known())
            if self._journal.failed_over_from is not None:
                end = failover.fail_back(self._journal, self._log)
                self._log(f"the journal is written on the card again: {self._journal.path}")
                self._failed_back(end)
        self._times.retry_s = min(self._times.retry_s, now_s + RETRY_EVERY_S)
        locked, self._times.locked_since_s = self._times.locked_since_s, None
        self._flush(now_s)
        if self._refused is not None:
            self._times.locked_since_s = locked
        outbox.delete([])

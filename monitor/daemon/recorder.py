"""The pipeline and its journal: used by the daemon and by the command line.

Every event goes to the journal before anyone hears of it; every alert goes to the outbox in the
same transaction, with what a restart must remember of it: one batch a turn. When the clock turns
out to be off, the running pipeline, the journal and what waits in the outbox are shifted together
(see ``boot_clock``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import msgspec

from monitor.config import Config
from monitor.core.pipeline import Pipeline
from monitor.daemon.core_memory import ALL_BUT_SCALE, CoreMemory, rows_of
from monitor.daemon.handovers import Handovers
from monitor.daemon.journal_report import JournalReport
from monitor.daemon.looking_back import looked_back
from monitor.daemon.moves import Moves
from monitor.daemon.news import News
from monitor.daemon.run_start import certain
from monitor.daemon.telemetry import Telemetry
from monitor.documents import BoxState, LiveStatus
from monitor.errors import JournalError
from monitor.events import (
    AnyEvent,
    Baby,
    ClockReading,
    Command,
    CommandResult,
    HostReport,
    Observation,
    RosterChanged,
    Slept,
    Tick,
)
from monitor.host.boot_clock import ClockTracker, RunStart
from monitor.mqtt.topics import Topics
from monitor.store import failover
from monitor.store.batch import Batch
from monitor.store.batch_writer import BatchWriter
from monitor.store.failover import FailBack, Known
from monitor.store.journal import Journal
from monitor.times import local_minute, spoken_duration
from monitor.timeshift import TimeShift, shifted


class Recorder:
    """Gives observations to the pipeline and writes what comes out."""

    pipeline: Pipeline

    def __init__(
        self,
        config: Config,
        journal: Journal,
        *,
        start_s: float | None = None,
        run_start: RunStart | None = None,
        on_events: Callable[[list[AnyEvent]], None] | None = None,
        carry_out: Callable[[Command], CommandResult | None] = lambda _command: None,
        keep: Callable[[list[AnyEvent]], list[AnyEvent]] = lambda events: events,
        log: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """Take up what the journal remembers.

        Args:
            config: the box's settings.
            journal: open for writing.
            start_s: where a timeline begins that is right by definition; or
            run_start: where this boot lies, as far as is known.
            on_events: hears every event after it was written.
            carry_out: answers what is neither the core's nor the journal's.
            keep: keeps what outlasts the journal, and puts right what answers say of that.
            log: hears when the clock shifted the timeline.
        """
        self.journal = journal
        run_start = run_start or certain(time.time() if start_s is None else start_s)
        self.clock = ClockTracker(run_start.clock)
        self.now_s = run_start.start_s
        self._on_events, self._log, self._carry_out = on_events, log, carry_out
        self._keep = keep
        self._host: HostReport | None = None
        self._has_begun = False
        self._returned: list[AnyEvent] = []
        """events that became known when the journal on the card was in use again"""
        self._telemetry = Telemetry(self.now_s)
        self._moves = Moves(journal, config.box)
        self._memory = CoreMemory(config, journal, self.now_s, log)
        self.report = JournalReport(journal, log)
        self._writer = BatchWriter(
            journal, now_s=self.now_s, known=self._known, failed_back=self._card_is_back, log=log
        )
        self._start_run(config, run_start)

    def _start_run(self, config: Config, run_start: RunStart) -> None:
        self.report.set_rows_aside()
        self._write(_first_batch(run_start))
        try:
            self._begin(config, run_start)
        except JournalError as error:  # the card went between two readings
            failover.fail_over(self.journal, str(error), failover.NOTHING)
            self._begin(config, run_start)

    def _begin(self, config: Config, run_start: RunStart) -> None:
        pushed = self.journal.pushes.pushed_alerts()
        topics = Topics(config.box, practice=config.practice)
        self._news = News(config, topics, pushed, self.spoken_minute)
        self.pipeline = self._memory.restored(self.now_s, run_start.earlier)
        self._handovers = Handovers(config.alerts.night, self.journal, self, self.now_s)
        self.report.look(self.now_s, synced=self.synced)
        self._has_begun = True
        self.pipeline.know_clock(run_start.clock.known)
        if self._memory.outdated:
            self._write_anew()
        self._reconcile()

    # ------------------------------------------------------------------ what it knows

    @property
    def synced(self) -> bool:
        """Whether the timeline is where the world's clocks are."""
        return self.clock.clock.known

    @property
    def shifted_s(self) -> float:
        """How far the timeline has been shifted since the sources began to stamp."""
        return self.clock.shifted_s

    @property
    def babies(self) -> Sequence[Baby]:
        """Who is in the nursery."""
        return self.pipeline.babies

    @property
    def error(self) -> str | None:
        """Why the journal is not being written where it belongs; ``None`` when it is."""
        return self._writer.lasting_error(self.now_s)

    def spoken_minute(self, t_s: float) -> int | None:
        """Minute of the local day for a sentence; ``None`` while the clock is not synchronised."""
        return local_minute(t_s) if self.synced else None

    def status(self, now_s: float) -> BoxState:
        """The retained documents."""
        return self._handovers.beside(self.pipeline.status(now_s))

    def live_status(self, until_s: float) -> LiveStatus:
        """What is shown while somebody looks."""
        return self.pipeline.live_status(self.now_s, until_s)

    # ------------------------------------------------------------------ the flow

    def retimed(self, observation: Observation) -> Observation:
        """What a source stamped at this run's start, where the timeline lies now."""
        return self.clock.retimed(observation)

    def handle(self, observation: Observation) -> list[AnyEvent]:
        """Fold in, write, hand on; returns the events."""
        self.now_s = max(self.now_s, observation.t_s)
        if (answered := self._answer(observation)) is not None:
            return self._take(answered)
        if isinstance(observation, ClockReading):
            return self._read_clock(observation)
        if isinstance(observation, HostReport):
            observation = self._host = self._with_journal(observation)
        elif isinstance(observation, Slept):
            span = spoken_duration(observation.slept_s)
            self._log(f"the computer slept for {span}: nothing was seen meanwhile")
        found = self._look_at_the_card() if isinstance(observation, Tick) else []
        events = found + self.pipeline.observe(self._moves.prepared(observation))
        if isinstance(observation, Command):
            events = self._keep(events)
        self._take(events)
        if isinstance(observation, Tick):
            events += self._second(observation.t_s)
        return events

    def _answer(self, observation: Observation) -> list[AnyEvent] | None:
        if not isinstance(observation, Command):
            return None
        if (told := self._handovers.answered(observation)) is not None:
            return told
        result = (
            looked_back(self.journal, observation)
            or self._moves.answered(observation)
            or self._carry_out(observation)
        )
        return None if result is None else [result]

    def save(self, now_s: float) -> None:
        """Write the snapshot and the collected telemetry."""
        state = self._memory.snapshot(self.pipeline, now_s) | self._handovers.changed_state()
        self._write(Batch(state=state))
        self._telemetry.write(self._writer.record_minutes, now_s)

    def _take(self, events: list[AnyEvent]) -> list[AnyEvent]:
        if events:
            self._telemetry.observe(events)
            self._write_events(events)
            if self._on_events is not None:
                self._on_events(events)
        return events

    def _second(self, now_s: float) -> list[AnyEvent]:
        self._telemetry.tick(now_s, self.pipeline)
        if self.pipeline.unsaved:
            self._write(Batch(state=self._memory.snapshot(self.pipeline, now_s, ALL_BUT_SCALE)))
        if self._memory.is_due(now_s):
            self.save(now_s)
        if self._telemetry.is_due(now_s):
            self._telemetry.write(self._writer.record_minutes, now_s)
        if self.synced:
            self._writer.prune(now_s)
        return self._take(self._handovers.tick(now_s))

    # ------------------------------------------------------------------ the clock

    def _read_clock(self, reading: ClockReading) -> list[AnyEvent]:
        known = self.synced
        shifts = self.clock.observe(reading)
        if not shifts:
            return []
        self.pipeline.know_clock(True)
        events = self._shift(shifts)
        by_s = shifts[-1].by_s
        if by_s or not known:
            self._log(f"the clock is synchronised: times shifted by {by_s:+.0f} s")
        return self._take(events)

    def _shift(self, shifts: list[TimeShift]) -> list[AnyEvent]:
        """Pipeline, journal and outbox; a crash leaves all of it shifted, or nothing."""
        events = [event for shift in shifts for event in self.pipeline.shift(shift)]
        self.now_s = shifts[-1].moment(self.now_s)  # the last one is this boot's own
        for shift in shifts:
            self._telemetry.shift(shift)
            self._handovers.shift(shift)
        if self._host is not None:
            self._host = shifted(self._host, shifts[-1])
        state = self._memory.snapshot(self.pipeline, self.now_s)
        state["clock"] = msgspec.json.encode(self.clock.clock)
        state |= self._handovers.changed_state()
        self._write(Batch(shifts=shifts, state=state))
        return events

    # ------------------------------------------------------------------ to the store

    def _write_anew(self) -> None:
        state = self._memory.snapshot(self.pipeline, self.now_s)
        self._write(Batch(state=state | self._memory.outdated))

    def _reconcile(self) -> None:
        torn, closed = self._memory.reconcile(self.pipeline, self.now_s)
        self._write_events(closed, untold=torn)

    def _write_events(self, events: Sequence[AnyEvent], *, untold: Sequence[AnyEvent] = ()) -> None:
        messages, pushes = self._news.messages(events), self._news.pushes(events)
        state = self._news.changed_state() | self._handovers.changed_state()
        state |= self._memory.after(events, self.pipeline, self.now_s)
        self._write(Batch(events=[*untold, *events], messages=messages, pushes=pushes, state=state))

    def _write(self, batch: Batch) -> None:
        self._writer.write(msgspec.structs.replace(batch, synced=self.synced), self.now_s)

    # ------------------------------------------------------------------ the card

    def _known(self) -> Known:
        """What is known without the journal."""
        if not self._has_begun:
            return failover.NOTHING
        return Known(
            babies=self.babies if self.journal.knows_roster else None,
            state={
                **self.journal.known_values,
                **self._news.state,
                "clock": msgspec.json.encode(self.clock.clock),
                **rows_of(self.pipeline.state, self.now_s),
            },
        )

    def _look_at_the_card(self) -> list[AnyEvent]:
        """Try a refusing card again; the pipeline learns whether the journal is written."""
        self._returned = []
        self._writer.look(self.now_s)
        known = self._host.journal_error if self._host is not None else None
        if known != self.error or self._returned:
            last = self._host or HostReport(self.now_s)
            self._host = self._with_journal(msgspec.structs.replace(last, t_s=self.now_s))
            self.pipeline.observe(self._host)
        return self._returned

    def _card_is_back(self, end: FailBack) -> None:
        """Where the list of babies is known again, or is another one: go on with it."""
        self.report.set_rows_aside()
        self.report.look(self.now_s, synced=self.synced)
        self._memory.forget_written()
        if end == "followed":
            return
        fresh = self._memory.restored(self.now_s)
        self.report.look(self.now_s, synced=self.synced)
        fresh.know_clock(self.synced)
        self.pipeline.take_scale_of(fresh)
        self._write_anew()
        self._reconcile()
        self._returned = [RosterChanged(t_s=self.now_s, baby=baby) for baby in self.babies]

    def _with_journal(self, report: HostReport) -> HostReport:
        return self.report.completed(report, error=self.error, synced=self.synced)


def _first_batch(run_start: RunStart) -> Batch:
    """What the journal learns of a run when it begins."""
    clock = run_start.clock
    state = {"clock": msgspec.json.encode(clock)} if clock.boot_id else {}
    shifts = [] if run_start.earlier is None else [run_start.earlier]
    return Batch(shifts=shifts, state=state)

"""The pipeline with a memory: what the daemon and the command line both work on.

Every event goes to the journal before anyone hears of it; every alert goes to the outbox in the
same transaction, with what a restart must remember of it. When the clock turns out to be off, the
running pipeline, the journal and what waits in the outbox move together (see ``clock``).
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec

from monitor.alert_kinds import KINDS, RANK
from monitor.codec import restamped
from monitor.config import Config
from monitor.core.cry.model import CryModel
from monitor.core.growth.reference import GrowthReference
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import cry_model_bytes, shipped
from monitor.documents import BoxState
from monitor.errors import CardError, JournalError, LockedError
from monitor.events import (
    Alert,
    AnyEvent,
    AudioBlock,
    BoxOff,
    BoxOn,
    ClockReading,
    CryEnded,
    HostReport,
    JointWeighIn,
    ObjectMoved,
    Observation,
    RosterChanged,
    ScaleBlock,
    Slept,
    Tick,
    Unassigned,
    WeighIn,
    slug,
)
from monitor.host.boot_clock import BootClock, ClockTracker, RunStart, boot_id, boot_s, locate_run
from monitor.mqtt.topics import Topics, alert_messages
from monitor.store import failover
from monitor.store.checked_rows import Lost
from monitor.store.journal import Journal
from monitor.store.kept_journals import KeptJournals
from monitor.store.outbox import OutboxMessage
from monitor.store.push_rows import TOLD_KEY, PushRules
from monitor.store.reading import MinuteRow
from monitor.times import spoken_duration
from monitor.timeshift import TimeShift, moved

HISTORY_S = 90 * 86_400.0
"""Weighings read at the start: longer than any baby stays on the bottle."""

TELEMETRY_EVERY_S = 300.0
"""What a power cut may cost of it; a card's page is written as a whole, however little changed."""

SAVE_EVERY_S = 1800.0
"""The whole snapshot is written this often. What a crash loses in between is how the last
half-hour of quiet looked; what matters is written with the events that changed it."""

PRUNE_EVERY_S = 86_400.0

LOST_TOLD_S = 86_400.0
"""A damaged journal is mentioned for a day: long enough for everybody who looks after the box."""

RETRY_EVERY_S = 10.0
"""A card that refused is asked again this often."""

LOCKED_RETRY_S = 1.0
"""A journal that another program has locked is asked again this often, and waits in memory."""

LOCKED_TOLD_S = 30.0
"""A lock that is held for longer is said: a backup or a query is done in seconds."""

MOST_UNWRITTEN = 5000
"""Events kept in memory while the card refuses; hours of a busy box."""

_MOVES = (WeighIn, Unassigned, JointWeighIn, ObjectMoved, BoxOff, BoxOn)
"""What changes who is in the box: the whole snapshot is written in its transaction."""

_NEWS = (CryEnded, Alert)
"""What changes what is open: the light one is. An alert that a restart forgot would be told again
under another id."""


_UNUSABLE = (msgspec.MsgspecError, ValueError, TypeError, LookupError, ArithmeticError)
"""what a saved state raises that was not saved by this version, or not by us"""


def read_run_start(journal: Journal, *, synced: bool) -> RunStart:
    """Where a run that begins now lies on the timeline, by the journal and this machine's clocks.

    Raises:
        CardError: neither the journal nor one in memory can be read.
    """
    try:
        return _read_run_start(journal, synced)
    except JournalError as error:  # the card went between two readings
        failover.fail_over(journal, str(error), failover.NOTHING)
        return _read_run_start(journal, synced)


def _read_run_start(journal: Journal, synced: bool) -> RunStart:
    saved = journal.load_state("clock")
    return locate_run(
        None if saved is None else msgspec.json.decode(saved, type=BootClock),
        boot_id=boot_id(),
        boot_s=boot_s(),
        unix_s=time.time(),
        synced=synced,
        last_s=max(journal.last_s(), float(journal.load_state("pipeline_at") or 0.0)),
    )


def _certain(start_s: float) -> RunStart:
    """For a timeline that is right by definition: a simulation, a test."""
    clock = BootClock(boot_id="", offset_s=0.0, began_s=start_s, known=True)
    return RunStart(clock=clock, start_s=start_s)


class Recorder:
    """Feeds the pipeline and writes down what comes out."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        *,
        start_s: float | None = None,
        run_start: RunStart | None = None,
        on_events: Callable[[list[AnyEvent]], None] | None = None,
        log: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """Take up what the journal remembers.

        Args:
            config: the box's settings.
            journal: open for writing.
            start_s: where a timeline begins that is right by definition; or
            run_start: where this boot lies, as far as is known.
            on_events: hears every event after it was written.
            log: hears when the clock moved the timeline.
        """
        self.config = config
        self.journal = journal
        self.topics = Topics(config.box)
        self.journal_error: str | None = None
        run_start = run_start or _certain(time.time() if start_s is None else start_s)
        self._clock = ClockTracker(run_start.clock)
        self.moved_s = 0.0
        """how far the timeline has moved since the sources began to stamp"""
        self.now_s = run_start.start_s
        self._on_events, self._log = on_events, log
        self._unwritten: list[AnyEvent] = []
        self._unmoved: list[TimeShift] = []
        """what the journal has not followed yet"""
        self._resume: dict[str, bytes] = {}
        self._retry_s = self.now_s
        self._host: HostReport | None = None
        self._minutes: list[MinuteRow] = []
        self._minute_s = self._written_s = self._saved_s = self.now_s
        self._cry_s = 0.0
        self._pruned_s = 0.0
        self._locked_since_s: float | None = None
        self.kept = KeptJournals(journal)
        self.rejected: dict[str, int] = {}
        """how many stored rows could not be used, by table"""
        self._rejected_until_s = self.now_s
        self._has_begun = False
        try:
            self._begin(run_start)
        except JournalError as error:  # the card went between two readings
            failover.fail_over(journal, str(error), failover.NOTHING)
            self._begin(run_start)

    def _begin(self, run_start: RunStart) -> None:
        if run_start.clock.boot_id:
            self._resume["clock"] = msgspec.json.encode(run_start.clock)
        if run_start.earlier is not None:
            self._unmoved.append(run_start.earlier)
        self._flush()
        self._look_at_the_rows()
        self._lost, self._lost_until_s = self._lost_journal()
        self._push_rules = PushRules(self.config.notify, self.journal.pushes.told())
        self.pipeline = self._build(run_start.earlier)
        self._has_begun = True
        self.pipeline.know_clock(run_start.clock.known)
        self._adopt_forgotten()

    def _build(self, earlier: TimeShift | None = None) -> Pipeline:
        """The core as the journal remembers it."""
        whole, light = (self.journal.load_state(key) for key in ("pipeline", "pipeline_light"))
        pipeline = self._pipeline(occupancy_known=whole is None)
        try:
            for snapshot in filter(None, (whole, light)):
                pipeline.restore(snapshot)
            if earlier is not None:
                pipeline.move(earlier)
            pipeline.state(self.now_s)
        except _UNUSABLE as error:
            # Another version's snapshot, or damage: the journal has everything that matters.
            self._log(f"the saved state cannot be used, so it is worked out anew: {error}")
            with suppress(JournalError):
                for key in ("pipeline", "pipeline_light"):
                    self.journal.reject_state(key, f"cannot be taken up: {error}")
            return self._pipeline(occupancy_known=False)
        return pipeline

    def _pipeline(self, *, occupancy_known: bool) -> Pipeline:
        config = self.config
        model = None
        if config.microphone.source != "none":
            model = CryModel.from_bytes(cry_model_bytes(config.microphone.model))
        return Pipeline(
            config,
            babies=self.journal.babies(),
            history=self.journal.weighings(self.now_s - HISTORY_S),
            model=model,
            reference=GrowthReference.parse(shipped("growth.toml")),
            start_s=self.now_s,
            local_minute=self.local_minute,
            occupancy_known=occupancy_known,
        )

    @property
    def synced(self) -> bool:
        """Whether the timeline is where the world's clocks are."""
        return self._clock.clock.known

    def local_minute(self, t_s: float) -> int:
        """Minutes since local midnight at a timeline time, as far as is known."""
        local = time.localtime(t_s)
        return local.tm_hour * 60 + local.tm_min

    def spoken_minute(self, t_s: float) -> int | None:
        """The same for a sentence; ``None`` while the clock is not synchronised."""
        return self.local_minute(t_s) if self.synced else None

    # ------------------------------------------------------------------ the flow

    def retimed(self, observation: Observation) -> Observation:
        """What a source stamped at this run's start, where the timeline lies now."""
        by_s = self.moved_s
        if not by_s:
            return observation
        if isinstance(observation, ScaleBlock):
            return ScaleBlock(observation.times_s + by_s, observation.counts)
        if isinstance(observation, AudioBlock):
            return AudioBlock(observation.t_s + by_s, observation.samples)
        return msgspec.structs.replace(observation, t_s=observation.t_s + by_s)

    def handle(self, observation: Observation) -> list[AnyEvent]:
        """Update, write down, tell; returns the events."""
        self.now_s = max(self.now_s, observation.t_s)
        if isinstance(observation, ClockReading):
            return self._read_clock(observation)
        if isinstance(observation, HostReport):
            observation = self._host = self._with_journal(observation)
        elif isinstance(observation, Slept):
            span = spoken_duration(observation.slept_s)
            self._log(f"the computer slept for {span}: nothing was seen meanwhile")
        found = self._look_at_the_card() if isinstance(observation, Tick) else []
        events = found + self.pipeline.update(observation)
        if isinstance(observation, Tick):
            self._second(observation.t_s)
        return self._take(events)

    @property
    def trouble(self) -> str | None:
        """Why the journal is not being written where it belongs; ``None`` when it is."""
        if self.journal.failed_over_from is not None:
            return f"{self.journal.failover_reason}; a copy in memory stands in"
        brief = self._locked_since_s is not None and (
            self.now_s - self._locked_since_s < LOCKED_TOLD_S
        )
        return None if brief else self._refused

    @property
    def _refused(self) -> str | None:
        return self.journal_error or self.journal.outbox.problem

    def state(self, now_s: float) -> BoxState:
        """The retained documents."""
        return self.pipeline.state(now_s)

    def save(self, now_s: float) -> None:
        """Write the snapshot and the collected telemetry."""
        self._resume = self._memory(now_s)
        self._flush()
        self._write_minutes(now_s)

    # ------------------------------------------------------------------ the clock

    def _read_clock(self, reading: ClockReading) -> list[AnyEvent]:
        known = self.synced
        shifts = self._clock.observe(reading)
        if not shifts:
            return []
        self.pipeline.know_clock(True)
        events = self._move(shifts)
        by_s = shifts[-1].by_s
        if by_s or not known:
            self._log(f"the clock is synchronised: times moved by {by_s:+.0f} s")
        return self._take(events)

    def _move(self, shifts: list[TimeShift]) -> list[AnyEvent]:
        """Pipeline, journal and outbox; a crash leaves all of it moved, or nothing."""
        events: list[AnyEvent] = []
        for shift in shifts:
            events += self.pipeline.move(shift)
            self._minutes = [moved(row, shift) for row in self._minutes]
            self._unwritten = [moved(event, shift) for event in self._unwritten]
            self.journal.outbox.move_held(shift, restamped)
            self.journal.pushes.move_held(shift)
        by_s = shifts[-1].by_s  # the last one is this boot's own
        self.moved_s += by_s
        self.now_s += by_s
        self._minute_s += by_s
        self._written_s += by_s
        self._retry_s += by_s
        if self._locked_since_s is not None:
            self._locked_since_s += by_s
        if self._host is not None:
            self._host = moved(self._host, shifts[-1])
        self._unmoved += shifts
        self._resume = self._memory(self.now_s)
        self._flush()
        return events

    # ------------------------------------------------------------------ inside

    def _take(self, events: list[AnyEvent]) -> list[AnyEvent]:
        if events:
            self._cry_s += sum(e.t_s - e.started_s for e in events if isinstance(e, CryEnded))
            self._write(events)
            if self._on_events is not None:
                self._on_events(events)
        return events

    def _memory(self, now_s: float) -> dict[str, bytes]:
        self._saved_s = now_s
        return {"pipeline": self.pipeline.snapshot(now_s)} | self._light_memory(now_s)

    def _light_memory(self, now_s: float) -> dict[str, bytes]:
        light = self.pipeline.snapshot(now_s, light=True)
        return {"pipeline_light": light, "pipeline_at": repr(now_s).encode()}

    def _prune(self, now_s: float) -> None:
        with suppress(JournalError):
            self._write_down(lambda: self._forget(now_s))

    def _forget(self, now_s: float) -> None:
        self.journal.prune(now_s)

    # ------------------------------------------------------------------ after a damage

    def _lost_journal(self) -> tuple[str, float]:
        """What is left of a damaged one, and until when to say so (timeline seconds)."""
        stored = self.journal.load_state("lost")
        if stored is None:
            return "", float("-inf")
        lost = msgspec.json.decode(stored, type=Lost)
        babies, weights = lost.saved.get("babies", 0), lost.saved.get("weighings", 0)
        saved = f"{babies} babies and {weights} weights could be saved"
        since_s = lost.at if self.synced else self.now_s
        return f"{saved}, the old file is kept as {lost.file}", since_s + LOST_TOLD_S

    def _look_at_the_rows(self) -> None:
        """Set aside what is no value of its column, and say so for a day."""
        try:
            found = self.journal.set_bad_rows_aside()
            counts = self.journal.rejected_since(time.time() - LOST_TOLD_S)
        except JournalError as error:  # they are left out of every reading all the same
            self._log(str(error))
            return
        self._rejected_until_s = self.now_s + LOST_TOLD_S
        self.rejected = counts
        for table, count in found.items():
            self._log(f"{count} unusable rows of {table} were set aside in the journal")

    def _adopt_forgotten(self) -> None:
        """Let the journal and the snapshot hold the same open alerts, after damage to either.

        What the journal holds open and the snapshot does not know (lost, or too old) is taken up:
        whether it is still so is for the part that knows to say. What the snapshot holds open and
        the journal has no row of (a torn page) is written again, and told to nobody anew.
        """
        open_now = self.pipeline.policy.open
        rows = self.journal.open_alerts()
        known, written = {alert.id for alert in open_now}, {row["id"] for row in rows}
        forgotten = [row for row in rows if row["id"] not in known]
        torn = [alert for alert in open_now if alert.id not in written]
        if torn:
            written = {row["id"] for row in self.journal.alerts()}
            self._unwritten += [alert for alert in torn if alert.id not in written]
        left = self.pipeline.adopt([_remembered(row, self.config.box) for row in forgotten])
        self._write([_closed(alert, self.now_s) for alert in left])

    # ------------------------------------------------------------------ the card

    def _write(self, events: list[AnyEvent]) -> None:
        self._unwritten += events
        self.journal.outbox.hold(self._news(events))
        self._hold_pushes(events)
        if any(isinstance(event, _MOVES) for event in events):
            self._resume = self._memory(self.now_s)
        elif any(isinstance(event, _NEWS) for event in events):
            self._resume |= self._light_memory(self.now_s)
        self._flush()

    def _flush(self) -> None:
        """Write all that waits in one transaction, or keep what fits in memory and say so."""
        outbox = self.journal.outbox
        held = outbox.held
        if not (self._unwritten or held or self._resume or self._unmoved):
            return  # writing nothing would prove nothing about the card
        if self._locked_since_s is not None and self.now_s < self._retry_s:
            return  # an alert must not wait for somebody's lock
        try:
            self._write_down(lambda: self._record(held))
        except JournalError:
            del self._unwritten[:-MOST_UNWRITTEN]
            return
        outbox.release(held)
        self._unwritten, self._resume, self.journal_error = [], {}, None

    def _write_down(self, write: Callable[[], None]) -> None:
        """Write on the card, or in memory where it refuses.

        Raises:
            JournalError: neither; it is remembered as ``trouble``.
        """
        try:
            try:
                write()
            except CardError as error:
                failover.fail_over(self.journal, str(error), self._known())
                write()
        except JournalError as error:
            self.journal_error = str(error)
            if isinstance(error, LockedError):
                self._locked_since_s = self._locked_since_s or self.now_s
                self._retry_s = self.now_s + LOCKED_RETRY_S
            raise

    def _known(self) -> failover.Known:
        """What is known without the journal."""
        if not self._has_begun:
            return failover.NOTHING
        return failover.Known(
            babies=self.pipeline.scale.babies if self.journal.knows_roster else None,
            state={
                **self.journal.known_values,
                TOLD_KEY: msgspec.json.encode(self._push_rules.told),
                "clock": msgspec.json.encode(self._clock.clock),
                **self._memory(self.now_s),
            },
        )

    def _record(self, held: list[OutboxMessage]) -> None:
        if self._unmoved:
            clock = msgspec.json.encode(self._clock.clock)
            self.journal.move(self._unmoved, **(self._resume | {"clock": clock}))
            self._unmoved = []
        self.journal.record(self._unwritten, held, synced=self.synced, state=self._resume)

    def _look_at_the_card(self) -> list[AnyEvent]:
        """Try again when it refused, and let the pipeline know whether it does."""
        now_s, events = self.now_s, []
        if isinstance(self.journal.outbox.refused, LockedError):
            self._locked_since_s = self._locked_since_s or now_s
        if self._refused is None:
            self._locked_since_s = None
        away = self.journal.failed_over_from is not None
        if (away or self._refused is not None) and now_s >= self._retry_s:
            locked = self._locked_since_s is not None
            self._retry_s = now_s + (LOCKED_RETRY_S if locked else RETRY_EVERY_S)
            events = self._try_the_card_again()
        known = self._host.journal_error if self._host is not None else None
        if known != self.trouble or events:
            last = self._host or HostReport(now_s)
            self._host = self._with_journal(msgspec.structs.replace(last, t_s=now_s))
            self.pipeline.update(self._host)
        return events

    def _try_the_card_again(self) -> list[AnyEvent]:
        events: list[AnyEvent] = []
        outbox = self.journal.outbox
        with suppress(JournalError):  # still in trouble, then
            if isinstance(outbox.refused, CardError):
                failover.fail_over(self.journal, str(outbox.refused), self._known())
            if self.journal.failed_over_from is not None:
                end = failover.fail_back(self.journal, self._log)
                self._log(f"the journal is written on the card again: {self.journal.path}")
                self._lost, self._lost_until_s = self._lost_journal()
                self._look_at_the_rows()
                events = [] if end == "followed" else self._take_up_roster()
        self._retry_s = min(self._retry_s, self.now_s + RETRY_EVERY_S)
        locked, self._locked_since_s = self._locked_since_s, None
        self._flush()
        if self._refused is not None:
            self._locked_since_s = locked
        outbox.delete([])
        return events

    def _take_up_roster(self) -> list[AnyEvent]:
        """The list of babies is there again, or another one: go on with it."""
        fresh = self._build()
        fresh.know_clock(self.synced)
        self.pipeline.scale = fresh.scale
        self._resume |= self._memory(self.now_s)
        self._adopt_forgotten()
        return [RosterChanged(t_s=self.now_s, baby=baby) for baby in fresh.scale.babies]

    def _with_journal(self, report: HostReport) -> HostReport:
        return msgspec.structs.replace(
            report,
            journal_error=self.trouble,
            journal_lost=self._lost if report.t_s < self._lost_until_s else None,
            rows_rejected=self.rejected if report.t_s < self._rejected_until_s else {},
            journals_kept=self.kept.sentences(),
            roster_known=self.journal.knows_roster,
            clock_known=self.synced,
        )

    # ------------------------------------------------------------------ news and telemetry

    def _news(self, events: Iterable[AnyEvent]) -> list[OutboxMessage]:
        return [
            OutboxMessage(
                topic=message.topic,
                payload=message.payload,
                qos=message.qos,
                expires_s=event.t_s + KINDS[event.kind].news_for_s,
                t_s=event.t_s,
                alert_id=event.id,
                urgency=RANK[event.severity],
                is_reminder=event.state == "reminded",
            )
            for event in events
            if isinstance(event, Alert) and not event.silent
            for message in alert_messages(event, self.topics, local_minute=self.spoken_minute)
        ]

    def _hold_pushes(self, events: Iterable[AnyEvent]) -> None:
        rows = (self._push_rules.row(event) for event in events if isinstance(event, Alert))
        self.journal.pushes.hold([row for row in rows if row is not None], self._push_rules.told)

    def _second(self, now_s: float) -> None:
        if now_s - self._minute_s >= 60.0:
            self._minute(now_s)
        if now_s - self._saved_s >= SAVE_EVERY_S:
            self.save(now_s)
        if now_s - self._written_s >= TELEMETRY_EVERY_S:
            self._write_minutes(now_s)
        if now_s - self._pruned_s >= PRUNE_EVERY_S and self.synced:
            self._pruned_s = now_s
            self._prune(now_s)

    def _minute(self, now_s: float) -> None:
        detector = self.pipeline.detector
        scale = self.pipeline.scale.scale_status(now_s)
        inside = scale.in_box
        self._minutes.append(
            MinuteRow(
                t_s=now_s,
                cry_s=self._cry_s,
                activity=scale.activity,
                level_db=None if detector is None else detector.level_db,
                in_box="?" if inside is None else " ".join(sorted(map(slug, inside))),
            )
        )
        self._minute_s, self._cry_s = now_s, 0.0

    def _write_minutes(self, now_s: float) -> None:
        self._written_s = now_s
        if not self._minutes:
            return
        try:
            self._write_down(lambda: self.journal.record_minutes(self._minutes))
            self._minutes.clear()
        except JournalError:
            del self._minutes[:-MOST_UNWRITTEN]


def _remembered(row: sqlite3.Row, box: str) -> Alert:
    """An alert as the journal has it: without the end of a snooze, so that is over."""
    return Alert(
        t_s=row["t_s"],
        id=row["id"],
        kind=row["kind"],
        state="reminded" if row["state"] == "snoozed" else row["state"],
        severity=row["severity"],
        baby=row["baby"],
        since=row["since_s"],
        title=row["title"],
        message=row["message"],
        why=row["why"],
        box=box,
    )


def _closed(alert: Alert, now_s: float) -> Alert:
    return msgspec.structs.replace(
        alert,
        t_s=now_s,
        state="cleared",
        title=f"Closed: {alert.title}",
        message="It is open under another id.",
    )

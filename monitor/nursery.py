"""The pipeline with a memory: what the daemon and the command line both work on.

Every event goes to the journal before anyone hears of it; every alert goes to the outbox in the
same transaction.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import msgspec

from monitor.config import Config
from monitor.core.cry import CryModel
from monitor.core.reference import GrowthReference
from monitor.errors import CardError, JournalError
from monitor.events import (
    Alert,
    AnyEvent,
    BoxOff,
    BoxOn,
    ClockReading,
    CryEnded,
    HostReport,
    JointWeighIn,
    ObjectMoved,
    Observation,
    Tick,
    Unassigned,
    WeighIn,
    slug,
)
from monitor.journal import Journal, MinuteRow
from monitor.outbox import DEFAULT_EXPIRY_S, EXPIRY_S, OutboxMessage
from monitor.pipeline import Pipeline
from monitor.resources import cry_model_bytes, shipped
from monitor.spare import come_home, stand_in
from monitor.states import BoxState
from monitor.topics import Topics, alert_messages

HISTORY_S = 90 * 86_400.0
"""Weighings read at the start: longer than any baby stays on the bottle."""

SAVE_EVERY_S = 300.0
"""Telemetry and the snapshot are written this often, and the snapshot at every weight event: a
crash loses five minutes of telemetry, never an event; 288 writes a day spare the card."""

PRUNE_EVERY_S = 86_400.0

STALE_SNAPSHOT_S = 2 * SAVE_EVERY_S
"""After a longer gap somebody may have moved a baby: who is in the box is not assumed."""

LOST_TOLD_S = 86_400.0
"""A damaged journal is mentioned for a day: long enough for everybody who looks after the box."""

RETRY_EVERY_S = 10.0
"""A card that refused is asked again this often."""

MOST_UNWRITTEN = 5000
"""Events kept in memory while the card refuses; hours of a busy box."""

_KEPT = (WeighIn, Unassigned, JointWeighIn, ObjectMoved, BoxOff, BoxOn, Alert)
"""What changes who is in the box or what is open: the snapshot is written with it, in the same
transaction. An alert that a restart forgot would be told again under another id."""


class Nursery:
    """Feeds the pipeline and writes down what comes out."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        *,
        start_s: float,
        on_events: Callable[[list[AnyEvent]], None] | None = None,
    ) -> None:
        self.config = config
        self.journal = journal
        self.topics = Topics(config.box)
        self.offset_s = 0.0
        self.synced = True
        self.journal_error: str | None = None
        self._on_events = on_events
        self._unwritten: list[AnyEvent] = []
        self._resume: dict[str, bytes] = {}
        self._retry_s = start_s
        self._host: HostReport | None = None
        self._minutes: list[MinuteRow] = []
        self._minute_s = start_s
        self._cry_s = 0.0
        self._saved_s = start_s
        self._pruned_s = 0.0
        self._lost, self._lost_until_s = self._lost_journal()
        self.pipeline = self._build(start_s)
        self._close_forgotten(start_s)

    def _build(self, start_s: float) -> Pipeline:
        snapshot = self.journal.load_state("pipeline")
        saved_s = float(self.journal.load_state("pipeline_at") or 0.0)
        fresh = start_s - saved_s <= STALE_SNAPSHOT_S
        pipeline = self._pipeline(start_s, occupancy_known=snapshot is None or fresh)
        if snapshot is None:
            return pipeline
        try:
            pipeline.restore(snapshot, start_s)
        except (msgspec.MsgspecError, ValueError):
            # Another version's snapshot: the journal still has everything that matters.
            return self._pipeline(start_s, occupancy_known=False)
        return pipeline

    def _pipeline(self, start_s: float, *, occupancy_known: bool) -> Pipeline:
        config = self.config
        model = None
        if config.microphone.source != "none":
            model = CryModel.from_bytes(cry_model_bytes(config.microphone.model))
        return Pipeline(
            config,
            babies=self.journal.babies(),
            history=self.journal.weighings(start_s - HISTORY_S),
            model=model,
            reference=GrowthReference.parse(shipped("growth.toml")),
            start_s=start_s,
            local_minute=self.local_minute,
            occupancy_known=occupancy_known,
        )

    def local_minute(self, t_s: float) -> int:
        """Minutes since local midnight at a timeline time."""
        local = time.localtime(t_s + self.offset_s)
        return local.tm_hour * 60 + local.tm_min

    # ------------------------------------------------------------------ the flow

    def handle(self, observation: Observation) -> list[AnyEvent]:
        """Update, write down, tell; returns the events."""
        if isinstance(observation, ClockReading):
            self._set_clock(observation)
        elif isinstance(observation, HostReport):
            observation = self._host = self._with_journal(observation)
        elif isinstance(observation, Tick):
            self._look_at_the_card(observation.t_s)
        events = self.pipeline.update(observation)
        if isinstance(observation, Tick):
            self._minute(observation.t_s)
        if events:
            self._cry_s += sum(e.t_s - e.started_s for e in events if isinstance(e, CryEnded))
            self._write(events, observation.t_s)
            if self._on_events is not None:
                self._on_events(events)
        return events

    @property
    def trouble(self) -> str | None:
        """Why the journal is not being written where it belongs; ``None`` when it is."""
        if self.journal.stands_in_for is not None:
            return f"{self.journal.why_away}; a copy in memory stands in"
        return self.journal_error or self.journal.outbox.problem

    def state(self, now_s: float) -> BoxState:
        """The retained documents."""
        return self.pipeline.state(now_s)

    def save(self, now_s: float) -> None:
        """Write the snapshot and the collected telemetry."""
        self._saved_s = now_s
        self._resume = self._snapshot(now_s)
        self._flush()
        try:
            if self._minutes:
                self.journal.record_minutes(self._minutes)
                self._minutes.clear()
        except JournalError as error:
            self.journal_error = str(error)
            del self._minutes[:-MOST_UNWRITTEN]

    # ------------------------------------------------------------------ inside

    def _snapshot(self, now_s: float) -> dict[str, bytes]:
        return {
            "pipeline": self.pipeline.snapshot(now_s),
            "pipeline_at": repr(now_s).encode(),
        }

    def _prune(self, now_s: float) -> None:
        try:
            self.journal.prune(now_s + self.offset_s)
        except JournalError as error:
            self.journal_error = str(error)

    def _set_clock(self, reading: ClockReading) -> None:
        offset_s = reading.unix_s - reading.t_s
        # Small differences are the clock being disciplined; following them would only blur times.
        is_news = abs(offset_s - self.offset_s) > 1.0
        try:
            if reading.synced and not self.synced:
                self.journal.restamp(offset_s - self.offset_s)
            self.synced = reading.synced
            if is_news:
                self.journal.clock_set(offset_s - self.offset_s)
                self.offset_s = offset_s
        except JournalError as error:
            self.journal_error = str(error)  # the next reading of the clock tries again

    # ------------------------------------------------------------------ after a damage

    def _lost_journal(self) -> tuple[str, float]:
        """What is left of a damaged one, and until when to say so (timeline seconds)."""
        stored = self.journal.load_state("lost")
        if stored is None:
            return "", float("-inf")
        lost = msgspec.json.decode(stored)
        babies, weights = lost["saved"].get("babies", 0), lost["saved"].get("weighings", 0)
        saved = f"{babies} babies and {weights} weights could be saved"
        return f"{saved}, the old file is kept as {lost['file']}", lost["at"] + LOST_TOLD_S

    def _close_forgotten(self, now_s: float) -> None:
        """Clear what the journal holds open and the snapshot does not know (lost, or too old)."""
        known = {alert.id for alert in self.pipeline.policy.open}
        forgotten = [row for row in self.journal.open_alerts() if row["id"] not in known]
        self._write([_forgotten(row, self.config.box, now_s) for row in forgotten], now_s)

    # ------------------------------------------------------------------ the card

    def _write(self, events: list[AnyEvent], now_s: float) -> None:
        self._unwritten += events
        self.journal.outbox.hold(self._news(events))
        if any(isinstance(event, _KEPT) for event in events):
            self._resume = self._snapshot(now_s)
        self._flush()

    def _flush(self) -> None:
        """Write all that waits in one transaction, or keep what fits in memory and say so."""
        outbox = self.journal.outbox
        held = outbox.held
        if not (self._unwritten or held or self._resume):
            return  # writing nothing would prove nothing about the card
        try:
            try:
                self._record(held)
            except CardError as error:
                stand_in(self.journal, str(error))
                self._record(held)
        except JournalError as error:
            self.journal_error = str(error)
            del self._unwritten[:-MOST_UNWRITTEN]
            return
        outbox.release(held)
        self._unwritten, self._resume, self.journal_error = [], {}, None

    def _record(self, held: list[OutboxMessage]) -> None:
        self.journal.record(
            self._unwritten, held, offset_s=self.offset_s, synced=self.synced, state=self._resume
        )

    def _look_at_the_card(self, now_s: float) -> None:
        """Try again when it refused, and let the pipeline know whether it does."""
        if self.trouble is not None and now_s >= self._retry_s:
            self._retry_s = now_s + RETRY_EVERY_S
            with suppress(CardError):  # still in trouble, then
                if self.journal.outbox.problem is not None:
                    stand_in(self.journal, self.journal.outbox.problem)
                come_home(self.journal)
            self._flush()
            self.journal.outbox.delete([])
        known = self._host.journal_error if self._host is not None else None
        if known != self.trouble:
            last = self._host or HostReport(now_s)
            self._host = self._with_journal(msgspec.structs.replace(last, t_s=now_s))
            self.pipeline.update(self._host)

    def _with_journal(self, report: HostReport) -> HostReport:
        lost = self._lost if report.t_s < self._lost_until_s else None
        return msgspec.structs.replace(report, journal_error=self.trouble, journal_lost=lost)

    # ------------------------------------------------------------------ news

    def _news(self, events: Iterable[AnyEvent]) -> list[OutboxMessage]:
        return [
            OutboxMessage(
                topic=message.topic,
                payload=message.payload,
                qos=message.qos,
                expires_s=event.t_s + self.offset_s + EXPIRY_S.get(event.kind, DEFAULT_EXPIRY_S),
            )
            for event in events
            if isinstance(event, Alert) and not event.silent
            for message in alert_messages(
                event, self.topics, offset_s=self.offset_s, local_minute=self.local_minute
            )
        ]

    def _minute(self, now_s: float) -> None:
        if now_s - self._minute_s >= 60.0:
            detector = self.pipeline.detector
            scale = self.pipeline.scale.scale_status(now_s)
            self._minutes.append(
                MinuteRow(
                    t_s=now_s + self.offset_s,
                    cry_s=self._cry_s,
                    activity=scale.activity,
                    level_db=None if detector is None else detector.level_db,
                    in_box="?"
                    if scale.in_box is None
                    else " ".join(sorted(map(slug, scale.in_box))),
                )
            )
            self._minute_s, self._cry_s = now_s, 0.0
        if now_s - self._saved_s >= SAVE_EVERY_S:
            self.save(now_s)
        if now_s - self._pruned_s >= PRUNE_EVERY_S and self.synced:
            self._pruned_s = now_s
            self._prune(now_s)


def _forgotten(row: sqlite3.Row, box: str, now_s: float) -> Alert:
    return Alert(
        t_s=now_s,
        id=row["id"],
        kind=row["kind"],
        state="cleared",
        severity=row["severity"],
        baby=row["baby"],
        since=row["since_s"],
        title=f"Closed: {row['title']}",
        message="The monitor was started anew and lost track of this; if it is so, it tells again.",
        why="its memory of open alerts could not be read",
        box=box,
    )

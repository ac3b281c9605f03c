"""The pipeline with a memory: what the daemon and the command line both work on.

Every event goes to the journal before anyone hears of it; every alert goes to the outbox in the
same transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import msgspec

from monitor.config import Config
from monitor.core.cry_model import CryModel
from monitor.core.reference import GrowthReference
from monitor.errors import JournalError
from monitor.events import (
    Alert,
    AnyEvent,
    BoxOff,
    BoxOn,
    ClockReading,
    CryEnded,
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

_MOVES = (WeighIn, Unassigned, JointWeighIn, ObjectMoved, BoxOff, BoxOn)


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
        self._unwritten: list[tuple[list[AnyEvent], list[OutboxMessage]]] = []
        self._minutes: list[MinuteRow] = []
        self._minute_s = start_s
        self._cry_s = 0.0
        self._saved_s = start_s
        self._pruned_s = 0.0
        self.pipeline = self._build(start_s)

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
        events = self.pipeline.update(observation)
        if isinstance(observation, Tick):
            self._minute(observation.t_s)
        if events:
            self._cry_s += sum(e.t_s - e.started_s for e in events if isinstance(e, CryEnded))
            self._write(events)
            if any(isinstance(event, _MOVES) for event in events):
                self.save(observation.t_s)
            if self._on_events is not None:
                self._on_events(events)
        return events

    def state(self, now_s: float) -> BoxState:
        """The retained documents."""
        return self.pipeline.state(now_s)

    def save(self, now_s: float) -> None:
        """Write the snapshot and the collected telemetry."""
        self._saved_s = now_s
        try:
            self.journal.save_state(
                pipeline=self.pipeline.snapshot(now_s), pipeline_at=repr(now_s).encode()
            )
            if self._minutes:
                self.journal.record_minutes(self._minutes)
                self._minutes.clear()
        except JournalError as error:
            self.journal_error = str(error)

    # ------------------------------------------------------------------ inside

    def _prune(self, now_s: float) -> None:
        try:
            self.journal.prune(now_s + self.offset_s)
        except JournalError as error:
            self.journal_error = str(error)

    def _set_clock(self, reading: ClockReading) -> None:
        offset_s = reading.unix_s - reading.t_s
        if reading.synced and not self.synced:
            self.journal.restamp(offset_s - self.offset_s)
        self.synced = reading.synced
        # Small differences are the clock being disciplined; following them would only blur times.
        if abs(offset_s - self.offset_s) > 1.0:
            self.offset_s = offset_s

    def _write(self, events: list[AnyEvent]) -> None:
        self._unwritten.append((events, self._news(events)))
        try:
            while self._unwritten:
                batch, messages = self._unwritten[0]
                self.journal.record(batch, messages, offset_s=self.offset_s, synced=self.synced)
                self._unwritten.pop(0)
            self.journal_error = None
        except JournalError as error:
            # Disk full or read-only: keep what fits in memory, say so, try again with the next.
            self.journal_error = str(error)
            del self._unwritten[:-1000]

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

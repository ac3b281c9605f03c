"""The nights of a recording in words: what the daemon tells in the morning, told by a replay.

A journal in memory takes what the pipeline says, as the card does; times of day are UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from monitor.config import Config
from monitor.core.pipeline import Pipeline
from monitor.daemon.handovers import Handovers
from monitor.daemon.telemetry import Telemetry
from monitor.documents import BoxState
from monitor.events import AnyEvent, Baby, Observation, RosterChanged, Tick
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.opening import IN_MEMORY
from monitor.store.reading import MinuteRow


class RecordedNights:
    """Give it every observation with what it made happen."""

    synced = True

    def __init__(self, config: Config, pipeline: Pipeline, start_s: float) -> None:
        """``start_s``: where the recording begins; nothing before it is told."""
        self._pipeline, self._start_s = pipeline, start_s
        self._journal = Journal.open(IN_MEMORY)
        here = [RosterChanged(t_s=start_s, baby=baby) for baby in pipeline.babies]
        self._journal.write(Batch(events=here))
        self._telemetry = Telemetry(start_s)
        self._handovers = Handovers(config.alerts.night, self._journal, self, start_s, zone=UTC)

    @property
    def babies(self) -> Sequence[Baby]:
        """Who is in the nursery."""
        return self._pipeline.babies

    def status(self, now_s: float) -> BoxState:
        """The retained documents."""
        return self._pipeline.status(now_s)

    def answered(self, observation: Observation) -> list[AnyEvent] | None:
        """What follows where somebody asks for the last hours in words; ``None``: nobody does."""
        return self._handovers.answered(observation)

    def observe(self, observation: Observation, events: Sequence[AnyEvent]) -> list[AnyEvent]:
        """Write down what happened; returns the hand-over of a night that has ended."""
        if events:
            self._telemetry.observe(events)
            self._journal.write(Batch(events=events))
        if not isinstance(observation, Tick) or observation.t_s < self._start_s:
            return []
        self._telemetry.tick(observation.t_s, self._pipeline)
        if self._telemetry.is_due(observation.t_s):
            self._telemetry.write(self._record, observation.t_s)
        return self._handovers.tick(observation.t_s)

    def _record(self, rows: Sequence[MinuteRow], _now_s: float) -> None:
        self._journal.record_minutes(rows)

"""Is each source alive? A monitor that is blind and does not say so is worse than none.

Data that cannot be real counts as none: a dead microphone is told from a quiet room in ``sound``,
and a load cell that repeats one code to the last bit is not weighing (``codes``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from monitor.alert_kinds import Severity
from monitor.core.health.codes import LEAST_HZ, CodeWatch
from monitor.core.health.host import HostHealth, HostState
from monitor.core.health.sound import GATED, PaceState, SoundPlausibility
from monitor.core.health.source import BLIND_S, LIVE, STARTING, Patience, SourceMemory, judged
from monitor.core.health.temperature import TemperatureWatch
from monitor.documents import SourceHealth
from monitor.events import (
    AudioBlock,
    CannotJudge,
    Condition,
    HostReport,
    LagReport,
    ProbeReading,
    ScaleBlock,
    Slept,
    SourceReport,
    SourceState,
    Tick,
)
from monitor.names import SOURCES, SourceName
from monitor.timeshift import Moment

PROOF_S = 75.0
"""real data for this long after the start of the monitor before a source counts as proven: longer
than any fault that real-looking data can hide takes to show (FLAT_SCALE_S, and THREE_VALUES_S and
OVERLOAD_S of the sound)"""


class HealthState(msgspec.Struct, kw_only=True):
    """What is known of the sources, and of the computer."""

    sources: dict[SourceName, SourceMemory]
    codes: CodeWatch
    probe: TemperatureWatch
    pace: PaceState = msgspec.field(default_factory=PaceState)
    gated_since_s: Moment | None = None
    host: HostState = msgspec.field(default_factory=HostState)


class Health:
    """Watches the configured sources and the host; speaks at ticks only."""

    def __init__(
        self,
        sources: Sequence[SourceName],
        start_s: float,
        *,
        least_scale_hz: float = LEAST_HZ,
        patience: Mapping[SourceName, Patience] | None = None,
        fine_probe: bool = True,
    ) -> None:
        """Watch these.

        Args:
            sources: those that the box has.
            start_s: where the timeline begins.
            least_scale_hz: the fewest values a second that the scale may send.
            patience: with sources that are no live stream.
            fine_probe: the probe is read to its last digit.
        """
        self._patience = patience or {}
        self._sound = SoundPlausibility()
        self.state = HealthState(
            sources=_unproven(sources, start_s),
            codes=CodeWatch(least_hz=least_scale_hz),
            probe=TemperatureWatch(fine=fine_probe),
        )

    @property
    def state(self) -> HealthState:
        """What is remembered with a time."""
        return self._state

    @state.setter
    def state(self, state: HealthState) -> None:
        self._state, self._host = state, HostHealth(state.host)
        self._sound.pace = state.pace

    # ------------------------------------------------------------------ what it sees

    def observe(
        self,
        seen: AudioBlock
        | ScaleBlock
        | ProbeReading
        | SourceReport
        | HostReport
        | LagReport
        | Slept
        | Tick,
    ) -> list[SourceState]:
        """Take one observation; return one event for each source that changed its state.

        Data change no state before the next tick, what a device says of itself does at once.
        """
        match seen:
            case AudioBlock():
                self._hear(seen)
            case ScaleBlock():
                self._weigh(seen)
            case Tick():
                return self._tick(seen.t_s)
            case ProbeReading():
                self._feel(seen)
            case SourceReport():
                return self._take_report(seen)
            case Slept():
                self._begin_anew(seen.t_s)
                self._host.observe(seen)
            case _:
                self._host.observe(seen)
        return []

    def know_scale_fault(self, fault: str | None) -> None:
        """What the weighing finds wrong with readings that do arrive; ``None``: nothing."""
        if "scale" in self._state.sources:
            self._state.sources["scale"].fault = fault or ""

    def _begin_anew(self, now_s: float) -> None:
        """Nobody watched until ``now_s``: every source proves itself anew."""
        state = self.state
        state.sources = _unproven(state.sources, now_s)
        state.codes = CodeWatch(least_hz=state.codes.least_hz)
        state.probe = TemperatureWatch(fine=state.probe.fine)
        state.pace = PaceState()
        self._sound = SoundPlausibility(state.pace)

    def _hear(self, block: AudioBlock) -> None:
        """Note a block's end, and whether a living microphone could have made it."""
        if len(block.samples) == 0:
            return
        real = self._sound.observe(block)
        self._data("microphone", block.end_s, real=real, doubt=self._sound.reason)

    def _weigh(self, block: ScaleBlock) -> None:
        """Note a block's end, and whether a living converter could have made it."""
        if len(block.counts) == 0:
            return
        doubt = self._state.codes.observe(block)
        self._data("scale", block.t_s, real=not doubt, doubt=doubt)

    def _feel(self, reading: ProbeReading) -> None:
        """Note a reading that is a temperature, and many in a row that are none."""
        watch = self._state.probe
        believed = watch.observe(reading) is not None
        if believed or watch.doubt:
            self._data("probe", reading.t_s, real=believed, doubt=watch.doubt)

    def temperature_at(self, t_s: float) -> float | None:
        """What the probe said at ``t_s``, in °C; ``None``: nothing, or no temperature."""
        last = self._state.probe.last
        believed = last is not None and last[0] == t_s and not self._state.probe.doubt
        return last[1] if last is not None and believed else None

    def _take_report(self, report: SourceReport) -> list[SourceState]:
        source = self._state.sources.get(report.source)
        if source is None:
            return []
        source.report = report
        return self._update(report.source, source, report.t_s)

    # ------------------------------------------------------------------ what it concludes

    def _tick(self, now_s: float) -> list[SourceState]:
        """Decide each source's state; return one event for each that changed."""
        self._sound.observe_tick(now_s)
        if not self._sound.gated:
            self._state.gated_since_s = None
        elif self._state.gated_since_s is None:
            self._state.gated_since_s = now_s
        return [
            change
            for name, source in self._state.sources.items()
            for change in self._update(name, source, now_s)
        ]

    def _update(self, name: SourceName, source: SourceMemory, now_s: float) -> list[SourceState]:
        state, why = judged(source, now_s, self._of(name))
        from_s = source.real_from_s
        if state != "healthy" or (from_s is not None and now_s - from_s >= PROOF_S):
            source.proven = True
        if state == "healthy":
            source.sick_s = None
        elif source.sick_s is None:
            source.sick_s = source.real_s if source.real_s is not None else source.since_s
            source.worked_s = source.sick_s - (from_s if from_s is not None else source.sick_s)
        news = state != source.state or source.why == STARTING != why
        if news:
            source.since_s = now_s
        source.state, source.why = state, why
        return [SourceState(t_s=now_s, source=name, state=state, why=why)] if news else []

    def _of(self, name: SourceName) -> Patience:
        return self._patience.get(name, LIVE)

    def alive(self, name: SourceName) -> bool:
        """True while the source is healthy and has delivered real data."""
        source = self._state.sources.get(name)
        return source is not None and source.state == "healthy" and source.real_s is not None

    def worked(self, now_s: float) -> list[SourceName]:
        """Sources that have delivered what can be real for ``PROOF_S``."""
        from_s = {n: s.real_from_s for n, s in self._state.sources.items() if self.alive(n)}
        return [name for name, t_s in from_s.items() if t_s is not None and now_s - t_s >= PROOF_S]

    def sources(self) -> dict[str, SourceHealth]:
        """For the retained ``health`` document; a source that is not configured has no state."""
        found = {name: SourceHealth(state=None, why="not configured") for name in SOURCES}
        for name, source in self._state.sources.items():
            found[name] = SourceHealth(state=source.state, why=source.why, since=source.since_s)
        return {str(name): health for name, health in found.items()}

    def conditions(self, now_s: float) -> list[Condition]:
        """``monitor_blind`` for each blind source and for a sick host, ``low_power``."""
        blind = [
            _blind(name, source, source.sick_s, self._of(name).severity)
            for name, source in self._state.sources.items()
            if source.sick_s is not None and self._is_blind(name, source, now_s - source.sick_s)
        ]
        return blind + self._gated() + self._host.conditions(now_s)

    def _is_blind(self, name: SourceName, source: SourceMemory, sick_s: float) -> bool:
        patience = self._of(name)
        at_once = source.state == "failed" and patience.blind_s <= BLIND_S
        return at_once or sick_s >= patience.blind_s

    def _gated(self) -> list[Condition]:
        """A microphone that works and still leaves out what is soft."""
        since_s = self._state.gated_since_s
        if since_s is None:
            return []
        return [
            Condition(
                kind="monitor_blind",
                key="noise_gate",
                severity="warning",
                since_s=since_s,
                title="Microphone leaves out soft sounds",
                message=f"Microphone {GATED}.",
                why="silence to the last bit came and went by itself several times within an hour",
                all_clear="Microphone sends soft sounds, too.",
            )
        ]

    def unjudged(self, now_s: float) -> list[CannotJudge]:
        """What of ``conditions`` cannot be said or denied yet, or no longer."""
        unknown = [
            CannotJudge(kind="monitor_blind", key=name, why=f"the {name} has not proven itself yet")
            for name, source in self._state.sources.items()
            if not source.proven or _is_fresh(source, now_s, self._of(name))
        ]
        return unknown + self._host.unjudged(now_s)

    def _data(self, name: SourceName, t_s: float, *, real: bool, doubt: str) -> None:
        source = self._state.sources.get(name)
        if source is None:
            return
        if real:
            if source.real_s is None or t_s - source.real_s >= self._of(name).stalled_s:
                source.real_from_s = t_s
            source.real_s = t_s
        source.data_s, source.doubt = t_s, doubt


def _unproven(names: Iterable[SourceName], now_s: float) -> dict[SourceName, SourceMemory]:
    """Sources of which nothing has been seen by ``now_s``."""
    return {name: SourceMemory(since_s=now_s, data_s=now_s) for name in names}


def _is_fresh(source: SourceMemory, now_s: float, patience: Patience) -> bool:
    """Whether it has been sick for too short a time to be told."""
    return source.sick_s is not None and now_s - source.sick_s < patience.blind_s


def _blind(name: SourceName, source: SourceMemory, since_s: float, severity: Severity) -> Condition:
    label, blind, lost, todo = SOURCES[name]
    why = source.why
    return Condition(
        kind="monitor_blind",
        key=name,
        severity=severity,
        since_s=since_s,
        title=f"{label} is {blind}",
        message=f"{label} {why}. Until it works, {lost}: {todo}.",
        why=why,
        all_clear=f"{label} works again.",
        false_before_s=source.worked_s,
    )

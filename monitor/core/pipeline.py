"""The functional core as one object: observations in, events out, in one order.

    sound  -> CryDetector -> CryIncident ─┐
    weight -> Weigher ────────────────────┼─> conditions -> AlertPolicy -> Alert
    both   -> Health, Activity ───────────┘

It never asks for the time, opens no file and starts no thread: the same observations give the
same events, live or replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from monitor.commands import AlertRequest, JournalRequest, ScaleRequest
from monitor.core.minutes import inside, minute_of
from monitor.core.parts import Parts
from monitor.documents import BabyStatus, BoxState, LiveStatus, ScaleStatus
from monitor.events import (
    Alert,
    AnyEvent,
    AudioBlock,
    Baby,
    Calibration,
    CannotJudge,
    ClockReading,
    Command,
    Condition,
    CryEnded,
    CryStarted,
    HostReport,
    IdentityReport,
    LagReport,
    LinkReport,
    Observation,
    ProbeReading,
    RecordBrought,
    RosterChanged,
    ScaleBlock,
    Slept,
    SourceReport,
    Tick,
)
from monitor.names import farewell, has_died
from monitor.written.setup_requests import CalibrateScale, SetUp, SetupRequest


class Pipeline(Parts):
    """One box. ``observe`` is given every observation in order of time."""

    def observe(self, observation: Observation) -> list[AnyEvent]:
        """Fold in one observation; returns what it made happen, alerts last."""
        return _HANDLED[type(observation)](self, observation)

    def finish(self, now_s: float) -> list[AnyEvent]:
        """The recording is over: close an open bout and look at everything once more."""
        events: list[AnyEvent] = []
        if self.detector is not None:
            events += self._bouts(self.detector.flush().bouts)
        events += self.scale.finish(now_s)
        return events + self._tick(Tick(now_s))

    @property
    def level_db(self) -> float | None:
        """Sound level in dBFS; None while nothing listens or nothing was heard yet."""
        return None if self.detector is None else self.detector.level_db

    def scale_status(self, now_s: float) -> ScaleStatus:
        """What the scale says at ``now_s``."""
        return self.scale.scale_status(now_s)

    def status(self, now_s: float) -> BoxState:
        """Everything retained, true at ``now_s``."""
        sources = self._health.sources()
        return BoxState(
            cry=self._crying.status(now_s, self.detector, self._health.alive("microphone")),
            scale=self._scale_status(now_s),
            babies=self._baby_statuses(now_s),
            nest=self._nest.status(self.scale.ages(now_s)),
            alerts=list(self.policy.open),
            sources=sources,
            set_up=self.setting_up.status(),
        )

    def _baby_statuses(self, now_s: float) -> list[BabyStatus]:
        statuses, records = self.scale.baby_statuses(now_s), self.scale.records
        return [
            msgspec.structs.replace(
                status,
                watch=self._fading.watch(record.baby.id),
                warm_first=self._nest.warm_first(status, now_s),
            )
            for status, record in zip(statuses, records, strict=True)
        ]

    def live_status(self, now_s: float, until_s: float) -> LiveStatus:
        """The reading and the sound as they are now, for whoever looks."""
        total_g = self.scale.scale_status(now_s).total_g
        return self.calibrating.live(now_s, until_s, total_g=total_g, level_db=self.level_db)

    def _scale_status(self, now_s: float) -> ScaleStatus:
        found = self.scale.scale_status(now_s)
        calibration = self.calibrating.status()
        return msgspec.structs.replace(found, calibration=calibration) if calibration else found

    # ------------------------------------------------------------------ one kind each

    def _hear(self, block: AudioBlock) -> list[AnyEvent]:
        self._health.observe(block)
        if self.detector is None or not np.isfinite(block.samples.sum()):
            return []
        heard = self.detector.observe(block)
        return [*heard.calls, *self._bouts(heard.bouts)]

    def _bouts(self, bouts: Sequence[CryStarted | CryEnded]) -> list[AnyEvent]:
        events: list[AnyEvent] = []
        for bout in bouts:
            if isinstance(bout, CryStarted):
                context, phrase = self.scale.cry_context(bout.t_s, bout.species)
                if context == "bottle_due":
                    phrase += self._nest.clause()
                bout = msgspec.structs.replace(bout, context=context)  # noqa: PLW2901 - same bout, now in context
                self._crying.observe(bout, phrase)
            else:
                bout = msgspec.structs.replace(bout, context=self._crying.context)  # noqa: PLW2901
                self._crying.observe(bout)
                self._fading.hear(bout, inside(self.scale, bout.t_s) or [])
            self._activity.observe(bout)
            events.append(bout)
        return events

    def _weigh(self, block: ScaleBlock) -> list[AnyEvent]:
        self._health.observe(block)
        self.calibrating.observe(block)
        if self.calibrating.holds():
            return []
        events = self.scale.observe(block)
        self._activity.observe(block, events)
        if events:
            self._fading.forget()
        return events

    def _feel(self, reading: ProbeReading) -> list[AnyEvent]:
        self._health.observe(reading)
        if (temperature_c := self._health.temperature_at(reading.t_s)) is not None:
            self._nest.observe(reading.t_s, temperature_c)
        return []

    def _tick(self, tick: Tick) -> list[AnyEvent]:
        now_s = tick.t_s
        self._health.know_scale_fault(self.scale.fault or self.setting_up.lost_calibration)
        if self.setting_up.learns:
            self.setting_up.observe(self._health.worked(now_s), self.scale.babies)
        events: list[AnyEvent] = [*self._health.observe(tick), *self.calibrating.tick(now_s)]
        events += self.scale.observe(tick)
        if self._fading.wants(now_s):
            self._fading.note(
                minute_of(now_s, self.scale, self._health, self._activity), self.scale.records
            )
        self._fading.observe(now_s, self.scale.records)
        if self._nest.probed:
            self._nest.look(
                now_s,
                self.scale.ages(now_s),
                alive=self._health.alive("probe"),
                hands=self.scale.handled(now_s) if self._health.alive("scale") else None,
            )
        return events + list(self._judge(now_s))

    def _slept(self, slept: Slept) -> list[AnyEvent]:
        """As after a power cut: silence proves nothing, and every source proves itself anew.

        The scale and the cry detector see the gap in their data by themselves.
        """
        self._health.observe(slept)
        self.policy.nobody_watched()
        return []

    def _judge(self, now_s: float) -> list[Alert]:
        records, found = self.scale.records, self.scale.found(now_s)
        hearing, weighing = self._health.alive("microphone"), self._health.alive("scale")
        conditions = [
            *self.setting_up.alarming(self._health.conditions(now_s)),
            *self._identity.conditions(),
            *self._link.conditions(),
            *self._fading.conditions(records),
            *self._with_warmth(found.conditions, now_s),
            *self._nest.conditions(now_s),
            *self._crying.conditions(now_s, hearing=hearing, open_bout=self._open_bout),
            *self._activity.conditions(
                now_s,
                microphone=hearing,
                scale=weighing and not self.calibrating.holds(),
                settled=self.scale.settled,
                babies=self._babies_inside(now_s),
            ),
        ]
        unjudged = self._unjudged(now_s, found.unjudged) if self.policy.state.follows else []
        self._know_roster()
        handled = self.scale.handled(now_s)
        return self.policy.observe(now_s, conditions, unjudged, found.closed, handled=handled)

    def _unjudged(self, now_s: float, of_scale: list[CannotJudge]) -> list[CannotJudge]:
        return [
            *self._health.unjudged(now_s),
            *self._link.unjudged(),
            *of_scale,
            *self._fading.unjudged(self.scale.records),
            *self._crying.unjudged(),
            *self._activity.unjudged(),
            *self._nest.unjudged(),
        ]

    def _with_warmth(self, found: list[Condition], now_s: float) -> list[Condition]:
        """Whoever is told of a bottle hears whether the baby must be warmed before."""
        if not (advice := self._nest.advice(now_s)):
            return found
        return [
            msgspec.structs.replace(each, message=f"{each.message} {advice}")
            if each.kind in {"bottle_overdue", "low_intake"}
            else each
            for each in found
        ]

    @property
    def _open_bout(self) -> CryStarted | None:
        return None if self.detector is None else self.detector.crying

    def _babies_inside(self, now_s: float) -> list[Baby]:
        """Those in the box; all of them while the scale does not know."""
        inside, babies = self.scale.in_box(now_s), self.scale.babies
        return [baby for baby in babies if inside is None or baby.name in inside]

    def _command(self, command: Command) -> list[AnyEvent]:
        if isinstance(command.request, AlertRequest):
            alerts, result = self.policy.carry_out(command)
            return [*alerts, result]
        if isinstance(command.request, JournalRequest):
            return [command.answer("nothing is stored here: ask a monitor that runs")]
        if isinstance(command.request, CalibrateScale):
            return self._calibrate(command)
        if isinstance(command.request, SetUp):
            return [self.setting_up.carry_out(command, command.request)]
        if isinstance(command.request, SetupRequest) and not isinstance(
            command.request, ScaleRequest
        ):
            return [command.answer("settings, names and a closer look are for a monitor that runs")]
        return self._changed_by_hand(command)

    def _changed_by_hand(self, asked: Command | RecordBrought) -> list[AnyEvent]:
        events = self.scale.observe(asked)
        self._fading.forget()
        self._fading.observe(asked.t_s, self.scale.records)
        return [*events, *self._after_a_death(events, asked.t_s), *self._judge(asked.t_s)]

    def _calibrate(self, command: Command) -> list[AnyEvent]:
        events = self.calibrating.carry_out(command)
        for event in events:
            if isinstance(event, Calibration) and event.state == "accepted":
                self.scale.recalibrate(self.calibrating.scale)
                self.setting_up.calibrated(self.calibrating.scale)
        return [*events]

    def _after_a_death(self, events: Sequence[AnyEvent], now_s: float) -> list[Alert]:
        """Whoever tells of one has looked into the box; nothing about it is over by that."""
        told: list[Alert] = []
        for event in events:
            if isinstance(event, RosterChanged) and has_died(event.baby.retired_reason):
                self._activity.begin_anew(now_s)
                said = farewell(event.baby.name, event.baby.retired_reason)
                told += self.policy.close("too_quiet", said, now_s)
        return told

    def _report(self, report: SourceReport | HostReport | LagReport) -> list[AnyEvent]:
        return [*self._health.observe(report)]

    def _linked(self, report: LinkReport) -> list[AnyEvent]:
        self._link.observe(report)
        return []

    def _identified(self, report: IdentityReport) -> list[AnyEvent]:
        self._identity.observe(report)
        return []


_HANDLED: dict[type, Callable[[Pipeline, Any], list[AnyEvent]]] = {
    AudioBlock: Pipeline._hear,
    ScaleBlock: Pipeline._weigh,
    ProbeReading: Pipeline._feel,
    Tick: Pipeline._tick,
    Slept: Pipeline._slept,
    Command: Pipeline._command,
    RecordBrought: Pipeline._changed_by_hand,
    SourceReport: Pipeline._report,
    HostReport: Pipeline._report,
    LagReport: Pipeline._report,
    IdentityReport: Pipeline._identified,
    LinkReport: Pipeline._linked,
    ClockReading: lambda _pipeline, _reading: [],
}
"""which part takes which observation"""

"""The functional core as one object: observations in, events out, in one order.

    sound  -> CryDetector -> CryIncident ─┐
    weight -> Weigher ────────────────────┼─> conditions -> AlertPolicy -> Alert
    both   -> Health, Activity ───────────┘

It never asks for the time, opens no file and starts no thread: the same observations give the
same events, live or replayed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from monitor.commands import AlertRequest
from monitor.config import Config
from monitor.core.activity import Activity, ActivityState
from monitor.core.alerts.memory import AlertMemory
from monitor.core.alerts.policy import AlertPolicy
from monitor.core.cry.detector import CryDetector
from monitor.core.cry.incident import CryIncident, CryingState
from monitor.core.cry.model import CryModel
from monitor.core.growth.reference import GrowthReference
from monitor.core.health.codes import LEAST_HX711_HZ, LEAST_HZ
from monitor.core.health.identity import IdentityConflict
from monitor.core.health.link import LinkHealth
from monitor.core.health.sources import Health
from monitor.core.scale.state import WeigherState
from monitor.core.scale.weigher import Weigher
from monitor.core.state import CoreState, RunState
from monitor.documents import BoxState, ScaleStatus
from monitor.events import (
    Alert,
    AnyEvent,
    AudioBlock,
    Baby,
    ClockReading,
    Command,
    CryEnded,
    CryStarted,
    HostReport,
    IdentityReport,
    LagReport,
    LinkReport,
    Observation,
    ScaleBlock,
    Slept,
    SourceReport,
    Tick,
    Weighing,
)
from monitor.names import SourceName
from monitor.timeshift import TimeShift, shifted


class Pipeline:
    """One box. ``observe`` is given every observation in order of time."""

    def __init__(
        self,
        config: Config,
        *,
        babies: Sequence[Baby],
        history: Sequence[Weighing],
        model: CryModel | None,
        reference: GrowthReference,
        start_s: float,
        local_minute: Callable[[float], int],
        occupancy_known: bool = True,
    ) -> None:
        """Build every part.

        Args:
            config: the box's settings; ``source = "none"`` leaves a part out of the health.
            babies: who is in the nursery.
            history: earlier weighings, any order.
            model: the cry model; None when nothing listens.
            reference: growth bands and feeding rhythm.
            start_s: where the timeline begins.
            local_minute: minute of the local day at a timeline time, for quiet hours.
            occupancy_known: whether all babies are certainly in the box at the start.
        """
        watched = _configured(config)
        self.detector = CryDetector(model) if model is not None else None
        self.scale = Weigher(
            config.scale, babies, history,
            start_s=start_s, reference=reference, occupancy_known=occupancy_known,
        )  # fmt: skip
        self._crying = CryIncident(config.alerts)
        least_hz = LEAST_HX711_HZ if config.scale.source == "hx711" else LEAST_HZ
        self._health = Health(watched, start_s, least_scale_hz=least_hz)
        self._activity = Activity(config.alerts, start_s)
        self._identity = IdentityConflict(config.box)
        self._link = LinkHealth()
        self.policy = AlertPolicy(config.alerts, config.box, local_minute)
        self.policy.know_sources(watched)
        self._tells_silence = len(watched) == 2
        self._names = {baby.id: baby.name for baby in self.scale.babies}
        """of those who are here, by id"""
        self._handled = self._handlers()

    def _handlers(self) -> dict[type, Callable[..., list[AnyEvent]]]:
        """Which part takes which observation."""
        return {
            AudioBlock: self._hear,
            ScaleBlock: self._weigh,
            Tick: self._tick,
            Slept: self._slept,
            Command: self._command,
            SourceReport: self._report,
            HostReport: self._report,
            LagReport: self._report,
            IdentityReport: self._identified,
            LinkReport: self._linked,
            ClockReading: lambda _reading: [],
        }

    def observe(self, observation: Observation) -> list[AnyEvent]:
        """Fold in one observation; returns what it made happen, alerts last."""
        return self._handled[type(observation)](observation)

    def finish(self, now_s: float) -> list[AnyEvent]:
        """The recording is over: close an open bout and look at everything once more."""
        events: list[AnyEvent] = []
        if self.detector is not None:
            events += self._bouts(self.detector.flush().bouts)
        events += self.scale.finish(now_s)
        return events + self._tick(Tick(now_s))

    @property
    def babies(self) -> Sequence[Baby]:
        """Who is in the nursery."""
        return self.scale.babies

    @property
    def open_alerts(self) -> Sequence[Alert]:
        """What is open, in the order in which it was raised."""
        return self.policy.open

    @property
    def unsaved(self) -> bool:
        """Whether what a restart must know has changed without an event since ``note_saved``."""
        return self.policy.run.unsaved

    def note_saved(self) -> None:
        """The state is being written as it is now."""
        self.policy.run.unsaved = False

    @property
    def level_db(self) -> float | None:
        """Sound level in dBFS; None while nothing listens or nothing was heard yet."""
        return None if self.detector is None else self.detector.level_db

    def scale_status(self, now_s: float) -> ScaleStatus:
        """What the scale says at ``now_s``."""
        return self.scale.scale_status(now_s)

    def take_scale_of(self, fresh: Pipeline) -> None:
        """Go on with another's scale: who is in the nursery turned out to be known elsewhere."""
        self.scale = fresh.scale

    def status(self, now_s: float) -> BoxState:
        """Everything retained, true at ``now_s``."""
        sources = self._health.sources()
        return BoxState(
            cry=self._crying.status(now_s, self.detector, self._health.alive("microphone")),
            scale=self.scale.scale_status(now_s),
            babies=self.scale.baby_statuses(now_s),
            alerts=list(self.policy.open),
            sources=sources,
        )

    # ------------------------------------------------------------------ what it remembers

    @property
    def state(self) -> CoreState:
        """What a restart goes on with."""
        return CoreState(
            scale=self.scale.state,
            alerts=self.policy.state,
            crying=self._crying.state,
            activity=self._activity.state,
        )

    @state.setter
    def state(self, state: CoreState) -> None:
        self.scale.state = state.scale
        self.policy.state = state.alerts
        self._crying.state = state.crying
        self._activity.state = state.activity

    @property
    def run(self) -> RunState:
        """What only this run can know."""
        return RunState(
            hearing=None if self.detector is None else self.detector.state,
            crying=self._crying.run,
            activity=self._activity.run,
            alerts=self.policy.run,
            health=self._health.state,
            identity=self._identity.state,
            link=self._link.state,
        )

    @run.setter
    def run(self, run: RunState) -> None:
        if self.detector is not None and run.hearing is not None:
            self.detector.state = run.hearing
        self._crying.run = run.crying
        self._activity.run = run.activity
        self.policy.run = run.alerts
        self._health.state = run.health
        self._identity.state = run.identity
        self._link.state = run.link

    def shift(self, shift: TimeShift) -> list[AnyEvent]:
        """Put the moments a shift covers where they belong; returns what follows from it.

        The clock has been synchronised late, and everything timed since the start was off by the
        same seconds. Durations within the run do not change; those that began before it do.
        """
        before = self.state
        self.state, self.run = shifted(before, shift), shifted(self.run, shift)
        self._activity.follow_shift(before.activity)
        return self.scale.follow_shift(before.scale)

    def know_clock(self, known: bool) -> None:
        """Whether the timeline is where the world's clocks are: until then no grams per day."""
        self.scale.know_clock(known)

    def resume(
        self,
        *,
        scale: WeigherState | None = None,
        alerts: AlertMemory | None = None,
        crying: CryingState | None = None,
        activity: ActivityState | None = None,
    ) -> None:
        """After a restart: go on from what an earlier run left; a part without it begins anew."""
        if scale is not None:
            self.scale.resume(scale)
        if alerts is not None:
            self.policy.resume(alerts, self.scale.babies)
        if crying is not None:
            self._crying.resume(crying)
        if activity is not None and self._tells_silence:
            self._activity.resume(activity)
        self._take_up()

    def adopt(self, alerts: Sequence[Alert]) -> list[Alert]:
        """Take up open alerts that no snapshot knows; returns those that are known already.

        They stay as they are until the part that knows has looked.
        """
        left = self.policy.adopt(alerts, self.scale.babies)
        self._take_up()
        return left

    def _take_up(self) -> None:
        """Let the parts know what is open and who is here."""
        for alert in self.policy.open:
            if alert.kind == "too_quiet" and self._tells_silence:
                self._activity.keep_open(alert.since)
        self._know_roster()

    def _know_roster(self) -> None:
        babies = self.scale.babies
        names = {baby.id: baby.name for baby in babies}
        for baby_id, old in self._names.items():
            if (new := names.get(baby_id, old)) != old:
                self._crying.rename(old, new)
        self._names = names
        self.policy.know_roster(babies)

    # ------------------------------------------------------------------ one kind each

    def _hear(self, block: AudioBlock) -> list[AnyEvent]:
        self._health.observe(block)
        if self.detector is None or not np.isfinite(block.samples.sum()):
            return []
        return self._bouts(self.detector.observe(block).bouts)

    def _bouts(self, bouts: Sequence[CryStarted | CryEnded]) -> list[AnyEvent]:
        events: list[AnyEvent] = []
        for bout in bouts:
            if isinstance(bout, CryStarted):
                context, phrase = self.scale.cry_context(bout.t_s, bout.species)
                bout = msgspec.structs.replace(bout, context=context)  # noqa: PLW2901 - same bout, now in context
                self._crying.observe(bout, phrase)
            else:
                bout = msgspec.structs.replace(bout, context=self._crying.context)  # noqa: PLW2901
                self._crying.observe(bout)
            self._activity.observe(bout)
            events.append(bout)
        return events

    def _weigh(self, block: ScaleBlock) -> list[AnyEvent]:
        self._health.observe(block)
        events = self.scale.observe(block)
        self._activity.observe(block, events)
        return events

    def _tick(self, tick: Tick) -> list[AnyEvent]:
        now_s = tick.t_s
        self._health.know_scale_fault(self.scale.fault)
        events: list[AnyEvent] = [*self._health.observe(tick)]
        events += self.scale.observe(tick)
        return events + list(self._judge(now_s))

    def _slept(self, slept: Slept) -> list[AnyEvent]:
        """As after a power cut: silence proves nothing, and every source proves itself anew.

        The scale and the cry detector see the gap in their data by themselves.
        """
        self._health.observe(slept)
        self.policy.nobody_watched()
        return []

    def _judge(self, now_s: float) -> list[Alert]:
        hearing, weighing = self._health.alive("microphone"), self._health.alive("scale")
        conditions = [
            *self._health.conditions(now_s),
            *self._identity.conditions(),
            *self._link.conditions(),
            *self.scale.conditions(now_s),
            *self._crying.conditions(now_s, hearing=hearing, open_bout=self._open_bout),
            *self._activity.conditions(
                now_s,
                microphone=hearing,
                scale=weighing,
                settled=self.scale.settled,
                babies=self._babies_inside(now_s),
            ),
        ]
        unjudged = [
            *self._health.unjudged(now_s),
            *self._link.unjudged(),
            *self.scale.unjudged(now_s),
            *self._crying.unjudged(),
            *self._activity.unjudged(),
        ]
        self._know_roster()
        handled = self.scale.handled(now_s)
        return self.policy.observe(now_s, conditions, unjudged, handled=handled)

    @property
    def _open_bout(self) -> CryStarted | None:
        return None if self.detector is None else self.detector.crying

    def _babies_inside(self, now_s: float) -> list[Baby]:
        """Those in the box; all of them while the scale does not know."""
        inside = self.scale.scale_status(now_s).in_box
        babies = self.scale.babies
        return [baby for baby in babies if inside is None or baby.name in inside]

    def _command(self, command: Command) -> list[AnyEvent]:
        if isinstance(command.request, AlertRequest):
            alerts, result = self.policy.carry_out(command)
            return [*alerts, result]
        return [*self.scale.observe(command), *self._judge(command.t_s)]

    def _report(self, report: SourceReport | HostReport | LagReport) -> list[AnyEvent]:
        return [*self._health.observe(report)]

    def _linked(self, report: LinkReport) -> list[AnyEvent]:
        self._link.observe(report)
        return []

    def _identified(self, report: IdentityReport) -> list[AnyEvent]:
        self._identity.observe(report)
        return []


def _configured(config: Config) -> list[SourceName]:
    """The sources that the box has."""
    watched: list[SourceName] = []
    if config.microphone.source != "none":
        watched.append("microphone")
    if config.scale.source != "none":
        watched.append("scale")
    return watched

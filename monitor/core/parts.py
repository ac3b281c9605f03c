"""The parts of the core, built for one box, and what they remember, as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitor.config import Config
from monitor.core.activity import Activity, ActivityState
from monitor.core.alerts.memory import AlertMemory
from monitor.core.alerts.policy import AlertPolicy
from monitor.core.calibrating import Calibrating
from monitor.core.cry.detector import CryDetector
from monitor.core.cry.incident import CryIncident, CryingState
from monitor.core.cry.model import CryModel
from monitor.core.fading.watch import FadingState, FadingWatch
from monitor.core.growth.reference import GrowthReference
from monitor.core.health.codes import LEAST_HX711_HZ, LEAST_HZ
from monitor.core.health.identity import IdentityConflict
from monitor.core.health.link import LinkHealth
from monitor.core.health.source import probe_patience
from monitor.core.health.sources import Health
from monitor.core.scale.state import WeigherState
from monitor.core.scale.weigher import Weigher
from monitor.core.set_up import SettingUp, SetUpState
from monitor.core.state import CoreState, RunState
from monitor.core.warmth.nest import Nest, NestState
from monitor.events import Alert, AnyEvent, Baby, Feed, Weighing
from monitor.timeshift import TimeShift, shifted


class Parts:
    """Who does what in the core; knows no observation."""

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
        told: Sequence[Feed] = (),
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
            told: earlier bottles that people told of, any order.
        """
        watched = config.sources
        reference = reference.with_milk(config.feeding.milk_kcal_per_ml)
        self.detector = CryDetector(model) if model is not None else None
        self.scale = Weigher(config.scale, babies, history, start_s=start_s, reference=reference,
                             occupancy_known=occupancy_known, told=told)  # fmt: skip
        self.calibrating = Calibrating(config.scale)
        self.setting_up = SettingUp(config, babies, history)
        self._crying = CryIncident(config.alerts)
        self._health = Health(
            watched,
            start_s,
            least_scale_hz=_least_hz(config),
            patience={"probe": probe_patience(config.probe.silent_after_s)},
            fine_probe=config.probe.source != "mqtt",
        )
        self._nest = Nest(probed="probe" in watched)
        self._activity = Activity(config.alerts, start_s)
        self._fading = FadingWatch(reference)
        self._identity = IdentityConflict(config.box)
        self._link = LinkHealth()
        self.policy = AlertPolicy(config.alerts, config.box, local_minute)
        self.policy.know_sources(watched)
        self._tells_silence = {"microphone", "scale"} <= set(watched)
        self._name_by_id = {baby.id: baby.name for baby in self.scale.babies}
        self._met: list[Baby] | None = None
        """of whom the others were told"""

    @property
    def babies(self) -> Sequence[Baby]:
        """Who is in the nursery."""
        return self.scale.babies

    @property
    def open_alerts(self) -> Sequence[Alert]:
        """What is open, in the order in which it was raised."""
        return self.policy.open

    # ------------------------------------------------------------------ what they remember

    @property
    def state(self) -> CoreState:
        """What a restart goes on with."""
        return CoreState(
            scale=self.scale.state,
            alerts=self.policy.state,
            crying=self._crying.state,
            activity=self._activity.state,
            fading=self._fading.state,
            nest=self._nest.state,
            set_up=self.setting_up.state,
        )

    @state.setter
    def state(self, state: CoreState) -> None:
        self.scale.state = state.scale
        self.policy.state = state.alerts
        self._crying.state = state.crying
        self._activity.state = state.activity
        self._fading.state = state.fading
        self._nest.state = state.nest
        self.setting_up.state = state.set_up

    @property
    def run(self) -> RunState:
        """What only this run can know."""
        return RunState(
            hearing=None if self.detector is None else self.detector.state,
            crying=self._crying.run,
            activity=self._activity.run,
            alerts=self.policy.run,
            health=self._health.state,
            fading=self._fading.run,
            identity=self._identity.state,
            link=self._link.state,
            calibrating=self.calibrating.state,
        )

    @run.setter
    def run(self, run: RunState) -> None:
        if self.detector is not None and run.hearing is not None:
            self.detector.state = run.hearing
        self._crying.run = run.crying
        self._activity.run = run.activity
        self.policy.run = run.alerts
        self._health.state = run.health
        self._fading.run = run.fading
        self._identity.state = run.identity
        self._link.state = run.link
        self.calibrating.state = run.calibrating

    def shift(self, shift: TimeShift) -> list[AnyEvent]:
        """Put the moments a shift covers where they belong; returns what follows from it.

        The clock has been synchronised late, and everything timed since the start was off by the
        same seconds. Durations within the run do not change; those that began before it do.
        """
        before = self.state
        self.state, self.run = shifted(before, shift), shifted(self.run, shift)
        self.calibrating.readings.forget()
        self._activity.follow_shift(before.activity)
        return self.scale.follow_shift(before.scale)

    @property
    def unsaved(self) -> bool:
        """Whether what a restart must know has changed without an event since ``note_saved``."""
        return self.policy.run.unsaved or self.setting_up.unsaved

    def note_saved(self) -> None:
        """The state is being written as it is now."""
        self.policy.run.unsaved = self.setting_up.unsaved = False

    def know_clock(self, known: bool) -> None:
        """Whether the timeline is where the world's clocks are: until then no grams per day."""
        self.scale.know_clock(known)

    # ------------------------------------------------------------------ a restart

    def resume(
        self,
        *,
        scale: WeigherState | None = None,
        alerts: AlertMemory | None = None,
        crying: CryingState | None = None,
        activity: ActivityState | None = None,
        fading: FadingState | None = None,
        nest: NestState | None = None,
        set_up: SetUpState | None = None,
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
        if fading is not None:
            self._fading.state = fading
        if nest is not None:
            self._nest.state = nest
        if set_up is not None:
            self.setting_up.resume(set_up)
        elif scale is not None or alerts is not None:
            self.setting_up.was_there()
        self._take_up()

    def adopt(self, alerts: Sequence[Alert]) -> list[Alert]:
        """Take up open alerts that no snapshot knows; returns those that are known already.

        They stay as they are until the part that knows has looked.
        """
        left = self.policy.adopt(alerts, self.scale.babies)
        self._take_up()
        return left

    def take_scale_of(self, fresh: Parts) -> None:
        """Go on with another's scale: who is in the nursery turned out to be known elsewhere."""
        self.scale = fresh.scale

    def _take_up(self) -> None:
        """Let the parts know what is open and who is here."""
        for alert in self.policy.open:
            if alert.kind == "too_quiet" and self._tells_silence:
                self._activity.keep_open(alert.since)
        self._met = None
        self._know_roster()

    def _know_roster(self) -> None:
        """Once a second: who was met is compared, and told on where it is something else."""
        met = self.scale.met
        if met == self._met:
            return
        self._met, babies = met, self.scale.babies
        names = {baby.id: baby.name for baby in babies}
        for baby_id, old in self._name_by_id.items():
            if (new := names.get(baby_id, old)) != old:
                self._crying.rename(old, new)
        self._name_by_id = names
        self.policy.know_roster(babies, self.scale.gone)


def _least_hz(config: Config) -> float:
    """The fewest values a second that this scale may send."""
    return LEAST_HX711_HZ if config.scale.source == "hx711" else LEAST_HZ

"""The scale half of the core, wired: counts in; weights with names, feeds, growth and worries out.

``platform`` finds transitions, ``box`` takes out those of the box itself, ``steps`` makes steps of
the rest, ``tracker`` says whose they are, ``claims`` publishes that and takes it back; ``requests``
carries out what people ask. ``status`` and ``findings`` read them all.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.config import ScaleConfig
from monitor.core.growth.ages import Age
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.conditions import phrase
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.box import BoxWatch
from monitor.core.scale.findings import Findings, Found
from monitor.core.scale.hypothesis import Step
from monitor.core.scale.parts import Parts
from monitor.core.scale.plateaus import Transition
from monitor.core.scale.requests import Requests
from monitor.core.scale.resuming import reconcile
from monitor.core.scale.state import WeigherState, begun, by_another_calibration
from monitor.core.scale.status import Status
from monitor.core.scale.steadiness import Wander
from monitor.core.scale.steps import StepReader
from monitor.documents import BabyStatus, ScaleStatus
from monitor.events import (
    AnyEvent,
    Baby,
    Command,
    Condition,
    CryContext,
    Disturbed,
    Feed,
    RecordBrought,
    ScaleBlock,
    Stamp,
    Tick,
    Voice,
    Weighing,
)

MOST_GONE = 16
"""Babies who left keep their places in every hypothesis; a restart with more begins anew."""


class Weigher:
    """Feed it every observation in order of time; it answers with events."""

    def __init__(
        self,
        config: ScaleConfig,
        babies: Sequence[Baby],
        history: Sequence[Weighing] = (),
        *,
        start_s: float,
        reference: GrowthReference,
        occupancy_known: bool = True,
        told: Sequence[Feed] = (),
    ) -> None:
        """Start with these babies.

        Args:
            config: the calibration; an uncalibrated scale weighs nobody.
            babies: who is in the nursery.
            history: earlier weighings, any order.
            start_s: where the timeline begins.
            reference: growth bands and feeding rhythm.
            occupancy_known: all of them are certainly in the box; otherwise it is inferred.
            told: earlier bottles that people told of, any order.
        """
        self._config = config
        self._reference = reference
        self._registered = [baby for baby in babies if baby.retired_s is None]
        self._history = sorted(history, key=lambda w: w.t_s)
        self._told = sorted(told, key=lambda feed: feed.t_s)
        self._begin(start_s, occupancy_known=occupancy_known)

    def _begin(self, start_s: float, *, occupancy_known: bool) -> None:
        """Know what was given, and nothing else."""
        self.state = begun(
            self._registered,
            self._history,
            self._reference,
            start_s,
            occupancy_known=occupancy_known,
            told=self._told,
        )
        self.state.calibration = self._calibration

    @property
    def _calibration(self) -> tuple[float, float] | None:
        """The one in force."""
        factor, zero = self._config.counts_per_gram, self._config.zero_counts
        return None if factor is None or zero is None else (factor, zero)

    @property
    def state(self) -> WeigherState:
        """Everything the weigher remembers."""
        return self._parts.state

    @state.setter
    def state(self, state: WeigherState) -> None:
        """Build every part on its piece of ``state``."""
        self._parts = parts = Parts.on(state, self._config, self._reference)
        self._claims, self._platform = parts.claims, parts.platform
        self._box = BoxWatch(self._config, state, parts.claims, parts.occupancy)
        self._steps = StepReader(state, parts.platform.steadiness)
        self._requests = Requests(parts)
        self._status = Status(parts)
        self._findings = Findings(parts, self._status)

    # ------------------------------------------------------------------ observations

    def observe(self, observation: ScaleBlock | Tick | Command | RecordBrought) -> list[AnyEvent]:
        """Take one observation; return what it made known.

        Events carry the time they happened; the size of the blocks makes no difference to them.
        """
        self.state.now_s = max(self.state.now_s, observation.t_s)
        if isinstance(observation, Tick):
            return []
        if isinstance(observation, ScaleBlock):
            out = self._weigh(observation)
        elif isinstance(observation, RecordBrought):
            out = self._requests.bring(observation)
        else:
            out = self._requests.carry_out(observation)
        if out:
            self._parts.absences.observe(self.state.now_s)
            self._findings.forget()
        return out

    def finish(self, now_s: float) -> list[AnyEvent]:
        """The recording is over: judge what had not settled yet."""
        out: list[AnyEvent] = []
        for transition in self._platform.finish(now_s):
            out += self._explain(transition)
        self._parts.absences.observe(now_s)
        self._findings.forget()
        return out

    def _weigh(self, block: ScaleBlock) -> list[AnyEvent]:
        out: list[AnyEvent] = []
        for shown in self._platform.observe(block):
            out += [shown] if isinstance(shown, Disturbed) else self._explain(shown)
        return out

    def _explain(self, transition: Transition) -> list[AnyEvent]:
        """The events of one change of level: of the box, or of what is in it."""
        change = self._box.observe(transition)
        out: list[AnyEvent] = [*change.events]
        if change.from_g is None:
            return out
        found = self._steps.observe(transition, change.from_g, was_off=change.was_off)
        if isinstance(found, Step):
            out += self._claims.publish(self._parts.occupancy.observe(found))
        elif found is not None:
            out.append(found)
        return out

    # ------------------------------------------------------------------ questions

    @property
    def babies(self) -> list[Baby]:
        """Who is in the nursery now, without the retired."""
        return self._parts.roster.here

    @property
    def records(self) -> list[BabyRecord]:
        """Of each who is in the nursery now: weighings, bottles, growth."""
        return [record for record in self._claims.records if record.here]

    @property
    def met(self) -> list[Baby]:
        """Who is here or has left."""
        return self._parts.roster.met

    @property
    def gone(self) -> list[Baby]:
        """Who has left."""
        return self._parts.roster.gone

    @property
    def fault(self) -> str | None:
        """A converter fault seen in the data, in a sentence; ``None`` when there is none."""
        return self._platform.fault

    @property
    def wander(self) -> Wander | None:
        """How far the platform runs by itself; ``None`` while it does not, or nobody knows."""
        return self._platform.wander

    @property
    def settled(self) -> bool:
        """The platform is still often enough for a movement or a weight to be seen."""
        return self._platform.still.settled

    def liveliness(self) -> float | None:
        """Recent activity in the box, 0 to 1; ``None`` when nothing can be seen."""
        return self._platform.liveliness()

    def handled(self, now_s: float) -> bool:
        """A hand is in the box now, or a baby has just been taken out or put back."""
        return self._platform.handled(now_s)

    def found(self, now_s: float) -> Found:
        """What a person should know now, and what nobody can tell; cheap to ask every second."""
        return self._findings.at(now_s)

    def conditions(self, now_s: float) -> list[Condition]:
        """What a person should know now."""
        return self.found(now_s).conditions

    def cry_context(self, t_s: float, species: Voice) -> tuple[CryContext, str]:
        """Why somebody may be crying at ``t_s``, and a phrase that says so."""
        if self._platform.handled(t_s):
            return "handled", "hands were in the box"
        records = [record for record in self._claims.records if record.here]
        same = [record for record in records if record.baby.species == species]
        return phrase(same or records, t_s, self._reference)

    def scale_status(self, now_s: float) -> ScaleStatus:
        """The live numbers of the platform; unknown is ``None``."""
        return self._status.scale(now_s)

    def in_box(self, now_s: float) -> list[str] | None:
        """Names of those inside; ``None`` while that is not known."""
        return self._status.in_box_at(now_s)

    def ages(self, now_s: float) -> list[Age]:
        """How old everybody in the nursery is."""
        return self._status.ages(now_s)

    def baby_statuses(self, now_s: float) -> list[BabyStatus]:
        """One document per baby."""
        return self._status.babies(now_s)

    # ------------------------------------------------------------------ the clock

    def follow_shift(self, before: WeigherState) -> list[AnyEvent]:
        """The state was shifted; returns what follows: feeds and growth across the gap.

        ``before``: the state as it was. Growth uses the weighings whose times became known by it.
        """
        guessed = _stamped(before, "guess")
        for record in self._claims.records:
            record.weighings.sort(key=lambda w: w.t_s)
        return self._claims.retime(guessed & _stamped(self.state, "clock"))

    def recalibrate(self, config: ScaleConfig) -> None:
        """The scale has another calibration from now on."""
        self._config = config
        self.state = by_another_calibration(self.state)
        self.state.calibration = self._calibration

    def know_clock(self, known: bool) -> None:
        """Whether the timeline is where the world's clocks are."""
        self.state.claims.clock_known = known

    # ------------------------------------------------------------------ a restart

    def resume(self, state: WeigherState) -> None:
        """After a restart: take up where ``state`` was left.

        A resumed stream gives the same events as the whole when it is built with the history.
        Babies and typed weighings that this object was built with and that ``state`` does not
        know were entered in between: they are accepted.
        """
        start_s, known = self.state.start_s, self.state.claims.clock_known
        if sum(not record.here for record in state.claims.records) > MOST_GONE:
            self._begin(start_s, occupancy_known=False)
            self.know_clock(known)
            return
        if state.calibration not in {None, self._calibration}:
            state = by_another_calibration(state)
        state.calibration = self._calibration
        state.resumed_s, state.claims.clock_known = start_s, known
        self.state = state
        reconcile(
            self._parts,
            babies=self._registered,
            history=self._history,
            told=self._told,
            now_s=start_s,
        )
        self._parts.absences.observe(start_s)


def _stamped(state: WeigherState, stamp: Stamp) -> set[str]:
    """Step ids of the weighings whose time has this word for it."""
    records = state.claims.records
    return {w.step_id for record in records for w in record.weighings if w.stamp == stamp}

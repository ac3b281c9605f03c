"""The scale half of the core, wired: counts in; weights with names, feeds, growth and worries out.

``plateaus`` finds steps, ``tracker`` says whose they are, ``claims`` publishes that and takes it
back, ``corrections`` takes what people say, ``conditions`` finds the words. This module passes
things along, knows whether the box is on the platform, and keeps everything in one struct, so that
a snapshot is one encoding of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from monitor.alert_kinds import AlertKind
from monitor.config import ScaleConfig
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.conditions import ConcernWriter, Watch, phrase
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale import conditions
from monitor.core.scale.claims import Claims, ClaimsState, is_thing
from monitor.core.scale.converter import ConverterState, ConverterWatch, least_g
from monitor.core.scale.corrections import Corrections
from monitor.core.scale.hypothesis import Step, step_id
from monitor.core.scale.liveliness import Liveliness, LivelinessState
from monitor.core.scale.plateaus import TOUCH_G, Segmenter, SegmenterState, Transition, Trend
from monitor.core.scale.roster import Roster, first_estimate
from monitor.core.scale.settled import SettledState, SettledWatch
from monitor.core.scale.steadiness import Steadiness, SteadinessState, Wander
from monitor.core.scale.tracker import SMALLEST_MOVE_G, OccupancyState, OccupancyTracker
from monitor.core.scale.windows import Window, Windower, WindowerState
from monitor.documents import BabyStatus, ScaleStatus
from monitor.errors import CommandError, InputError
from monitor.events import (
    AnyEvent,
    Baby,
    BoxOff,
    BoxOn,
    CannotJudge,
    Command,
    Condition,
    CryContext,
    Disturbed,
    ObjectMoved,
    ScaleBlock,
    Tick,
    Voice,
    Weighing,
)
from monitor.timeshift import Moment, TimeShift, moved

BLIND_S = 20.0
"""Longer without samples, and more than one baby may have moved: nothing is claimed."""
STALE_S = 10.0
"""No window for this long: the live total is unknown."""
DISTURBED_S = 30.0
"""Not still for this long: published once, so that missing weights are explained."""
HANDLED_S = 60.0
"""Babies protest for about a minute after a hand."""
MOST_GONE = 16
"""Babies who left keep their places in every hypothesis; a restart with more begins anew."""
MIN_BOX_G = 60.0
"""Less than this and box and babies cannot be told apart by the empty platform."""
LEAN_G = 4.0
"""The lightest hand that would spoil a weight."""
EMPTY_G = 20.0
"""A platform this close to its zero at the start carries no box."""
ASK_S = 12 * 3600.0
"""After half a day nobody remembers which one it was."""
UNSURE_P = 0.05
"""Where a baby is, is known when the hypotheses that agree on it hold all but this."""
UNKNOWN_GAP_S = 8 * 3600.0
"""A power cut nobody has timed yet is taken to have been as long as a night."""
CONDITIONS_S = 15.0
"""Worries change with weighings, or slowly: they are worked out again this often."""


TREND_ERRORS = 2.0
"""A trend within twice its own error is none"""
TREND_S = 30.0
"""On a platform that wanders a trend is followed for so long; beyond it only the error grows"""

_OF_THE_PLATFORM: tuple[AlertKind, ...] = ("scale_overload", "scale_unsettled")


class _Judged(NamedTuple):
    """What was worked out at ``t_s``."""

    t_s: float
    blind: bool
    """nothing is read from the platform"""
    stated: list[Condition]
    unjudged: list[CannotJudge]


_ENCODED = {
    "occupancy": "litter",
    "claims": "ledger",
    "liveliness": "movement",
    "disturbance_published": "said_disturbed",
}
"""names in the snapshots that lie in users' journals"""


class WeigherState(msgspec.Struct, rename=_ENCODED):
    """Everything the weigher remembers; bounded."""

    windower: WindowerState
    segmenter: SegmenterState
    occupancy: OccupancyState
    claims: ClaimsState
    converter: ConverterState
    liveliness: LivelinessState
    start_s: Moment
    now_s: Moment
    window_s: Moment | None = None
    level_g: float | None = None
    touched_s: Moment | None = None
    box_off: bool = False
    off_from_g: float | None = None
    disturbance_published: bool = False
    settled: bool = True
    """the last plateau was a long one"""
    still: SettledState = msgspec.field(default_factory=SettledState)
    steadiness: SteadinessState = msgspec.field(default_factory=SteadinessState)
    resumed_s: Moment = 0.0
    """where this run took up what an earlier one left; 0 for one that began anew"""


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
    ) -> None:
        """Start with these babies.

        Args:
            config: the calibration; an uncalibrated scale weighs nobody.
            babies: who is in the nursery.
            history: earlier weighings, any order.
            start_s: where the timeline begins.
            reference: growth bands and feeding rhythm.
            occupancy_known: all of them are certainly in the box; otherwise it is inferred.
        """
        self._config = config
        self._reference = reference
        self._registered = [baby for baby in babies if baby.retired_s is None]
        self._history = sorted(history, key=lambda w: w.t_s)
        self._begin(start_s, occupancy_known=occupancy_known)

    def _begin(self, start_s: float, *, occupancy_known: bool) -> None:
        """Know what was given, and nothing else."""
        reference = self._reference
        records = [BabyRecord(baby=baby) for baby in self._registered]
        by_name = {record.baby.name: record for record in records}
        for weighing in self._history:
            if weighing.baby in by_name:
                by_name[weighing.baby].put(weighing)
        for record in records:
            record.refresh(reference)
        occupancy = OccupancyTracker.start(
            [first_estimate(record, reference, start_s) for record in records],
            all_inside=occupancy_known,
        )
        self._attach(
            WeigherState(
                windower=WindowerState(),
                segmenter=SegmenterState(),
                occupancy=occupancy.state,
                claims=ClaimsState(records=records),
                converter=ConverterState(),
                liveliness=LivelinessState(),
                start_s=start_s,
                now_s=start_s,
            )
        )

    def _attach(self, state: WeigherState) -> None:
        config = self._config
        self._state = state
        self._windower = Windower(
            config.counts_per_gram or 1.0, config.zero_counts or 0.0, state.windower
        )
        self._segmenter = Segmenter(state.segmenter)
        self._occupancy = OccupancyTracker(state.occupancy)
        self._claims = Claims(state.claims, self._reference)
        self._roster = Roster(self._claims, self._occupancy, self._reference)
        self._corrections = Corrections(
            self._claims, self._occupancy, self._roster, self._reference
        )
        self._converter = ConverterWatch(config, state.converter)
        self._liveliness = Liveliness(state.liveliness)
        self._still = SettledWatch(state.still)
        self._steadiness = Steadiness(state.steadiness)
        self._writer = ConcernWriter(self._reference)
        self._last: _Judged | None = None

    # ------------------------------------------------------------------ observations

    def observe(self, observation: ScaleBlock | Tick | Command) -> list[AnyEvent]:
        """Take one observation; return what it made known.

        Events carry the time they happened; the size of the blocks makes no difference to them.
        """
        self._state.now_s = max(self._state.now_s, observation.t_s)
        if isinstance(observation, Tick):
            return []
        if isinstance(observation, ScaleBlock):
            out = self._block(observation)
        else:
            out = self._command(observation)
        if out:
            self._last = None
        return out

    def finish(self, now_s: float) -> list[AnyEvent]:
        """The recording is over: judge what had not settled yet."""
        out: list[AnyEvent] = []
        for transition in self._segmenter.finish(now_s):
            out += self._transition(transition)
        self._last = None
        return out

    def _block(self, block: ScaleBlock) -> list[AnyEvent]:
        out: list[AnyEvent] = []
        state = self._state
        segmenter, steadiness = state.segmenter, state.steadiness
        calibrated = self._config.calibrated
        converter, liveliness = self._converter.observe, self._liveliness.observe
        still, steps = self._still.observe, self._segmenter.observe
        for window in self._windower.observe(block.times_s, block.counts):
            converter(window)
            t_s, g = window.t_s, window.g
            if not calibrated or math.isnan(g):
                continue
            state.window_s, state.level_g = t_s, g
            liveliness(g)
            for transition in steps(t_s, g):
                out += self._transition(transition)
            on_plateau = segmenter.level_g is not None
            still(t_s, segmenter.since_s if on_plateau else None)
            if not on_plateau:
                self._unsettled(window, out)
                continue
            state.disturbance_published = False
            if t_s >= steadiness.look_s and not segmenter.pending:
                self._steadiness.observe(t_s, segmenter.recent, fresh=segmenter.open)
        return out

    def _unsettled(self, window: Window, out: list[AnyEvent]) -> None:
        state, segmenter = self._state, self._state.segmenter
        if segmenter.tail_g is not None and abs(window.g - segmenter.tail_g) > TOUCH_G:
            state.touched_s = window.t_s
        left_s = segmenter.left_s
        if left_s is None or state.disturbance_published:
            return
        # Time without samples is no time without stillness.
        if window.t_s - left_s - segmenter.blind_s > DISTURBED_S:
            state.disturbance_published = True
            out.append(Disturbed(t_s=left_s))

    # ------------------------------------------------------------------ steps

    def _transition(self, transition: Transition) -> list[AnyEvent]:
        state = self._state
        self._steadiness.closed(moved=self._was_moved(transition))
        if transition.from_g is None:
            babies_g = self._inside_g()
            empty = abs(transition.to_g) < EMPTY_G and babies_g > 2 * EMPTY_G
            state.box_off = empty or transition.to_g < least_g(self._config)
            return []
        if self._shows_hands(transition):
            state.touched_s = max(state.touched_s or 0.0, transition.t_s)
        if state.box_off:
            return self._box_on(transition)
        if self._left_the_platform(transition.from_g, transition.to_g):
            state.box_off, state.off_from_g = True, transition.from_g
            return [BoxOff(t_s=transition.t_s)]
        return self._step(transition, transition.from_g, was_off=False)

    def _shows_hands(self, transition: Transition) -> bool:
        """Whether somebody is there: not, if the same level is found again after a gap.

        A restart and a cable that was out for a while are no hands, and must hold back no cry.
        """
        gap = transition.blind_s > 0.0 or transition.from_end_s < self._state.resumed_s
        if not gap or transition.touched or transition.from_g is None:
            return True
        return abs(transition.to_g - transition.from_g) >= SMALLEST_MOVE_G

    @staticmethod
    def _was_moved(transition: Transition) -> bool:
        """More than the platform did by itself lies between the two levels."""
        if transition.from_g is None or transition.touched or transition.blind_s > 0.0:
            return True
        return abs(transition.to_g - transition.from_g) >= SMALLEST_MOVE_G

    def _inside_g(self) -> float:
        """What the babies in the box should weigh together."""
        inside = self._occupancy.best().inside
        return sum(
            record.weight_g or 0.0
            for i, record in enumerate(self._claims.records)
            if inside >> i & 1
        )

    def _left_the_platform(self, from_g: float, to_g: float) -> bool:
        """Lost more than all the babies weigh, and hardly anything is left, or less than that."""
        if to_g < least_g(self._config):
            return True
        babies_g = self._inside_g()
        box_g = from_g - babies_g
        lost_box = from_g - to_g > babies_g + 0.5 * max(box_g, MIN_BOX_G)
        return box_g > MIN_BOX_G and lost_box and abs(to_g) < 0.25 * from_g

    def _box_on(self, transition: Transition) -> list[AnyEvent]:
        state = self._state
        known = state.off_from_g
        enough = MIN_BOX_G if known is None else max(MIN_BOX_G, 0.3 * known)
        if transition.to_g < enough:
            return []
        state.box_off, state.off_from_g = False, None
        out: list[AnyEvent] = [BoxOn(t_s=transition.t_s)]
        if known is not None:
            out += self._step(transition, known, was_off=True)
        return out

    def _step(self, transition: Transition, from_g: float, *, was_off: bool) -> list[AnyEvent]:
        blind = was_off or transition.blind_s > BLIND_S
        from_g, to_g, drift_g = self._at_once(transition, from_g, blind=blind)
        delta = to_g - from_g
        touched = transition.touched
        # A hand that leans makes small steps too: they matter next to a plateau that was brief.
        alone = transition.settled and self._state.settled
        self._state.settled = transition.settled
        least_g = SMALLEST_MOVE_G if alone else LEAN_G
        # 0.15 g: what is left of creep and of the platform's corners when all else is averaged.
        sigma = math.hypot(transition.from_se_g, transition.to_se_g, 0.15, drift_g)
        if abs(delta) < least_g and not touched and not blind:
            if alone and is_thing(delta, sigma):
                return [ObjectMoved(t_s=transition.t_s, delta_g=delta)]
            return []
        step = Step(
            step_id=step_id(transition.t_s),
            t_s=transition.t_s,
            from_g=from_g,
            to_g=to_g,
            sigma_g=sigma,
            settled=transition.settled,
            touched=touched,
            blind=blind,
            box_was_off=was_off,
            elapsed_s=self._elapsed_s(transition),
            sure=self._state.claims.clock_known,
        )
        return self._claims.publish(self._occupancy.observe(step))

    def _at_once(
        self, transition: Transition, from_g: float, *, blind: bool
    ) -> tuple[float, float, float]:
        """Both levels as they were in the moment of the step, and the error that remains."""
        if blind or not self._steadiness.wanders:
            return from_g, transition.to_g, 0.0
        before, error_before = self._ran(transition.from_trend, transition.t_s)
        after, error_after = self._ran(transition.to_trend, transition.t_s)
        return from_g + before, transition.to_g + after, math.hypot(error_before, error_after)

    def _ran(self, trend: Trend | None, t_s: float) -> tuple[float, float]:
        """By how much a level has run at ``t_s`` since it was read, and the error of that."""
        steadiness = self._steadiness
        if trend is None or not steadiness.wanders:
            return 0.0, 0.0
        ahead_s = t_s - trend.middle_s
        if abs(trend.g_s) < TREND_ERRORS * trend.se_g_s:
            return 0.0, steadiness.surprise_g(abs(ahead_s))
        sure_s = math.copysign(min(abs(ahead_s), TREND_S), ahead_s)
        errors_g = (
            trend.se_g_s * sure_s,
            trend.g_s * (ahead_s - sure_s),
            steadiness.surprise_g(abs(ahead_s)),
        )
        return trend.g_s * sure_s, math.hypot(*errors_g)

    def _elapsed_s(self, transition: Transition) -> float:
        elapsed_s = transition.to_start_s - transition.from_end_s
        across = transition.from_end_s < self._state.resumed_s
        if across and not self._state.claims.clock_known:
            return max(elapsed_s, UNKNOWN_GAP_S)
        return elapsed_s

    # ------------------------------------------------------------------ commands

    def _command(self, command: Command) -> list[AnyEvent]:
        if command.verb not in {"tare", "weigh_in"} | self._corrections.verbs:
            return []
        out: list[AnyEvent] = []
        error = None
        try:
            if command.verb == "tare":
                self._tare(command.t_s)
            elif command.verb == "weigh_in":
                self._weigh_in(command)
            else:
                out = self._corrections.carry_out(command)
        except CommandError as refused:
            error = str(refused)
        result = command.answer(error)
        return [*out, result]

    def _tare(self, now_s: float) -> None:
        """Nothing to zero, weights are differences: what was put in now belongs to the box."""
        if not self._config.calibrated:
            raise CommandError('the scale is not calibrated: run "nursery calibrate scale"')
        if self._total_g(now_s) is None or not self._at_rest:
            raise CommandError("the scale is not still: take your hands off and try again")
        inside = self._perhaps_inside()
        if inside:
            raise CommandError(
                f"{' and '.join(inside)} may be in the box: only an empty one is tared"
            )
        occupancy = self._state.occupancy
        occupancy.hypotheses = [
            msgspec.structs.replace(h, objects=(), gone=()) for h in occupancy.hypotheses
        ]

    def _perhaps_inside(self) -> list[str]:
        return [
            record.baby.name
            for i, record in enumerate(self._claims.records)
            if record.here and self._occupancy.p_inside(i) >= 0.05
        ]

    def _weigh_in(self, command: Command) -> None:
        """Somebody says "I am weighing one baby now": what moves next is no bottle."""
        if command.args.get("cancel"):
            self._claims.expect_bottles()
            return
        if not self._config.calibrated:
            raise CommandError('the scale is not calibrated: run "nursery calibrate scale"')
        if not self.babies:
            raise CommandError('nobody is in the nursery yet: register with "nursery baby add"')
        if self._state.box_off:
            raise CommandError("the box is off the scale: put it back first")
        if self._total_g(command.t_s) is None:
            raise CommandError("the scale sees nothing now: weigh by hand, and look at its alert")
        self._claims.expect_weigh_in(command.t_s)

    # ------------------------------------------------------------------ questions

    @property
    def babies(self) -> list[Baby]:
        """Who is in the nursery now, without the retired."""
        return self._roster.here

    @property
    def fault(self) -> str | None:
        """A converter fault seen in the data, in a sentence; ``None`` when there is none."""
        return self._converter.fault

    @property
    def wander(self) -> Wander | None:
        """How far the platform runs by itself; ``None`` while it does not, or nobody knows."""
        return None if self._state.box_off else self._steadiness.wander

    def liveliness(self) -> float | None:
        """Recent activity in the box, 0 to 1; ``None`` when nothing can be seen."""
        state = self._state
        if state.box_off or self._total_g(state.now_s) is None:
            return None
        return self._liveliness.level

    def handled(self, now_s: float) -> bool:
        """A hand is in the box now, or a baby has just been taken out or put back."""
        touched_s = self._state.touched_s
        return touched_s is not None and now_s - touched_s <= HANDLED_S

    @property
    def settled(self) -> bool:
        """The platform is still often enough for a movement or a weight to be seen."""
        return self._still.settled

    def conditions(self, now_s: float) -> list[Condition]:
        """What a person should know now; cheap to ask every second."""
        return self._judged(now_s).stated

    def unjudged(self, now_s: float) -> list[CannotJudge]:
        """What of it nobody can tell now."""
        return self._judged(now_s).unjudged

    def _judged(self, now_s: float) -> _Judged:
        last, blind = self._last, self._total_g(now_s) is None
        if last is None or last.blind != blind or not 0.0 <= now_s - last.t_s < CONDITIONS_S:
            self._last = last = self._judge(now_s, blind=blind)
        return last

    def _judge(self, now_s: float, *, blind: bool) -> _Judged:
        state, writer = self._state, self._writer
        found = [
            finding
            for i, record in enumerate(self._claims.records)
            if record.here
            for finding in writer.baby(record, now_s, self._watch(i, record, blind=blind))
        ]
        stated = [each for each in found if isinstance(each, Condition)]
        unjudged = [each for each in found if isinstance(each, CannotJudge)]
        stated += conditions.who_is_it(list(state.claims.pending.values()), now_s, ASK_S)
        if blind:
            unjudged += [CannotJudge(kind=k, why="the scale is not seen") for k in _OF_THE_PLATFORM]
        else:
            stated += conditions.overload(
                state.converter.overload_since_s, state.level_g, self._config
            )
            stated += conditions.wanders(self.wander)
            occupied = not state.box_off and self._in_box() != []
            stated += self._still.conditions(now_s, occupied=occupied)
        return _Judged(now_s, blind, stated, unjudged)

    def _watch(self, i: int, record: BabyRecord, *, blind: bool) -> Watch | None:
        """How this baby has been watched; ``None`` while it is not, or never was."""
        state = self._state
        if state.window_s is None:
            return None
        return Watch(
            since_s=max(state.start_s, record.baby.registered_s or state.start_s),
            blind=blind,
            timed_since_s=-math.inf if state.claims.clock_known else state.resumed_s,
            maybe_fed_s=self._maybe_fed(record.baby.name),
            out=not state.box_off and self._occupancy.p_inside(i) <= UNSURE_P,
        )

    def _maybe_fed(self, name: str) -> float | None:
        """When a return nobody could name may have been this baby's bottle."""
        return max(
            (
                event.t_s
                for event in self._state.claims.pending.values()
                if event.move == "return"
                and not event.gap
                and event.step_id not in self._state.claims.only_weighed
                and any(c.baby == name for c in event.candidates)
            ),
            default=None,
        )

    def cry_context(self, t_s: float, species: Voice) -> tuple[CryContext, str]:
        """Why somebody may be crying at ``t_s``, and a phrase that says so."""
        if self.handled(t_s):
            return "handled", "hands were in the box"
        records = [record for record in self._claims.records if record.here]
        same = [record for record in records if record.baby.species == species]
        return phrase(same or records, t_s, self._reference)

    def scale_status(self, now_s: float) -> ScaleStatus:
        """The live numbers of the platform; unknown is ``None``."""
        total_g = self._total_g(now_s)
        blind = total_g is None or self._state.box_off
        return ScaleStatus(
            total_g=total_g,
            still=None if total_g is None else self._at_rest,
            activity=self.liveliness(),
            in_box=None if blind else self._in_box(),
            weigh_in_ends_at=self._claims.weigh_in_ends_s(now_s),
        )

    def _total_g(self, now_s: float) -> float | None:
        state = self._state
        if state.window_s is None or now_s - state.window_s > STALE_S or self.fault:
            return None
        return state.level_g

    @property
    def _at_rest(self) -> bool:
        """The level holds, and the cell is not pressed beyond what it can tell."""
        return self._segmenter.still and self._state.converter.overload_since_s is None

    def _in_box(self) -> list[str] | None:
        """Names, when every one of them is certain; one doubtful baby makes the list a guess."""
        inside = []
        for i, record in enumerate(self._claims.records):
            if not record.here:
                continue
            p = self._occupancy.p_inside(i)
            if UNSURE_P < p < 1.0 - UNSURE_P:
                return None
            if p > 0.5:
                inside.append(record.baby.name)
        return inside

    def baby_statuses(self, now_s: float) -> list[BabyStatus]:
        """One document per baby."""
        blind = self._total_g(now_s) is None or self._state.box_off
        out = []
        for i, record in enumerate(self._claims.records):
            if not record.here:
                continue
            p = self._occupancy.p_inside(i)
            inside = None if blind or UNSURE_P < p < 1.0 - UNSURE_P else p > 0.5
            known = self._state.claims.clock_known
            out.append(record.status(now_s, self._reference, in_box=inside, clock_known=known))
        return out

    # ------------------------------------------------------------------ the clock

    def move(self, shift: TimeShift) -> list[AnyEvent]:
        """The timeline was moved; returns what follows (feeds and growth across the gap)."""
        guessed = {
            w.step_id
            for record in self._claims.records
            for w in record.weighings
            if w.stamp == "guess"
        }
        self._attach(moved(self._state, shift))
        self._history = [moved(weighing, shift) for weighing in self._history]
        for record in self._claims.records:
            record.weighings.sort(key=lambda w: w.t_s)
        proven = {
            w.step_id for record in self._claims.records for w in record.weighings
            if w.stamp == "clock" and w.step_id in guessed
        }  # fmt: skip
        return self._claims.retime(proven)

    def know_clock(self, known: bool) -> None:
        """Whether the timeline is where the world's clocks are."""
        self._state.claims.clock_known = known

    # ------------------------------------------------------------------ snapshot

    def snapshot(self) -> bytes:
        """Everything but old weighings, which the journal has.

        A resumed stream gives the same events as the whole when it is built with that history.
        """
        claims = self._state.claims
        records = [record.light() for record in claims.records]
        light = msgspec.structs.replace(claims, records=records)
        return msgspec.msgpack.encode(msgspec.structs.replace(self._state, claims=light))

    def restore(self, snapshot: bytes) -> None:
        """Take up where ``snapshot`` was made.

        Babies and typed weighings that this object was built with and that the snapshot does not
        know were entered in between: they are believed.

        Raises:
            InputError: the snapshot is not from this version; start without it.
        """
        try:
            state = msgspec.msgpack.decode(snapshot, type=WeigherState)
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise InputError(f"the saved state of the scale cannot be read: {error}") from error
        start_s, known = self._state.start_s, self._state.claims.clock_known
        if sum(not record.here for record in state.claims.records) > MOST_GONE:
            self._begin(start_s, occupancy_known=False)
            self.know_clock(known)
            return
        state.resumed_s, state.claims.clock_known = start_s, known
        self._attach(state)
        self._reconcile(start_s)

    def _reconcile(self, now_s: float) -> None:
        """Bring the restored records up to the roster and the history given at the start."""
        known = {record.baby.id: i for i, record in enumerate(self._claims.records)}
        named = {baby.id: baby for baby in self._registered}
        for key, i in known.items():
            record = self._claims.records[i]
            if key in named:
                self._claims.rename(record.baby.name, named[key].name)
                record.baby = named[key]
            elif record.here:
                self._roster.retire(i, now_s)
        for key, baby in named.items():
            if key not in known:
                self._roster.admit(baby, now_s)
        for i, record in enumerate(self._claims.records):
            mine = [w for w in self._history if record.here and w.baby == record.baby.name]
            record.recall(mine, self._reference)
            had = {w.step_id for w in record.weighings}
            last_s = record.latest.t_s if record.latest is not None else -math.inf
            for weighing in mine:
                later = weighing.move is None or weighing.t_s > last_s
                if later and weighing.step_id not in had:
                    self._claims.put(i, weighing)

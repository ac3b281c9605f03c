"""The last sign of life, from sound and from movement, and the alarm for its absence.

Hand-raised babies that fade go quiet and cold; silence is the worst news and the easiest to fake
by a broken sensor. So the quiet counts only while both the microphone and the scale are proven
alive and the platform is still, and only for a box with somebody in it. Time in which nobody could
hear or see is no quiet and no life: it is left out of the count, and an alarm that is open waits
through it for a sign of life.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from monitor.config import AlertsConfig
from monitor.core.life_signs import LifeSigns, LifeSignsState
from monitor.events import (
    AnyEvent,
    Baby,
    BoxOff,
    BoxOn,
    CannotJudge,
    Condition,
    CryEnded,
    CryStarted,
    JointWeighIn,
    ScaleBlock,
    Unassigned,
    WeighIn,
)
from monitor.times import DAY_S, MINUTE_S, spoken_duration
from monitor.timeshift import Moment

REST_FACTOR = ((7.0, 1.0), (21.0, 4 / 3), (28.0, 5 / 3), (35.0, 2.0), (float("inf"), 8 / 3))
"""(age below, days; factor on the configured time). Babies sleep between bottles, and the longest
interval between bottles grows: 3 h in the first week, then 4, 5, 6 and 8 h (kitten feeding tables
in Small Animal Clinical Nutrition, ch. 23); the alarm keeps the same share of it. The youngest
baby in the box decides, and an unknown age counts as the youngest."""
UNSEEN_LONGEST_S = 300.0
"""Unwatched for longer, somebody has probably stirred meanwhile: the count begins anew. Shorter
(a plug, a restart) it goes on without that time, or a loose plug would keep the alarm unarmed."""
STIRS_APART_S = 10.0
"""Movements closer than this are one."""
SHAKEN_S = 180.0
"""A movement that lasts longer without a pause may be a machine beside the box or a swaying
platform. It begins a count anew, but ends no alarm that is open."""
_HANDLED = (WeighIn, JointWeighIn, Unassigned, BoxOff, BoxOn)
"""Somebody was taken out or put back, or the box was: a person has looked."""


class ActivityState(msgspec.Struct):
    """The last signs of life, and the count of quiet."""

    sound_s: Moment | None = None
    movement_s: Moment | None = None
    """that was no shaking"""
    quiet_from_s: Moment | None = None
    """where the count of quiet began; ``None``: nothing is counted"""
    watched_s: Moment | None = None
    """when last both sources were alive and the platform still"""
    unseen_s: float = 0.0
    """of the count, in which nobody could hear or see"""
    open: bool = False
    """it has been too quiet, and nothing has stirred since"""
    log_quiet: float | None = None
    """how still this box's scale is when it is still (``LifeSigns``)"""


class ActivityRun(msgspec.Struct):
    """What only this run can know."""

    life_signs: LifeSignsState = msgspec.field(default_factory=LifeSignsState)
    stirred_from_s: Moment | None = None
    stirred_s: Moment | None = None
    """the movement that goes on, or the last one"""
    watching: bool = True
    """the last tick was watched, so the count goes on from it"""
    why: str = ""
    """why nobody could say whether it is quiet; empty when it could be said"""


class Activity:
    """Remembers the last sound and movement; states ``too_quiet``."""

    def __init__(self, config: AlertsConfig, start_s: float) -> None:
        self._limit_s = config.too_quiet_after_min * MINUTE_S
        self.state = ActivityState(quiet_from_s=start_s)
        self.run = ActivityRun()

    @property
    def run(self) -> ActivityRun:
        """What only this run can know."""
        return self._run

    @run.setter
    def run(self, run: ActivityRun) -> None:
        self._run, self._life_signs = run, LifeSigns(run.life_signs)

    def observe(
        self, seen: CryStarted | CryEnded | ScaleBlock, events: Sequence[AnyEvent] = ()
    ) -> None:
        """Take a bout, or raw readings of the scale and the ``events`` it made of them.

        A human baby in the next room proves nothing.
        """
        if isinstance(seen, ScaleBlock):
            self._weigh(seen, events)
        elif seen.species != "human":
            self.state.sound_s = max(seen.t_s, self.state.sound_s or seen.t_s)

    def _weigh(self, block: ScaleBlock, events: Sequence[AnyEvent]) -> None:
        if events and any(isinstance(event, _HANDLED) for event in events):
            self._note_movement(block.t_s)
        run, stirred_s = self.run, self._life_signs.observe(block)
        self.state.log_quiet = run.life_signs.log_quiet
        if stirred_s is None:
            return
        if run.stirred_s is None or stirred_s - run.stirred_s > STIRS_APART_S:
            run.stirred_from_s = stirred_s
        run.stirred_s = stirred_s

    def _note_movement(self, t_s: float) -> None:
        self.state.movement_s = max(t_s, self.state.movement_s or t_s)

    @property
    def last_sign_s(self) -> float | None:
        """The later of the last sound and the last movement; None before the first."""
        known = [t for t in (self.state.sound_s, self.state.movement_s) if t is not None]
        return max(known) if known else None

    def quiet_for(self, now_s: float) -> float:
        """Seconds since anything stirred or called; without end before the first."""
        stirred_s, sign_s = self.run.stirred_s, self.last_sign_s
        known = [t_s for t_s in (stirred_s, sign_s) if t_s is not None]
        return now_s - max(known, default=-math.inf)

    def begin_anew(self, now_s: float) -> None:
        """Somebody has looked after whoever is in the box: the count begins now."""
        self.state.quiet_from_s, self.state.unseen_s, self.state.open = now_s, 0.0, False

    def keep_open(self, since_s: float) -> None:
        """An alarm of before the start is open: only a sign of life ends it."""
        if not self.state.open:
            self.state.quiet_from_s, self.state.unseen_s = since_s, 0.0
            self.state.open = True

    def conditions(
        self,
        now_s: float,
        *,
        microphone: bool,
        scale: bool,
        settled: bool = True,
        babies: Sequence[Baby],
    ) -> list[Condition]:
        """``too_quiet`` when nobody has stirred for longer than their age allows.

        ``microphone`` and ``scale``: each is proven alive now. ``settled``: the platform is not
        shaken or swaying, so that a movement on it would be seen. ``babies``: those in the box.
        """
        self._note_signs(now_s)
        if not babies:
            self.state.quiet_from_s, self.state.open = None, False
            self.run.watching = False
            return []
        self.run.why = self._why_blind(microphone=microphone, scale=scale, settled=settled)
        if self.run.why:
            self.run.watching = False
            return []
        self._count(now_s)
        memory = self.state
        quiet_s = now_s - (memory.quiet_from_s or now_s)
        limit_s = self._limit_s * min(_rest_factor(_age_days(baby, now_s)) for baby in babies)
        memory.open = memory.open or quiet_s - memory.unseen_s >= limit_s
        if not memory.open:
            return []
        return [_too_quiet(now_s - quiet_s, quiet_s, memory.unseen_s, limit_s)]

    def unjudged(self) -> list[CannotJudge]:
        """Whether an open alarm waits, as of the last ``conditions``."""
        if not (self.state.open and self.run.why):
            return []
        return [CannotJudge(kind="too_quiet", why=self.run.why)]

    def _note_signs(self, now_s: float) -> None:
        memory, run, stirred_s = self.state, self.run, self.run.stirred_s
        if stirred_s is not None and now_s - stirred_s > STIRS_APART_S:
            if stirred_s - (run.stirred_from_s or stirred_s) <= SHAKEN_S:
                self._note_movement(stirred_s)
            elif not memory.open and memory.quiet_from_s is not None:
                memory.quiet_from_s, memory.unseen_s = max(memory.quiet_from_s, stirred_s), 0.0
            run.stirred_s = run.stirred_from_s = None
        sign_s = self.last_sign_s
        if memory.quiet_from_s is not None and sign_s is not None and sign_s > memory.quiet_from_s:
            memory.quiet_from_s, memory.unseen_s, memory.open = sign_s, 0.0, False

    def _why_blind(self, *, microphone: bool, scale: bool, settled: bool) -> str:
        """Why nobody can say whether it is quiet; empty when it can be said."""
        if not microphone:
            return "the microphone does not hear"
        if not scale:
            return "the scale does not weigh"
        if not settled:
            return "the scale is not still, so a movement on it would not be seen"
        if self.run.stirred_s is not None:
            return "something moves: it may be a baby, or the platform"
        return ""

    def _count(self, now_s: float) -> None:
        """The present moment is watched: the count goes on from the last one that was."""
        memory = self.state
        if memory.quiet_from_s is None:
            memory.quiet_from_s, memory.unseen_s = now_s, 0.0
        elif not self.run.watching:
            last_s = memory.watched_s
            gap_s = now_s - max(last_s or memory.quiet_from_s, memory.quiet_from_s)
            if memory.open or gap_s <= UNSEEN_LONGEST_S:
                memory.unseen_s += gap_s
            else:
                memory.quiet_from_s, memory.unseen_s = now_s, 0.0
        memory.watched_s, self.run.watching = now_s, True

    def follow_shift(self, before: ActivityState) -> None:
        """The state was shifted; ``before``: as it was.

        A count that began before what was shifted has a gap in it, of another length than was
        thought.
        """
        state = self.state
        if state.watched_s is None or before.watched_s is None or state.quiet_from_s is None:
            return
        longer_s = state.watched_s - before.watched_s
        if not longer_s or state.quiet_from_s != before.quiet_from_s:
            return
        if state.open or abs(longer_s) <= UNSEEN_LONGEST_S:
            state.unseen_s = max(0.0, state.unseen_s + longer_s)
        else:
            state.quiet_from_s, state.unseen_s = state.watched_s, 0.0

    def resume(self, state: ActivityState) -> None:
        """After a restart: the count goes on when both sources have proven themselves."""
        self.state = state
        self.run = ActivityRun(
            life_signs=LifeSignsState(log_quiet=state.log_quiet),
            watching=False,
            why="the monitor has just started",
        )


def _too_quiet(since_s: float, quiet_s: float, unseen_s: float, limit_s: float) -> Condition:
    span = spoken_duration(quiet_s)
    unseen = f" ({spoken_duration(unseen_s)} of it unwatched)" if unseen_s >= MINUTE_S else ""
    return Condition(
        kind="too_quiet",
        severity="critical",
        since_s=since_s,
        title="No sound or movement",
        message=f"Nothing has stirred in the box for {span}{unseen}: "
        "look and touch now, is everybody warm?",
        why=f"no call and no movement for {span}{unseen}, limit {spoken_duration(limit_s)}; "
        "microphone and scale both work",
        all_clear="Something has stirred in the box again: a call, a movement or a hand.",
    )


def _rest_factor(age_days: float | None) -> float:
    age = age_days if age_days is not None else 0.0
    return next(factor for below, factor in REST_FACTOR if age < below)


def _age_days(baby: Baby, now_s: float) -> float | None:
    if baby.born is None:
        return None
    born = datetime.fromisoformat(baby.born).replace(tzinfo=UTC)
    return (now_s - born.timestamp()) / DAY_S

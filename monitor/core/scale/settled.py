"""Is the platform ever still? One that sways, leans or shakes on and on weighs nothing.

Still is a plateau that has lasted (``weighing``); its share of the last ten minutes tells a
platform in trouble from a litter at play. Hands empty a box in five minutes; the liveliest of the
scripted litters is still for 73 % of any ten minutes, every other scripted box for 90 %
(``calibration.evaluation.scenario_boxes``), a box that sways by 10 g every 14 s for 3 %.
"""

from __future__ import annotations

import math

import msgspec

from monitor.core.scale.plateaus import SETTLE_S
from monitor.events import Condition
from monitor.times import HOUR_S, spoken_duration
from monitor.timeshift import Moment

MEMORY_S = 600.0
"""a window counts for a third as much after this long"""
UNSETTLED_SHARE = 0.4
"""reached after nine minutes without a still stretch, and not by hands for five"""
SETTLED_SHARE = 0.6
"""... and left again after four to nine minutes of stillness"""
BEGINS_SHARE = 0.9
BLIND_AFTER_S = HOUR_S
"""with somebody in the box it is critical from then on, as a scale that sends nothing is at once:
silence can be told by nobody. No household shakes for that long by itself; a machine, a slipped
box or a bad cell does. Judgement: two thirds of the shortest silence that is told (90 min)"""
LONGEST_WINDOW_S = 2.0
"""Time without samples is no time without stillness."""


class SettledState(msgspec.Struct):
    """What the watch remembers."""

    share: float = 1.0
    last_s: Moment | None = None
    since_s: Moment | None = None
    """when the share began to fall"""
    unsettled: bool = False


class SettledWatch:
    """Tell it of every window whether a plateau goes on, and since when."""

    def __init__(self, state: SettledState) -> None:
        self._state = state

    def observe(self, t_s: float, plateau_from_s: float | None) -> None:
        """Take one window; ``plateau_from_s`` is ``None`` between plateaus."""
        state = self._state
        still = plateau_from_s is not None and t_s - plateau_from_s >= SETTLE_S
        share, last_s = state.share, state.last_s
        span_s = min(t_s - last_s, LONGEST_WINDOW_S) if last_s is not None else 0.0
        state.share = share = share + (1.0 - math.exp(-span_s / MEMORY_S)) * (still - share)
        state.last_s = t_s
        if share >= BEGINS_SHARE:
            state.since_s, state.unsettled = t_s, False
        else:
            state.unsettled = share < (SETTLED_SHARE if state.unsettled else UNSETTLED_SHARE)

    @property
    def settled(self) -> bool:
        """Whether a movement in the box would show, and a weight can be had."""
        return not self._state.unsettled

    def conditions(self, now_s: float, *, occupied: bool) -> list[Condition]:
        """``scale_unsettled`` while it is; ``occupied``: somebody is in the box, or may be."""
        state = self._state
        if not state.unsettled or state.since_s is None:
            return []
        lasts_s = now_s - state.since_s
        blind = occupied and lasts_s >= BLIND_AFTER_S
        unseen = "no weights, feeds or movement are seen"
        if blind:
            unseen += ", so nobody can tell when it is too quiet. Look after the babies yourself"
        found = Condition(
            kind="scale_unsettled",
            severity="critical" if blind else "warning",
            since_s=state.since_s,
            title="Scale is never still",
            message=f"For {spoken_duration(lasts_s)} the scale has hardly been still: {unseen}. "
            "Look what sways, leans on the box or shakes it, and put it on firm ground.",
            why=f"still for {state.share:.0%} of the last ten minutes, "
            f"{SETTLED_SHARE:.0%} are needed",
            all_clear="The scale is still again: weights and movement are seen.",
        )
        return [found]

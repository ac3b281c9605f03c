"""The platform: counts in; transitions between plateaus, and what it shows now, out.

Knows levels and whether they can be trusted; knows no baby.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from monitor.config import ScaleConfig
from monitor.core.scale.converter import ConverterWatch
from monitor.core.scale.decision import SMALLEST_MOVE_G
from monitor.core.scale.liveliness import Liveliness
from monitor.core.scale.plateaus import TOUCH_G, Segmenter, Transition
from monitor.core.scale.settled import SettledWatch
from monitor.core.scale.state import WeigherState
from monitor.core.scale.steadiness import Steadiness, Wander
from monitor.core.scale.windows import Window, Windower
from monitor.events import Disturbed, ScaleBlock

STALE_S = 10.0
"""No window for this long: the live total is unknown."""
DISTURBED_S = 30.0
"""Not still for this long: published once, so that missing weights are explained."""
HANDLED_S = 60.0
"""Babies protest for about a minute after a hand."""


class Platform:
    """Takes blocks in order of time."""

    def __init__(self, config: ScaleConfig, state: WeigherState) -> None:
        self._config = config
        self._state = state
        self._windower = Windower(
            config.counts_per_gram or 1.0, config.zero_counts or 0.0, state.windower
        )
        self._segmenter = Segmenter(state.segmenter)
        self._converter = ConverterWatch(config, state.converter)
        self._liveliness = Liveliness(state.liveliness)
        self.still = SettledWatch(state.still)
        """whether it is ever still"""
        self.steadiness = Steadiness(state.steadiness)
        """whether it holds still when nobody touches it"""

    def observe(self, block: ScaleBlock) -> Iterator[Transition | Disturbed]:
        """Take a block; yield what it shows, each before the windows after it are looked at."""
        state = self._state
        segmenter, steadiness = state.segmenter, state.steadiness
        calibrated = self._config.calibrated
        converter, liveliness = self._converter.observe, self._liveliness.observe
        still, steps = self.still.observe, self._segmenter.observe
        for window in self._windower.observe(block.times_s, block.counts):
            converter(window)
            t_s, g = window.t_s, window.g
            if not calibrated or math.isnan(g):
                continue
            state.window_s, state.level_g = t_s, g
            liveliness(g)
            for transition in steps(t_s, g):
                yield self._known(transition)
            on_plateau = segmenter.level_g is not None
            still(t_s, segmenter.since_s if on_plateau else None)
            if not on_plateau:
                yield from self._unsettled(window)
                continue
            state.disturbance_published = False
            if t_s >= steadiness.look_s and not segmenter.pending:
                self.steadiness.observe(t_s, segmenter.recent, fresh=segmenter.open)

    def _unsettled(self, window: Window) -> Iterator[Disturbed]:
        state, segmenter = self._state, self._state.segmenter
        if segmenter.tail_g is not None and abs(window.g - segmenter.tail_g) > TOUCH_G:
            state.touched_s = window.t_s
        left_s = segmenter.left_s
        if left_s is None or state.disturbance_published:
            return
        # Time without samples is no time without stillness.
        if window.t_s - left_s - segmenter.blind_s > DISTURBED_S:
            state.disturbance_published = True
            yield Disturbed(t_s=left_s)

    def finish(self, now_s: float) -> Iterator[Transition]:
        """The recording is over: what had not settled yet."""
        for transition in self._segmenter.finish(now_s):
            yield self._known(transition)

    def _known(self, transition: Transition) -> Transition:
        self.steadiness.closed(moved=_was_moved(transition))
        if transition.from_g is not None and self._shows_hands(transition):
            self._state.touched_s = max(self._state.touched_s or 0.0, transition.t_s)
        return transition

    def _shows_hands(self, transition: Transition) -> bool:
        """Whether somebody is there: not, if the same level is found again after a gap.

        A restart and a cable that was out for a while are no hands, and must hold back no cry.
        """
        gap = transition.blind_s > 0.0 or transition.from_end_s < self._state.resumed_s
        if not gap or transition.touched or transition.from_g is None:
            return True
        return abs(transition.to_g - transition.from_g) >= SMALLEST_MOVE_G

    # ------------------------------------------------------------------ what it shows now

    def total_g(self, now_s: float) -> float | None:
        """What lies on it; ``None`` while nothing is seen, or nothing that can be."""
        state = self._state
        if state.window_s is None or now_s - state.window_s > STALE_S or self.fault:
            return None
        return state.level_g

    @property
    def at_rest(self) -> bool:
        """The level holds, and the cell is not pressed beyond what it can tell."""
        return self._segmenter.still and self._state.converter.overload_since_s is None

    @property
    def fault(self) -> str | None:
        """A converter fault seen in the data, in a sentence; ``None`` when there is none."""
        return self._converter.fault

    @property
    def wander(self) -> Wander | None:
        """How far the platform runs by itself; ``None`` while it does not, or nobody knows."""
        return None if self._state.box_off else self.steadiness.wander

    def liveliness(self) -> float | None:
        """Recent activity in the box, 0 to 1; ``None`` when nothing can be seen."""
        state = self._state
        if state.box_off or self.total_g(state.now_s) is None:
            return None
        return self._liveliness.level

    def handled(self, now_s: float) -> bool:
        """A hand is in the box now, or a baby has just been taken out or put back."""
        touched_s = self._state.touched_s
        return touched_s is not None and now_s - touched_s <= HANDLED_S


def _was_moved(transition: Transition) -> bool:
    """More than the platform did by itself lies between the two levels."""
    if transition.from_g is None or transition.touched or transition.blind_s > 0.0:
        return True
    return abs(transition.to_g - transition.from_g) >= SMALLEST_MOVE_G

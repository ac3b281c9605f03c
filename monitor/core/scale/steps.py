"""From a transition to the step that the tracker explains: both levels in one moment, its error."""

from __future__ import annotations

import math

from monitor.core.scale.claim_events import is_thing
from monitor.core.scale.decision import SMALLEST_MOVE_G
from monitor.core.scale.hypothesis import Step, step_id
from monitor.core.scale.levels import Trend
from monitor.core.scale.plateaus import Transition
from monitor.core.scale.state import WeigherState
from monitor.core.scale.steadiness import Steadiness
from monitor.events import ObjectMoved
from monitor.times import HOUR_S

BLIND_S = 20.0
"""Longer without samples, and more than one baby may have moved: nothing is claimed."""
LEAN_G = 4.0
"""The lightest hand that would spoil a weight."""
UNKNOWN_GAP_S = 8 * HOUR_S
"""A power cut nobody has timed yet is taken to have been as long as a night."""
TREND_ERRORS = 2.0
"""A trend within twice its own error is none"""
TREND_S = 30.0
"""On a platform that wanders a trend is followed for so long; beyond it only the error grows"""


class StepReader:
    """Takes the transitions during which the box was there before and after."""

    def __init__(self, state: WeigherState, steadiness: Steadiness) -> None:
        self._state = state
        self._steadiness = steadiness

    def observe(
        self, transition: Transition, from_g: float, *, was_off: bool
    ) -> Step | ObjectMoved | None:
        """Take one transition; ``None``: nothing that anybody has to explain.

        ``from_g`` is the level before it; ``was_off``: the box was off the platform meanwhile.
        """
        blind = was_off or transition.blind_s > BLIND_S
        from_g, to_g, drift_g = self._at_once(transition, from_g, blind=blind)
        delta = to_g - from_g
        touched = transition.touched
        # A hand that leans makes small steps too: they matter next to a plateau that was brief.
        alone = transition.settled and self._state.settled
        self._state.settled = transition.settled
        smallest_g = SMALLEST_MOVE_G if alone else LEAN_G
        # 0.15 g: what is left of creep and of the platform's corners when all else is averaged.
        sigma = math.hypot(transition.from_se_g, transition.to_se_g, 0.15, drift_g)
        if abs(delta) < smallest_g and not touched and not blind:
            if alone and is_thing(delta, sigma):
                return ObjectMoved(t_s=transition.t_s, delta_g=delta)
            return None
        return Step(
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

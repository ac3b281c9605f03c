"""A single strong call within quiet: worth a line in the log, never an alert.

A bout needs repetition, and one meow at three in the morning is none. It may still be what a
carer wants to know of the next day, so it is told once it has stayed alone.
"""

from __future__ import annotations

import math

import msgspec

from monitor.core.cry.bouts import CALL_TAIL_S, BoutRule, CryWindow
from monitor.core.cry.features import STEP_S
from monitor.events import CallHeard, Voice
from monitor.timeshift import Moment

STRONG = 0.9
"""judgement; in twelve stitched nights of a busy home nothing was told falsely
(``calibration.evaluation.long_nights``)"""
LONGEST_WINDOWS = 4
"""a window looks back over two steps: a call of up to 1.5 s is heard in so many"""


class LoneCall(msgspec.Struct):
    """A call that nothing has joined yet."""

    first_s: Moment
    last_s: Moment
    best: float
    p_sum: dict[str, float]


class LoneCallsState(msgspec.Struct):
    """What is remembered of the stream."""

    voice_s: Moment = -math.inf
    """the newest window in which anybody was heard, a human baby included"""
    call: LoneCall | None = None


class LoneCalls:
    """Follows one stream of windows; quiet is the rule's ``span_s`` without any voice."""

    def __init__(self, rule: BoutRule, state: LoneCallsState | None = None) -> None:
        self._rule = rule
        self.state = state or LoneCallsState()

    def observe(self, window: CryWindow, *, crying: bool) -> CallHeard | None:
        """Fold in the next window; the call before it, once it has stayed alone.

        ``crying``: a bout is open, to which every call belongs.
        """
        state, quiet_s = self.state, self._rule.span_s
        told = None
        if state.call and window.t_s - state.call.last_s > quiet_s:
            told, state.call = self._tell(state.call), None
        if crying:
            state.call = None
        if max(window.pet, window.p["human"]) >= self._rule.on:
            if not crying:
                self._join(window)
            state.voice_s = window.t_s
        return told

    def _join(self, window: CryWindow) -> None:
        state, call = self.state, self.state.call
        is_pet = window.pet >= self._rule.on
        if call is None:
            if is_pet and window.t_s - state.voice_s > self._rule.span_s:
                p = dict(window.p)
                state.call = LoneCall(window.t_s, window.t_s, window.pet, p)
        elif is_pet and self._goes_on(call, window.t_s):
            call.last_s, call.best = window.t_s, max(call.best, window.pet)
            for name, p_of in window.p.items():
                call.p_sum[name] += p_of
        else:
            state.call = None

    @staticmethod
    def _goes_on(call: LoneCall, t_s: float) -> bool:
        """Whether a window may still be part of the same call."""
        follows = t_s - call.last_s < 1.5 * STEP_S
        return follows and t_s - call.first_s < (LONGEST_WINDOWS - 0.5) * STEP_S

    def _tell(self, call: LoneCall) -> CallHeard | None:
        if call.best < STRONG:
            return None
        kitten, puppy = call.p_sum["kitten"], call.p_sum["puppy"]
        species: Voice = "kitten" if kitten > puppy else "puppy"
        if abs(kitten - puppy) < self._rule.species_margin * (kitten + puppy):
            species = "unknown"
        return CallHeard(t_s=call.last_s - CALL_TAIL_S, species=species, score=call.best)

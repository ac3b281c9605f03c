"""Have the babies lain cold? Then they are warmed before they are fed.

Warmth comes before milk: a chilled neonate cannot digest it (kittenalliance.org; Small Animal
Clinical Nutrition). A baby follows its nest with a lag; so what counts is a nest temperature that
lags behind, both down and up again: an open box is nothing, an hour in the cold takes an hour to
make good.
"""

from __future__ import annotations

import math

import msgspec

from monitor.timeshift import Moment

LAG_S = 2400.0
"""A huddle of new-born pups in a room of 20 °C cools with a time constant of about this. Judgement:
vets rewarm over one to two hours, which is what it takes from 20 °C up."""
COLD_C = 2.0
"""the lagging temperature is below the lowest wanted by so much: chilled; a nest a degree too cool
chills nobody"""
GAP_S = 7200.0
"""nothing known for so long: begin anew with what is so now"""


class ChillState(msgspec.Struct):
    """The temperature that lags, and since when it has been too cold."""

    t_s: Moment | None = None
    felt_c: float = 0.0
    since_s: Moment | None = None
    """since when the nest has been below what is wanted"""
    until_s: Moment | None = None
    """since when it has been warm again; ``None``: it is too cold now"""
    coldest_c: float = 0.0
    """of the nest, since then"""
    chilled: bool = False


class Chill:
    """``observe`` how warm the nest is; ``state.chilled`` says what that means for a bottle."""

    def __init__(self, state: ChillState | None = None) -> None:
        self.state = state or ChillState()

    def observe(self, t_s: float, nest_c: float, low_c: float) -> None:
        """The nest's temperature, and the lowest that is wanted, in °C."""
        state = self.state
        if state.t_s is None or not 0.0 <= t_s - state.t_s <= GAP_S:
            state.felt_c, state.since_s, state.chilled = nest_c, None, False
        else:
            state.felt_c += (nest_c - state.felt_c) * -math.expm1(-(t_s - state.t_s) / LAG_S)
        state.t_s = t_s
        self._follow(t_s, nest_c, low_c)
        limit_c = low_c - (COLD_C / 2 if state.chilled else COLD_C)
        state.chilled = state.felt_c < limit_c

    def _follow(self, t_s: float, nest_c: float, low_c: float) -> None:
        """From when to when the nest was too cold, and how cold."""
        state = self.state
        if nest_c >= low_c:
            if not state.chilled:
                state.since_s = None
            elif state.until_s is None:
                state.until_s = t_s
            return
        if state.since_s is None:
            state.since_s, state.coldest_c = t_s, nest_c
        state.until_s = None
        state.coldest_c = min(state.coldest_c, nest_c)

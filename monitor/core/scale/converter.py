"""Is what the scale weighs possible? Grams first: below zero, too much, one value for ever.

A frozen data line reads as one value for ever, a broken bridge wire as the end of the range. A
single 0 or -1 is a valid code and never an error. The raw codes are judged in ``health.codes``.
"""

from __future__ import annotations

import msgspec

from monitor.config import ScaleConfig
from monitor.core.scale.windows import Window
from monitor.timeshift import Moment

STUCK_S = 60.0
"""Longer than any converter repeats one code: 50 nV of noise flickers over several counts."""
STUCK_COARSE_S = 600.0
"""The same for a calibration so coarse that a sleeping litter may sit on one count."""
COARSE_COUNTS_PER_GRAM = 50.0
SATURATED_S = 3.0
BELOW_ZERO = 0.05
"""Part of the capacity that a total may lie below the empty platform: the zero of a cheap cell
drifts by up to 2 % of it (100 g of 5 kg), and nothing weighs less than nothing."""
BELOW_S = 10.0
"""Longer than somebody lifts the platform by its edge."""
DEAD_CODES = frozenset({-1.0, 0.0})
"""What a data line that is always high or always low reads as."""
DEAD_S = 10.0


def least_g(config: ScaleConfig) -> float:
    """Less than this no platform weighs, with or without a box."""
    return -BELOW_ZERO * config.capacity_g


class ConverterState(msgspec.Struct):
    """What the watch remembers."""

    seen_s: Moment = 0.0
    saturated_since_s: Moment | None = None
    same_since_s: Moment | None = None
    same_g: float | None = None
    flickers: bool = False
    """the last bits have been seen to move, as a live converter's do"""
    overload_since_s: Moment | None = None
    below_since_s: Moment | None = None
    below_g: float = 0.0
    """the newest total of those"""


class ConverterWatch:
    """Looks at every window."""

    def __init__(self, config: ScaleConfig, state: ConverterState) -> None:
        self._config = config
        self._least_g, self._most_g = least_g(config), config.capacity_g
        self.state = state

    def observe(self, window: Window) -> None:
        """Take one window, saturated or not."""
        state = self.state
        state.seen_s = window.t_s
        if not window.saturated:
            state.saturated_since_s = None
        elif state.saturated_since_s is None:
            state.saturated_since_s = window.t_s
        if not window.same_code or window.saturated:
            state.same_since_s = state.same_g = None
            state.flickers = state.flickers or window.n > 1
        elif window.g != state.same_g:
            state.same_since_s, state.same_g = window.t_s, window.g
        if window.saturated:
            return  # nobody knows how much lies on it
        g = window.g
        if self._least_g <= g <= self._most_g:
            state.overload_since_s = state.below_since_s = None
        elif g > self._most_g:
            state.overload_since_s = state.overload_since_s or window.t_s
            state.below_since_s = None
        else:
            state.below_since_s, state.below_g = state.below_since_s or window.t_s, g
            state.overload_since_s = None

    @property
    def fault(self) -> str | None:
        """What is wrong, in a sentence; ``None`` when nothing is."""
        state = self.state
        if state.saturated_since_s is not None:
            if state.seen_s - state.saturated_since_s < SATURATED_S:
                return None
            return (
                "the converter is at the end of its range: check the load cell's four wires, and "
                "that nothing heavy stands on it"
            )
        if state.below_since_s is not None and state.seen_s - state.below_since_s >= BELOW_S:
            return (
                f"reads {state.below_g:.0f} g, and nothing weighs less than an empty platform: "
                "take everything off and calibrate anew (nursery calibrate scale); if that is "
                "refused, check the load cell's wires"
            )
        if state.same_since_s is None or state.same_g is None:
            return None
        since_s = state.seen_s - state.same_since_s
        counts_per_gram = self._config.counts_per_gram or 1.0
        coarse = abs(counts_per_gram) < COARSE_COUNTS_PER_GRAM
        counts = round(state.same_g * counts_per_gram + (self._config.zero_counts or 0.0), 3)
        stuck = state.flickers and since_s >= (STUCK_COARSE_S if coarse else STUCK_S)
        if stuck or (counts in DEAD_CODES and since_s >= DEAD_S):
            return (
                f"the converter has repeated the code {counts:.0f} for {since_s:.0f} s: check its "
                "data and clock wires, then its power"
            )
        return None

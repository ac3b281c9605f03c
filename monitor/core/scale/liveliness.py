"""How lively the box is: the jitter of the platform above the converter's own.

Half-second levels of a sleeping litter differ by the cell's noise, those of a crawling one by
grams. The cell's noise is the quietest stretch seen so far, which may creep up slowly.
"""

from __future__ import annotations

import math

import msgspec

RATE = 0.02
"""Weight of one window: a memory of 25 s."""
LARGEST_G = 10.0
"""A hand is not liveliness."""
FLOOR_CREEP = 1.00001
"""Per window: the floor may double in ten hours, should the cell get noisier."""
HALF_G = 0.7
"""Excess jitter that counts as half of full activity: one kitten crawling."""


class LivelinessState(msgspec.Struct):
    """Running values."""

    last_g: float | None = None
    jitter_g: float = 0.0
    floor_g: float | None = None
    windows: int = 0


class Liveliness:
    """Feed it the level of every window."""

    def __init__(self, state: LivelinessState) -> None:
        self.state = state

    def observe(self, level_g: float) -> None:
        """Take one window."""
        state = self.state
        last_g, state.last_g = state.last_g, level_g
        if last_g is None:
            return
        state.windows = windows = state.windows + 1
        jitter_g, jump_g = state.jitter_g, abs(level_g - last_g)
        remembered = windows * RATE >= 1.0
        rate = RATE if remembered else 1.0 / windows
        jitter_g += rate * ((jump_g if jump_g < LARGEST_G else LARGEST_G) - jitter_g)
        state.jitter_g = jitter_g
        if remembered:
            floor_g = state.floor_g
            quiet_g = jitter_g if jitter_g > 0.005 else 0.005
            crept_g = (quiet_g if floor_g is None else floor_g) * FLOOR_CREEP
            state.floor_g = crept_g if crept_g < quiet_g else quiet_g

    @property
    def level(self) -> float | None:
        """0 to 1; ``None`` in the first half-minute."""
        state = self.state
        if state.floor_g is None:
            return None
        # 1.3: half a minute of pure noise is within 30 % of its mean.
        excess = math.sqrt(max(state.jitter_g**2 - (1.3 * state.floor_g) ** 2, 0.0))
        return excess / (excess + HALF_G)

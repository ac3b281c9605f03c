"""Does the platform hold still when nobody touches it?

Weights are differences across seconds, so a zero that creeps does no harm. One that wanders (a
cord that pulls, a box that leans on the wall, a soft floor, sun on the cell) puts its own grams
into every difference: over the half-minute that a reading spans, they are a meal. It is seen
between the moves: levels ten seconds long are compared with those a minute later, less what two
neighbours differ by, which is the babies' doing.

Measured on the scripted boxes of ``calibration.evaluation.scenarios``: cheap cells (10 g an hour,
as a random walk) change by 0.75 g a minute in the median, 1.7 g at most; wrestling kittens look
like 2.1 g at most. A platform that sways by 25 g up and down within twelve minutes changes by 9 g.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median_high

import msgspec

from monitor.core.scale.levels import Reading
from monitor.timeshift import Moment

LEVEL_S = 10.0
"""One level: long enough to average the noise of a cheap cell to 0.1 g"""
FEWEST_WINDOWS = 8
"""in a level: a converter of 1 Hz fills ten of the twenty half-seconds"""
MOST_WINDOWS = 24
AGAIN_S = 1.0
"""A plateau too young for a level is looked at again after so long"""
LAG_LEVELS = 6
"""A minute, or little more where the stillness was broken"""
KEEP_S = 720.0
"""A dozen minutes are judged together: a hand, a cable that slipped once are a moment in them"""
FEWEST_PAIRS = 18
"""Comparisons before anything is said: three minutes of stillness after the first one"""
WANDERS_G = 3.0
"""Median change over a minute from which the platform wanders (measured: see above)"""
OVER_NOISE = 2.0
"""... and times what neighbouring levels differ by: a wander grows with the time (six times as far
in a minute, a random one 2.4 times), the noise of a wrestling litter does not"""
STEADY_G = 2.0
"""... and below which, for KEEP_S, it has come to rest"""
JUDGE_EVERY_S = 120.0
"""A dozen minutes change slowly, and all their levels are looked at each time."""
NORMAL = 1.4826
"""From a median of absolute values to a standard deviation"""


class Level(msgspec.Struct, frozen=True, array_like=True):
    """The median of ten still seconds."""

    t_s: Moment
    g: float
    stretch: int
    """levels of one stretch have nothing but the platform's own wander between them"""


class SteadinessState(msgspec.Struct):
    """What is remembered; bounded by KEEP_S."""

    levels: list[Level] = []
    stretch: int = 0
    look_s: Moment = 0.0
    """when the next level is due"""
    judged_s: Moment = 0.0
    wanders_since_s: Moment | None = None
    wandered_s: Moment = 0.0
    """when it was last seen to"""
    surprise_g: float = 0.0
    """by how much a level differs from what the two before it foretold: a standard deviation"""


class Wander(msgspec.Struct, frozen=True, kw_only=True):
    """A platform that changes by itself."""

    since_s: float
    range_g: float
    """how far it ran within ``span_s``, apart from what was moved"""
    span_s: float


class Steadiness:
    """Let it look at the plateau under way every ten seconds; ask how far it runs by itself."""

    def __init__(self, state: SteadinessState) -> None:
        self.state = state

    def observe(self, now_s: float, recent: Sequence[Reading], *, fresh: bool) -> None:
        """Take the windows of the plateau under way, oldest first; due at ``look_s``.

        ``fresh``: nobody knows yet what led to it, so it is compared with nothing before it.
        """
        state = self.state
        grams = [p.g for p in recent[-MOST_WINDOWS:] if p.t_s > now_s - LEVEL_S]
        held = len(grams) >= FEWEST_WINDOWS and now_s - recent[-len(grams)].t_s >= LEVEL_S - 1.0
        state.look_s = now_s + (LEVEL_S if held else AGAIN_S)
        if not held:
            return
        middle_s = now_s - 0.5 * LEVEL_S
        stretch = state.stretch + 1 if fresh else state.stretch
        state.levels.append(Level(middle_s, median_high(grams), stretch))
        while state.levels[0].t_s < middle_s - KEEP_S:
            del state.levels[0]
        if middle_s - state.judged_s >= JUDGE_EVERY_S:
            self._judge(middle_s)
            state.judged_s = middle_s

    def closed(self, *, moved: bool) -> None:
        """It is known now what led to the plateau under way: something was ``moved``, or not."""
        state = self.state
        if moved:
            state.stretch += 1
            return
        for i in range(len(state.levels) - 1, -1, -1):
            level = state.levels[i]
            if level.stretch <= state.stretch:
                break
            state.levels[i] = msgspec.structs.replace(level, stretch=state.stretch)

    @property
    def wanders(self) -> bool:
        """The platform changes by itself, by more than a cell does that has nothing wrong."""
        return self.state.wanders_since_s is not None

    @property
    def wander(self) -> Wander | None:
        """How far it runs; ``None`` while it does not, or has not been still long enough."""
        state = self.state
        if state.wanders_since_s is None:
            return None
        low = high = at = 0.0
        for before, after in pairwise(state.levels):
            if before.stretch == after.stretch:
                at += after.g - before.g
                low, high = min(low, at), max(high, at)
        span_s = state.levels[-1].t_s - state.levels[0].t_s
        return Wander(since_s=state.wanders_since_s, range_g=high - low, span_s=span_s)

    def surprise_g(self, ahead_s: float) -> float:
        """Standard deviation of what a level does in ``ahead_s`` that its trend does not tell.

        0 on a platform that does not wander.
        """
        return self.state.surprise_g * math.sqrt(max(ahead_s, 0.0) / LEVEL_S)

    # ------------------------------------------------------------------ the judgement

    def _judge(self, now_s: float) -> None:
        state, changes = self.state, self._changes(LAG_LEVELS)
        if len(changes) < FEWEST_PAIRS:
            return
        noise_g = median_high(self._changes(1) or [0.0])
        change_g = math.sqrt(max(median_high(changes) ** 2 - noise_g**2, 0.0))
        if change_g >= max(WANDERS_G, OVER_NOISE * noise_g):
            state.wanders_since_s = state.wanders_since_s or now_s
            state.wandered_s = now_s
        elif change_g < STEADY_G and now_s - state.wandered_s >= KEEP_S:
            state.wanders_since_s = None
        bends = self._bends() if state.wanders_since_s is not None else []
        state.surprise_g = NORMAL * median_high(bends) if bends else 0.0

    def _changes(self, levels_later: int) -> list[float]:
        """Size of the change to so many levels later, wherever one stretch holds both."""
        levels = self.state.levels
        longest_s = 1.5 * LEVEL_S * levels_later
        return [
            abs(late.g - early.g)
            for early, late in zip(levels, levels[levels_later:], strict=False)
            if early.stretch == late.stretch and late.t_s - early.t_s <= longest_s
        ]

    def _bends(self) -> list[float]:
        """How far each level is from the line through the two before it."""
        out = []
        levels = self.state.levels
        for a, b, c in zip(levels, levels[1:], levels[2:], strict=False):
            if a.stretch == c.stretch and c.t_s - a.t_s < 3.0 * LEVEL_S:
                ahead = (c.t_s - b.t_s) / (b.t_s - a.t_s)
                out.append(abs(c.g - b.g - (b.g - a.g) * ahead))
        return out

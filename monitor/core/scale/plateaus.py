"""Windows to plateaus to steps: what the platform weighs whenever it is still.

A step between two still stretches spans seconds, so zero drift, creep and wet bedding cancel
(the hanging poultry scale: a bird is weighed when it gets off, still before and still after).
A plateau is a run of windows that agree; it may be short and tight or long and loose, so that
lively babies, a washing machine and a one-hertz converter are all served by one rule.
"""

from __future__ import annotations

import math

import msgspec

from monitor.core.scale.levels import (
    Reading,
    Trend,
    crossed_s,
    level_of,
    plateau_start,
    robust_sd,
    tolerance_g,
    trend_of,
)
from monitor.timeshift import Moment

PRECISE_G = 0.25
"""A level is read over longer, to these limits, until its standard error is below this."""
SETTLE_MAX_S = 30.0
TAIL_MAX_S = 60.0
SETTLE_S = 10.0
"""A plateau this long is trusted: a leaning hand is rarely still for that long, and creep after
a step (0.3 % over 20 min) moves a 1 kg step by 25 mg in it."""
TAIL_S = 20.0
"""The level before a step is read over at most this long; 10 g/h of drift is 0.06 g in it."""
GAP_S = 5.0
"""No sample for longer: nobody knows what happened in between."""
TOUCH_G = 20.0
"""An excursion this large between two equal levels was a hand, and under a hand babies can be
swapped; less than this is a baby turning over."""
MIN_NOISE_G = 0.05
"""Window-to-window noise of a good 1 kg cell, from the datasheet's 50 nV rms."""


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """From one plateau to the next; the first of a recording comes from nowhere."""

    t_s: float
    """the moment the level crossed half-way for good"""
    from_g: float | None
    from_se_g: float
    from_end_s: float
    to_g: float
    to_se_g: float
    to_start_s: float
    settled: bool
    """the new plateau lasted SETTLE_S; otherwise it was left sooner"""
    touched: bool
    """the signal went far beyond both levels in between: a hand, under which babies can swap"""
    blind_s: float
    """time without samples in between"""
    known_s: float
    """when this became known"""
    from_trend: Trend | None = None
    """``None``: too short to have one"""
    to_trend: Trend | None = None


class SegmenterState(msgspec.Struct):
    """Everything the plateau finder remembers; bounded."""

    last_s: Moment | None = None
    noise_g: float = 0.3
    """running scatter from window to window while still"""
    # the plateau under way
    recent: list[Reading] = []
    head: list[Reading] = []
    since_s: Moment | None = None
    level_g: float | None = None
    # windows that disagree with it
    pending: list[Reading] = []
    kept: list[Reading] = []
    """windows of the plateau just left, should it turn out to go on"""
    # between plateaus
    moving: list[Reading] = []
    left_s: Moment | None = None
    tail_g: float | None = None
    tail_se_g: float = 0.0
    tail_end_s: Moment = 0.0
    tail_trend: Trend | None = None
    high_g: float = -math.inf
    low_g: float = math.inf
    blind_s: float = 0.0
    # a new plateau that has not settled yet
    open: bool = False
    edge_s: Moment = 0.0
    from_g: float | None = None
    from_se_g: float = 0.0
    from_end_s: Moment = 0.0
    touched: bool = False
    open_blind_s: float = 0.0
    from_trend: Trend | None = None


class Segmenter:
    """Windows in, transitions between plateaus out."""

    def __init__(self, state: SegmenterState | None = None) -> None:
        self.state = state or SegmenterState()

    @property
    def still(self) -> bool:
        """A plateau is under way and nothing disagrees with it."""
        return self.state.level_g is not None and not self.state.pending

    def observe(self, t_s: float, g: float) -> list[Transition]:
        """Take one window with a finite level."""
        state = self.state
        out: list[Transition] = []
        if state.last_s is not None and t_s - state.last_s > GAP_S:
            if state.level_g is not None:
                self._leave()
            state.blind_s += t_s - state.last_s
            state.moving = []
        state.last_s = t_s
        pair = Reading(t_s, g)
        if state.level_g is None:
            self._move(pair, out)
        else:
            self._stay(pair, state.level_g, out)
        return out

    def finish(self, known_s: float) -> list[Transition]:
        """The recording is over: the plateau under way is as long as it will be."""
        return [self._close(settled=True, known_s=known_s)] if self.state.open else []

    # ------------------------------------------------------------------ on a plateau

    def _stay(self, pair: Reading, level_g: float, out: list[Transition]) -> None:
        state = self.state
        deviation = pair.g - level_g
        noise_g, recent = state.noise_g, state.recent
        if abs(deviation) <= tolerance_g(noise_g):
            if state.pending:
                state.pending = []
            jump = abs(pair.g - recent[-1].g)
            noise_g += 0.05 * (min(0.886 * jump, 3.0 * noise_g + 0.1) - noise_g)
            state.noise_g = max(noise_g, MIN_NOISE_G)
            state.level_g = level_g + 0.15 * deviation
            recent.append(pair)
            if len(recent) > 240:  # two minutes; trimmed rarely, so that appending is cheap
                del recent[:120]
            if state.open:
                state.head.append(pair)
                lasted_s = pair.t_s - (state.since_s or 0.0)
                if lasted_s >= SETTLE_S and self._precise(lasted_s):
                    out.append(self._close(settled=True, known_s=pair.t_s))
            return
        state.pending.append(pair)
        # One or two windows that come back are a spike train or a twitch, three are a departure.
        if len(state.pending) >= 3:
            pending = state.pending
            self._leave()
            for late in pending:
                self._move(late, out)

    def _precise(self, lasted_s: float) -> bool:
        state = self.state
        return lasted_s >= SETTLE_MAX_S or level_of(state.head, state.noise_g)[1] <= PRECISE_G

    def _leave(self) -> None:
        state = self.state
        end_s = state.recent[-1].t_s
        for span_s in (TAIL_S, TAIL_MAX_S):
            windows = [p for p in state.recent if p.t_s > end_s - span_s]
            # The last window may already hold the first touch of the hand.
            windows = windows[:-1] if len(windows) > 4 else windows
            state.tail_g, state.tail_se_g = level_of(windows, state.noise_g)
            if state.tail_se_g <= PRECISE_G:
                break
        state.tail_trend = trend_of(windows, state.noise_g)
        state.tail_end_s = end_s
        state.left_s = end_s
        state.level_g = None
        state.kept = state.recent
        state.recent, state.pending, state.moving = [], [], []
        state.high_g, state.low_g = -math.inf, math.inf
        state.blind_s = 0.0

    def _close(self, *, settled: bool, known_s: float) -> Transition:
        state = self.state
        windows = state.head
        windows = windows[1:] if len(windows) > 4 else windows
        level, se = level_of(windows, state.noise_g)
        state.open = False
        state.head = []
        return Transition(
            t_s=state.edge_s,
            from_g=state.from_g,
            from_se_g=state.from_se_g,
            from_end_s=state.from_end_s,
            to_g=level,
            to_se_g=se,
            to_start_s=state.since_s or known_s,
            settled=settled,
            touched=state.touched,
            blind_s=state.open_blind_s,
            known_s=known_s,
            from_trend=state.from_trend,
            to_trend=trend_of(windows, state.noise_g),
        )

    # ------------------------------------------------------------------ between plateaus

    def _move(self, pair: Reading, out: list[Transition]) -> None:
        state = self.state
        if state.level_g is not None:
            self._stay(pair, state.level_g, out)
            return
        state.moving.append(pair)
        state.high_g, state.low_g = max(state.high_g, pair.g), min(state.low_g, pair.g)
        if len(state.moving) > 256:
            del state.moving[:128]
        start = plateau_start(state.moving, state.noise_g)
        if start is not None:
            self._accept(state.moving[start:], state.moving[:start], out)

    def _accept(self, windows: list[Reading], before: list[Reading], out: list[Transition]) -> None:
        state = self.state
        level, _ = level_of(windows, state.noise_g)
        scatter = robust_sd(windows, level)
        tail = state.tail_g
        touched = False
        if tail is not None:
            low, high = min(level, tail), max(level, tail)
            beyond_g = max(state.high_g - high, low - state.low_g)
            touched = beyond_g >= max(TOUCH_G, 6.0 * state.noise_g)
        state.noise_g = max(min(scatter, 12.0), 0.7 * state.noise_g, MIN_NOISE_G)
        state.level_g = level
        state.recent, state.pending, state.moving = list(windows), [], []
        kept, state.kept = state.kept, []
        same = (
            tail is not None
            and abs(level - tail) <= max(1.5, 3.0 * state.tail_se_g)
            and not touched
            and state.blind_s == 0.0
        )
        if same:  # a baby turned over: the plateau goes on
            state.recent = kept[-120:] + state.recent
            if state.open:
                state.head.extend(windows)
            return
        if state.open:
            out.append(self._close(settled=False, known_s=windows[-1].t_s))
        state.open = True
        state.head = list(windows)
        state.since_s = windows[0].t_s
        state.from_g, state.from_se_g = tail, state.tail_se_g
        state.from_end_s, state.from_trend = state.tail_end_s, state.tail_trend
        state.touched = touched
        state.open_blind_s = state.blind_s
        state.edge_s = crossed_s(before, tail, level, windows[0].t_s)

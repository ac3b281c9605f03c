"""The heat source has failed: a curve that falls towards the room, seen before the limit is.

A nest without heat cools as ``room + (start - room) exp(-t / tau)`` (Newton's law of cooling). So
does one with a thermostat each time that it switches off, and an open box; those falls end by
themselves. A fall counts when it has gone on for longer than those of this nest usually do, and
when the curve fitted to it crosses the lowest wanted temperature within the hour and does not level
off before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.times import DAY_S, HOUR_S, MINUTE_S
from monitor.timeshift import Moment

KEPT_S = 45 * MINUTE_S
"""of the curve: longer than any fall that has to be waited for"""
RISE_C = 0.4
"""so much above its lowest, a fall has ended; half of what a thermostat's ripple is at least"""
PEAK_C = 0.25
"""a fall begins where the nest was last so near its highest: a plateau is no fall"""
DROP_C = 0.75
LASTS_S = 15 * MINUTE_S
"""no bottle holds a box open for longer (5 to 12 min)"""
UNTOUCHED_LASTS_S = 6 * MINUTE_S
"""... where the scale has seen that nobody opened it: longer than a hand that takes the probe out.
With 4 min 19 false alarms came in 20 weeks (``calibration.evaluation.nest_nights``)"""
HANDS_BEFORE_S = 5 * MINUTE_S
"""hands so long before a fall may have begun it"""
NEW_LASTS_S = 30 * MINUTE_S
"""while less than LEARN_S is known of this nest's own falls"""
LEARN_S = 2 * HOUR_S
USUAL_TIMES = 1.3
"""of the longest fall that has ended by itself within a day"""
MOST_FALLS = 200
SOON_S = HOUR_S
BELOW_C = 2.0
"""the curve ends so far below what is wanted: it does not level off just under it"""
TAUS_S = 60.0 * np.array([5.0, 8.0, 12.0, 18.0, 27.0, 40.0, 60.0, 90.0, 135.0])
"""time constants that are tried: a mat in a carton to a thick blanket in a box"""
STEEPEST_C = 3.0
"""within a minute, of a nest 15 °C above its room with the shortest of them; what falls faster is
the probe, in a hand or out of the nest"""


class CoolingState(msgspec.Struct):
    """The last readings, a minute apart, and how long falls have lasted."""

    curve: list[tuple[Moment, float]] = []
    since_s: Moment | None = None
    """since when the nest has been watched without a gap"""
    fall_s: float = 0.0
    """how long the fall that goes on has lasted"""
    falls: list[tuple[Moment, float, bool]] = []
    """those that have ended: when, how long they lasted, whether with hands in the box"""
    told: tuple[Moment, float] | None = None
    """when the fall began that is told, and the lowest since"""


class Fall(NamedTuple):
    """A fall that does not end."""

    from_s: float
    from_c: float
    crosses_s: float
    """when the curve is at the lowest wanted temperature"""


class Hands(NamedTuple):
    """What is known of them."""

    seen: bool = False
    """the scale would show them"""
    last_s: float = -math.inf


class Cooling:
    """``observe`` how warm the nest is; ``fall`` is what is wrong."""

    def __init__(self, state: CoolingState | None = None) -> None:
        self.state = state or CoolingState()
        self.fall: Fall | None = None

    def observe(self, t_s: float, nest_c: float, low_c: float, hands: Hands) -> None:
        """The nest's temperature now, the lowest that is wanted, and whose doing it may be."""
        state = self.state
        if state.curve and t_s - state.curve[-1][0] < MINUTE_S:
            return
        if state.curve and not 0.0 <= t_s - state.curve[-1][0] <= KEPT_S:
            state.curve.clear()
        if not state.curve:
            state.since_s, state.fall_s, state.told = t_s, 0.0, None
        state.curve.append((t_s, nest_c))
        state.curve = [each for each in state.curve if t_s - each[0] <= KEPT_S]
        self._follow(t_s, nest_c, low_c, hands)

    def _follow(self, t_s: float, nest_c: float, low_c: float, hands: Hands) -> None:
        state = self.state
        falling = _falling(state.curve)
        lasted_s = t_s - falling[0][0]
        if lasted_s < state.fall_s - MINUTE_S and state.fall_s >= 2 * MINUTE_S:
            touched = hands.last_s >= t_s - state.fall_s - HANDS_BEFORE_S
            state.falls = [(t_s, state.fall_s, touched), *state.falls][:MOST_FALLS]
        state.fall_s = lasted_s
        state.falls = [each for each in state.falls if t_s - each[0] <= DAY_S]
        if state.told is not None:
            if nest_c > state.told[1] + RISE_C:
                state.told = self.fall = None
                return
            state.told = (state.told[0], min(state.told[1], nest_c))
        since_s = max(falling[0][0], hands.last_s)
        untouched = (
            hands.seen
            and hands.last_s < falling[0][0] - HANDS_BEFORE_S
            and _steepest_c(falling) < STEEPEST_C
        )
        usual_s = self._usual_s(t_s, untouched=untouched)
        unlike = t_s - since_s >= usual_s and falling[0][1] - nest_c >= DROP_C
        if state.told is None and not unlike:
            return
        fitted = fit(falling, low_c)
        if fitted is None:
            if state.told is None:
                return
            fitted = math.inf
        from_s = state.told[0] if state.told is not None else falling[0][0]
        state.told = state.told or (from_s, nest_c)
        self.fall = Fall(from_s, max(c for _, c in state.curve), fitted)

    def _usual_s(self, t_s: float, *, untouched: bool) -> float:
        """How long a fall has to last before it is none of the usual ones."""
        state = self.state
        known = state.since_s is not None and t_s - state.since_s >= LEARN_S
        like = (lasted for _, lasted, touched in state.falls if not (untouched and touched))
        longest_s = max(like, default=0.0)
        least_s = UNTOUCHED_LASTS_S if untouched else LASTS_S
        least_s = least_s if known else NEW_LASTS_S
        return min(max(least_s, USUAL_TIMES * longest_s), KEPT_S - 2 * MINUTE_S)


def _falling(curve: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """The end of a curve that falls without a break; at least its last point."""
    begin, peak_c = len(curve) - 1, curve[-1][1]
    while begin > 0 and curve[begin - 1][1] > peak_c - RISE_C:
        begin -= 1
        peak_c = max(peak_c, curve[begin][1])
    near = (i for i in range(begin, len(curve)) if curve[i][1] >= peak_c - PEAK_C)
    return curve[max(near) :]


def _steepest_c(falling: Sequence[tuple[float, float]]) -> float:
    """The most that it fell within a minute, in °C."""
    drops = (
        (before_c - after_c) * MINUTE_S / (after_s - before_s)
        for (before_s, before_c), (after_s, after_c) in pairwise(falling)
    )
    return max(drops, default=0.0)


def fit(falling: Sequence[tuple[float, float]], low_c: float) -> float | None:
    """When the curve through these points (time, °C) is at ``low_c``.

    ``None``: it levels off before, or comes there later than within the hour. The exponential is
    fitted by least squares for each of ``TAUS_S``; the best of them counts.
    """
    times, values = np.array(falling).T
    now_s, now_c = float(times[-1]), float(values[-1])
    if now_c <= low_c:
        return now_s
    if len(times) < 4:
        return None
    _, room_c, tau_s = min(_fitted(times - now_s, values, float(tau_s)) for tau_s in TAUS_S)
    if room_c > low_c - BELOW_C:
        return None
    crosses_s = now_s + tau_s * math.log((now_c - room_c) / (low_c - room_c))
    return crosses_s if crosses_s - now_s <= SOON_S else None


def _fitted(
    times_s: NDArray[np.float64], values_c: NDArray[np.float64], tau_s: float
) -> tuple[float, float, float]:
    """The squared error of the best curve with this time constant, where it ends, and ``tau_s``."""
    shape = np.exp(-times_s / tau_s)
    design = np.stack([np.ones_like(shape), shape], axis=1)
    found, *_ = np.linalg.lstsq(design, values_c, rcond=None)
    return float(np.square(design @ found - values_c).sum()), float(found[0]), tau_s

"""Does anything stir on the scale? A question about life, asked of the raw converter codes.

The spread of a second or two of readings is compared with the quietest quarter of this box's own
recent past, so it needs neither a calibration nor a known noise: a cell of 0.1 g and one of 1 g
noise find their own level. The three lowest and highest of each window are left out, because
isolated wild codes of an HX711 are no sign of life. Drift is far too slow to matter.
"""

from __future__ import annotations

import math

import msgspec

from monitor.events import ScaleBlock
from monitor.timeshift import Moment

WINDOW_S = 2.0
WINDOW_VALUES = 20
"""a window holds at least both: two seconds at 10 a second, twenty at one a second"""
LEFT_OUT = 3
STIRRED = 2.6
"""times the quiet spread. Gaussian noise alone exceeds it in fewer than 1 of 400,000 windows (nine
days; tests/core/test_life_signs.py), one gram of movement in 0.3 g of noise is far above it"""
QUIET_SHARE = 0.25
RATE = 0.004
"""per window: the quiet spread may grow by a third in ten minutes and halve in eight"""
LEARN_WINDOWS = 30
"""one minute at 10 values a second before anything is said"""


class LifeSignsState(msgspec.Struct):
    """The window under way, and what is quiet on this box."""

    times_s: list[Moment] = []
    counts: list[float] = []
    learned: list[float] = []
    """logarithms of the spreads of the first windows"""
    log_quiet: float | None = None
    """the same of a quiet window, in codes; ``None`` while it is learned"""


class LifeSigns:
    """Takes the scale's blocks; tells when something stirred."""

    def __init__(self, state: LifeSignsState | None = None) -> None:
        self.state = state or LifeSignsState()

    def observe(self, block: ScaleBlock) -> float | None:
        """The time of the last window in this block that stirred, or None."""
        times_s, counts = self.state.times_s, self.state.counts
        if len(times_s) + len(block.times_s) < WINDOW_VALUES:
            times_s += block.times_s.tolist()
            counts += block.counts.tolist()
            return None
        stirred_s = None
        new_s, new = block.times_s.tolist(), block.counts.tolist()
        early = max(WINDOW_VALUES - 1 - len(times_s), 0)  # before them no window can end
        times_s += new_s[:early]
        counts += new[:early]
        for t_s, count in zip(new_s[early:], new[early:], strict=True):
            times_s.append(t_s)
            counts.append(count)
            if len(times_s) < WINDOW_VALUES:
                continue
            span_s = t_s - times_s[0]
            if span_s >= WINDOW_S - 1e-6 - span_s / (len(times_s) - 1):
                if self._judge():
                    stirred_s = t_s
                times_s.clear()
                counts.clear()
        return stirred_s

    def _judge(self) -> bool:
        state = self.state
        ordered = sorted(state.counts)
        spread = ordered[-1 - LEFT_OUT] - ordered[LEFT_OUT]
        log_spread = math.log(max(spread, 1.0))  # a converter cannot be quieter than one code
        if state.log_quiet is None:
            state.learned.append(log_spread)
            if len(state.learned) == LEARN_WINDOWS:
                state.log_quiet = _quantile(sorted(state.learned), QUIET_SHARE)
                state.learned.clear()
            return False
        above = log_spread > state.log_quiet
        state.log_quiet += RATE * (QUIET_SHARE if above else QUIET_SHARE - 1.0)
        return log_spread > state.log_quiet + math.log(STIRRED)


def _quantile(ordered: list[float], share: float) -> float:
    """As ``np.quantile``, which would load a megabyte of masked arrays for this."""
    at = (len(ordered) - 1) * share
    below = ordered[int(at)]
    return below + (ordered[int(at) + 1] - below) * (at - int(at))

"""Raw counts to despiked half-second windows on a fixed time grid.

Five samples at 10 SPS are enough for a median to lose two spikes. The grid is that of the clock,
not of the blocks that arrive, so the size of the blocks changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.timeshift import Moment
from monitor.units import SATURATED_CODES

WINDOW_S = 0.5
"""Five samples at 10 SPS: enough for a median to lose two spikes, short enough that babies
lifted five seconds apart leave a plateau of several windows between them."""

_FEW = 32
"""Up to so many samples at once (a live scale's second) are summed up without arrays, whose calls
would cost more than the sums."""
_SUMMED_IN_ORDER = 8
"""Up to so many values numpy's ``reduceat`` adds one after the other, as this file does: both ways
give the same bits."""

LEAST_LIMIT_G = 0.3
"""Samples are dropped beyond 4 robust SD (6 MAD), but never tighter than the cell's own noise:
quantised codes have a MAD of 0."""
_TIE_G = 1e-6
"""Counts are whole, so values can lie exactly on a limit; rounding must not decide then."""


class Window(msgspec.Struct, frozen=True, array_like=True):
    """Half a second of samples, despiked."""

    t_s: float
    g: float
    """in grams once calibrated"""
    n: int
    saturated: bool
    same_code: bool
    """every sample carried one and the same code"""


class WindowerState(msgspec.Struct):
    """Samples of the window that is still open."""

    times_s: list[Moment] = []
    counts: list[float] = []


class Windower:
    """Cuts raw samples into despiked windows on a fixed grid."""

    def __init__(
        self, counts_per_gram: float, zero_counts: float, state: WindowerState | None = None
    ) -> None:
        self._counts_per_gram = counts_per_gram
        self._zero_counts = zero_counts
        self._least_codes = LEAST_LIMIT_G * abs(counts_per_gram)
        self.state = state or WindowerState()

    def observe(self, times_s: NDArray[np.float64], counts: NDArray[np.float64]) -> list[Window]:
        """Add samples; return the windows that are complete (a later sample has arrived)."""
        state = self.state
        if len(state.times_s) + len(times_s) <= _FEW:
            state.times_s = state.times_s + times_s.tolist()
            state.counts = state.counts + counts.tolist()
            return self._close_few() if state.times_s else []
        if state.times_s:
            times_s = np.concatenate((state.times_s, times_s))
            counts = np.concatenate((state.counts, counts))
        slot = np.floor(times_s / WINDOW_S)
        closed = int(np.searchsorted(slot, slot[-1]))
        state.times_s = times_s[closed:].tolist()
        state.counts = counts[closed:].tolist()
        if closed == 0:
            return []
        first = np.concatenate(([0], np.flatnonzero(slot[1:closed] != slot[: closed - 1]) + 1))
        return self._summarise(times_s[:closed], counts[:closed], first)

    def _close_few(self) -> list[Window]:
        """Cut the complete windows off the few samples of the state."""
        state = self.state
        times_s, counts = state.times_s, state.counts
        slot = [t_s // WINDOW_S for t_s in times_s]
        closed = bisect_left(slot, slot[-1])
        if closed == 0:
            return []
        state.times_s, state.counts = times_s[closed:], counts[closed:]
        windows, start = [], 0
        for end in range(1, closed + 1):
            if end == closed or slot[end] != slot[start]:
                windows.append(self._window(times_s[start:end], counts[start:end]))
                start = end
        return windows

    def _window(self, times_s: list[float], counts: list[float]) -> Window:
        """The samples of one window: what ``_summarise`` makes of them, to the bit."""
        n, highest, lowest = len(counts), max(counts), min(counts)
        if n > _SUMMED_IN_ORDER or highest >= SATURATED_CODES[0] or lowest <= SATURATED_CODES[1]:
            return self._summarise(np.array(times_s), np.array(counts), np.array([0]))[0]
        grams = [(code - self._zero_counts) / self._counts_per_gram for code in counts]
        if highest - lowest <= self._least_codes:  # none lies farther than that from any middle
            return Window(_sum(times_s) / n, _sum(grams) / n, n, False, highest == lowest)
        middle_g = _middle(grams)
        deviations = [abs(g - middle_g) for g in grams]
        limit = max(6.0 * _middle(deviations), LEAST_LIMIT_G) + _TIE_G
        if max(deviations) <= limit:
            level, kept = _sum(grams), n
        else:
            near = [deviation <= limit for deviation in deviations]
            level, kept = _sum([g * keep for g, keep in zip(grams, near, strict=True)]), sum(near)
        return Window(_sum(times_s) / n, level / kept, n, False, highest == lowest)

    def _summarise(
        self, times_s: NDArray[np.float64], counts: NDArray[np.float64], first: NDArray[np.intp]
    ) -> list[Window]:
        """Windows of samples; ``first``: where each begins."""
        grams = (counts - self._zero_counts) / self._counts_per_gram
        saturated = (counts >= SATURATED_CODES[0]) | (counts <= SATURATED_CODES[1])
        size = np.diff(first, append=len(counts))
        segment = np.repeat(np.arange(len(first)), size)
        # A saturated code says nothing about the weight: it is sorted to the end and not counted.
        n_bad = np.add.reduceat(saturated.astype(np.int64), first)
        good = np.maximum(size - n_bad, 1)
        middle_g = _medians(np.where(saturated, np.inf, grams), first, size, good)
        deviation = np.abs(grams - middle_g[segment])
        deviation[saturated] = np.inf
        mad = _medians(deviation, first, size, good)
        limit = np.maximum(6.0 * mad, LEAST_LIMIT_G) + _TIE_G
        keep = (deviation <= limit[segment]).astype(np.float64)
        kept = np.maximum(np.add.reduceat(keep, first), 1.0)
        mean = np.add.reduceat(np.where(keep > 0, grams, 0.0), first) / kept
        blind = n_bad * 2 > size
        level = np.where(blind, np.nan, mean)
        same = np.maximum.reduceat(counts, first) == np.minimum.reduceat(counts, first)
        middle = np.add.reduceat(times_s, first) / size
        columns = (middle, level, size, blind, same)
        return list(map(Window, *(column.tolist() for column in columns)))


def _sum(values: list[float]) -> float:
    """In ``reduceat``'s order: the first comes last."""
    rest = 0.0
    for value in values[1:]:
        rest += value
    return values[0] + rest


def _middle(values: list[float]) -> float:
    """The median, without what ``statistics`` spends on checks."""
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _medians(
    values: NDArray[np.float64],
    first: NDArray[np.intp],
    size: NDArray[np.intp],
    count: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Median of the ``count`` smallest values of each window; windows of one size at a time."""
    out = np.empty(len(first))
    for n in set(size.tolist()):  # ``np.unique`` would load a megabyte of masked arrays
        rows = np.flatnonzero(size == n)
        ordered = np.sort(values[first[rows, None] + np.arange(n)], axis=1)
        row, half = np.arange(len(rows)), count[rows] // 2
        upper = ordered[row, half]
        lower = ordered[row, half - 1 + count[rows] % 2]
        out[rows] = np.where(count[rows] % 2 == 1, upper, 0.5 * (lower + upper))
    return out

"""Raw counts to despiked half-second windows on a fixed time grid.

Five samples at 10 SPS are enough for a median to lose two spikes. The grid is that of the clock,
not of the blocks that arrive, so the size of the blocks changes nothing.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.events import SATURATED_CODES
from monitor.timeshift import Moment

WINDOW_S = 0.5
"""Five samples at 10 SPS: enough for a median to lose two spikes, short enough that babies
lifted five seconds apart leave a plateau of several windows between them."""

_TIE_G = 1e-6
"""Counts are whole, so values can lie exactly on a limit; rounding must not decide then."""


class Window(msgspec.Struct, frozen=True, array_like=True):
    """Half a second of samples, despiked."""

    t_s: float
    g: float
    """in grams once calibrated"""
    spread_g: float
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
        self.state = state or WindowerState()

    def observe(self, times_s: NDArray[np.float64], counts: NDArray[np.float64]) -> list[Window]:
        """Add samples; return the windows that are complete (a later sample has arrived)."""
        state = self.state
        if state.times_s:
            times_s = np.concatenate((state.times_s, times_s))
            counts = np.concatenate((state.counts, counts))
        if len(times_s) == 0:
            return []
        slot = np.floor(times_s / WINDOW_S)
        closed = int(np.searchsorted(slot, slot[-1]))
        state.times_s = times_s[closed:].tolist()
        state.counts = counts[closed:].tolist()
        if closed == 0:
            return []
        return self._summarise(times_s[:closed], counts[:closed], slot[:closed])

    def _summarise(
        self, times_s: NDArray[np.float64], counts: NDArray[np.float64], slot: NDArray[np.float64]
    ) -> list[Window]:
        grams = (counts - self._zero_counts) / self._counts_per_gram
        saturated = (counts >= SATURATED_CODES[0]) | (counts <= SATURATED_CODES[1])
        first = np.flatnonzero(np.diff(slot, prepend=slot[0] - 1.0))
        size = np.diff(first, append=len(slot))
        segment = np.repeat(np.arange(len(first)), size)
        # A saturated code says nothing about the weight: it is sorted to the end and not counted.
        n_bad = np.add.reduceat(saturated.astype(np.int64), first)
        good = np.maximum(size - n_bad, 1)
        median = _segment_median(np.where(saturated, np.inf, grams), segment, first, good)
        deviation = np.abs(grams - median[segment])
        deviation[saturated] = np.inf
        mad = _segment_median(deviation, segment, first, good)
        # 4 robust SD, but never tighter than the cell's own noise: quantised codes have a MAD of 0.
        limit = np.maximum(6.0 * mad, 0.3) + _TIE_G
        keep = (deviation <= limit[segment]).astype(np.float64)
        kept = np.maximum(np.add.reduceat(keep, first), 1.0)
        mean = np.add.reduceat(np.where(keep > 0, grams, 0.0), first) / kept
        blind = n_bad * 2 > size
        level = np.where(blind, np.nan, mean)
        same = np.maximum.reduceat(counts, first) == np.minimum.reduceat(counts, first)
        middle = np.add.reduceat(times_s, first) / size
        return [
            Window(*row)
            for row in zip(
                middle.tolist(),
                level.tolist(),
                (1.4826 * mad).tolist(),
                size.tolist(),
                blind.tolist(),
                same.tolist(),
                strict=True,
            )
        ]


def _segment_median(
    values: NDArray[np.float64],
    segment: NDArray[np.intp],
    first: NDArray[np.intp],
    count: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Median of the ``count`` smallest values of each segment."""
    ordered = values[np.lexsort((values, segment))]
    lower = ordered[first + (count - 1) // 2]
    upper = ordered[first + count // 2]
    with np.errstate(invalid="ignore"):  # inf - inf in a window where every sample is saturated
        return np.asarray(np.where(count % 2 == 1, lower, 0.5 * (lower + upper)))

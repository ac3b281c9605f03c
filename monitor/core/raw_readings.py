"""The last seconds of the converter's values, as they come: what a step of a calibration takes.

Kept also while nothing is calibrated. A shift of the timeline begins them anew: they are back
before anybody could press a button twice.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from monitor.core.scale_fit import Plateau, diagnose, rest
from monitor.errors import CalibrationError
from monitor.events import ScaleBlock

REST_S = 5.0
"""50 values at 10 a second: the error of the mean is a seventh of one value's noise"""
COVERED = 0.7
"""of the seconds that a step takes must hold values"""
FRESH_S = 2.5
"""an older value is none of now: the reader hands on twice a second, recordings once"""
SHOWN_S = 1.0


class RawReadings:
    """Takes every block of the scale."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[NDArray[np.float64], NDArray[np.float64]]] = deque()

    def observe(self, block: ScaleBlock) -> None:
        """Take a block; what is older than a step needs is forgotten."""
        if not len(block.counts):
            return
        self._blocks.append((block.times_s, block.counts))
        oldest_s = float(block.times_s[-1]) - 2 * REST_S
        while float(self._blocks[0][0][-1]) < oldest_s:
            self._blocks.popleft()

    def forget(self) -> None:
        """Begin anew."""
        self._blocks.clear()

    def last(self, seconds: float, now_s: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Times and counts of the newest so many seconds; empty when they are not of now."""
        none = np.zeros(0), np.zeros(0)
        if not self._blocks:
            return none
        times = np.concatenate([times for times, _ in self._blocks])
        counts = np.concatenate([counts for _, counts in self._blocks])
        if now_s - times[-1] > FRESH_S:
            return none
        wanted = times > times[-1] - seconds
        return times[wanted], counts[wanted]

    def mean(self, now_s: float) -> float | None:
        """Of the last second; ``None`` while nothing comes."""
        _, counts = self.last(SHOWN_S, now_s)
        return float(counts.mean()) if len(counts) else None

    def rested(self, now_s: float) -> Plateau:
        """The scale at rest over the last seconds.

        Raises:
            CalibrationError: it was not still, sends nothing, or nothing that a cell sends.
        """
        times, counts = self.last(REST_S, now_s)
        if not len(times):
            raise CalibrationError("the scale sends no values now: look at its power and its wires")
        if times[-1] - times[0] < COVERED * REST_S:
            raise CalibrationError("the scale has sent values for too short: wait five seconds")
        diagnose(times, counts, any_rate=True)
        return rest(counts)

    def is_still(self, now_s: float) -> bool | None:
        """Whether a step could be taken now; ``None``: nothing comes."""
        if self.mean(now_s) is None:
            return None
        try:
            self.rested(now_s)
        except CalibrationError:
            return False
        return True

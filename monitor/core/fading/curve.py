"""A share a day that changes with age, such as the reference's gain, and its sum over days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.times import DAY_S

Values = NDArray[np.float64]


class Curve(NamedTuple):
    """Known at some moments; between them it is a line."""

    t_s: Values
    share: Values
    """a day"""
    summed: Values
    """of gain shares: the logarithm of the weight, from any level"""

    @classmethod
    def of(cls, t_s: Sequence[float], share: Sequence[float]) -> Curve:
        """Through these shares a day at these moments."""
        at, shares = np.array(t_s), np.array(share)
        steps = 0.5 * (shares[1:] + shares[:-1]) * np.diff(at) / DAY_S
        return cls(at, shares, np.concatenate(([0.0], np.cumsum(steps))))

    def share_at(self, t_s: float) -> float:
        """The share a day at a moment."""
        return float(np.interp(t_s, self.t_s, self.share))

    def shares_at(self, t_s: Sequence[float]) -> Values:
        """The share a day at each of these moments."""
        return np.asarray(np.interp(t_s, self.t_s, self.share))

    def sum_at(self, t_s: Values) -> Values:
        """The sum up to each of these moments."""
        return np.asarray(np.interp(t_s, self.t_s, self.summed))

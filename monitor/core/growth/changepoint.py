"""Whether a baby that gained has begun to lose: a trend with one turn in it.

A day of weighings is too short for a filter that lets the daily gain wander, and one weighing
against another wastes the rest. Here the last days are a straight line on log weight that bends
once: at every possible moment of the bend the line is fitted (Bayesian linear regression, the
slope before it near the reference's gain), and the moments are weighed by how well they explain
the points. What comes out is the probability that the baby loses now.
"""

from __future__ import annotations

from math import erfc, sqrt

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.times import DAY_S

SPAN_S = 3.5 * DAY_S
"""Points older than this say nothing about today that the slope before the turn does not."""
MOST_POINTS = 48
"""Eight bottles a day and what was typed between."""
_BEFORE_SD = 0.025
"""Daily gain before the turn about the reference's, as a share of the weight."""
_AFTER_SD = 0.05
"""Daily change after it about nothing: a baby that starves loses 5 % a day."""
_PRIOR_POINTS = 6.0
"""The scatter expected beforehand counts as much as these points' own."""
_P_TURN_DAY = 0.1
"""A turn in any one day, before it is looked for."""


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """The change since the most likely turn."""

    p_losing: float
    """probability that the weight falls now"""
    slope_pct_day: float
    """the present change, averaged over the possible turns"""
    since_s: float
    """the most likely moment of the turn"""
    n_after: int
    """points after it"""


def find_turn(
    t_s: NDArray[np.float64], g: NDArray[np.float64], sd: NDArray[np.float64], gain_pct_day: float
) -> Turn | None:
    """Judge points sorted by time; ``None`` with fewer than three.

    ``sd``: scatter of each as a share of its weight; ``gain_pct_day``: the reference's.
    """
    keep = (t_s >= t_s[-1] - SPAN_S).nonzero()[0][-MOST_POINTS:]
    if keep.size < 3:
        return None
    day = (t_s[keep] - t_s[-1]) / DAY_S
    y = np.log(g[keep] / g[-1])
    s = sd[keep] * _own_scatter(day, y, sd[keep])
    # The last candidate is no turn at all: all points after it, with the reference's gain.
    at = np.append(day[1:-1], day[0])
    gain = gain_pct_day / 100.0
    mean = np.tile([0.0, gain, 0.0], (at.size, 1))
    sd_slopes = np.tile([0.3, _BEFORE_SD, _AFTER_SD], (at.size, 1))
    mean[-1, 2], sd_slopes[-1, 2] = gain, _BEFORE_SD
    log_evidence, slope, slope_sd = _fit(day, y, s, at, mean, sd_slopes)
    # A turn is as likely at any time: each candidate stands for the gap around it.
    gap = 0.5 * (day[2:] - day[:-2])
    log_weight = log_evidence + np.append(np.log(_P_TURN_DAY * gap + 1e-9), 0.0)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    at_best = at[int(weight.argmax())]
    return Turn(
        p_losing=float(weight @ _below_zero(slope, slope_sd)),
        slope_pct_day=float(100.0 * weight @ slope),
        since_s=float(t_s[-1] + at_best * DAY_S),
        n_after=int((day > at_best).sum()),
    )


def _own_scatter(
    day: NDArray[np.float64], y: NDArray[np.float64], sd: NDArray[np.float64]
) -> float:
    """How much more than ``sd`` this baby's weights scatter about the line of their neighbours."""
    if day.size < 4:
        return 1.0
    share = (day[1:-1] - day[:-2]) / np.maximum(day[2:] - day[:-2], 1e-6)
    off = y[1:-1] - (1.0 - share) * y[:-2] - share * y[2:]
    expected = np.sqrt(sd[1:-1] ** 2 * (1.0 + share**2 + (1.0 - share) ** 2))
    own = float(np.median(np.abs(off) / expected)) / 0.6745
    n = day.size - 2
    mixed = (_PRIOR_POINTS + n * own**2) / (_PRIOR_POINTS + n)
    return float(np.clip(np.sqrt(mixed), 0.6, 2.5))


def _fit(
    day: NDArray[np.float64],
    y: NDArray[np.float64],
    s: NDArray[np.float64],
    at: NDArray[np.float64],
    mean: NDArray[np.float64],
    prior_sd: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """A line bent at each of ``at``: log evidence, slope after the bend, its deviation.

    ``mean`` and ``prior_sd`` ``(candidates, 3)``: level at the bend, slope before, slope after.
    """
    past = day[None, :] - at[:, None]
    design = np.stack([np.ones_like(past), np.minimum(past, 0.0), np.maximum(past, 0.0)], axis=2)
    scaled = design / s[:, None]
    prior = prior_sd**-2.0
    precision = scaled.transpose(0, 2, 1) @ scaled + prior[:, :, None] * np.eye(3)
    cov = np.linalg.inv(precision)
    residual = (y - (design @ mean[:, :, None])[:, :, 0]) / s
    pull = (scaled.transpose(0, 2, 1) @ residual[:, :, None])[:, :, 0]
    beta = (cov @ pull[:, :, None])[:, :, 0]
    misfit = (residual**2).sum(1) - (pull * beta).sum(1)
    log_evidence = 0.5 * (np.log(prior).sum(1) - np.linalg.slogdet(precision)[1] - misfit)
    return log_evidence, mean[:, 2] + beta[:, 2], np.sqrt(cov[:, 2, 2])


def _below_zero(mean: NDArray[np.float64], sd: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([0.5 * erfc(m / d / sqrt(2.0)) for m, d in zip(mean, sd, strict=True)])

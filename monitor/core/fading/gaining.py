"""What it gains: the bend of its own trend since an hour, beside that of its litter.

Weights before a bottle are drawn as a line on a logarithmic scale up to the hour, with the
reference's gain as one more point of view, and what came after is compared with that line drawn on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitor.core.fading.signs import Sign, evidence
from monitor.core.growth.trend import Point, noise
from monitor.times import DAY_S, HOUR_S

POINTS_BEFORE, SPAN_BEFORE_S = 3, 24 * HOUR_S
WANDERS = 0.02
"""How far the daily gain of a healthy baby (a share of its weight) differs from its last days'."""
PRIOR_SD = 0.03
"""... and from the reference's."""
FALLS_TO = -0.01
"""The daily gain of a fading baby."""
LITTER_SHARE = 0.7
"""What all of its litter do is the carer's, the milk's or the age's, to this share."""


class Bend(NamedTuple):
    """The change of the daily gain (a share of the weight), and what it was."""

    change: float
    sd: float
    usual: float
    now_g_day: float


def bend(points: Sequence[Point], prior: float, start_s: float, since_s: float) -> Bend | None:
    """How the gain has changed since ``since_s``; ``prior``: the reference's, a share a day."""
    before = [p for p in points if start_s < p.t_s <= since_s]
    after = [p for p in points if p.t_s > since_s]
    if len(before) < POINTS_BEFORE or not after or after[-1].t_s - since_s < 3 * HOUR_S:
        return None
    if before[-1].t_s - before[0].t_s < SPAN_BEFORE_S:
        return None
    slope, level, cov = _line(before, prior, since_s)
    days = np.array([(p.t_s - since_s) / DAY_S for p in after])
    over = np.array([math.log(p.g) for p in after]) - level - slope * days
    weight = days / np.array([noise(p) for p in after])
    total = float(weight @ days)
    share = np.array([float(weight.sum()), total]) / total
    change = float(weight @ over) / total
    wander = WANDERS**2
    sd = math.sqrt(1.0 / total + float(share @ cov @ share) + wander)
    return Bend(change, sd, slope, (slope + change) * after[-1].g)


def _line(
    before: Sequence[Point], prior: float, at_s: float
) -> tuple[float, float, np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Slope, level at ``at_s`` and the covariance of (level, slope)."""
    days = np.array([(p.t_s - at_s) / DAY_S for p in before])
    weight = 1.0 / np.array([noise(p) for p in before])
    logs = np.array([math.log(p.g) for p in before])
    normal = np.array(
        [
            [weight.sum(), weight @ days],
            [weight @ days, weight @ days**2 + 1.0 / PRIOR_SD**2],
        ]
    )
    cov = np.linalg.inv(normal)
    level, slope = cov @ np.array([weight @ logs, weight @ (days * logs) + prior / PRIOR_SD**2])
    return float(slope), float(level), cov


def gaining(own: Bend, others: Sequence[Bend]) -> Sign:
    """The sign: its own bend, without what its litter does as well."""
    litter = float(np.median([each.change for each in others])) if others else 0.0
    worse = -(own.change - LITTER_SHARE * min(litter, 0.0))
    effect = max(own.usual, 0.0) - FALLS_TO
    usual_g_day = own.usual / (own.usual + own.change) * own.now_g_day if own.now_g_day else 0.0
    return Sign(
        group="gain",
        now=own.usual + own.change,
        usual=own.usual,
        sd=own.sd,
        evidence=evidence(worse, own.sd, effect),
        text=f"gains {own.now_g_day:.0f} g a day, usually {usual_g_day:.0f} g",
    )

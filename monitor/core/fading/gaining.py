"""What it gains: the bend of its own trend since an hour, beside that of its litter.

Weights before a bottle are taken as logarithms, less the reference's growth at that age: what is
left of a healthy baby is nearly a line. That of the days before is drawn on, and what came since
lies on it or below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from monitor.core.fading.curve import Curve, Values
from monitor.core.fading.signs import Sign, evidence
from monitor.core.growth.trend import Point, noise
from monitor.times import DAY_S, HOUR_S

AFTER_S = 3 * HOUR_S
"""The last weight must be so long after it."""
POINTS_BEFORE, SPAN_BEFORE_S = 3, 24 * HOUR_S
WANDERS = 0.009
"""How far the daily gain of a healthy baby (a share of its weight) may differ from its last days'
before that speaks for fading; chosen by the count of false and of early alerts. (Healthy ones
differ by up to 0.016; whether it drinks as usual tells those apart.)"""
LEVEL_WANDERS = 0.007
"""What all weights of a few hours are off together: a full bladder, a late bottle."""
PRIOR_SD = 0.03
"""How far its gain may differ from the reference's, a share a day."""
FALLS_TO = -0.01
"""The daily gain of a fading baby."""
LITTER_SHARE = 0.9
"""What all of its litter do is the carer's, the milk's or the age's, to this share."""


class Bend(NamedTuple):
    """The change of the daily gain (a share of the weight), and what it was."""

    change: float
    sd: float
    usual: float
    g: float
    """the last weight"""


def bend(points: Sequence[Point], curve: Curve, start_s: float, since_s: float) -> Bend | None:
    """How the gain has changed since ``since_s`` against the time from ``start_s`` on."""
    before = [p for p in points if start_s < p.t_s <= since_s]
    after = [p for p in points if p.t_s > since_s]
    if len(before) < POINTS_BEFORE or not after or after[-1].t_s - since_s < AFTER_S:
        return None
    if before[-1].t_s - before[0].t_s < SPAN_BEFORE_S:
        return None
    (level, slope), cov = _line(before, curve, since_s)
    days = np.array([(p.t_s - since_s) / DAY_S for p in after])
    weight = days / np.array([noise(p) for p in after])
    total = float(weight @ days)
    change = float(weight @ (_off(curve, after) - level - slope * days)) / total
    share = np.array([float(weight.sum()), total]) / total
    level_sd = LEVEL_WANDERS * float(weight.sum()) / total
    variance = 1.0 / total + float(share @ cov @ share) + WANDERS**2 + level_sd**2
    usual = slope + curve.share_at(since_s + 0.5 * DAY_S * days[-1])
    return Bend(change, math.sqrt(variance), usual, after[-1].g)


def _off(curve: Curve, points: Sequence[Point]) -> Values:
    """How far weights lie above the reference's growth, as logarithms."""
    at = np.array([p.t_s for p in points])
    off: Values = np.log(np.array([p.g for p in points])) - curve.sum_at(at)
    return off


def _line(before: Sequence[Point], curve: Curve, at_s: float) -> tuple[Values, Values]:
    """Level at ``at_s`` and slope beside the reference's, with their covariance."""
    days = np.array([(p.t_s - at_s) / DAY_S for p in before])
    weight = 1.0 / np.array([noise(p) for p in before])
    design = np.stack((np.ones(len(days)), days))
    cov = np.linalg.inv((design * weight) @ design.T + np.diag((0.0, 1.0 / PRIOR_SD**2)))
    found: Values = cov @ (design @ (weight * _off(curve, before)))
    return found, cov


def gaining(own: Bend, others: Sequence[Bend]) -> Sign:
    """The sign: its own bend, without what its litter does as well."""
    litter = float(np.median([each.change for each in others])) if others else 0.0
    worse = -(own.change - LITTER_SHARE * min(litter, 0.0))
    effect = max(own.usual, 0.0) - FALLS_TO
    now = own.usual + own.change
    return Sign(
        name="gain",
        group="gain",
        now=now,
        usual=own.usual,
        sd=own.sd,
        evidence=evidence(worse, own.sd, effect),
        text=f"{_said(own.g * now)} a day of late, usually {_said(own.g * own.usual)}",
    )


def _said(g_day: float) -> str:
    return f"gains {max(g_day, 0.0):.0f} g" if g_day > -0.5 else f"loses {-g_day:.0f} g"

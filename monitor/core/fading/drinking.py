"""What it drinks: the rate since an hour against its own rate before, and bottles it refused.

Every bottle stands for the time since the one before it, so that a window that begins just before
or after a bottle makes no difference; a bottle of unknown amount leaves both out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from monitor.core.fading.signs import LEAST, MOST, Sign, evidence
from monitor.core.growth.feeding import FeedRecord, intake
from monitor.times import DAY_S, HOUR_S, spoken_hours

BOTTLES_BEFORE, BOTTLES_SINCE = 6, 2
"""fewer say nothing of what is usual, or of what has changed"""
SCATTER, SCATTER_WEIGHT = 0.25, 4.0
"""Usual relative scatter of one bottle, and how many of its own bottles weigh as much."""
BETWEEN_DAYS = 0.08
"""What the rate of a healthy baby changes from day to day beside that."""
LESS = 0.40
"""The share of its usual that a fading baby leaves."""
LONGEST_GAP_S = 12 * HOUR_S
REFUSED_USUAL, REFUSED_WEIGHT, REFUSED_FADING = 0.05, 10.0, 0.40
"""Share of bottles refused: usually (as many of its own bottles weigh as much), and when fading."""


def drinking(bottles: Sequence[FeedRecord], start_s: float, since_s: float) -> Sign | None:
    """Milk for its weight and time since ``since_s``, against that from ``start_s`` on."""
    rates = [
        (b.t_s, b.amount_g / b.weight_g, b.t_s - a.t_s, b)
        for a, b in pairwise(bottles)
        if b.amount_g is not None and b.t_s > start_s and b.t_s - a.t_s <= LONGEST_GAP_S
    ]
    before = [r for r in rates if r[0] <= since_s]
    since = [r for r in rates if r[0] > since_s]
    if len(before) < BOTTLES_BEFORE or len(since) < BOTTLES_SINCE:
        return None
    usual = sum(r[1] for r in before) / sum(r[2] for r in before)
    if usual <= 0.0:
        return None
    now = sum(r[1] for r in since) / sum(r[2] for r in since)
    own = float(np.std([r[1] / r[2] / usual for r in before]))
    weighed = (len(before) * own**2 + SCATTER_WEIGHT * SCATTER**2) / (len(before) + SCATTER_WEIGHT)
    sd = math.sqrt(weighed / len(since) + weighed / len(before) + BETWEEN_DAYS**2)
    grams = sum(r[3].amount_g or 0.0 for r in since)
    span = spoken_hours(sum(r[2] for r in since))
    return Sign(
        group="drinking",
        now=now * DAY_S * 1000.0,
        usual=usual * DAY_S * 1000.0,
        sd=sd * usual * DAY_S * 1000.0,
        evidence=evidence(1.0 - now / usual, sd, LESS),
        text=f"drank {grams:.0f} g in {span}, {100.0 * now / usual:.0f} % of its usual",
    )


def refusing(bottles: Sequence[FeedRecord], start_s: float, since_s: float) -> Sign | None:
    """The share of bottles it took next to nothing of."""
    kinds = [(b.t_s, intake(b)) for b in bottles if b.t_s > start_s]
    before = [kind == "poor" for t_s, kind in kinds if t_s <= since_s and kind in {"fed", "poor"}]
    since = [kind == "poor" for t_s, kind in kinds if t_s > since_s and kind in {"fed", "poor"}]
    if len(before) < BOTTLES_BEFORE or len(since) < BOTTLES_SINCE:
        return None
    usual = (sum(before) + REFUSED_WEIGHT * REFUSED_USUAL) / (len(before) + REFUSED_WEIGHT)
    fading = max(REFUSED_FADING, min(2.0 * usual, 0.9))
    n, refused = len(since), sum(since)
    found = refused * math.log(fading / usual)
    found += (n - refused) * math.log((1.0 - fading) / (1.0 - usual))
    return Sign(
        group="drinking",
        now=refused / n,
        usual=usual,
        sd=math.sqrt(usual * (1.0 - usual) / n),
        evidence=min(max(found, LEAST), MOST),
        text=f"took next to nothing in {refused} of the last {n} bottles",
    )

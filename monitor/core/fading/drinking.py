"""What it drinks: the rate since an hour against its own rate before, and bottles it refused.

Every bottle stands for the time since the one before it, so that a window that begins just before
or after a bottle makes no difference; a bottle of unknown amount leaves both out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from monitor.core.fading.curve import Curve
from monitor.core.fading.signs import Sign, evidence
from monitor.core.growth.feeding import FeedRecord, intake
from monitor.times import HOUR_S, spoken_hours

BOTTLES_BEFORE, BOTTLES_SINCE = 8, 3
"""fewer say nothing of what is usual, or of what has changed"""
SCATTER, SCATTER_WEIGHT = 0.25, 4.0
"""Usual relative scatter of one bottle, and how many of its own bottles weigh as much."""
BETWEEN_DAYS = 0.11
"""What the rate of a healthy baby changes from day to day beside that."""
LESS = 0.40
"""The share of its usual that a fading baby leaves."""
LITTER_SHARE = 0.9
"""What all of its litter do is the carer's, the milk's or the age's, to this share."""
LONGEST_GAP_S = 12 * HOUR_S
LEAST_NEED = 40.0
"""ml/kg of milk a day: below it most of what it needs is solid, and a bottle says little."""
REFUSED_USUAL, REFUSED_WEIGHT, REFUSED_FADING = 0.05, 10.0, 0.40
"""Share of bottles refused: usually (as many of its own bottles weigh as much), and when fading."""


class Rate(NamedTuple):
    """How much it drinks now beside what it did: shares of its need for its weight and age."""

    change: float
    """0: as usual; -1: nothing"""
    sd: float
    grams: float
    span_s: float


def rate(bottles: Sequence[FeedRecord], need: Curve, start_s: float, since_s: float) -> Rate | None:
    """The rate since ``since_s`` against that from ``start_s`` on; ``need``: ml/kg a day, by age.

    Bottles of a baby that hardly needs milk any more are left out: it eats.
    """
    known = [
        (a.t_s, b)
        for a, b in pairwise(bottles)
        if b.t_s > start_s and b.amount_g is not None and b.t_s - a.t_s <= LONGEST_GAP_S
    ]
    needs = need.shares_at([b.t_s for _, b in known]).tolist() if known else []
    drunk = [
        (b.t_s, grams / b.weight_g / needed, b.t_s - before_s, grams)
        for (before_s, b), needed in zip(known, needs, strict=True)
        if needed >= LEAST_NEED and (grams := b.amount_g) is not None
    ]
    before = np.array([d for d in drunk if d[0] <= since_s])
    since = np.array([d for d in drunk if d[0] > since_s])
    if len(before) < BOTTLES_BEFORE or len(since) < BOTTLES_SINCE:
        return None
    usual = float(before[:, 1].sum() / before[:, 2].sum())
    now = float(since[:, 1].sum() / since[:, 2].sum())
    if usual <= 0.0:
        return None
    own = float(np.mean(((before[:, 1] - usual * before[:, 2]) / np.mean(before[:, 1])) ** 2))
    weighed = len(before) * own + SCATTER_WEIGHT * SCATTER**2
    one = weighed / (len(before) + SCATTER_WEIGHT)
    sd = math.sqrt(one / len(since) + one / len(before) + BETWEEN_DAYS**2)
    return Rate(now / usual - 1.0, sd, float(since[:, 3].sum()), float(since[:, 2].sum()))


def drinking(own: Rate, others: Sequence[Rate]) -> Sign:
    """The sign: its own change, without what its litter does as well."""
    litter = float(np.median([each.change for each in others])) if others else 0.0
    worse = -(own.change - LITTER_SHARE * min(litter, 0.0))
    share = 100.0 * (1.0 + own.change)
    return Sign(
        name="intake",
        group="drinking",
        now=1.0 + own.change,
        usual=1.0,
        sd=own.sd,
        evidence=evidence(worse, own.sd, LESS),
        text=f"drank {own.grams:.0f} g in {spoken_hours(own.span_s)}, {share:.0f} % of its usual",
    )


class Refusals(NamedTuple):
    """Bottles it took next to nothing of, and all that it was offered."""

    usual: float
    """the share before"""
    refused: int
    offered: int


def refusals(bottles: Sequence[FeedRecord], start_s: float, since_s: float) -> Refusals | None:
    """Since ``since_s``, with the share from ``start_s`` on."""
    kinds = [(b.t_s, intake(b)) for b in bottles if b.t_s > start_s]
    before = [kind == "poor" for t_s, kind in kinds if t_s <= since_s and kind in {"fed", "poor"}]
    since = [kind == "poor" for t_s, kind in kinds if t_s > since_s and kind in {"fed", "poor"}]
    if len(before) < BOTTLES_BEFORE or len(since) < BOTTLES_SINCE:
        return None
    usual = (sum(before) + REFUSED_WEIGHT * REFUSED_USUAL) / (len(before) + REFUSED_WEIGHT)
    return Refusals(usual, sum(since), len(since))


def refusing(own: Refusals, others: Sequence[Refusals]) -> Sign:
    """The sign; where its litter refuses more than it did, so much is usual by now."""
    offered = sum(each.offered for each in others)
    litter = sum(each.refused for each in others) / offered if offered else 0.0
    usual, n = min(max(own.usual, LITTER_SHARE * litter), 0.5), own.offered
    fading = max(REFUSED_FADING, min(2.0 * usual, 0.9))
    found = own.refused * math.log(fading / usual)
    found += (n - own.refused) * math.log((1.0 - fading) / (1.0 - usual))
    return Sign(
        name="refusals",
        group="drinking",
        now=own.refused / n,
        usual=usual,
        sd=math.sqrt(usual * (1.0 - usual) / n),
        evidence=found,
        text=f"took next to nothing in {own.refused} of the last {n} bottles",
    )

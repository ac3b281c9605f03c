"""Bottles: what went in, when the next is due, and what that says about a cry.

A baby that was out and came back drank the difference. Its rhythm starts from the reference for
its age and moves to its own measured gaps. Net intake is after minus before, so a void during the
feed counts against it: thresholds are set low and a single poor bottle is only mentioned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Literal

import msgspec

from monitor.core.growth.reference import Expected
from monitor.times import HOUR_S, MINUTE_S
from monitor.timeshift import Moment

FED_SHARE = 0.01
"""A net gain of 1 % of body weight is a bottle; 4 to 5 % is a full one (4 ml per 100 g)."""
AMOUNT_SHARE = 0.02
"""Half of a full bottle: an amount with a larger error is none (the scale wandered meanwhile)."""
POOR_SHARE = 0.008
"""Less than a fifth of a full bottle."""
ATTEMPT_S = 120.0
"""Out for less: weighed or cleaned, not fed."""
JUST_FED_S = 45 * MINUTE_S
"""The stomach of a neonate holds a full bottle for at least this long."""
HUNGRY_S = 75 * MINUTE_S
"""Sooner after a bottle nobody expects another (the shortest feeding interval is two hours)."""
DUE_EARLY_S = 15 * MINUTE_S
"""A cry this long before the bottle is due is about the bottle."""

Intake = Literal["fed", "poor", "none", "unclear"]


class FeedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One baby out and back; ``t_s`` is the return."""

    t_s: Moment
    net_g: float
    sigma_g: float
    out_s: float
    weight_g: float
    step_id: str

    @property
    def amount_known(self) -> bool:
        """Whether the grams mean anything; a bottle of unknown size counts for the rhythm only."""
        return self.sigma_g <= AMOUNT_SHARE * self.weight_g


def intake(feed: FeedRecord) -> Intake:
    """Whether it drank.

    ``poor`` is an attempt with next to nothing, ``none`` no attempt; ``unclear``: the scale was
    too unsteady to tell a bottle from none.
    """
    unsure_g, fed_g = 2.0 * feed.sigma_g, FED_SHARE * feed.weight_g
    if feed.sigma_g > fed_g and feed.out_s >= ATTEMPT_S and abs(feed.net_g - fed_g) < unsure_g:
        return "unclear"
    if feed.net_g >= FED_SHARE * feed.weight_g and feed.net_g > feed.sigma_g:
        return "fed"
    if feed.out_s < ATTEMPT_S or feed.net_g + feed.sigma_g >= POOR_SHARE * feed.weight_g * 2.0:
        return "none"
    return "poor" if feed.net_g < POOR_SHARE * feed.weight_g else "none"


def interval_s(feeds: Sequence[FeedRecord], expected: Expected) -> float:
    """Seconds from one bottle to the next: the reference's middle, drawn to this baby's own gaps.

    Four own gaps weigh as much as the reference.
    """
    low, high = expected.feed_interval_h
    usual = 0.5 * (low + high) * HOUR_S
    times = [f.t_s for f in feeds if intake(f) == "fed"][-9:]
    gaps = [b - a for a, b in pairwise(times)]
    own = [g for g in gaps if 0.75 * HOUR_S <= g <= 14.0 * HOUR_S]
    if not own:
        return usual
    blend = (len(own) * median(own) + 4.0 * usual) / (len(own) + 4.0)
    return min(max(blend, 0.7 * low * HOUR_S), 1.5 * high * HOUR_S)


def poor_run(feeds: Sequence[FeedRecord]) -> list[FeedRecord]:
    """The unbroken run of poor bottles that ends now, oldest first.

    One taken out again soon after a bottle is not hungry: that is no attempt.
    """
    run: list[FeedRecord] = []
    fed_s = -math.inf
    for feed in feeds:
        kind = intake(feed)
        if kind == "fed":
            run, fed_s = [], feed.t_s
        elif kind == "poor" and feed.t_s - feed.out_s - fed_s >= HUNGRY_S:
            run.append(feed)
    return run

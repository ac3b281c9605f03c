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
from monitor.times import DAY_S, HOUR_S, MINUTE_S
from monitor.timeshift import Moment

FED_SHARE = 0.01
"""A net gain of 1 % of body weight is a bottle; 4 to 5 % is a full one (4 ml per 100 g)."""
AMOUNT_SHARE = 0.02
"""Half of a full bottle: an amount with a larger error is none (the scale wandered meanwhile)."""
LONGEST_BOTTLE_S = HOUR_S
"""Out for longer with nothing gained: in a carrier or on the floor, and no bottle refused."""
POOR_SHARE = 0.008
"""Less than a fifth of a full bottle."""
ATTEMPT_S = 120.0
"""Out for less: weighed or cleaned, not fed."""
JUST_FED_S = 45 * MINUTE_S
"""The stomach of a neonate holds a full bottle for at least this long."""
HUNGRY_S = 75 * MINUTE_S
"""Sooner after a bottle nobody expects another (the shortest feeding interval is two hours)."""
SAME_BOTTLE_S = 15 * MINUTE_S
"""A bottle told of within so long of one that the scale saw is that one: people round to quarters
of an hour, and write a round down when it is over."""
USUAL_S, USUAL_FROM, USUAL_OF = 3 * DAY_S, 2, 5
"""A usual amount is the middle of two to five bottles of three days: it grows with the baby."""
DUE_EARLY_S = 15 * MINUTE_S
"""A cry this long before the bottle is due is about the bottle."""

Intake = Literal["fed", "poor", "none", "unclear"]


class FeedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One baby out and back, ``t_s`` is the return; or a bottle that a person told of."""

    t_s: Moment
    net_g: float | None
    """``None``: a person said that it was fed, and not how much"""
    sigma_g: float
    out_s: float
    weight_g: float
    step_id: str
    by_hand: bool = False

    @property
    def amount_g(self) -> float | None:
        """The grams where they mean anything; without them it counts for the rhythm only."""
        return self.net_g if self.sigma_g <= AMOUNT_SHARE * self.weight_g else None


def intake(feed: FeedRecord) -> Intake:
    """Whether it drank.

    ``poor`` is an attempt with next to nothing, ``none`` no attempt; ``unclear``: the scale was
    too unsteady to tell a bottle from none.
    """
    if feed.net_g is None:
        return "fed"
    if feed.by_hand:
        return "fed" if feed.net_g >= FED_SHARE * feed.weight_g else "poor"
    unsure_g, fed_g = 2.0 * feed.sigma_g, FED_SHARE * feed.weight_g
    if feed.sigma_g > fed_g and feed.out_s >= ATTEMPT_S and abs(feed.net_g - fed_g) < unsure_g:
        return "unclear"
    if feed.net_g >= FED_SHARE * feed.weight_g and feed.net_g > feed.sigma_g:
        return "fed"
    if feed.out_s < ATTEMPT_S or feed.net_g + feed.sigma_g >= POOR_SHARE * feed.weight_g * 2.0:
        return "none"
    return "poor" if feed.net_g < POOR_SHARE * feed.weight_g else "none"


def joined(seen: Sequence[FeedRecord], told: Sequence[FeedRecord]) -> list[FeedRecord]:
    """All bottles in order of time; one that was seen and told of is one bottle.

    Where the scale measured a bottle its grams hold; where it saw none drunk (a void, a scale that
    wandered) the person's word does.
    """
    out = {feed.step_id: feed for feed in seen}
    for feed in told:
        same = next((s for s in reversed(seen) if _is_same(s, feed)), None)
        if same is not None and intake(same) == "fed" and same.amount_g is not None:
            continue
        if same is not None:
            out.pop(same.step_id, None)
        out[feed.step_id] = feed
    return sorted(out.values(), key=lambda feed: feed.t_s)


def usual_g(bottles: Sequence[FeedRecord], now_s: float) -> float | None:
    """What it usually takes: the median of its last bottles; ``None`` while too few are known."""
    recent = [f for f in bottles if f.t_s > now_s - USUAL_S and intake(f) == "fed"]
    amounts = [f.amount_g for f in recent if f.amount_g is not None][-USUAL_OF:]
    return round(median(amounts), 1) if len(amounts) >= USUAL_FROM else None


def _is_same(seen: FeedRecord, told: FeedRecord) -> bool:
    return seen.t_s - seen.out_s - SAME_BOTTLE_S <= told.t_s <= seen.t_s + SAME_BOTTLE_S


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

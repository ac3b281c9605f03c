"""Bottles of look-alikes: what is certain of several babies though no move of theirs has a name.

Two that weigh the same are lifted and put back, and nobody can say which was which. Who drank is
unknown, how much was drunk is not: of every way in which the returns can belong to the lifts, the
one with the fewest refused bottles is what at least happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations

import msgspec

from monitor.core.growth.feeding import HUNGRY_S, FeedRecord, intake
from monitor.times import HOUR_S

LONGEST_S = 6 * HOUR_S
"""A lift whose return has not been seen for so long was missed, or the baby is away."""
MOST_OUT = 4
"""More out at once than this are not told apart: every way to pair them would be looked at."""


class GroupMove(msgspec.Struct, frozen=True, kw_only=True):
    """One lift or return of one of them."""

    t_s: float
    lift: bool
    g: float
    sigma_g: float
    step_id: str
    babies: frozenset[str]
    """whose it may be: one name when it is known"""
    only_weighed: bool = False

    @property
    def named(self) -> bool:
        """Whether it is known whose it is."""
        return len(self.babies) == 1


class GroupBottle(msgspec.Struct, frozen=True, kw_only=True):
    """One bottle of one of them."""

    feed: FeedRecord
    baby: str | None = None
    """``None``: nobody knows whose"""

    @property
    def t_s(self) -> float:
        """When it was over."""
        return self.feed.t_s


def group_bottles(moves: Iterable[GroupMove]) -> Iterator[GroupBottle]:
    """The bottles of which not everything is known whose, in order of time."""
    lifts: list[GroupMove] = []
    returns: list[GroupMove] = []
    for move in sorted(moves, key=lambda each: each.t_s):
        if lifts and move.t_s - lifts[0].t_s > LONGEST_S:
            lifts, returns = [], []
        if move.lift:
            lifts.append(move)
        elif lifts:
            returns.append(move)
        if lifts and len(lifts) == len(returns):
            if not all(each.named for each in (*lifts, *returns)):
                yield from _least_refused(lifts, returns)
            lifts, returns = [], []


def _least_refused(lifts: list[GroupMove], returns: list[GroupMove]) -> list[GroupBottle]:
    if len(lifts) > MOST_OUT:
        return []
    ways = [
        [_bottle(lift, back) for lift, back in zip(lifts, way, strict=True)]
        for way in permutations(returns)
        if all(_fit(lift, back) for lift, back in zip(lifts, way, strict=True))
    ]
    best = min(ways, key=_refused, default=[])
    return sorted((b for b in best if b is not None), key=lambda bottle: bottle.t_s)


def _fit(lift: GroupMove, back: GroupMove) -> bool:
    return back.t_s > lift.t_s and bool(lift.babies & back.babies)


def _bottle(lift: GroupMove, back: GroupMove) -> GroupBottle | None:
    if lift.only_weighed or back.only_weighed:
        return None
    whose = lift.babies & back.babies
    feed = FeedRecord(
        t_s=back.t_s,
        net_g=back.g - lift.g,
        sigma_g=(lift.sigma_g**2 + back.sigma_g**2) ** 0.5,
        out_s=back.t_s - lift.t_s,
        weight_g=lift.g,
        step_id=back.step_id,
    )
    return GroupBottle(feed=feed, baby=next(iter(whose)) if len(whose) == 1 else None)


def _refused(way: Sequence[GroupBottle | None]) -> int:
    return sum(bottle is not None and intake(bottle.feed) == "poor" for bottle in way)


def refused_run(bottles: Sequence[GroupBottle], size: int) -> list[FeedRecord]:
    """Refused bottles, one a round, since all ``size`` of them may have drunk; oldest first.

    One taken out again soon after everybody has drunk is not hungry: that is no attempt.
    """
    run: list[FeedRecord] = []
    fed: list[GroupBottle] = []
    since: list[GroupBottle] = []
    for bottle in bottles:
        kind = intake(bottle.feed)
        out_s = bottle.t_s - bottle.feed.out_s
        if kind == "fed":
            fed, since = [*fed, bottle], [*since, bottle]
            if covered(since) >= size:
                run = []
        elif kind == "poor":
            just_fed = [each for each in fed if out_s - each.t_s < HUNGRY_S]
            if covered(just_fed) >= size:
                continue
            since = []
            if not run or out_s - run[-1].t_s >= HUNGRY_S:
                run.append(bottle.feed)
    return run


def all_fed_s(bottles: Sequence[GroupBottle], size: int) -> float | None:
    """Since when all ``size`` of them may have drunk; one at least has had nothing after that.

    ``None``: the bottles that were seen are not enough for all.
    """
    after: list[GroupBottle] = []
    for bottle in reversed(bottles):
        if intake(bottle.feed) != "poor":
            after.append(bottle)
        if covered(after) >= size:
            return bottle.t_s
    return None


def each_fed(bottles: Sequence[GroupBottle], size: int) -> bool:
    """Whether each of all ``size`` of them has drunk in the last round, not only may have.

    Who has just drunk does not drink again: so many bottles in one round are everybody's.
    """
    fed = [bottle for bottle in bottles if intake(bottle.feed) == "fed"]
    return covered([b for b in fed if fed[-1].t_s - b.t_s < HUNGRY_S]) >= size


def covered(bottles: Sequence[GroupBottle]) -> int:
    """How many of them these bottles may have fed, at most."""
    return len({b.baby for b in bottles if b.baby is not None}) + sum(
        b.baby is None for b in bottles
    )

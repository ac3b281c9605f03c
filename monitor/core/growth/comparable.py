"""Which of a baby's weights are compared with one another: before a bottle with before a bottle.

A bottle adds 4 to 5 %, three times what a day's weighing scatters. Lifts that follow one closely
and what was weighed after it are left out; typed weights stay, their phase is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.growth.feeding import FeedRecord, intake
from monitor.core.growth.first_days import AT_BIRTH_DAY
from monitor.core.growth.resolution import division_of_g, resolutions_g
from monitor.core.growth.trend import Point
from monitor.events import Baby, Weighing
from monitor.times import MINUTE_S

ROUGH_SHARE = 0.02
"""A weight with a larger error (the scale wandered) is no basis for growth, where 2 % is news."""
POST_FEED_S = 75 * MINUTE_S
"""A lift so soon after a bottle is not a pre-feed weight."""
WILD_RATIO = 1.5
"""No baby gains or loses half of itself between two weighings."""


def comparable(
    weighings: Sequence[Weighing], bottles: Sequence[FeedRecord], birth: Point | None
) -> list[Point]:
    """Weighings in order of time as points, with the division of the scale of those typed.

    Only those whose time is known: grams per day cannot be had from a guessed day. ``birth`` is
    the weight a newborn was registered with, if any.
    """
    typed_g = [birth.g] if birth is not None else []
    typed_g += [w.weight_g for w in weighings if w.move is None]
    divisions_g = iter(resolutions_g(typed_g))
    out = []
    if birth is not None:
        out.append(Point(birth.t_s, birth.g, birth.sigma_g, True, next(divisions_g)))
    feeds = iter(bottles)
    feed = next(feeds, None)
    fed_s = -1e18
    for weighing in weighings:
        while feed is not None and feed.t_s < weighing.t_s:
            if intake(feed) in {"fed", "unclear"}:
                fed_s = feed.t_s
            feed = next(feeds, None)
        division_g = 0.0
        if weighing.move is None:
            division_g = max(next(divisions_g), division_of_g(weighing.sigma_g))
        if weighing.stamp != "guess" and _before_a_bottle(weighing, fed_s):
            typed = weighing.move is None
            out.append(Point(weighing.t_s, weighing.weight_g, weighing.sigma_g, typed, division_g))
    return _plausible(out)


def birth_weight(baby: Baby, age_day: float | None, first: Weighing | None) -> Point | None:
    """The weight a newborn was registered with; ``age_day`` is that of its registration."""
    if baby.registered_s is None or baby.weight_g is None or first is None or age_day is None:
        return None
    ratio = first.weight_g / baby.weight_g
    if age_day > AT_BIRTH_DAY or first.t_s <= baby.registered_s:
        return None
    if not 1 / WILD_RATIO < ratio < WILD_RATIO:  # a unit forgotten
        return None
    return Point(baby.registered_s, baby.weight_g, 1.0)


def _before_a_bottle(weighing: Weighing, fed_s: float) -> bool:
    if weighing.move is None:
        return True
    if weighing.move == "return" or weighing.t_s - fed_s < POST_FEED_S:
        return False
    return weighing.sigma_g <= ROUGH_SHARE * weighing.weight_g


def _plausible(points: list[Point]) -> list[Point]:
    """Without lone weights that both neighbours contradict by a half: a unit or a digit wrong."""
    if len(points) < 3:
        return points
    kept = []
    for i, point in enumerate(points):
        around = [p.g for p in points[max(i - 2, 0) : i] + points[i + 1 : i + 3]]
        ratios = [point.g / g for g in around]
        if all(x > WILD_RATIO for x in ratios) or all(x < 1 / WILD_RATIO for x in ratios):
            continue
        kept.append(point)
    return kept

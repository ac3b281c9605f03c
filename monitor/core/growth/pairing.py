"""A lift and the return after it: a bottle, or time in which it may have drunk unseen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.core.growth.feeding import FED_SHARE, LONGEST_BOTTLE_S, FeedRecord
from monitor.events import Weighing, origin_of
from monitor.times import HOUR_S

FEED_MAX_S = 6 * HOUR_S
"""Out for longer, the difference is no single bottle."""


def paired(weighings: Sequence[Weighing]) -> list[FeedRecord]:
    """The feeds of the platform in order of time; a weigh-in is none."""
    pairs = _pairs(weighings)
    return [_feed(lift, back) for lift, back in pairs if lift and back and _is_feed(lift, back)]


def lost_sight_s(weighings: Sequence[Weighing]) -> float:
    """When it last came back from where it may have drunk unseen; 0: never.

    Out for longer than a bottle takes with nothing gained, or one of the two moves was not seen.
    """
    lost_s, missed = 0.0, False
    for lift, back in _pairs(weighings):
        if missed and lift is not None:
            lost_s = lift.t_s
        missed = back is None
        if back is not None and (lift is None or _is_elsewhere(lift, back)):
            lost_s = back.t_s
    return lost_s


def _pairs(weighings: Sequence[Weighing]) -> Iterator[tuple[Weighing | None, Weighing | None]]:
    """Each lift with its return, in order of time; ``None`` where one of them was not seen."""
    lift: Weighing | None = None
    for weighing in weighings:
        if lift is not None and origin_of(lift.step_id) != origin_of(weighing.step_id):
            yield lift, None  # it was put back into another box
            lift = None
        if weighing.move == "lift":
            if lift is not None:
                yield lift, None
            lift = weighing
        elif weighing.move == "return":
            yield lift, weighing
            lift = None


def _is_feed(lift: Weighing, back: Weighing) -> bool:
    announced = lift.only_weighed or back.only_weighed
    return not announced and not _is_elsewhere(lift, back) and back.t_s - lift.t_s <= FEED_MAX_S


def _is_elsewhere(lift: Weighing, back: Weighing) -> bool:
    """Out for longer than a bottle takes, and nothing gained."""
    out_s, net_g = back.t_s - lift.t_s, back.weight_g - lift.weight_g
    return out_s > LONGEST_BOTTLE_S and net_g < FED_SHARE * lift.weight_g


def _feed(lift: Weighing, back: Weighing) -> FeedRecord:
    return FeedRecord(
        t_s=back.t_s,
        net_g=back.weight_g - lift.weight_g,
        sigma_g=(lift.sigma_g**2 + back.sigma_g**2) ** 0.5,
        out_s=back.t_s - lift.t_s,
        weight_g=lift.weight_g,
        step_id=back.step_id,
    )

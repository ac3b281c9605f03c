"""The bottles of a report: one that the scale saw and a person told of is one."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.codec import converted
from monitor.core.growth.feeding import FeedRecord, joined
from monitor.events import Feed, Weighing


def each_once(feeds: Sequence[Feed], weighings: Sequence[Weighing]) -> list[Feed]:
    """``feeds`` of one baby by time, each bottle once, as the watch counts them."""
    kept = {record.step_id for record in bottles(feeds, weighings)}
    return [feed for feed in feeds if feed.step_id in kept]


def bottles(feeds: Sequence[Feed], weighings: Sequence[Weighing]) -> list[FeedRecord]:
    """The same as the records that the watch judges."""
    records = [_record(feed, weighings) for feed in feeds]
    told = [record for record in records if record.by_hand]
    return joined([record for record in records if not record.by_hand], told)


def _record(feed: Feed, weighings: Sequence[Weighing]) -> FeedRecord:
    near = min(weighings, key=lambda w: abs(w.t_s - feed.t_s), default=None)
    return converted(
        FeedRecord,
        feed,
        sigma_g=feed.sigma_g or 0.0,
        out_s=feed.out_s or 0.0,
        weight_g=0.0 if near is None else near.weight_g,
        by_hand=feed.origin == "typed",
    )

"""Reads one stretch of time out of the journal."""

from __future__ import annotations

from itertools import pairwise

from monitor.core.growth.feeding import FeedRecord, intake
from monitor.documents import BoxState
from monitor.events import Baby
from monitor.handover.facts import BabyNight, Bottle, Cry, Drunk, Night, Unseen
from monitor.report.bottles import bottles
from monitor.store.reading import JournalReader
from monitor.times import DAY_S, MINUTE_S

UNWATCHED_S = 3 * MINUTE_S
"""without a minute of telemetry for longer than this nobody watched"""
UNWRITTEN_S = 6 * MINUTE_S
"""the last minutes may still be in memory"""


def night(
    journal: JournalReader, now: BoxState, *, from_s: float, to_s: float, now_s: float
) -> Night:
    """What happened from ``from_s`` to before ``to_s``; ``now``: what is true at ``now_s``.

    Raises:
        JournalError: the journal cannot be read now.
    """
    here = {status.name: status for status in now.babies}
    babies = [
        BabyNight(
            baby=baby,
            bottles=_bottles(journal, baby, from_s, to_s),
            status=here.get(baby.name) if baby.retired_s is None else None,
        )
        for baby in journal.babies(retired=True)
        if baby.retired_s is None or baby.retired_s >= from_s
    ]
    return Night(
        from_s=from_s,
        to_s=to_s,
        now_s=now_s,
        babies=babies,
        cries=[
            Cry(max(cry.started_s, from_s), min(cry.t_s, to_s), cry.context)
            for cry in journal.cries(from_s)
            if cry.started_s < to_s
        ],
        unseen=_unwatched(journal, from_s, to_s),
        open_alerts=now.alerts,
        hears=_is_used(now, "microphone"),
        weighs=_is_used(now, "scale"),
    )


def _is_used(now: BoxState, source: str) -> bool:
    return source in now.sources and now.sources[source].state is not None


def _bottles(journal: JournalReader, baby: Baby, from_s: float, to_s: float) -> list[Bottle]:
    feeds = journal.feeds(from_s - DAY_S, baby.name)
    weighings = journal.weighings(from_s - 2 * DAY_S, baby.name)
    found = bottles(feeds, weighings)
    return [_bottle(record) for record in found if from_s <= record.t_s < to_s]


def _bottle(record: FeedRecord) -> Bottle:
    taken = intake(record)
    drunk: Drunk = "fed"
    if taken in {"poor", "none"}:
        drunk = "refused"
    elif taken == "unclear":
        drunk = "unclear"
    return Bottle(t_s=record.t_s, g=record.amount_g, drunk=drunk, by_hand=record.by_hand)


def _unwatched(journal: JournalReader, from_s: float, to_s: float) -> list[Unseen]:
    minutes = [row.t_s for row in journal.telemetry(from_s) if row.t_s <= to_s + MINUTE_S]
    if not minutes:
        return [Unseen(from_s, to_s)] if to_s - from_s > UNWRITTEN_S else []
    edges = [from_s, *minutes]
    found = [
        Unseen(before, after - MINUTE_S)
        for before, after in pairwise(edges)
        if after - before > UNWATCHED_S
    ]
    if to_s - minutes[-1] > UNWRITTEN_S:
        found.append(Unseen(minutes[-1], to_s))
    return found

"""Reads one stretch of time out of the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from monitor.core.growth.feeding import FeedRecord, intake
from monitor.core.growth.reference import GrowthReference
from monitor.documents import BoxState
from monitor.events import Alert, Baby
from monitor.handover.facts import BabyNight, Bottle, Cry, Night, Unnamed, Unseen
from monitor.handover.schedule import Span
from monitor.names import SOURCES, SourceName
from monitor.report.acted_on import told_alerts
from monitor.report.bottles import bottles
from monitor.report.growth import Change, growth_of
from monitor.store.reading import JournalReader
from monitor.times import DAY_S, MINUTE_S

UNWATCHED_S = 3 * MINUTE_S
"""without a minute of telemetry for longer than this nobody watched"""
UNWRITTEN_S = 6 * MINUTE_S
"""the last minutes may still be in memory"""
SHORT_S = MINUTE_S
"""a sense that was blind for less has missed nothing to speak of"""


class Known(NamedTuple):
    """What a journal does not say."""

    now: BoxState
    """what is true now"""
    now_s: float
    begun_s: float = 0.0
    """since when the box watches at all"""
    starts: Sequence[float] = ()
    """when it was started"""


def night(
    journal: JournalReader,
    span: Span,
    known: Known,
    *,
    reference: GrowthReference | None = None,
) -> Night:
    """What happened in ``span``; with ``reference`` also how each baby's weight has changed.

    Raises:
        JournalError: the journal cannot be read now.
    """
    now, (from_s, to_s) = known.now, span
    begun_s = known.begun_s
    return Night(
        from_s=from_s,
        to_s=to_s,
        now_s=known.now_s,
        babies=list(_babies(journal, now, span, reference)),
        cries=[
            Cry(max(cry.started_s, from_s), min(cry.t_s, to_s), cry.context)
            for cry in journal.cries(from_s)
            if cry.started_s <= to_s
        ],
        unseen=_unseen(journal, now, Span(min(max(from_s, begun_s), to_s), to_s)),
        restarts=[t for t in known.starts if max(from_s, begun_s + MINUTE_S) <= t < to_s],
        told=told_alerts(journal, from_s, to_s),
        open_alerts=[alert for alert in now.alerts if alert.kind != "test"],
        unnamed=[
            Unnamed(row["t_s"], row["weight_g"])
            for row in journal.unassigned(from_s)
            if row["t_s"] <= to_s
        ],
        carers=_carers(journal, from_s, to_s),
        notes=[note for note in journal.notes(from_s) if note.t_s <= to_s],
        begun_s=begun_s if begun_s > from_s + UNWRITTEN_S else None,
        hears=_is_used(now, "microphone"),
        weighs=_is_used(now, "scale"),
    )


def _carers(journal: JournalReader, from_s: float, to_s: float) -> list[str]:
    told = [
        *((each.t_s, each.by) for each in journal.notes(from_s)),
        *((each.t_s, each.by) for each in journal.feeds(from_s)),
        *((each.t_s, each.by) for each in journal.weighings(from_s)),
        *((row["t_s"], dict(row).get("by")) for row in journal.alerts(from_s)),
    ]
    names = Counter(by for t_s, by in told if by and t_s <= to_s)
    return [name for name, _ in names.most_common()]


def _unseen(journal: JournalReader, now: BoxState, span: Span) -> list[Unseen]:
    found = [*_unwatched(journal, *span), *_blind(journal, now.alerts, *span)]
    return sorted(found, key=lambda each: each.from_s)


def _is_used(now: BoxState, source: SourceName) -> bool:
    return source in now.sources and now.sources[source].state is not None


def _babies(
    journal: JournalReader, now: BoxState, span: Span, reference: GrowthReference | None
) -> Iterator[BabyNight]:
    from_s, to_s = span
    here = {status.name: status for status in now.babies}
    for baby in journal.babies(retired=True):
        if baby.retired_s is not None and not from_s <= baby.retired_s <= to_s:
            continue
        yield BabyNight(
            baby=baby,
            bottles=list(_bottles(journal, baby, from_s, to_s)),
            status=here.get(baby.name) if baby.retired_s is None else None,
            change=None if reference is None else _change(journal, baby, from_s, reference),
        )


def _change(
    journal: JournalReader, baby: Baby, from_s: float, reference: GrowthReference
) -> Change | None:
    history = journal.weighings_of(baby, from_s - 2 * DAY_S)
    feeds = journal.feeds_of(baby, from_s - 2 * DAY_S)
    return growth_of(baby, history, feeds, reference, from_s).change


def _bottles(journal: JournalReader, baby: Baby, from_s: float, to_s: float) -> Iterator[Bottle]:
    feeds = journal.feeds_of(baby, from_s - DAY_S)
    weighings = journal.weighings_of(baby, from_s - 2 * DAY_S)
    for record in bottles(feeds, weighings):
        if from_s <= record.t_s <= to_s and (bottle := _bottle(record)) is not None:
            yield bottle


def _bottle(record: FeedRecord) -> Bottle | None:
    """``None`` where nobody tried to feed it."""
    match intake(record):
        case "none":
            return None
        case "poor":
            return Bottle(t_s=record.t_s, g=record.amount_g, refused=True)
        case "unclear":
            return Bottle(t_s=record.t_s, g=None)
        case "fed":
            return Bottle(t_s=record.t_s, g=record.amount_g)


def _unwatched(journal: JournalReader, from_s: float, to_s: float) -> list[Unseen]:
    minutes = [row.t_s for row in journal.telemetry(from_s) if row.t_s <= to_s + MINUTE_S]
    found = [
        Unseen(before, after - MINUTE_S)
        for before, after in pairwise([from_s, *minutes])
        if after - before > UNWATCHED_S
    ]
    last_s = minutes[-1] if minutes else from_s
    if to_s - last_s > UNWRITTEN_S:
        found.append(Unseen(last_s, to_s))
    return found


def _blind(
    journal: JournalReader, open_now: Sequence[Alert], from_s: float, to_s: float
) -> Iterator[Unseen]:
    """When a sense was blind, by the alerts that said so."""
    spans: dict[str, tuple[float, float]] = {
        alert.id: (alert.since, to_s) for alert in open_now if alert.kind == "monitor_blind"
    }
    for row in journal.alerts(from_s):
        if row["kind"] == "monitor_blind":
            end_s = row["t_s"] if row["state"] == "cleared" else to_s
            spans[row["id"]] = (row["since_s"], end_s)
    for alert_id, (begin_s, end_s) in spans.items():
        source = next((s for s in SOURCES if alert_id.startswith(f"monitor_blind-{s}")), None)
        found = Unseen(max(begin_s, from_s), min(end_s, to_s), source)
        if source is not None and found.lasted_s >= SHORT_S:
            yield found

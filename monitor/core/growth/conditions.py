"""The words: what the scale half asks a person to look at, in one sentence each.

An observation in numbers and what to do about it, never a diagnosis. The rules themselves are in
``growth`` and ``feeding``; here they become conditions with titles, messages and reasons.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from monitor.alert_kinds import AlertKind
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.feeding import (
    DUE_EARLY_S,
    JUST_FED_S,
    intake,
    interval_s,
)
from monitor.core.growth.low_intake import Finding, eats_alone, low_intake
from monitor.core.growth.next_bottle import spoken_bottle
from monitor.core.growth.reference import GrowthReference
from monitor.events import CannotJudge, Condition, CryContext
from monitor.times import DAY_S, MINUTE_S, spoken_hours

LATE_SHARE = 0.3
"""A bottle is overdue this share of its interval after it was due, at least LATE_MIN_S."""
LATE_MIN_S = 30 * MINUTE_S
UNFED_TIMES = ((14.0, 2.0), (28.0, 2.5), (float("inf"), 3.0))
"""(age below, days; times its interval without a bottle that are critical). Newborns have hardly
any reserves and dry out within hours (Root Kustritz, The Canine Neonate); older ones are left
through a short night by plan. Judgement within that."""
STALE_GROWTH_S = 3 * DAY_S
"""A growth worry nobody has weighed against for this long can be neither kept up nor denied."""
FULL_SHARE = 0.03
"""Net gain of a full bottle: 4 to 5 % less what was voided meanwhile."""


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of how closely one baby's bottles have been watched."""

    since_s: float
    """since when the platform has been read with this baby registered"""
    blind: bool
    """it is not read now: a bottle would not be seen"""
    timed_since_s: float
    """of what lies before, nobody knows how long ago it was (the clock is not set)"""
    maybe_fed_s: float | None
    """when somebody who may have been this baby was fed"""
    out: bool
    """it is certainly not in the box: whoever has it may feed it unseen"""
    away: bool = False
    """somebody has said that they have it"""
    seen_from_s: float | None = None
    """since when no bottle of it can have escaped notice; ``None``: nobody can say"""


class ConcernWriter:
    """States conditions; keeps nothing."""

    def __init__(self, reference: GrowthReference) -> None:
        self._reference = reference

    def baby(self, record: BabyRecord, now_s: float, watch: Watch | None) -> list[Finding]:
        """Everything to say about one baby, and what cannot be said.

        ``watch`` is ``None`` when the platform has never been read.
        """
        found = (
            self._growth(record, now_s),
            low_intake(
                record,
                self._reference,
                now_s,
                away=watch is not None and watch.away,
                seen_from_s=None if watch is None else watch.seen_from_s,
            ),
            self._overdue(record, now_s, watch),
        )
        registered_s = record.baby.registered_s
        return [_not_before(c, registered_s) for c in found if c is not None]

    def _growth(self, record: BabyRecord, now_s: float) -> Finding | None:
        report = record.last_concern
        if record.concern_since_s is None or report is None or report.concern is None:
            return None
        if now_s - report.t_s > STALE_GROWTH_S:
            return _unknown(report.concern.kind, record, "not weighed for three days")
        concern, name = report.concern, record.baby.name
        verb = "is losing weight" if concern.kind == "losing_weight" else "is not gaining"
        advice = (
            "Weigh again now; if it is true, call your vet."
            if concern.severity == "critical"
            else "Weigh again before the next bottle; if it stays so, call your vet."
        )
        return Condition(
            kind=concern.kind,
            key=record.baby.id,
            severity=concern.severity,
            baby=name,
            since_s=record.concern_since_s,
            title=f"{name} {verb}",
            message=f"{name}: {concern.text}. {advice}",
            why=concern.why,
        )

    def _overdue(self, record: BabyRecord, now_s: float, watch: Watch | None) -> Finding | None:
        expected = record.expected(self._reference, now_s)
        if watch is None or eats_alone(record.baby, expected.age_day):
            return None
        if watch.blind:
            return _unknown("bottle_overdue", record, "the scale is not seen: no bottle would be")
        fed = next((f for f in reversed(record.bottles) if intake(f) == "fed"), None)
        interval = interval_s(record.bottles, expected)
        seen_s = fed.t_s if fed is not None else watch.since_s
        unclear_s = (f.t_s for f in record.bottles if intake(f) == "unclear")
        seen_s = max(seen_s, watch.maybe_fed_s or seen_s, *unclear_s)
        late_s = seen_s + interval + max(LATE_MIN_S, LATE_SHARE * interval)
        if now_s < late_s:
            timed = seen_s >= watch.timed_since_s
            return None if timed else _unknown("bottle_overdue", record, "the clock is not set")
        name = record.baby.name
        last = (
            f"last bottle {'noted' if fed.by_hand else 'seen'} {spoken_hours(now_s - fed.t_s)} ago"
            if fed is not None
            else f"no bottle seen in {spoken_hours(now_s - watch.since_s)}"
        )
        times = next(times for below, times in UNFED_TIMES if expected.age_day < below)
        nurses = record.baby.also_nurses is True
        unfed = now_s - seen_s >= times * interval and not watch.out and not nurses
        timed = watch.timed_since_s == -math.inf
        feed = f"feed now{how_much(record, now_s, self._reference) if timed else ''}."
        return Condition(
            kind="bottle_overdue",
            key=record.baby.id,
            severity="critical" if unfed else "warning",
            baby=name,
            since_s=late_s,
            title=f"{name}'s bottle is overdue",
            message=f"{name}: {last}, usually every {spoken_hours(interval)}. "
            + ("At this age that is too long: " if unfed else "")
            + (f"Unless it has nursed, {feed}" if nurses else feed if unfed else feed.capitalize()),
            why="no return with a gain of 1 % or more within the usual gap and a margin"
            + (f"; more than {times:g} times the gap" if unfed else ""),
        )


def how_much(record: BabyRecord, now_s: float, reference: GrowthReference) -> str:
    """``, about 9 ml``: what its next bottle should hold; empty when nobody can say."""
    ml = record.milk(now_s, reference).next_feed_ml
    return "" if ml is None else f", {spoken_bottle(ml)}"


def _unknown(kind: AlertKind, record: BabyRecord, why: str) -> CannotJudge:
    return CannotJudge(kind=kind, key=record.baby.id, why=why)


def _not_before(finding: Finding, registered_s: float | None) -> Finding:
    """Nothing is so since before the baby was here."""
    if not isinstance(finding, Condition) or registered_s is None:
        return finding
    return msgspec.structs.replace(finding, since_s=max(finding.since_s, registered_s))


def phrase(
    records: Sequence[BabyRecord], t_s: float, reference: GrowthReference
) -> tuple[CryContext, str]:
    """The context of a cry by any of these babies: who is due first, who has just been fed."""
    due: list[tuple[float, BabyRecord]] = []
    for record in records:
        when = record.due_s(reference)
        if when is not None:
            due.append((when, record))
    if not due:
        return "unexplained", "no bottle has been seen yet"
    when, record = min(due, key=lambda item: item[0])
    name = record.baby.name
    if t_s >= when - DUE_EARLY_S:
        late = t_s - when
        if abs(late) < 90.0:
            return "bottle_due", f"{name}'s bottle is due now"
        if late > 0:
            return "bottle_due", f"{name}'s bottle was due {spoken_hours(late)} ago"
        return "bottle_due", f"{name}'s bottle is due in {spoken_hours(-late)}"
    fed = [_fed_s(record, t_s) for record in records]
    if all(f is not None and t_s - f <= JUST_FED_S for f in fed):
        ago = spoken_hours(t_s - max(f for f in fed if f is not None))
        who = records[0].baby.name if len(records) == 1 else "everyone"
        return "just_fed", f"{who} was fed {ago} ago"
    return "unexplained", _after(
        records, t_s
    ) or f"{name}'s bottle is due in {spoken_hours(when - t_s)}"


def _fed_s(record: BabyRecord, t_s: float) -> float | None:
    """When it was last fed before ``t_s``."""
    times = (f.t_s for f in record.bottles if intake(f) == "fed" and f.t_s <= t_s)
    return max(times, default=None)


def _after(records: Sequence[BabyRecord], t_s: float) -> str | None:
    """How long after whose feed."""
    last = [
        (f, record)
        for record in records
        for f in record.bottles[-3:]
        if intake(f) == "fed" and f.t_s <= t_s
    ]
    if not last:
        return None
    feed, record = max(last, key=lambda item: item[0].t_s)
    full = feed.net_g is not None and feed.net_g >= FULL_SHARE * feed.weight_g
    size = "full feed" if full else "feed"
    return f"{spoken_hours(t_s - feed.t_s)} after {record.baby.name}'s {size}"

"""What the journal's weights say about a baby, by the daemon's own rules.

The page, the alert and the status on the broker compare the same weights: before a bottle with
before a bottle.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.codec import converted
from monitor.core.growth.assessment import GrowthReport
from monitor.core.growth.baby_record import KEEP, BabyRecord
from monitor.core.growth.milk import Milk
from monitor.core.growth.reference import GrowthReference
from monitor.events import Baby, Feed, HandFeed, Weighing
from monitor.times import DAY_S

LEAST_DAYS = 0.5
"""a change over less is no change a day"""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """From the first to the last comparable weight of the time shown."""

    grams: float
    days: float
    before_bottle: bool
    """some of them were lifts; typed weights have no known phase"""


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """How a baby is doing at its last weighing."""

    report: GrowthReport | None
    change: Change | None
    milk: Milk = Milk()
    due_s: float | None = None
    """of the next bottle"""


def growth_of(
    baby: Baby,
    history: Sequence[Weighing],
    feeds: Sequence[Feed],
    reference: GrowthReference,
    from_s: float,
    to_s: float | None = None,
) -> Growth:
    """Judge all weighings in order of time; the change is that since ``from_s``, the milk of then.

    Without ``to_s`` nothing is said of milk.
    """
    record = record_of(baby, history, feeds, reference)
    gain_g = None if record.report is None else record.report.gain_24h_g
    return Growth(
        report=record.report,
        change=_change(record, from_s),
        milk=Milk() if to_s is None else record.milk(to_s, reference, gain_g),
        due_s=None if to_s is None else record.due_s(reference),
    )


def record_of(
    baby: Baby, history: Sequence[Weighing], feeds: Sequence[Feed], reference: GrowthReference
) -> BabyRecord:
    """What the daemon would know of a baby by these weighings and bottles, in order of time."""
    record = BabyRecord(
        baby=baby,
        weighings=list(history[-KEEP:]),
        by_hand=[converted(HandFeed, f, g=f.net_g) for f in feeds if f.origin == "typed"],
    )
    record.refresh(reference)
    return record


def _change(record: BabyRecord, from_s: float) -> Change | None:
    shown = [point for point in record.points() if point.t_s >= from_s]
    if len(shown) < 2 or shown[-1].t_s - shown[0].t_s < LEAST_DAYS * DAY_S:
        return None
    return Change(
        grams=shown[-1].g - shown[0].g,
        days=(shown[-1].t_s - shown[0].t_s) / DAY_S,
        before_bottle=not all(point.typed for point in shown),
    )


def verdict(name: str, growth: Growth) -> str:
    """One sentence for the top of the page."""
    report = growth.report
    if report is None:
        return f"{name} has not been weighed yet."
    if report.verdict == "not_enough_data":
        return f"{name}: not enough weights yet to say how it is going."
    if report.concern is not None:
        return f"{name} {_WORDS[report.verdict]}: {report.concern.text}."
    return f"{name} {_WORDS[report.verdict]}: {in_24_hours(report)}."


_WORDS = {
    "gaining": "is gaining",
    "steady": "is steady",
    "not_gaining": "is not gaining",
    "losing": "is losing weight",
}


def in_24_hours(report: GrowthReport) -> str:
    """``+9.8 g (+4.5 %) in 24 h``; empty while unknown."""
    if report.gain_24h_g is None or report.gain_24h_pct is None:
        return ""
    return f"{report.gain_24h_g:+.1f} g ({report.gain_24h_pct:+.1f} %) in 24 h"

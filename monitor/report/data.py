"""What a report is about: read from the journal once, as plain structs.

Cries are set against company: each minute of telemetry knows how long somebody cried and who was
in the box, so the minutes can be added up by hour and by who was together with whom. Minutes in
which nobody knows who was inside form a group of their own.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import UTC, datetime

import msgspec

from monitor.alert_kinds import RANK
from monitor.core.growth.band import BandPoint, band_of
from monitor.core.growth.reference import GrowthReference
from monitor.errors import InputError
from monitor.events import Baby, Feed, Weighing, slug
from monitor.report.acted_on import ActedOn, acted_on
from monitor.report.alert_marks import AlertMark, alert_marks
from monitor.report.bottles import each_once
from monitor.report.growth import Growth, growth_of
from monitor.store.reading import JournalReader, MinuteRow
from monitor.times import DAY_S, HOUR_S, MINUTE_S

UNKNOWN = "?"


class BabyReport(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about one baby."""

    baby: Baby
    weighings: list[Weighing]
    feeds: list[Feed]
    alerts: list[AlertMark]
    band: list[BandPoint]
    age_guessed: bool
    growth: Growth
    from_s: float
    to_s: float


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """One hour of listening."""

    t_s: float
    watched_min: float
    cry_min: float
    company: str
    """slugs of those inside for most of it, separated by spaces; "" nobody, "?" unknown"""


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """All minutes with the same babies together."""

    who: str
    hours: float
    cry_min: float

    @property
    def cry_min_per_h(self) -> float:
        """Minutes of crying in an hour of this company."""
        return self.cry_min / self.hours


class ReportData(msgspec.Struct, frozen=True, kw_only=True):
    """The whole report."""

    box: str
    from_s: float
    to_s: float
    babies: list[BabyReport]
    names: dict[str, str]
    """by slug"""
    hours: list[Hour]
    companies: list[Company]
    alerts: list[AlertMark]
    """raised in this time, or open still"""
    acted_on: ActedOn = ActedOn()

    @property
    def open_alerts(self) -> list[AlertMark]:
        """The gravest first."""
        found = [alert for alert in self.alerts if alert.is_open]
        return sorted(found, key=lambda alert: -RANK[alert.severity])


def gather(
    journal: JournalReader, reference: GrowthReference, *, box: str, days: float, baby: str | None
) -> ReportData:
    """Read the last ``days`` of the journal; ``baby`` limits it to one name.

    Raises:
        InputError: nobody of that name has ever been registered.
    """
    everyone = journal.babies(retired=True)
    chosen = [b for b in everyone if baby is None or slug(b.name) == slug(baby)]
    if baby is not None and not chosen:
        known = ", ".join(b.name for b in everyone) or "nobody yet"
        raise InputError(f"nobody is called {baby!r}; the journal knows: {known}")
    to_s = journal.last_s() or datetime.now(UTC).timestamp()
    from_s = to_s - days * DAY_S
    if baby is None:
        chosen = [b for b in chosen if b.retired_s is None or b.retired_s >= from_s]
    only = chosen[0].name if baby is not None else None
    alerts = alert_marks(journal, from_s, only)
    minutes = journal.telemetry(from_s)
    return ReportData(
        box=box,
        from_s=from_s,
        to_s=to_s,
        babies=[_baby_report(journal, reference, b, from_s, to_s, alerts) for b in chosen],
        names={slug(b.name): b.name for b in everyone},
        hours=_hours(minutes),
        companies=_companies(minutes),
        alerts=alerts,
        acted_on=acted_on(journal, to_s),
    )


def _baby_report(
    journal: JournalReader,
    reference: GrowthReference,
    baby: Baby,
    from_s: float,
    to_s: float,
    alerts: list[AlertMark],
) -> BabyReport:
    history = journal.weighings_of(baby)
    feeds = journal.feeds_of(baby)
    return BabyReport(
        baby=baby,
        weighings=[w for w in history if w.t_s >= from_s],
        feeds=[feed for feed in each_once(feeds, history) if feed.t_s >= from_s],
        alerts=[alert for alert in alerts if alert.baby == baby.name],
        band=band_of(reference, baby, history, from_s, to_s),
        age_guessed=baby.born is None,
        growth=growth_of(baby, history, feeds, reference, from_s, to_s),
        from_s=from_s,
        to_s=to_s,
    )


def _hours(minutes: list[MinuteRow]) -> list[Hour]:
    by_hour: dict[float, list[MinuteRow]] = defaultdict(list)
    for minute in minutes:
        by_hour[math.floor(minute.t_s / HOUR_S) * HOUR_S].append(minute)
    return [
        Hour(
            t_s=t_s,
            watched_min=float(len(rows)),
            cry_min=sum(row.cry_s for row in rows) / MINUTE_S,
            company=Counter(row.in_box for row in rows).most_common(1)[0][0],
        )
        for t_s, rows in sorted(by_hour.items())
    ]


def _companies(minutes: list[MinuteRow]) -> list[Company]:
    found: dict[str, list[float]] = defaultdict(list)
    for minute in minutes:
        found[minute.in_box].append(minute.cry_s)
    return sorted(
        (
            Company(who=who, hours=len(cries) / 60, cry_min=sum(cries) / 60)
            for who, cries in found.items()
        ),
        key=lambda company: -company.hours,
    )


def company_words(who: str, names: dict[str, str]) -> str:
    """``Kangaroo + Possum``, ``nobody`` or ``not known``."""
    if who == UNKNOWN:
        return "not known"
    return " + ".join(names.get(part, part) for part in who.split()) or "nobody"

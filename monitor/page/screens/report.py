"""The report for the vet: each baby with its curve, day by day; made to be printed."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from monitor.page.fields import Document, moment, number, text
from monitor.page.screens.baby import curves_of
from monitor.page.screens.baby_row import BabyRow, row
from monitor.page.screens.items import note_words
from monitor.page.screens.open_alerts import cards
from monitor.page.screens.window import window
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken, local_day
from monitor.page.truth import truth
from monitor.page.words import Words
from monitor.times import DAY_S

DAYS = (3, 7, 14)


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table."""

    day: str
    weight: str
    change: str
    bottles: str
    intake: str
    notes: list[str]


class BabyReport(msgspec.Struct, frozen=True, kw_only=True):
    """One baby."""

    baby: BabyRow
    growth_svg: str
    days: list[Day]


async def show(seen: Seen) -> Shown:
    """The last ``days`` of the query, of ``baby`` or of everyone."""
    if seen.box is None:
        return Shown(template="no_box.html", model={"nav": "night"})
    days = next((n for n in DAYS if str(n) == seen.query.get("days")), 7)
    span_s = seen.now_s - days * DAY_S, seen.now_s
    wanted = seen.query.get("baby", "")
    chosen = {s: d for s, d in seen.box.babies.items() if wanted in {"", s}}
    items = await seen.history(seen.box.name, what="all", **window(*span_s, seen.now_s))
    spoken = Spoken(seen.words, seen.now_s)
    reports = [_report(s, d, items, span_s, spoken, seen) for s, d in chosen.items()]
    general = [i for i in items if text(i, "what") == "note" and text(i, "baby") is None]
    model = {
        "nav": "night",
        "slow": True,
        "truth": truth(seen.box, seen.now_s, seen.words, seen.broker_why),
        "as_of": "" if seen.box.heard_s is None else spoken.when(seen.box.heard_s),
        "alerts": cards(seen.box, seen.now_s, seen.words),
        "reports": reports,
        "general": [_dated(item, spoken, seen.words) for item in general],
        "days": days,
        "choices": DAYS,
        "wanted": wanted,
        "babies": [(s, text(d, "name") or s) for s, d in seen.box.babies.items()],
        "range": {"from_day": spoken.on_day(span_s[0]), "to_day": spoken.on_day(span_s[1])},
        "made": spoken.when(seen.now_s),
        "made_day": spoken.on_day(seen.now_s),
    }
    return Shown(template="report.html", model=model)


def _report(
    slug: str,
    document: Document,
    items: list[dict[str, Any]],
    span_s: tuple[float, float],
    spoken: Spoken,
    seen: Seen,
) -> BabyReport:
    name = text(document, "name") or slug
    own = [item for item in items if text(item, "baby") == name]
    return BabyReport(
        baby=row(slug, document, seen.now_s, seen.words),
        growth_svg=curves_of(document, own, span_s, spoken, seen.words)["growth_svg"],
        days=day_table(own, spoken, seen.words),
    )


def day_table(items: list[dict[str, Any]], spoken: Spoken, words: Words) -> list[Day]:
    """One line a local day that has something in it, the newest first."""
    by_day: dict[date, list[tuple[float, Document]]] = {}
    for item in items:
        if (t_s := moment(item, "at")) is not None:
            by_day.setdefault(local_day(t_s), []).append((t_s, item))
    found: list[Day] = []
    last_g: float | None = None
    for _, timed in sorted(by_day.items(), key=lambda each: each[0]):
        timed.sort(key=lambda each: each[0])
        day_items = [item for _, item in timed]
        grams = _first_weight(day_items)
        change = None if grams is None or last_g is None else grams - last_g
        last_g = grams if grams is not None else last_g
        bottles, intake = _bottles(day_items, spoken, words)
        notes = [item for item in day_items if text(item, "what") == "note"]
        found.append(
            Day(
                day=spoken.on_day(timed[0][0]),
                weight="" if grams is None else spoken.grams(grams),
                change="" if change is None else spoken.grams(change, signed=True),
                bottles=bottles,
                intake=intake,
                notes=[_dated(item, spoken, words) for item in notes],
            )
        )
    return found[::-1]


def _first_weight(day_items: list[Document]) -> float | None:
    """Before a bottle where there is one: what was drunk since is no growth."""
    weighings = [i for i in day_items if text(i, "what") == "weighing"]
    before = [i for i in weighings if text(i, "move") != "return"]
    known = [g for i in before or weighings if (g := number(i, "weight_g")) is not None]
    return known[0] if known else None


def _bottles(day_items: list[Document], spoken: Spoken, words: Words) -> tuple[str, str]:
    """How many, and how much in all; bottles of unknown amount are counted beside it."""
    feeds = [number(item, "net_g") for item in day_items if text(item, "what") == "feed"]
    if not feeds:
        return "", ""
    known = [grams for grams in feeds if grams is not None]
    unknown = len(feeds) - len(known)
    total = spoken.grams(sum(known)) if known else words("unknown")
    if known and unknown:
        total = words("report.unknown_too", grams=total, n=unknown)
    return str(len(feeds)), total


def _dated(item: Document, spoken: Spoken, words: Words) -> str:
    t_s = moment(item, "at")
    when = "" if t_s is None else f"{spoken.on_day(t_s)} {spoken.clock(t_s)}: "
    return f"{when}{note_words(item, spoken, words)}"

"""One baby: how it does, its growth on the usual band, bottles, cries, notes, every weighing."""

from __future__ import annotations

from typing import Any

from monitor.core.growth.band import band_of
from monitor.events import Weighing
from monitor.page import curves
from monitor.page.fields import Document, moment, number, text
from monitor.page.growth import as_baby, reference
from monitor.page.screens.babies import moved_to
from monitor.page.screens.baby_row import row
from monitor.page.screens.items import Item, lines
from monitor.page.screens.window import window
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken, midnights
from monitor.page.truth import truth
from monitor.page.words import Words
from monitor.times import DAY_S, HOUR_S, MINUTE_S

DAYS = (3, 7, 14, 30)
MOST_ROWS = 40
"""of one list; older ones are a page further"""


async def show(seen: Seen) -> Shown:
    """The baby in the path; ``days`` and ``end`` of the query say which time."""
    slug = seen.path.get("slug", "")
    document = None if seen.box is None else seen.box.babies.get(slug)
    if seen.box is None or document is None:
        to = None if seen.box is None else moved_to(seen.box, slug, seen)
        if to is not None:
            return Shown(to=f"/boxes/{to}/babies/{slug}")
        return Shown(template="no_baby.html", model={"nav": "now"}, status=404)
    days, end_s = _asked(seen)
    from_s = end_s - days * DAY_S
    name = text(document, "name") or slug
    span = window(from_s, end_s, seen.now_s)
    items = await seen.history(seen.box.name, what="all", baby=name, **span)
    last_day = window(seen.now_s - DAY_S, seen.now_s, seen.now_s)
    cries = await seen.history(seen.box.name, what="cries", **last_day)
    spoken = Spoken(seen.words, seen.now_s)
    model = {
        "nav": "now",
        "slow": True,
        "truth": truth(seen.box, seen.now_s, seen.words, seen.broker_why),
        "as_of": "" if seen.box.heard_s is None else spoken.when(seen.box.heard_s),
        "baby": row(slug, document, seen.now_s, seen.words),
        "others": [text(b, "name") or s for s, b in seen.box.babies.items() if s != slug],
        "days": days,
        "choices": DAYS,
        "is_newest": end_s >= seen.now_s,
        "range": {"from_day": spoken.day(from_s), "to_day": spoken.day(end_s)},
    }
    model |= curves_of(document, items, (from_s, end_s), spoken, seen.words)
    model |= {"cries_svg": _cries(cries, spoken, seen)}
    found = lines(items, spoken, seen.words)
    model |= _lists(found, seen.query.get("correct", ""))
    model["older"] = f"?days={days}&end={_older_s(found, from_s):.3f}"
    return Shown(template="baby.html", model=model)


def _asked(seen: Seen) -> tuple[int, float]:
    """How many days, and until when; what makes no sense is a week until now."""
    days = next((n for n in DAYS if str(n) == seen.query.get("days")), 7)
    try:
        end_s = float(seen.query.get("end", ""))
    except ValueError:
        return days, seen.now_s
    possible = 0.0 < end_s < seen.now_s
    return days, end_s if possible else seen.now_s


def _older_s(found: list[Item], from_s: float) -> float:
    """Where the next page begins: below the last weighing that fits on this one."""
    weighings = [item.t_s for item in found if item.what == "weighing"]
    return weighings[MOST_ROWS - 1] if len(weighings) > MOST_ROWS else from_s


def _lists(found: list[Item], correcting: str) -> dict[str, Any]:
    weighings = [item for item in found if item.what == "weighing"]
    bottles = [item for item in found if item.what == "feed"]
    notes = [item for item in found if item.what == "note"]
    chosen = next((i for i in found if i.id and i.id == correcting and i.can_correct), None)
    return {
        "weighings": weighings[:MOST_ROWS],
        "bottles": bottles,
        "notes": notes,
        "correcting": chosen,
    }


def curves_of(
    document: Document,
    items: list[dict[str, Any]],
    span_s: tuple[float, float],
    spoken: Spoken,
    words: Words,
) -> dict[str, str]:
    """The growth curve and the bottles of a baby, as SVG; empty where there is nothing to draw."""
    from_s, to_s = span_s
    weighings = [found for item in items if (found := _weighing(item)) is not None]
    weighings.sort(key=lambda each: each.t_s)
    name = text(document, "name") or ""
    marks = [(t_s, spoken.on_day(t_s)) for t_s in midnights(from_s, to_s)]
    days = {"from_day": spoken.day(from_s), "to_day": spoken.day(to_s)}
    return {
        "growth_svg": _growth(document, weighings, marks, span_s, spoken, words, name, days),
        "bottles_svg": _bottles(items, marks, span_s, spoken, words, name, days),
    }


def _weighing(item: Document) -> Weighing | None:
    t_s, grams = moment(item, "at"), number(item, "weight_g")
    if text(item, "what") != "weighing" or t_s is None or grams is None or grams <= 0:
        return None
    move = text(item, "move")
    return Weighing(
        step_id=text(item, "id") or "",
        t_s=t_s,
        baby="",
        weight_g=grams,
        sigma_g=0.0,
        move="return" if move == "return" else "lift" if move == "lift" else None,
    )


def _growth(
    document: Document,
    weighings: list[Weighing],
    marks: list[tuple[float, str]],
    span_s: tuple[float, float],
    spoken: Spoken,
    words: Words,
    name: str,
    days: dict[str, str],
) -> str:
    if not weighings:
        return ""
    known = as_baby(document)
    band = [] if known is None else band_of(reference(), known, weighings, *span_s)
    points = [
        curves.Point(
            w.t_s,
            w.weight_g,
            f"{spoken.grams(w.weight_g)}, {spoken.when(w.t_s)}",
            after=w.move == "return",
        )
        for w in weighings
    ]
    ranges = [curves.Range(p.t_s, p.low_g, p.median_g, p.high_g) for p in band]
    title = words("baby.curve_name", name=name, **days)
    return curves.growth(points, ranges, marks, *span_s, title)


def _bottles(
    items: list[dict[str, Any]],
    marks: list[tuple[float, str]],
    span_s: tuple[float, float],
    spoken: Spoken,
    words: Words,
    name: str,
    days: dict[str, str],
) -> str:
    found = []
    for item in items:
        t_s, grams = moment(item, "at"), number(item, "net_g")
        if text(item, "what") == "feed" and t_s is not None:
            label = f"{spoken.grams(grams)}, {spoken.when(t_s)}"
            found.append(curves.Bar(t_s, grams, label))
    if not found:
        return ""
    title = words("baby.bottles_name", name=name, **days)
    return curves.bars(found, marks, *span_s, title)


def _cries(cries: list[dict[str, Any]], spoken: Spoken, seen: Seen) -> str:
    """Minutes of crying in each of the last 24 hours; empty when there was none."""
    hours = dict.fromkeys(range(24), 0.0)
    from_s = seen.now_s - DAY_S
    for item in cries:
        ended_s = moment(item, "at")
        began_s = moment(item, "started_at") or ended_s
        if ended_s is None or began_s is None or text(item, "species") == "human":
            continue
        for i in hours:
            hour_s = from_s + i * HOUR_S
            hours[i] += max(0.0, min(ended_s, hour_s + HOUR_S) - max(began_s, hour_s)) / MINUTE_S
    if not any(hours.values()):
        return ""
    bars = []
    for i, minutes in hours.items():
        t_s = from_s + i * HOUR_S
        said = seen.words("baby.cry_minutes", n=spoken.number(minutes))
        bars.append(curves.Bar(t_s, minutes, f"{said}, {spoken.clock(t_s)}"))
    marks = [(from_s + i * HOUR_S, spoken.clock(from_s + i * HOUR_S)) for i in range(0, 24, 4)]
    title = seen.words("baby.cries_name")
    return curves.bars(bars, marks, from_s, seen.now_s, title, kind="cry")

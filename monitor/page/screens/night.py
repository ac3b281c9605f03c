"""The night in words, and what happened, newest first."""

from __future__ import annotations

from monitor.page.fields import moment, text
from monitor.page.screens.items import lines
from monitor.page.screens.window import window
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import truth
from monitor.times import HOUR_S

HOURS = (12, 24, 72)
KINDS = ("all", "alerts", "feeds", "weighings", "notes", "cries")
MOST_ROWS = 150


async def show(seen: Seen) -> Shown:
    """``hours``, ``only`` and ``end`` of the query say which time and what."""
    if seen.box is None:
        return Shown(template="no_box.html", model={"nav": "night"})
    hours = next((n for n in HOURS if str(n) == seen.query.get("hours")), HOURS[0])
    only = next((kind for kind in KINDS if kind == seen.query.get("only")), KINDS[0])
    end_s = _end_s(seen)
    from_s = end_s - hours * HOUR_S
    span = window(from_s, end_s, seen.now_s)
    items = await seen.history(seen.box.name, what=only, **span)
    spoken = Spoken(seen.words, seen.now_s)
    summary = seen.box.summary
    begun_s, ended_s = moment(summary, "from"), moment(summary, "to")
    told = text(summary, "text") or ""
    model = {
        "nav": "night",
        "slow": True,
        "truth": truth(seen.box, seen.now_s, seen.words, seen.broker_why),
        "summary": [part.strip() for part in told.splitlines() if part.strip()],
        "summary_from": "" if begun_s is None else spoken.when(begun_s),
        "summary_to": "" if ended_s is None else spoken.when(ended_s),
        "items": lines(items, spoken, seen.words)[:MOST_ROWS],
        "hours": hours,
        "hour_choices": HOURS,
        "only": only,
        "kinds": KINDS,
        "older": f"?hours={hours}&only={only}&end={from_s:.0f}",
        "is_newest": end_s >= seen.now_s,
        "range": {"from_time": spoken.when(from_s), "to_time": spoken.when(end_s)},
    }
    return Shown(template="night.html", model=model)


def _end_s(seen: Seen) -> float:
    try:
        end_s = float(seen.query.get("end", ""))
    except ValueError:
        return seen.now_s
    return end_s if 0.0 < end_s < seen.now_s else seen.now_s

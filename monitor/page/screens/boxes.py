"""Several boxes: whoever needs a person first stands first; those that are well are short."""

from __future__ import annotations

import msgspec

from monitor.page.boxes import BoxDocument
from monitor.page.fields import flag, text
from monitor.page.screens import now
from monitor.page.screens.baby_row import watched
from monitor.page.screens.kept import kept
from monitor.page.screens.open_alerts import AlertCard, cards
from monitor.page.seen import Seen, Shown
from monitor.page.truth import Truth, truth

MOST_SHOWN = 3
"""open alerts of one box in the list"""
NOT_WATCHED, WELL = 1, 5
STATES = ("now", "soon", "open", "watch", "well", "practice")
"""how many boxes are in each, in this order"""


class BoxLine(msgspec.Struct, frozen=True, kw_only=True):
    """One box in the list."""

    name: str
    rank: int
    """0 needs somebody now; ``WELL`` nobody"""
    level: str
    """``critical``, ``warning``, ``well`` or empty: how it is drawn"""
    state: str
    """one of ``STATES``"""
    room: str
    title: str
    text: str
    alerts: list[str]
    more: int
    """open alerts beyond those"""
    babies: list[str]
    practice: bool


async def first(seen: Seen) -> Shown:
    """The only box, or the choice of one."""
    return await (now.show(seen) if len(seen.boxes) < 2 else show(seen))


class Part(msgspec.Struct, frozen=True):
    """The boxes of one room that need nobody."""

    name: str
    """empty where there are no rooms"""
    lines: list[BoxLine]


async def show(seen: Seen) -> Shown:
    """Every box that was ever heard from, or those of the ``room`` in the query."""
    lines = sorted((line(box, seen) for box in wanted(seen)), key=order)
    calm = [each for each in lines if each.state in {"well", "practice"}]
    model = {
        "lines": lines,
        "first": [each for each in lines if each not in calm],
        "parts": parts(calm, seen),
        "counts": counts(lines),
        "room": seen.query.get("room", ""),
        "kept": kept(seen),
    }
    return Shown(template="boxes.html", model=model)


def order(each: BoxLine) -> tuple[bool, int, str]:
    """Practice last, then the gravest first."""
    return each.practice, each.rank, each.name


def counts(lines: list[BoxLine]) -> list[tuple[str, int]]:
    """How many boxes are in each state, without the states that none is in."""
    found = [(state, sum(each.state == state for each in lines)) for state in STATES]
    return [(state, number) for state, number in found if number]


def wanted(seen: Seen) -> list[BoxDocument]:
    """The boxes of the ``room`` in the query; all of them without one."""
    room = seen.query.get("room", "")
    return [box for box in seen.boxes if not room or seen.room_of(box.name) == room]


def parts(lines: list[BoxLine], seen: Seen) -> list[Part]:
    """By room, in the order of the configuration; those in no room last."""
    if not seen.rooms:
        return [Part("", lines)] if lines else []
    by_room = [(room, [each for each in lines if each.room == room]) for room in (*seen.rooms, "")]
    nowhere = seen.words("ward.no_room")
    return [Part(room or nowhere, found) for room, found in by_room if found]


def line(box: BoxDocument, seen: Seen) -> BoxLine:
    """A box in a few words, and how soon it needs somebody."""
    words = seen.words
    known = truth(box, seen.now_s, words, seen.broker_why)
    alerts = cards(box, seen.now_s, words)
    rank, level = _rank(known, alerts)
    watch, eyed = watched(box) if rank == WELL else ("", [])
    practice = flag(box.health, "practice") is True
    if eyed:
        rank, level = (2, "warning") if watch == "act" else (4, "")
    if known.warnings:
        title, said = known.warnings[0].title, known.warnings[0].text
    elif alerts:
        title, said = alerts[0].title, alerts[0].seen
    elif eyed:
        title, said = words(f"watch.{watch}"), ", ".join(eyed)
    else:
        title, said = words("now.well" if known.well else "now.waiting"), ""
    listed = alerts if known.warnings else alerts[1:]
    return BoxLine(
        name=box.name,
        rank=rank,
        level=level,
        state="practice" if practice else _STATE[rank],
        room=seen.room_of(box.name) or "",
        title=title,
        text=said,
        alerts=[alert.title for alert in listed[:MOST_SHOWN]],
        more=max(0, len(listed) - MOST_SHOWN),
        babies=[text(baby, "name") or slug for slug, baby in box.babies.items()],
        practice=practice,
    )


_STATE = {0: "now", NOT_WATCHED: "now", 2: "soon", 3: "open", 4: "watch", WELL: "well"}


def _rank(known: Truth, alerts: list[AlertCard]) -> tuple[int, str]:
    """How soon it needs somebody: a box that watches nobody counts like an alert of its own."""
    unseen = [alert.level for alert in alerts if not alert.seen]
    critical = any(warning.level == "critical" for warning in known.warnings)
    if "critical" in unseen:
        return 0, "critical"
    if critical:
        return NOT_WATCHED, "critical"
    if "warning" in unseen or known.warnings:
        return 2, "warning"
    if alerts:
        return 3, ""
    return (WELL, "well") if known.well else (4, "")

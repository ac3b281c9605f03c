"""Several boxes: whoever needs a person first stands first."""

from __future__ import annotations

import msgspec

from monitor.page.boxes import BoxDocument
from monitor.page.fields import flag, text
from monitor.page.screens import now
from monitor.page.screens.open_alerts import AlertCard, cards
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import Truth, truth

MOST_SHOWN = 3
"""open alerts of one box in the list"""
NOT_WATCHED, WELL = 1, 5


class BoxLine(msgspec.Struct, frozen=True, kw_only=True):
    """One box in the list."""

    name: str
    rank: int
    """0 needs somebody now; ``WELL`` nobody"""
    level: str
    """``critical``, ``warning``, ``well`` or empty: how it is drawn"""
    title: str
    text: str
    alerts: list[str]
    more: int
    """open alerts beyond those"""
    babies: list[str]
    heard: str
    practice: bool


async def first(seen: Seen) -> Shown:
    """The only box, or the choice of one."""
    return await (now.show(seen) if len(seen.boxes) < 2 else show(seen))


class Part(msgspec.Struct, frozen=True):
    """The boxes of one room."""

    name: str
    """empty where there are no rooms"""
    lines: list[BoxLine]

    @property
    def waiting(self) -> int:
        """Boxes that need somebody."""
        return sum(each.rank < WELL and not each.practice for each in self.lines)


async def show(seen: Seen) -> Shown:
    """Every box that was ever heard from, or those of the ``room`` in the query, by room."""
    lines = [line(box, seen) for box in wanted(seen)]
    lines.sort(key=lambda each: (each.practice, each.rank, each.name))
    found = parts(lines, seen)
    model = {
        "lines": lines,
        "parts": found,
        "waiting": sum(part.waiting for part in found),
        "room": seen.query.get("room", ""),
    }
    return Shown(template="boxes.html", model=model)


def wanted(seen: Seen) -> list[BoxDocument]:
    """The boxes of the ``room`` in the query; all of them without one."""
    room = seen.query.get("room", "")
    return [box for box in seen.boxes if not room or seen.room_of(box.name) == room]


def parts(lines: list[BoxLine], seen: Seen) -> list[Part]:
    """By room, the room with the box that needs somebody first in front."""
    if not seen.rooms:
        return [Part("", lines)] if lines else []
    by_room: dict[str, list[BoxLine]] = {}
    for each in lines:
        by_room.setdefault(seen.room_of(each.name) or seen.words("ward.no_room"), []).append(each)
    return [Part(name, found) for name, found in by_room.items()]


def line(box: BoxDocument, seen: Seen) -> BoxLine:
    """A box in a few words, and how soon it needs somebody."""
    words, spoken = seen.words, Spoken(seen.words, seen.now_s)
    known = truth(box, seen.now_s, words, seen.broker_why)
    alerts = cards(box, seen.now_s, words)
    rank, level = _rank(known, alerts)
    if known.warnings:
        title, said = known.warnings[0].title, known.warnings[0].text
    elif alerts:
        title, said = alerts[0].title, alerts[0].seen
    else:
        title, said = words("now.well" if known.well else "now.waiting"), ""
    listed = alerts if known.warnings else alerts[1:]
    return BoxLine(
        name=box.name,
        rank=rank,
        level=level,
        title=title,
        text=said,
        alerts=[alert.title for alert in listed[:MOST_SHOWN]],
        more=max(0, len(listed) - MOST_SHOWN),
        babies=[text(baby, "name") or slug for slug, baby in box.babies.items()],
        heard="" if box.heard_s is None else spoken.when(box.heard_s),
        practice=flag(box.health, "practice") is True,
    )


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

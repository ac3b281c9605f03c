"""The hand-over of a ward: every box of a room, or of the house, in a few words, gravest first."""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.page.boxes import BoxDocument
from monitor.page.screens.baby_row import BabyRow, rows
from monitor.page.screens.boxes import WELL, BoxLine, line, wanted
from monitor.page.screens.open_alerts import AlertCard, cards
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import truth


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One box."""

    line: BoxLine
    room: str
    states: list[str]
    """why it cannot be relied on; or that all is well"""
    alerts: list[str]
    babies: list[str]


async def show(seen: Seen) -> Shown:
    """As a page to print, or with ``as=text`` as a file to send on."""
    told = [tell(box, seen) for box in wanted(seen)]
    told.sort(key=lambda each: (each.line.practice, each.line.rank, each.line.name))
    room = seen.query.get("room", "")
    model: dict[str, Any] = {
        "told": told,
        "room": room,
        "made": Spoken(seen.words, seen.now_s).when(seen.now_s),
        "waiting": sum(each.line.rank < WELL and not each.line.practice for each in told),
        "babies": sum(len(each.babies) for each in told),
    }
    if seen.query.get("as") == "text":
        text = plain(model, seen)
        name = f"{room or 'all'}.txt"
        kind = "text/plain; charset=utf-8"
        return Shown(file=text.encode(), media_type=kind, file_name=name)
    return Shown(template="ward.html", model=model)


def tell(box: BoxDocument, seen: Seen) -> Told:
    """What the next carer must know of one box."""
    words, now_s = seen.words, seen.now_s
    known = truth(box, now_s, words, seen.broker_why)
    states = [warning.title for warning in known.warnings]
    if not states and not box.alerts:
        states = [words("now.well" if known.well else "now.waiting")]
    return Told(
        line=line(box, seen),
        room=seen.room_of(box.name) or "",
        states=states,
        alerts=[_alert(card) for card in cards(box, now_s, words)],
        babies=[_baby(row, seen) for row in rows(box, now_s, words)],
    )


def plain(model: dict[str, Any], seen: Seen) -> str:
    """The same without any markup, for a message to whoever comes next."""
    words = seen.words
    head = words("ward.head", where=model["room"] or words("ward.house"), time=model["made"])
    count = words("boxes.waiting", n=model["waiting"])
    found = [head, count if model["waiting"] else words("boxes.none_waiting"), ""]
    for each in model["told"]:
        place = f" ({each.room})" if each.room and not model["room"] else ""
        mark = f" [{words('practice.badge')}]" if each.line.practice else ""
        found.append(f"{each.line.name}{place}{mark}: {'; '.join([*each.states, *each.alerts])}")
        found += [f"  {baby}" for baby in each.babies]
    return "\n".join(found).replace("\u00a0", " ") + "\n"


def _alert(card: AlertCard) -> str:
    more = ", ".join(part for part in (card.since, card.seen) if part)
    return f"{card.title} ({more})" if more else card.title


def _baby(row: BabyRow, seen: Seen) -> str:
    """A baby in one line; what needs somebody first."""
    words = seen.words
    about = ", ".join(part for part in (row.species, row.age) if part)
    weight = f"{row.weight} ({row.weighed})" if row.weighed else row.weight
    growth = ", ".join(part for part in (row.verdict, row.gain) if part)
    due = ", ".join(part for part in (row.next_bottle, row.next_amount) if part)
    parts = [
        words(f"watch.{row.watch}") if row.watch else "",
        "; ".join(row.signs),
        words("baby.warm_first") if row.warm_first else "",
        weight,
        growth,
        words("ward.last", bottle=row.last_bottle),
        words("ward.next", bottle=due),
        row.where if row.out else "",
        row.moving,
    ]
    return f"{row.name} ({about}): " + "; ".join(part for part in parts if part)

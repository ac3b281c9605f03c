"""The hand-over of a ward: every box of a room, or of the house, gravest first.

Whoever needs something has a sentence; a baby that does well has its three numbers.
"""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.page.boxes import BoxDocument
from monitor.page.fields import Document, moment, number
from monitor.page.screens.baby_row import BabyRow, rows
from monitor.page.screens.boxes import BoxLine, counts, line, order, wanted
from monitor.page.screens.kept import kept
from monitor.page.screens.open_alerts import AlertCard, cards
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import truth


class Short(msgspec.Struct, frozen=True):
    """One baby that is well."""

    name: str
    weight: str
    gain: str
    due: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One box."""

    line: BoxLine
    room: str
    states: list[str]
    """why it cannot be relied on; or that all is well"""
    alerts: list[str]
    babies: list[str]
    """those that need something, and all of a box that cannot be relied on: each in a sentence"""
    short: list[Short]
    """the others"""


async def show(seen: Seen) -> Shown:
    """As a page to print, or with ``as=text`` as a file to send on."""
    spoken = Spoken(seen.words, seen.now_s)
    told = [tell(box, seen) for box in wanted(seen)]
    told.sort(key=lambda each: order(each.line))
    room = seen.query.get("room", "")
    model: dict[str, Any] = {
        "kept": kept(seen),
        "told": told,
        "calm": [each for each in told if each.line.state in {"well", "practice"}],
        "counts": counts([each.line for each in told]),
        "room": room,
        "made": f"{spoken.on_day(seen.now_s)} {spoken.clock(seen.now_s)}",
        "babies": sum(len(each.line.babies) for each in told),
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
    said = line(box, seen)
    states = [warning.title for warning in known.warnings]
    if not states and not box.alerts:
        states = [f"{said.title}: {said.text}" if said.text else said.title]
    babies = rows(box, now_s, words)
    fine = [] if known.warnings else [row for row in babies if _is_fine(row)]
    return Told(
        line=said,
        room=said.room,
        states=states,
        alerts=[_alert(card) for card in cards(box, now_s, words)],
        babies=[_baby(row, seen) for row in babies if row not in fine],
        short=[_short(row, box.babies[row.slug], seen) for row in fine],
    )


def plain(model: dict[str, Any], seen: Seen) -> str:
    """The same without any markup, for a message to whoever comes next."""
    words = seen.words
    head = words("ward.head", where=model["room"] or words("ward.house"), time=model["made"])
    count = ", ".join(words(f"boxes.is_{state}", n=n) for state, n in model["counts"])
    found = [head, count, ""]
    for each in model["told"]:
        place = f" ({each.room})" if each.room and not model["room"] else ""
        mark = f" [{words('practice.badge')}]" if each.line.practice else ""
        found.append(f"{each.line.name}{place}{mark}: {'; '.join([*each.states, *each.alerts])}")
        found += [f"  {baby}" for baby in each.babies]
        found += [
            f"  {baby.name}: "
            + "; ".join(part for part in (baby.weight, baby.gain, baby.due) if part)
            for baby in each.short
        ]
    return "\n".join(found).replace("\u00a0", " ") + "\n"


def _alert(card: AlertCard) -> str:
    more = ", ".join(part for part in (card.since, card.seen) if part)
    return f"{card.title} ({more})" if more else card.title


def _is_fine(row: BabyRow) -> bool:
    """Nothing about it needs a sentence."""
    unsettled = row.watch or row.warm_first or row.moving or row.out or row.next_late
    return not unsettled and not row.weight_old and row.verdict_mark != "bad"


def _short(row: BabyRow, document: Document, seen: Seen) -> Short:
    spoken = Spoken(seen.words, seen.now_s)
    gain_g, due_s = number(document, "gain_24h_g"), moment(document, "bottle_due_at")
    weight = f"{row.weight} ({row.weighed})" if row.told else row.weight
    gain = row.verdict if gain_g is None else spoken.grams(gain_g, signed=True)
    amount = number(document, "next_feed_ml")
    due = row.next_bottle if due_s is None else spoken.near(due_s)
    if due_s is not None and amount is not None:
        due = f"{due}, {spoken.millilitres(amount)}"
    return Short(row.name, weight, gain, due)


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

"""Looking back: what the journal holds, newest first, with the ids that correct and undo take.

A page is cut where it would be longer than a small broker or phone takes; ``next`` is where to go
on. It is a time, with a count behind it where several things happened in one millisecond.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from monitor.codec import document, encode
from monitor.commands import History
from monitor.errors import CommandError
from monitor.events import Baby, Candidate, CryEnded, Feed, Note, Weighing, origin_of
from monitor.store.event_rows import PERSON
from monitor.store.reading import JournalReader
from monitor.times import parse_rfc3339, rfc3339

PAGE_BYTES = 11_500
"""of the items of one page: with what is around them it stays below 12 kB"""
PAGE_ITEMS = 100

Item = dict[str, Any]


class Span(NamedTuple):
    """Which items: at or after ``since_s``, before ``until_s``; with ``skip`` also those at it."""

    since_s: float = -math.inf
    until_s: float = math.inf
    skip: int = 0
    """so many of those at ``until_s``, to the millisecond, have been given"""


class Page(NamedTuple):
    """Items, newest first, and where to go on."""

    items: list[Item]
    next: str | None
    babies: dict[str, str]
    """ids of the babies that are named, here or gone"""


def page(journal: JournalReader, asked: History) -> Page:
    """One page of what was asked for.

    Raises:
        CommandError: nobody is called that, or ``next`` is none.
        JournalError: the journal cannot be read now.
    """
    span, known = _span(asked), journal.babies(retired=True)
    name = None if asked.baby is None else find_name(known, asked.baby)
    most = PAGE_ITEMS if asked.limit is None else int(asked.limit)
    found = list(itertools.islice(items(journal, asked.what, name, span, most + 1), most + 1))
    ids = {baby.name: baby.id for baby in known}
    babies: dict[str, str] = {}
    size, kept = 0, 0
    for item in found[:most]:
        named = {each: ids[each] for each in (item.get("baby"),) if each in ids} | babies
        size += len(encode(item)) + 1
        if kept and size + len(encode(named)) > PAGE_BYTES:
            break
        kept, babies = kept + 1, named
    return Page(found[:kept], _next(found, kept, span), babies)


def items(
    journal: JournalReader, what: str, baby: str | None, span: Span, most: int = -1
) -> Iterator[Item]:
    """Items of ``what`` (a kind, or "all") and this baby, newest first.

    ``most``: read no more of each kind than that; below 0: all.

    Raises:
        JournalError: the journal cannot be read now.
    """
    kinds = [kind for kind in KINDS if what in {kind.what, "all"}]
    if baby is not None and what == "all":
        kinds = [kind for kind in kinds if kind.has_baby]
    until_ms = _ms(span.until_s) + bool(span.skip)
    found: list[tuple[int, Item]] = []
    for kind in kinds:
        name = baby if kind.has_baby else None
        most_rows = most if most < 0 else most + span.skip
        rows = journal.back(kind.table, _ms(span.since_s), until_ms, baby=name, most=most_rows)
        found += [(_ms(row["t_s"]), kind.item(dict(row))) for row in rows]
    found.sort(key=lambda each: -each[0])  # those of one moment stay in the order of ``KINDS``
    return (item for _, item in found[span.skip :])


def find_name(babies: list[Baby], asked: str) -> str:
    """The name of the baby with this name or slug, here or gone; whoever is here goes first.

    Raises:
        CommandError: nobody is called that.
    """
    ordered = sorted(babies, key=lambda baby: baby.retired_s is not None)
    for baby in ordered:
        if asked.lower() in {baby.name.lower(), baby.slug}:
            return baby.name
    known = ", ".join(baby.name for baby in babies) or "nobody yet"
    raise CommandError(f"no baby called {asked!r} (known: {known})")


def _ms(t_s: float) -> int:
    """Whole milliseconds, as a time is written; beyond any time for none."""
    return round(min(max(t_s, -1e10), 1e10) * 1000.0)


def _span(asked: History) -> Span:
    since_s = -math.inf if asked.since_s is None else asked.since_s
    until_s = math.inf if asked.until_s is None else asked.until_s
    if asked.next is None:
        return Span(since_s, until_s)
    time, _, count = asked.next.partition("/")
    try:
        return Span(since_s, parse_rfc3339(time), max(int(count or 0), 0))
    except ValueError as error:
        raise CommandError('"next" is not one that a page of history gave') from error


def _next(found: list[Item], kept: int, span: Span) -> str | None:
    """Where the page after these goes on; ``None`` when nothing is left."""
    if kept >= len(found):
        return None
    last = found[kept - 1]["at"]
    if found[kept]["at"] != last:
        return str(last)
    same = sum(item["at"] == last for item in found[:kept])
    if span.skip and last == rfc3339(span.until_s):
        same += span.skip
    return f"{last}/{same}"


# --------------------------------------------------------------------------- one kind each


def _weighing(row: dict[str, Any]) -> Item:
    weighing = msgspec.convert(row, Weighing, strict=False)
    fields = document(weighing) | _guessed(row)
    return _item("weighing", row["step_id"], row["t_s"], fields)


def _question(row: dict[str, Any]) -> Item:
    candidates = msgspec.json.decode(row["candidates"], type=list[Candidate])
    fields = {
        "move": row["move"],
        "weight_g": round(row["weight_g"], 2),
        "candidates": [{"baby": c.baby, "p": round(c.p, 3)} for c in candidates],
    }
    return _item("question", row["step_id"], row["t_s"], fields)


def _feed(row: dict[str, Any]) -> Item:
    fields = document(msgspec.convert(row, Feed, strict=False))
    fields = {"origin": "scale", "how": None} | fields | _guessed(row)
    return _item("feed", row["step_id"], row["t_s"], fields)


def _note(row: dict[str, Any]) -> Item:
    value = None if row["value"] is None else msgspec.json.decode(row["value"])
    fields = document(msgspec.convert(row | {"value": value}, Note, strict=False))
    return _item("note", row["step_id"], row["t_s"], fields | _guessed(row))


def _guessed(row: dict[str, Any]) -> Item:
    """Only where the clock was not known then."""
    return {} if row["synced"] or row["session"] == PERSON else {"guessed": True}


def _cry(row: dict[str, Any]) -> Item:
    cry = msgspec.convert(row, CryEnded, strict=False)
    fields = {
        "started_at": rfc3339(cry.started_s),
        "species": cry.species,
        "context": cry.context,
        "score": round(cry.score, 4),
    }
    return _item("cry", None, row["t_s"], fields)


def _call(row: dict[str, Any]) -> Item:
    fields = {"species": row["species"], "score": round(row["score"], 4)}
    return _item("call", None, row["t_s"], fields)


def _alert(row: dict[str, Any]) -> Item:
    names = ("kind", "state", "severity", "baby", "title", "message", "why")
    fields = {name: row[name] for name in names} | {"since": rfc3339(row["since_s"])}
    fields |= {"by": row["by"]} if row.get("by") else {}
    item = _item("alert", row["id"], row["t_s"], fields)
    if row["session"] != PERSON:  # the id of a baby that came from elsewhere may be in it
        item.pop("from", None)
    return item


def _item(what: str, key: str | None, t_s: float, fields: Item) -> Item:
    head: Item = {"what": what, "id": key, "at": rfc3339(t_s)}
    if key is not None and (origin := origin_of(key)):
        head["from"] = origin
    return head | {
        name: value for name, value in fields.items() if name not in {"step_id", "event"}
    }


class Kind(NamedTuple):
    """One kind of thing to look back at."""

    what: str
    table: str
    has_baby: bool
    item: Callable[[dict[str, Any]], Item]


KINDS = (
    Kind("weighings", "weighings", True, _weighing),
    Kind("weighings", "unassigned", False, _question),
    Kind("feeds", "feeds", True, _feed),
    Kind("cries", "cries", False, _cry),
    Kind("cries", "calls", False, _call),
    Kind("notes", "notes", True, _note),
    Kind("alerts", "alerts", True, _alert),
)

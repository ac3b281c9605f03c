"""What happened, item by item of the box's history, in one line of words each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from monitor.page.fields import Document, flag, moment, number, tables, text
from monitor.page.spoken import Spoken
from monitor.page.words import Words

SURE = 0.995
"""above it nobody needs to be told how sure a name is"""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One line."""

    what: str
    id: str
    t_s: float
    day: str
    clock: str
    when: str
    """both, in short"""
    baby: str
    value: str
    """the number with its unit, where there is one"""
    detail: str
    sentence: str
    """all of it, with the name"""
    can_undo: bool
    """a person entered it"""
    can_correct: bool


def lines(items: Sequence[Document], spoken: Spoken, words: Words) -> list[Item]:
    """Those that can be read, in their order."""
    return [line for item in items if (line := _line(item, spoken, words)) is not None]


def note_words(item: Document, spoken: Spoken, words: Words) -> str:
    """``temperature 37.9 °C``, ``stool soft, a little blood``."""
    kind = text(item, "kind") or "other"
    name = words(f"kind.{kind}") if f"kind.{kind}" in words else kind
    value = number(item, "value")
    said = text(item, "value") or ""
    if value is not None:
        said = spoken.celsius(value) if kind == "temperature_c" else spoken.number(value)
    about = ", ".join(part for part in (said, text(item, "text")) if part)
    return f"{name} {about}".strip()


def _line(item: Document, spoken: Spoken, words: Words) -> Item | None:
    read = _READERS.get(text(item, "what") or "")
    at_s = moment(item, "at")
    if read is None or at_s is None:
        return None
    value, detail, sentence = read(item, spoken, words)
    if (by := text(item, "by")) is not None:
        detail, sentence = f"{detail} ({by})".strip(), f"{sentence} ({by})"
    what = text(item, "what") or ""
    by_hand = text(item, "origin") in {"typed", "imported", "assigned"} or what == "note"
    has_id = text(item, "id") is not None
    return Item(
        what=what,
        id=text(item, "id") or "",
        t_s=at_s,
        day=spoken.day(at_s),
        clock=spoken.clock(at_s),
        when=spoken.when(at_s),
        baby=text(item, "baby") or "",
        value=value,
        detail=detail,
        sentence=sentence,
        can_undo=has_id and by_hand,
        can_correct=has_id and what in {"weighing", "feed", "note"},
    )


def _weighing(item: Document, spoken: Spoken, words: Words) -> tuple[str, str, str]:
    origin, move = text(item, "origin") or "scale", text(item, "move") or ""
    if flag(item, "only_weighed"):
        how = words("item.only_weighed")
    elif origin in {"typed", "imported"}:
        how = words(f"item.{origin}")
    else:
        how = words(f"item.{move}") if move in {"lift", "return"} else ""
    sure = number(item, "confidence")
    parts = [how]
    if origin == "assigned":
        parts.append(words("item.assigned"))
    elif origin == "scale" and sure is not None and sure < SURE:
        parts.append(words("item.unsure", p=spoken.number(100 * sure, 0)))
    value, detail = spoken.grams(number(item, "weight_g")), ", ".join(filter(None, parts))
    name = text(item, "baby") or "?"
    return value, detail, words("item.weighed", name=name, grams=value, what=detail)


def _question(item: Document, spoken: Spoken, words: Words) -> tuple[str, str, str]:
    names = [name for each in tables(item, "candidates") if (name := text(each, "baby"))]
    value = spoken.grams(number(item, "weight_g"))
    who = ", ".join(names) or words("item.nobody_known")
    return value, who, words("item.question", grams=value, names=who)


def _feed(item: Document, spoken: Spoken, words: Words) -> tuple[str, str, str]:
    grams, how = number(item, "net_g"), text(item, "how")
    typed = text(item, "origin") == "typed"
    value = spoken.grams(grams, signed=grams is not None and grams < 0)
    key = "feed_scale" if not typed else "feed_unknown" if grams is None else "feed_typed"
    detail = words(f"item.{key}", grams=value)
    if how:
        detail = f"{detail} {words('item.how', how=how)}"
    name = text(item, "baby") or "?"
    return value, detail, words("item.fed", name=name, what=detail)


def _note(item: Document, spoken: Spoken, words: Words) -> tuple[str, str, str]:
    said, name = note_words(item, spoken, words), text(item, "baby")
    if name is None:
        return "", said, words("item.note_all", what=said)
    return "", said, words("item.note_of", name=name, what=said)


def _cry(item: Document, spoken: Spoken, words: Words) -> tuple[str, str, str]:
    began_s, ended_s = moment(item, "started_at"), moment(item, "at")
    species, context = text(item, "species") or "", text(item, "context") or ""
    who = words(f"voice.{species}" if f"voice.{species}" in words else "voice.unknown")
    long_s = 0.0 if began_s is None or ended_s is None else max(ended_s - began_s, 0.0)
    key = f"context.{context}" if f"context.{context}" in words else "context.unexplained"
    span = spoken.span(long_s)
    sentence = words("item.cry", who=who, span=span, context=words(key))
    return span, "", sentence[:1].upper() + sentence[1:]


def _call(item: Document, _spoken: Spoken, words: Words) -> tuple[str, str, str]:
    species = text(item, "species") or ""
    who = words(f"voice.{species}" if f"voice.{species}" in words else "voice.unknown")
    sentence = words("item.call", who=who)
    return "", "", sentence[:1].upper() + sentence[1:]


def _alert(item: Document, _spoken: Spoken, words: Words) -> tuple[str, str, str]:
    state = text(item, "state") or ""
    said = words(f"state.{state}") if f"state.{state}" in words else state
    sentence = words("item.alert", title=text(item, "title") or "", state=said)
    return "", text(item, "message") or "", sentence


_Read = Callable[[Document, Spoken, Words], tuple[str, str, str]]
_READERS: Mapping[str, _Read] = {
    "weighing": _weighing,
    "question": _question,
    "feed": _feed,
    "note": _note,
    "cry": _cry,
    "call": _call,
    "alert": _alert,
}

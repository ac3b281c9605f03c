"""The box itself: whether it hears, weighs and is heard, what to do where not, and its settings."""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.names import SOURCES
from monitor.page.boxes import BoxDocument
from monitor.page.fields import flag, moment, number, table, tables, text, texts
from monitor.page.progress import progress
from monitor.page.screens.settings import value_of
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import truth
from monitor.page.words import Words

LEAST_DB, MOST_DB = -80.0, 0.0
"""of the bar of the sound level: a quiet room is about -60 dB of full scale, a cry -30"""


class SourceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One source, with what to do when it delivers nothing."""

    name: str
    label: str
    state: str
    why: str
    todo: str
    level: str
    """``critical`` or ``warning`` where it is blind, else empty"""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the box that a person should look after."""

    title: str
    text: str


async def show(seen: Seen) -> Shown:
    """Health, actions, and the way to every setting."""
    box = seen.box
    if box is None:
        return Shown(template="no_box.html", model={"nav": "box"})
    words, spoken = seen.words, Spoken(seen.words, seen.now_s)
    walk = progress(box)
    model = {
        "nav": "box",
        "truth": truth(box, seen.now_s, words, seen.broker_why),
        "sources": source_lines(box, words),
        "faults": faults(box, words),
        "facts": facts(box, spoken, words),
        "level_db": number(box.cry, "level_db"),
        "level": level(box, spoken, words),
        "least_db": LEAST_DB,
        "most_db": MOST_DB,
        "total": spoken.grams(number(box.scale, "total_g")),
        "calibrated": flag(box.scale, "calibrated") is not False,
        "has_scale": _state(box, "scale") is not None,
        "things": things(box, spoken, words),
        "quiet_from": value_of(box, "alerts.night.from"),
        "quiet_to": value_of(box, "alerts.night.to"),
        "earlier": earlier_card(box),
        "walk_known": walk.known,
        "walk_next": walk.next,
        "version": text(box.health, "version") or words("unknown"),
        "practice": flag(box.health, "practice") is True,
    }
    return Shown(template="box.html", model=model, look=True)


def source_lines(box: BoxDocument, words: Words) -> list[SourceLine]:
    """Every source, also those that are not set up."""
    return [_source_line(box, name, words) for name in SOURCES]


def _source_line(box: BoxDocument, name: str, words: Words) -> SourceLine:
    state, why = _state(box, name), text(table(table(box.health, "sources"), name), "why") or ""
    blind = state not in {None, "healthy"}
    known = f"source.{name}" in words
    return SourceLine(
        name=name,
        label=words(f"source.{name}") if known else name,
        state=_state_words(box, name, state, words),
        why=why if blind else "",
        todo=words(f"source.todo_{name}" if known else "source.todo_other") if blind else "",
        level=_level(name, new=name in progress(box).not_yet) if blind else "",
    )


def _level(name: str, *, new: bool) -> str:
    """How grave it is that a source delivers nothing; one that was never set up is not missed."""
    if new:
        return ""
    return "critical" if name in {"microphone", "scale"} else "warning"


def _state_words(box: BoxDocument, name: str, state: str | None, words: Words) -> str:
    if box.health is None:
        return words("unknown")
    if state == "healthy":
        scale_told = name == "scale" and flag(box.scale, "calibrated") is False
        return words("source.not_calibrated" if scale_told else f"source.works_{name}")
    key = f"source.state_{state}"
    return words(key) if key in words else words("source.state_none")


def _state(box: BoxDocument, name: str) -> str | None:
    return text(table(table(box.health, "sources"), name), "state")


def faults(box: BoxDocument, words: Words) -> list[Fault]:
    """What is wrong with computer, card, clock, broker and pushes; each with what to do."""
    health = box.health
    if health is None:
        return []
    found = [
        Fault(title=words(f"trouble.{key}"), text=why)
        for key in ("journal_error", "identity_error", "push_error")
        if (why := text(health, key)) is not None
    ]
    if flag(health, "clock_synced") is False:
        found.append(Fault(title=words("trouble.clock"), text=words("trouble.clock_todo")))
    link = table(health, "link")
    if refused := table(link, "refused"):
        named = ", ".join(list(refused)[:5])
        found.append(
            Fault(title=words("trouble.refused"), text=words("trouble.refused_todo", topics=named))
        )
    if (kept := number(health, "journals_kept")) is not None and kept > 0:
        found.append(Fault(title=words("trouble.kept"), text=words("trouble.kept_todo")))
    shed = texts(table(health, "load"), "shed")
    if shed:
        named = ", ".join(shed)
        found.append(
            Fault(title=words("trouble.load"), text=words("trouble.load_todo", shed=named))
        )
    return found


def earlier_card(box: BoxDocument) -> list[str] | None:
    """Babies of an earlier card that the broker still announces; ``None``: there is none."""
    health = box.health or {}
    return None if health.get("earlier_card") is None else texts(health, "earlier_card")


def facts(box: BoxDocument, spoken: Spoken, words: Words) -> list[tuple[str, str]]:
    """Names and values for whoever wants to know more."""
    health, link = box.health, table(box.health, "link")
    waiting, pushes = number(link, "waiting"), number(health, "push_waiting")
    memory, cpu = number(health, "memory_mb"), number(health, "cpu_pct")
    since = moment(link, "since")
    connected = flag(link, "connected")
    said = words("unknown")
    if connected is not None:
        said = words("link.up" if connected else "link.down")
    if since is not None and connected:
        said = words("link.up_since", time=spoken.when(since))
    return [
        (words("fact.broker"), said),
        (words("fact.waiting"), "" if waiting is None else spoken.number(waiting, 0)),
        (words("fact.pushes"), "" if pushes is None else spoken.number(pushes, 0)),
        (words("fact.memory"), "" if memory is None else f"{spoken.number(memory, 0)}\u00a0MB"),
        (words("fact.cpu"), "" if cpu is None else spoken.percent(cpu)),
        (words("fact.heard"), spoken.when(box.heard_s)),
    ]


def level(box: BoxDocument, spoken: Spoken, words: Words) -> str:
    """The sound level in numbers."""
    level_db = number(box.cry, "level_db")
    return words("unknown") if level_db is None else f"{spoken.number(level_db, 0)}\u00a0dB"


def things(box: BoxDocument, spoken: Spoken, words: Words) -> list[dict[str, Any]]:
    """The things that are known."""
    found = []
    for thing in tables(box.scale, "things"):
        name, inside = text(thing, "name"), flag(thing, "in_box")
        where = {True: "thing.inside", False: "thing.outside", None: "thing.unknown"}[inside]
        if name is not None:
            grams = spoken.grams(number(thing, "grams"))
            found.append({"name": name, "grams": grams, "where": words(where)})
    return found

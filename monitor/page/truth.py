"""Whether what is shown can be relied on, and if not, why: what the top of every screen says.

All is well only where the box is online, has said so lately, every source that is set up delivers,
and no alert is open. Whatever is not known counts against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from monitor.names import SOURCES, SourceName
from monitor.page.boxes import BoxDocument
from monitor.page.fields import table, text
from monitor.page.progress import Progress, progress
from monitor.page.spoken import Spoken
from monitor.page.words import Words

Level = Literal["critical", "warning"]
SENSES: frozenset[SourceName] = frozenset({"microphone", "scale"})
"""without one of these nobody watches, whatever else is measured"""
OLD_AFTER_S = 90.0
"""``cry`` and ``scale`` are renewed every 20 s; with four and a half of them missing something is
wrong between the box and the page"""


class Warn(msgspec.Struct, frozen=True, kw_only=True):
    """One reason not to rely on what is shown."""

    key: str
    level: Level
    title: str
    text: str


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """How far the screen may be relied on."""

    warnings: list[Warn]
    """the gravest first"""
    current: bool
    """the numbers are those of now; else they are shown as old, with their age"""
    reachable: bool
    """a command would arrive, as far as is known"""
    well: bool
    """nothing is wrong, and it is known that nothing is"""
    watching: list[SourceName]
    """sources that deliver"""
    heard_s: float | None


def truth(box: BoxDocument, now_s: float, words: Words, broker_why: str | None) -> Truth:
    """Judge one box at ``now_s``; ``broker_why``: why there is no connection to the broker."""
    spoken = Spoken(words, now_s)
    warnings = [*_link(box, spoken, now_s, words, broker_why)]
    current = not warnings
    healthy = [name for name in SOURCES if _state(box, name) == "healthy"]
    if current:
        warnings += _sources(box, words)
    known = bool(SENSES & set(healthy)) and "alerts" in box.received_s
    return Truth(
        warnings=warnings,
        current=current,
        reachable=box.online is True and broker_why is None,
        well=current and not warnings and known and not box.alerts,
        watching=healthy,
        heard_s=box.heard_s,
    )


def _link(
    box: BoxDocument, spoken: Spoken, now_s: float, words: Words, broker_why: str | None
) -> Iterator[Warn]:
    """What is wrong on the way from the box to here; one thing, since the rest follows from it."""
    heard = words("truth.never_heard")
    if box.heard_s is not None:
        when, ago = spoken.when(box.heard_s), spoken.ago(box.heard_s)
        heard = words("truth.last_heard", time=when, ago=ago)
    if broker_why is not None:
        title, why = words("truth.no_broker"), words("truth.no_broker_why", why=broker_why)
        yield Warn(key="broker", level="critical", title=title, text=f"{why} {heard}")
    elif box.online is None:
        title = words("truth.not_known")
        yield Warn(key="unknown", level="critical", title=title, text=heard)
    elif not box.online:
        title, why = words("truth.offline"), words("truth.offline_why")
        yield Warn(key="offline", level="critical", title=title, text=f"{why} {heard}")
    elif (old_s := _silent_s(box, now_s)) > OLD_AFTER_S:
        title, why = words("truth.silent", span=spoken.span(old_s)), words("truth.silent_why")
        yield Warn(key="silent", level="critical", title=title, text=why)


def _not_set_up(set_up: Progress, words: Words) -> Warn:
    steps = ", ".join(words(f"set_up.needs_{step}") for step in set_up.missing)
    why = words("set_up.not_yet_why", steps=steps or words("unknown"))
    return Warn(key="set_up", level="warning", title=words("set_up.not_yet"), text=why)


def _silent_s(box: BoxDocument, now_s: float) -> float:
    """For how long what is renewed every few seconds has not come."""
    live = [t_s for key, t_s in box.received_s.items() if key in {"cry", "scale"}]
    return now_s - min(live, default=now_s if box.heard_s is None else box.heard_s)


def _state(box: BoxDocument, source: str) -> str | None:
    return text(table(table(box.health, "sources"), source), "state")


def _sources(box: BoxDocument, words: Words) -> Iterator[Warn]:
    if box.health is None:
        title = words("truth.no_health")
        yield Warn(key="health", level="warning", title=title, text=words("truth.no_health_why"))
        return
    states = {name: _state(box, name) for name in SOURCES}
    set_up = progress(box)
    if not set_up.ready:
        yield _not_set_up(set_up, words)
    for name, state in states.items():
        if state in {None, "healthy"} or name in set_up.not_yet:
            continue
        why = text(table(table(box.health, "sources"), name), "why")
        key = f"blind_{name}" if f"truth.blind_{name}" in words else "blind_other"
        said = words(f"truth.{key}_why") + (f" ({why})" if why else "")
        title = words(f"truth.{key}", source=name)
        level: Level = "critical" if name in SENSES else "warning"
        yield Warn(key=f"blind-{name}", level=level, title=title, text=said)
    if not any(states[name] for name in SENSES):
        title = words("truth.no_source")
        yield Warn(key="sources", level="critical", title=title, text=words("truth.no_source_why"))

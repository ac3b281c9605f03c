"""What is wrong with a shelter's records and the rules over them, and which of those apply now."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.mqtt.topics import RECORDS_SILENT_S
from monitor.page.fields import Document, flag, moment, number, tables, text
from monitor.page.seen import Seen
from monitor.page.spoken import Spoken
from monitor.page.truth import Level, Warn

MOST_FIRING = 3


def kept(seen: Seen) -> list[Warn]:
    """Nothing where nobody keeps records; nothing, too, without a line to the broker."""
    if seen.broker_why is not None:
        return []
    document, heard_s = seen.kept.document, seen.kept.heard_s
    if document is None or heard_s is None:
        return [_stopped(seen)] if seen.kept.wanted else []
    if flag(document, "online") is not True or seen.now_s - heard_s > RECORDS_SILENT_S:
        return [_stopped(seen, document)]
    return [*_firing(document, seen), *_blind(document, seen)]


def _stopped(seen: Seen, document: Document | None = None) -> Warn:
    words = seen.words
    parts = [words("kept.stopped_why"), _since(document, seen), words("kept.stopped_do")]
    return _warn("records", words("kept.stopped"), parts)


def _warn(key: str, title: str, parts: list[str]) -> Warn:
    return Warn(key=key, level="warning", title=title, text=" ".join(filter(None, parts)))


def _since(document: Document | None, seen: Seen) -> str:
    kept_s = moment(document, "kept_at")
    if kept_s is None:
        return ""
    spoken = Spoken(seen.words, seen.now_s)
    return seen.words("kept.since", time=spoken.when(kept_s), ago=spoken.ago(kept_s))


def _blind(document: Document, seen: Seen) -> Iterator[Warn]:
    """Rules that cannot be looked at because nothing is kept are no second thing that is wrong."""
    words = seen.words
    if flag(document, "keeping") is False:
        waiting = number(document, "waiting")
        parts = [
            _since(document, seen),
            _sentence(text(document, "why")),
            words("kept.waiting", n=round(waiting)) if waiting else "",
            words("kept.rules_neither") if flag(document, "rules") is False else "",
            words("kept.database_do"),
        ]
        yield _warn("records", words("kept.stopped"), parts)
    elif flag(document, "rules") is False:
        parts = [_sentence(text(document, "rules_why")), words("kept.rules_do")]
        yield _warn("rules", words("kept.rules"), parts)


def _firing(document: Document, seen: Seen) -> Iterator[Warn]:
    found = [each for each in tables(document, "firing") if text(each, "text")]
    spoken = Spoken(seen.words, seen.now_s)
    for number_of, each in enumerate(found[:MOST_FIRING]):
        level: Level = "critical" if text(each, "severity") == "critical" else "warning"
        since_s = moment(each, "since")
        since = "" if since_s is None else seen.words("kept.applies", time=spoken.when(since_s))
        said = " ".join(part for part in (text(each, "advice"), since) if part)
        title = text(each, "text") or ""
        yield Warn(key=f"rule-{number_of}", level=level, title=title, text=said)
    if (more := len(found) - MOST_FIRING) > 0:
        yield _warn("rule-more", seen.words("kept.more", n=more), [seen.words("kept.more_why")])


def _sentence(said: str | None) -> str:
    return "" if said is None else f"{said[0].upper()}{said[1:].rstrip('.')}."

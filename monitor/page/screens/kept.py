"""What is wrong with a shelter's records and the rules over them, and which of those apply now."""

from __future__ import annotations

from collections.abc import Iterator

from monitor.page.fields import Document, flag, moment, number, tables, text
from monitor.page.records import SILENT_S
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
    if flag(document, "online") is not True or seen.now_s - heard_s > SILENT_S:
        return [_stopped(seen, document)]
    return [*_firing(document, seen), *_blind(document, seen)]


def _stopped(seen: Seen, document: Document | None = None) -> Warn:
    words = seen.words
    since = _since(document, seen)
    why = " ".join(part for part in (words("kept.stopped_why"), since, words("kept.stopped_do"))
                   if part)  # fmt: skip
    return Warn(key="records", level="warning", title=words("kept.stopped"), text=why)


def _since(document: Document | None, seen: Seen) -> str:
    kept_s = moment(document, "kept_at")
    if kept_s is None:
        return ""
    spoken = Spoken(seen.words, seen.now_s)
    return seen.words("kept.since", time=spoken.when(kept_s), ago=spoken.ago(kept_s))


def _blind(document: Document, seen: Seen) -> Iterator[Warn]:
    words = seen.words
    if flag(document, "keeping") is False:
        waiting = number(document, "waiting")
        parts = [
            _since(document, seen),
            _sentence(text(document, "why")),
            words("kept.waiting", n=round(waiting)) if waiting else "",
            words("kept.database_do"),
        ]
        why = " ".join(part for part in parts if part)
        yield Warn(key="records", level="warning", title=words("kept.stopped"), text=why)
    if flag(document, "rules") is False:
        parts = [_sentence(text(document, "rules_why")), words("kept.rules_do")]
        why = " ".join(part for part in parts if part)
        yield Warn(key="rules", level="warning", title=words("kept.rules"), text=why)


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
        title, why = seen.words("kept.more", n=more), seen.words("kept.more_why")
        yield Warn(key="rule-more", level="warning", title=title, text=why)


def _sentence(said: str | None) -> str:
    return "" if said is None else said.rstrip(".") + "."

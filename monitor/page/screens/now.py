"""What is wrong now, or that all is well; the babies; what is heard and weighed."""

from __future__ import annotations

from typing import Any

from monitor.names import SourceName
from monitor.page.boxes import BoxDocument
from monitor.page.fields import Document, flag, moment, number, text
from monitor.page.screens.baby_row import rows
from monitor.page.screens.kept import kept
from monitor.page.screens.open_alerts import cards
from monitor.page.seen import Seen, Shown
from monitor.page.spoken import Spoken
from monitor.page.truth import SENSES, truth
from monitor.page.words import Words


async def show(seen: Seen) -> Shown:
    """The box in the path; without one, what to do to get one."""
    if seen.box is None:
        return Shown(template="no_box.html", model={"nav": "now"})
    return Shown(template="now.html", model=model(seen.box, seen))


def model(box: BoxDocument, seen: Seen) -> dict[str, Any]:
    """What ``now.html`` shows."""
    words, now_s = seen.words, seen.now_s
    spoken = Spoken(words, now_s)
    known = truth(box, now_s, words, seen.broker_why)
    open_alerts = cards(box, now_s, words)
    return {
        "nav": "now",
        "kept": kept(seen) if len(seen.boxes) < 2 else [],
        "truth": known,
        "alerts": open_alerts,
        "unanswered": sum(not card.seen for card in open_alerts),
        "well": _well(box, known.watching, spoken, words) if known.well else "",
        "as_of": "" if box.heard_s is None else spoken.when(box.heard_s),
        "as_of_ago": "" if box.heard_s is None else spoken.ago(box.heard_s),
        "rows": rows(box, now_s, words),
        "sound": _sound(box.cry if "microphone" in known.watching else None, spoken, words),
        "cry_minutes": _cry_minutes(box.cry, spoken, words),
        "weight": _weight(box.scale if "scale" in known.watching else None, spoken, words),
        "nest": _nest(box.nest, spoken, words),
    }


def _well(box: BoxDocument, watching: list[SourceName], spoken: Spoken, words: Words) -> str:
    """What is known to be well, and by what: half of the senses is not all."""
    heard = spoken.when(box.heard_s)
    one = "microphone" if "microphone" in watching else "scale"
    key = "now.well_both" if set(watching) >= SENSES else f"now.well_{one}"
    return words(key, time=heard)


def _sound(cry: Document | None, spoken: Spoken, words: Words) -> str:
    crying = flag(cry, "crying")
    if crying is None:
        return words("sound.unknown")
    if not crying:
        return words("sound.quiet")
    species, since_s = text(cry, "species") or "unknown", moment(cry, "since")
    who = words(f"voice.{species}" if f"voice.{species}" in words else "voice.unknown")
    if since_s is None:
        return words("sound.crying", who=who)
    return words("sound.crying_since", who=who, time=spoken.when(since_s))


def _cry_minutes(cry: Document | None, spoken: Spoken, words: Words) -> str:
    hour, day = number(cry, "cry_minutes_1h"), number(cry, "cry_minutes_24h")
    if hour is None and day is None:
        return ""
    said = [words("unknown") if n is None else spoken.number(n, 0 if n >= 10 else 1)
            for n in (hour, day)]  # fmt: skip
    return words("sound.minutes", hour=said[0], day=said[1])


def _weight(scale: Document | None, spoken: Spoken, words: Words) -> str:
    total_g = number(scale, "total_g")
    if total_g is None:
        return words("scale.unknown")
    still = flag(scale, "still")
    return words("scale.moving" if still is False else "scale.total", grams=spoken.grams(total_g))


def _nest(nest: Document | None, spoken: Spoken, words: Words) -> str:
    celsius = number(nest, "temperature_c")
    if nest is None or text(nest, "probe") in {None, "none"}:
        return ""
    if celsius is None or text(nest, "probe") != "healthy":
        return words("nest.unknown")
    wanted = nest.get("wanted_c")
    said = spoken.celsius(celsius)
    if isinstance(wanted, list) and len(wanted) == 2:
        low, high = (number({"c": each}, "c") for each in wanted)
        if low is not None and high is not None:
            numbers = {"low": spoken.number(low, 0), "high": spoken.number(high, 0)}
            return words("nest.wanted", celsius=said, **numbers)
    return said

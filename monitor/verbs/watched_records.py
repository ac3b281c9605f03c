"""What ``nursery watch`` says of a shelter's records: nothing while all is well. Pure data.

They are one retained document that is renewed every minute (docs/fleet.md), so its silence is
told, too.
"""

from __future__ import annotations

import msgspec

from monitor.mqtt.topics import RECORDS, RECORDS_SILENT_S
from monitor.times import parse_rfc3339, spoken_duration
from monitor.verbs.watched_boxes import strip_control

MOST_FIRING = 3
NOT_RUNNING = '"nursery records" does not run, or does not reach the broker'


class Wrong(msgspec.Struct, frozen=True):
    """One thing that is wrong, and more about it."""

    title: str
    more: str
    is_critical: bool = False


class _Rule(msgspec.Struct, frozen=True):
    """A rule that applies."""

    text: str
    advice: str | None = None
    severity: str | None = None


class _Keeping(msgspec.Struct, frozen=True):
    """What of the document is shown (``documents.RecordsStatus``)."""

    online: bool = False
    keeping: bool | None = None
    why: str | None = None
    kept_at: str | None = None
    waiting: int | None = None
    rules: bool | None = None
    rules_why: str | None = None
    firing: list[_Rule] = []


class WatchedRecords:
    """The document as it came in; times are Unix seconds."""

    def __init__(self) -> None:
        self._said: _Keeping | None = None
        self._heard_s = 0.0

    def observe(self, topic: str, payload: bytes, now_s: float) -> bool:
        """Whether this was about them; what nobody can read changes nothing."""
        if topic != RECORDS:
            return False
        try:
            clean = strip_control(msgspec.json.decode(payload)) if payload else None
            self._said = msgspec.convert(clean, _Keeping) if payload else None
            self._heard_s = now_s
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass
        return True

    def forget(self) -> None:
        """The line to the broker is lost: nothing is known any more."""
        self._said = None

    def wrong(self, now_s: float) -> list[Wrong]:
        """What is wrong, and which rules apply; nothing where nobody keeps records."""
        said = self._said
        if said is None:
            return []
        if not said.online or now_s - self._heard_s > RECORDS_SILENT_S:
            return [_not_kept(said, NOT_RUNNING, now_s)]
        found = _applying(said.firing)
        if said.keeping is False:
            found.append(_not_kept(said, said.why or "it does not say why", now_s))
        elif said.rules is False:
            why = said.rules_why or "it does not say why"
            found.append(Wrong("Nobody looks at the rules over all boxes", why))
        return found


def _not_kept(said: _Keeping, why: str, now_s: float) -> Wrong:
    more = [why]
    if (kept_s := _moment(said.kept_at)) is not None:
        more.append(f"the last were written {spoken_duration(max(0.0, now_s - kept_s))} ago")
    if said.waiting:
        more.append(f"at least {said.waiting} wait to be written")
    return Wrong("Records are not kept", "; ".join(more))


def _applying(rules: list[_Rule]) -> list[Wrong]:
    found = [
        Wrong(rule.text, rule.advice or "", is_critical=rule.severity == "critical")
        for rule in rules[:MOST_FIRING]
    ]
    if (more := len(rules) - MOST_FIRING) > 0:
        found.append(Wrong(f"More rules apply: {more}", ""))
    return found


def _moment(text: str | None) -> float | None:
    try:
        return None if text is None else parse_rfc3339(text)
    except ValueError:
        return None

"""What ``nursery watch`` says of a shelter's records: nothing while all is well. Pure data.

They are one retained document that is renewed every minute (docs/fleet.md), so its silence is
told, too.
"""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.page.fields import flag, moment, number, tables, text
from monitor.page.records import SILENT_S, Records
from monitor.times import spoken_duration
from monitor.verbs.watched_boxes import strip_control

MOST_FIRING = 3
NOT_RUNNING = '"nursery records" does not run, or does not reach the broker'


class Wrong(msgspec.Struct, frozen=True):
    """One thing that is wrong, and more about it."""

    title: str
    more: str
    is_critical: bool = False


def wrong_with(records: Records, now_s: float) -> list[Wrong]:
    """What is wrong with the records, and which rules apply; nothing where nobody keeps any."""
    if records.document is None or records.heard_s is None:
        return []
    document = strip_control(records.document)
    if flag(document, "online") is not True or now_s - records.heard_s > SILENT_S:
        return [_not_kept(document, NOT_RUNNING, now_s)]
    found = _applying(document)
    if flag(document, "keeping") is False:
        found.append(_not_kept(document, text(document, "why") or "it does not say why", now_s))
    elif flag(document, "rules") is False:
        why = text(document, "rules_why") or "it does not say why"
        found.append(Wrong("Nobody looks at the rules over all boxes", why))
    return found


def _not_kept(document: dict[str, Any], why: str, now_s: float) -> Wrong:
    kept_s, waiting = moment(document, "kept_at"), number(document, "waiting")
    more = [why]
    if kept_s is not None:
        more.append(f"the last were written {spoken_duration(max(0.0, now_s - kept_s))} ago")
    if waiting:
        more.append(f"at least {waiting:.0f} wait to be written")
    return Wrong("Records are not kept", "; ".join(more))


def _applying(document: dict[str, Any]) -> list[Wrong]:
    rules = [each for each in tables(document, "firing") if text(each, "text")]
    found = [
        Wrong(
            text(each, "text") or "",
            text(each, "advice") or "",
            is_critical=text(each, "severity") == "critical",
        )
        for each in rules[:MOST_FIRING]
    ]
    if (more := len(rules) - MOST_FIRING) > 0:
        found.append(Wrong(f"More rules apply: {more}", ""))
    return found

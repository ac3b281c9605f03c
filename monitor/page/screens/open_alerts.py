"""The open alerts of a box as cards: in their own sentences, the gravest first."""

from __future__ import annotations

from typing import cast

import msgspec

from monitor.alert_kinds import RANK, Severity
from monitor.page.boxes import BoxDocument
from monitor.page.fields import Document, moment, text
from monitor.page.spoken import Spoken
from monitor.page.words import Words

_UNKNOWN_RANK = len(RANK)
"""a severity that nobody knows is shown like the gravest"""


class AlertCard(msgspec.Struct, frozen=True, kw_only=True):
    """One open alert."""

    id: str
    kind: str
    level: str
    """``critical``, ``warning`` or ``info``, as it would be by day"""
    title: str
    message: str
    why: str
    since: str
    seen: str
    """who has seen it, or until when it is put off; empty while nobody has answered"""
    is_crying: bool
    step_id: str
    """of the weighing that it asks about, else empty"""
    is_out: bool
    asks_of_card: bool
    """whether this card goes on as an earlier one: the page about the box asks that"""
    baby: str


def cards(box: BoxDocument, now_s: float, words: Words) -> list[AlertCard]:
    """Unanswered before answered within a severity, older before newer."""
    spoken = Spoken(words, now_s)
    ordered = sorted(box.alerts, key=lambda a: (-_rank(a), _answered(a), text(a, "since") or ""))
    return [_card(alert, spoken, words) for alert in ordered]


def level(alert: Document) -> str:
    """Its severity before quiet hours lower it: a person who looks is awake."""
    found = text(alert, "own_severity") or text(alert, "severity")
    return found if found in RANK else "critical"


def _rank(alert: Document) -> int:
    return RANK.get(cast("Severity", level(alert)), _UNKNOWN_RANK)


def _answered(alert: Document) -> bool:
    return text(alert, "state") in {"acknowledged", "snoozed"}


def _card(alert: Document, spoken: Spoken, words: Words) -> AlertCard:
    since = moment(alert, "since")
    kind = text(alert, "kind") or ""
    return AlertCard(
        id=text(alert, "id") or "",
        kind=kind,
        level=level(alert),
        title=text(alert, "title") or words("alert.untitled"),
        message=text(alert, "message") or "",
        why=text(alert, "why") or "",
        since="" if since is None else words("alert.since", time=spoken.near(since)),
        seen=_seen(alert, spoken, words),
        is_crying=kind == "crying",
        step_id=(text(alert, "step_id") or "") if kind == "who_is_it" else "",
        is_out=kind == "out_of_box",
        asks_of_card=(text(alert, "id") or "").startswith("not_delivered-identity_found-"),
        baby=text(alert, "baby") or "",
    )


def _seen(alert: Document, spoken: Spoken, words: Words) -> str:
    state, by = text(alert, "state"), text(alert, "by")
    if state == "acknowledged":
        return words("alert.acknowledged_by", name=by) if by else words("alert.acknowledged")
    if state == "snoozed":
        until = moment(alert, "until")
        return words("alert.snoozed") if until is None else words(
            "alert.snoozed_until", time=spoken.when(until)
        )  # fmt: skip
    return ""

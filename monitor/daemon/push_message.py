"""What one push says: the alert's sentence, how loud it is, where it leads, its button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from urllib.parse import quote

import msgspec

from monitor.events import Alert, slug
from monitor.mqtt.topics import alert_sentence

Loudness = Literal["low", "default", "high", "max"]
"""ntfy's words: "low" makes no sound, "max" goes on and on"""
LOUDNESS: dict[str, Loudness] = {"critical": "max", "warning": "high", "info": "default"}


class Button(msgspec.Struct, frozen=True):
    """Posts ``token`` to ``url``: the alert is acknowledged."""

    url: str
    token: str


class PushMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One push."""

    title: str
    body: str
    kind: str
    """Apprise's word for how urgent it is"""
    loudness: Loudness = "default"
    link: str | None = None
    """opens the page on what it says"""
    button: Button | None = None


def message_of(
    alert: Alert,
    *,
    page_url: str,
    token: str | None,
    local_minute: Callable[[float], int | None] | None,
) -> PushMessage:
    """Of a change of an alert; ``token``: what its button holds.

    A message without ``page_url`` leads nowhere and has no button.
    """
    page, box = page_url.rstrip("/"), slug(alert.box)
    over = alert.state == "cleared"
    button = Button(f"{page}/seen/{box}", token) if page and token and not over else None
    return PushMessage(
        title=f"{alert.title} ({alert.box})",
        body=alert_sentence(alert, local_minute=local_minute),
        kind=_kind(alert),
        loudness="low" if over or _is_hushed(alert) else LOUDNESS.get(alert.severity, "default"),
        link=f"{page}/boxes/{box}#alert-{quote(alert.id, safe='')}" if page else None,
        button=button,
    )


def _is_hushed(alert: Alert) -> bool:
    """Whether quiet hours have lowered it."""
    return alert.own_severity is not None and alert.own_severity != alert.severity


def _kind(alert: Alert) -> str:
    if alert.state == "cleared":
        return "success" if alert.is_all_clear else "info"
    return {"critical": "failure", "warning": "warning"}.get(alert.severity, "info")

"""A push as its service takes it: ntfy has a loudness, a link and buttons; others get the link.

An address that says itself how loud it is, or where it leads, keeps that.
"""

from __future__ import annotations

import json
from typing import Any

from monitor.daemon.push_message import Button, PushMessage

NTFY = frozenset({"ntfy", "ntfys"})
SEEN = "I'm on it"
"""on the button, as on the page"""


def dressed(service: Any, message: PushMessage) -> tuple[Any, str]:
    """A service of Apprise as this one message needs it, and the text to send by it."""
    import apprise
    from apprise import plugins

    read: Any = plugins.url_to_dict  # it has no types
    parts = read(service.url())
    if not parts or parts.get("schema") not in NTFY:
        return service, f"{message.body}\n{message.link}" if message.link else message.body
    if parts.get("priority") in {None, "default"}:
        parts["priority"] = message.loudness
    if message.link is not None:
        parts.setdefault("click", message.link)
    if message.button is not None:
        parts.setdefault("actions", _button(message.button))
    return apprise.Apprise.instantiate(parts) or service, message.body


def _button(button: Button) -> str:
    """As the documentation of ntfy has it ("Action buttons"), in ASCII: it is a header."""
    action = {
        "action": "http", "label": SEEN, "url": button.url, "method": "POST",
        "body": button.token, "headers": {"Content-Type": "text/plain"}, "clear": True,
    }  # fmt: skip
    return json.dumps([action])

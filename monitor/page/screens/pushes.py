"""How a phone gets pushes by ntfy: the topic that the box has just told, with its QR code."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from monitor.page.fields import tables, text
from monitor.page.progress import progress
from monitor.page.seen import Seen

PUBLIC = "https://ntfy.sh"
APP = re.compile(r"ntfy://[A-Za-z0-9.:%_\[\]-]+/[A-Za-z0-9_-]{1,64}(\?secure=false)?")
ADDRESSES = ("notify.urls", "notify.critical_urls")


def phone(seen: Seen) -> dict[str, Any]:
    """For the template: the topic as long as the answer that told it is shown, else what to do."""
    said = seen.said
    told = {}
    if said is not None and said.ok and said.verb == "push":
        told = {name: text(said.result, name) or "" for name in ("topic", "server", "app")}
        if not APP.fullmatch(told["app"]):
            told = {}
    refused = said is not None and not said.ok and said.verb == "push"
    known = progress(seen.box, said) if seen.box is not None else None
    return {
        "given": seen.box is not None
        and any(
            each.get("given") is True
            for each in tables(seen.box.settings, "settings")
            if text(each, "key") in ADDRESSES
        ),
        "was_server": said.fields.get("server", "") if refused and said is not None else "",
        "own_server": bool(told) and told["server"] != PUBLIC,
        "walks": known is not None and known.next is not None,
        "picture": _picture(told["app"]) if told else "",
        **told,
    }


def _picture(link: str) -> Markup:
    import segno

    drawn = segno.make(link, micro=False)
    svg = drawn.svg_inline(omitsize=True, light="#fff", svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704 - a link that was matched

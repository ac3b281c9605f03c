"""The form that an unpaired phone sees, and what happens when a code is sent."""

from __future__ import annotations

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.page import security
from monitor.page.context import body_of, page_of, words_of
from monitor.page.forms import fields_of
from monitor.page.pairing import plain
from monitor.page.seen import Shown
from monitor.page.sessions import UNUSED_S

MARKS = {
    "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Windows": "Windows",
    "Macintosh": "Mac", "CrOS": "Chromebook", "Linux": "Linux",
}  # fmt: skip
BROWSERS = {"Firefox": "Firefox", "FxiOS": "Firefox", "Edg": "Edge", "Chrome": "Chrome",
            "CriOS": "Chrome", "Safari": "Safari"}  # fmt: skip


def show(request: Request, why: str = "", status: int = 200) -> Response:
    """The form; the link of a QR code has filled the code in already."""
    words = words_of(request)
    code = plain(request.query_params.get("code", ""))
    written = f"{code[:4]}-{code[4:]}" if code else ""
    shown = Shown(template="pair.html", model={"code": written, "why": why}, status=status)
    return page_of(request).views.render(shown, w=words)


async def get(request: Request) -> Response:
    """``GET /pair?code=``: one tap pairs."""
    return show(request)


async def post(request: Request) -> Response:
    """``POST /pair`` with the field ``code``."""
    page, words, now_s = page_of(request), words_of(request), time.time()
    fields = fields_of(await body_of(request))
    opened = page.pairing.current(now_s)
    outcome = page.pairing.attempt(fields.get("code", ""), now_s)
    if outcome in {"carer", "look"}:
        right: Any = outcome
        name = device_name(request.headers.get("user-agent", ""))
        carer = fields.get("carer") or (opened.carer if opened is not None else "")
        token = page.sessions.add(right, name, now_s, carer)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            security.cookie_name(request.scope["scheme"]), token, max_age=int(UNUSED_S),
            httponly=True, samesite="strict", secure=request.scope["scheme"] == "https",
        )  # fmt: skip
        return answer
    code = page.pairing.current(now_s)
    if outcome == "wrong" and code is not None:
        return show(request, words("pair.wrong", left=code.tries_left), 403)
    return show(request, words("pair.too_many" if outcome == "used_up" else "pair.none_open"), 403)


def device_name(agent: str) -> str:
    """Such as ``Safari on iPhone``: enough to tell one's own phones apart."""
    browser = next((name for mark, name in BROWSERS.items() if mark in agent), "")
    device = next((name for mark, name in MARKS.items() if mark in agent), "")
    return " on ".join(part for part in (browser, device) if part) or "phone"

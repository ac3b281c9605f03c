"""``/phones``: who is paired, a code for the next phone, and the way out."""

from __future__ import annotations

import time
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.page import pairing_form, security
from monitor.page.context import body_of, page_of, problem, session_of
from monitor.page.forms import fields_of
from monitor.page.links import pairing_link
from monitor.page.pairing import Code
from monitor.page.screening import seen_by
from monitor.page.seen import Seen, Shown
from monitor.page.sessions import Session
from monitor.page.spoken import Spoken
from monitor.times import MINUTE_S


async def get(request: Request) -> Response:
    """Everybody who is paired sees it; codes and other phones are the carers'."""
    page, session = page_of(request), session_of(request)
    if session is None:
        return pairing_form.show(request)
    now_s = time.time()
    is_carer = session.right == "carer"
    code = page.pairing.current(now_s) if is_carer else None
    seen = seen_by(request, session)
    phones = page.sessions.listed() if is_carer else [session]
    model: dict[str, Any] = {
        "nav": "box",
        "rows": [_row(seen, phone, session) for phone in phones],
        "is_carer": is_carer,
        "code": code,
        "picture": _picture(request, code) if code is not None else None,
        "minutes": round((code.until_s - now_s) / MINUTE_S) if code is not None else 0,
    }
    shown = Shown(template="phones.html", model=model)
    return page.views.render(shown, seen=seen, w=seen.words, csrf=session.csrf)


async def post(request: Request) -> Response:
    """``pair``: make a code; ``revoke``: let a phone in no more; ``describe``: whose it is.

    One that may only look does the last two to itself; nobody changes what the own phone may.
    """
    page, session = page_of(request), session_of(request)
    if session is None:
        return RedirectResponse("/", 303)
    fields = fields_of(await body_of(request))
    if not security.is_token(fields.get("csrf", ""), session.csrf):
        return problem(request, 403, "error.stale_form")
    gone, known = fields.get("revoke", ""), fields.get("describe", "")
    if session.right != "carer" and (gone or known) != session.id:
        return problem(request, 403, "error.look_only")
    if gone:
        page.sessions.revoke(gone)
    elif known:
        right = session.right if known == session.id else fields.get("right", "look")
        page.sessions.describe(
            known, fields.get("carer", ""), "carer" if right == "carer" else "look"
        )
    elif fields.get("pair") in {"carer", "look"}:
        page.pairing.open("look" if fields["pair"] == "look" else "carer", time.time())
    return RedirectResponse("/phones", 303)


def _row(seen: Seen, phone: Session, own: Session) -> dict[str, Any]:
    spoken = Spoken(seen.words, time.time())
    return {
        "id": phone.id,
        "name": phone.name,
        "carer": phone.carer,
        "may": phone.right,
        "right": seen.words(f"phones.right_{phone.right}"),
        "paired": spoken.when(phone.paired_s),
        "used": spoken.ago(phone.seen_s),
        "this": phone.id == own.id,
    }


def _picture(request: Request, code: Code) -> Markup:
    """The link as a QR code, by the name that this phone reached the page."""
    import segno

    url = f"{request.scope['scheme']}://{request.headers['host']}/"
    drawn = segno.make(pairing_link(url, code), micro=False)
    svg = drawn.svg_inline(omitsize=True, light="#fff", svgclass="qr", lineclass=None)
    return Markup(svg)  # noqa: S704 - of letters, digits and a host name that was checked

"""From a request to a screen, and from what it shows to the response."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.config import is_loopback
from monitor.page import pairing_form, security
from monitor.page.context import (
    box_of,
    moved_box,
    moved_path,
    page_of,
    problem,
    session_of,
    words_of,
)
from monitor.page.records import Kept
from monitor.page.seen import Seen, Show
from monitor.page.sessions import Session

Handler = Callable[[Request], Awaitable[Response]]


def handler(show: Show) -> Handler:
    """The handler of one row of the table of routes."""

    async def answer(request: Request) -> Response:
        session = session_of(request)
        if session is None:
            if request.headers.get("x-live"):
                return Response(status_code=401)
            return pairing_form.show(request)
        box = box_of(request)
        if (moved := moved_box(request)) is not None:
            old = request.path_params["box"]
            return RedirectResponse(moved_path(url_of(request), old, moved.name), 303)
        if box is None and "box" in request.path_params:
            return problem(request, 404, "error.no_page")
        seen = seen_by(request, session)
        if request.headers.get("x-live") and seen.box is None:
            return await _shared(request, show, seen)
        shown = await show(seen)
        if shown.to:
            return RedirectResponse(shown.to, 303)
        page = page_of(request)
        if not request.headers.get("x-live"):
            page.said.was_shown(session.id, seen.url)
        if shown.look and seen.box is not None:
            page.broker.look(seen.box.name)
        turn = page.taps.turn(session.id)
        values = {"seen": seen, "w": seen.words, "csrf": session.csrf, "turn": turn}
        return page.views.render(shown, **values)

    return answer


async def _shared(request: Request, show: Show, seen: Seen) -> Response:
    """A list of boxes that renews itself: it has no forms, and is the same on every phone."""
    page = page_of(request)
    key = (seen.url, seen.words.language, seen.right)
    state = (page.boxes.changes, int(seen.now_s), seen.broker_why)
    if (drawn := page.lately.get(key, state)) is not None:
        return drawn
    plain = msgspec.structs.replace(seen, said=None)
    drawn = page.views.render(await show(plain), seen=plain, w=seen.words, csrf="", css="")
    page.lately.keep(key, state, drawn)
    return drawn


def origin_of(request: Request) -> str:
    """The address by which this phone reaches the page; empty where only this machine could."""
    host = request.headers.get("host", "")
    name = security.host_name(host)
    if name is None or is_loopback(name):
        return ""
    return f"{request.scope['scheme']}://{host.lower()}"


def url_of(request: Request) -> str:
    """Path and query, as the phone wrote them."""
    query = request.scope["query_string"].decode("latin-1")
    path: str = request.scope["raw_path"].decode("latin-1")
    return path + (f"?{query}" if query else "")


def seen_by(request: Request, session: Session) -> Seen:
    """What a screen is given for this request."""
    page = page_of(request)
    boxes = list(page.boxes)
    only = boxes[0] if len(boxes) == 1 else None
    now_s = page.clock()
    return Seen(
        box=box_of(request) if "box" in request.path_params else only,
        boxes=boxes,
        now_s=now_s,
        words=words_of(request),
        right=session.right,
        said=page.said.of(session.id, url_of(request), time.time()),
        broker_why=None if page.broker.connected else page.broker.why,
        path=dict(request.path_params),
        query=dict(request.query_params),
        origin=origin_of(request),
        url=url_of(request),
        history=page.broker.histories.of,
        rooms=tuple(page.shelter.rooms),
        room_of=page.shelter.room_of,
        far=page.moves.far,
        kept=Kept(
            document=page.broker.records.document,
            heard_s=page.broker.records.heard_s,
            wanted=page.broker.settled and bool(page.shelter.records_url),
        ),
        access=page.access,
    )

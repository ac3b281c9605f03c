"""What every handler of the page works with, and whose request it is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.config import ShelterConfig
from monitor.page.access import Access
from monitor.page.boxes import BoxDocument, Boxes
from monitor.page.broker import Broker
from monitor.page.hub import Hub
from monitor.page.lately import Lately
from monitor.page.limits import OF_ONE_PHONE, Buckets
from monitor.page.moved import Moved
from monitor.page.moves import Moves
from monitor.page.pairing import Pairing
from monitor.page.said import Said
from monitor.page.seen import Shown
from monitor.page.sessions import Session, Sessions
from monitor.page.taps import Taps
from monitor.page.views import Views
from monitor.page.words import Words, choose

MOST_BODY = 16_384


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One running page."""

    boxes: Boxes
    hub: Hub
    clock: Callable[[], float] = time.time
    """what the boxes call now, Unix seconds"""
    broker: Broker
    sessions: Sessions
    pairing: Pairing
    said: Said
    taps: Taps
    moved: Moved
    views: Views
    lately: Lately
    access: Callable[[], Access | None]
    """how Home Assistant reaches the broker of this machine"""
    moves: Moves
    """babies whose records go from box to box"""
    shelter: ShelterConfig = ShelterConfig()
    """which room each box stands in"""
    languages: dict[str, Words]
    names: frozenset[str]
    """host names that it answers to"""
    requests: Buckets
    """how many each phone and each address has made"""


def page_of(request: Request) -> Page:
    """The page that a request came to."""
    page: Page = request.app.state.page
    return page


def session_of(request: Request) -> Session | None:
    """The paired phone that asks, or None; the guard has looked at its cookie."""
    found: Session | None = request.scope["session"]
    return found


def words_of(request: Request) -> Words:
    """In the language that the browser asks for."""
    return choose(page_of(request).languages, request.headers.get("accept-language", ""))


def box_of(request: Request) -> BoxDocument | None:
    """The box in the path; None: there is no such box."""
    return page_of(request).boxes.get(request.path_params.get("box", ""))


def moved_box(request: Request) -> BoxDocument | None:
    """The box that had the name in the path, under another one now."""
    page = page_of(request)
    return page.moved.now(request.path_params.get("box", ""), page.boxes)


def moved_path(path: str, old: str, new: str) -> str:
    """The same place of a box that has another name."""
    head = f"/boxes/{old}"
    same = path == head or path.startswith((f"{head}/", f"{head}?", f"{head}#"))
    return f"/boxes/{new}{path[len(head) :]}" if same else path


def tap_wait_s(request: Request, session: Session) -> float:
    """0, or after how many seconds: this phone sends commands faster than anybody taps."""
    buckets = page_of(request).requests
    return buckets.wait_s(f"commands {session.id}", OF_ONE_PHONE, time.monotonic())


class TooLongError(Exception):
    """A body is longer than any form or command."""


async def body_of(request: Request) -> bytes:
    """The body, as long as it is short.

    Raises:
        TooLongError: the rest is not read.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BODY:
            raise TooLongError
    return body


def problem(request: Request, status: int, key: str, **values: Any) -> Response:
    """A page that says in a sentence what is wrong."""
    words = words_of(request)
    shown = Shown(template="error.html", model={"why": words(key, **values)}, status=status)
    return page_of(request).views.render(shown, w=words)


def refusal(status: int, error: str, wait_s: float = 0.0) -> Response:
    """The same for ``/api``; ``wait_s``: when it is worth trying again."""
    return JSONResponse({"ok": False, "error": error}, status, later(wait_s))


def later(wait_s: float) -> dict[str, str]:
    """The header that says in how many seconds; none for 0."""
    return {"retry-after": str(math.ceil(wait_s))} if wait_s > 0 else {}

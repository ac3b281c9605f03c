"""``/api``: the same documents, history and commands as JSON."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from monitor.codec import encode
from monitor.page.boxes import BoxDocument
from monitor.page.context import body_of, box_of, page_of, refusal, session_of, tap_wait_s

WANTED = ("what", "baby", "since", "until", "limit", "next")
"""what ``history`` takes from the address"""
UNPAIRED = "this phone is not paired: open the page and type the code"


def _json(value: object, status: int = 200) -> Response:
    return Response(
        encode(value), status, {"cache-control": "no-store"}, media_type="application/json"
    )


def document(box: BoxDocument) -> dict[str, Any]:
    """One box as JSON."""
    fields: dict[str, Any] = msgspec.to_builtins(box)
    return fields


async def boxes(request: Request) -> Response:
    """``GET /api/boxes``."""
    if session_of(request) is None:
        return refusal(401, UNPAIRED)
    return _json([document(box) for box in page_of(request).boxes])


async def box(request: Request) -> Response:
    """``GET /api/boxes/<box>``."""
    if session_of(request) is None:
        return refusal(401, UNPAIRED)
    found = box_of(request)
    return _json(document(found)) if found is not None else refusal(404, "there is no such box")


async def records(request: Request) -> Response:
    """``GET /api/records``: how a shelter's records stand; ``null`` where nobody keeps any."""
    if session_of(request) is None:
        return refusal(401, UNPAIRED)
    return _json(page_of(request).broker.records.document)


async def history(request: Request) -> Response:
    """``GET /api/boxes/<box>/history?what=&baby=&since=&until=``: one page, with ``next``."""
    if session_of(request) is None:
        return refusal(401, UNPAIRED)
    if (found := box_of(request)) is None:
        return refusal(404, "there is no such box")
    args: dict[str, Any] = {n: v for n in WANTED if (v := request.query_params.get(n))}
    if args.get("limit", "").isdigit():
        args["limit"] = int(args["limit"])
    result = await page_of(request).broker.ask(found.name, "history", args)
    return _json(result)


async def command(request: Request) -> Response:
    """``POST /api/boxes/<box>/cmd/<verb>``: JSON in, the result out."""
    return await _command(request, setup=False)


async def setup(request: Request) -> Response:
    """``POST /api/boxes/<box>/setup/<verb>``."""
    return await _command(request, setup=True)


async def _command(request: Request, *, setup: bool) -> Response:
    session = session_of(request)
    if session is None:
        return refusal(401, UNPAIRED)
    if session.right != "carer":
        return refusal(403, "this phone may look, and change nothing")
    if not request.headers.get("content-type", "").startswith("application/json"):
        return refusal(415, "send JSON, and say so: Content-Type: application/json")
    if (found := box_of(request)) is None:
        return refusal(404, "there is no such box")
    try:
        args = msgspec.json.decode(await body_of(request) or b"{}", type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return refusal(400, 'send one JSON object, such as {"minutes": 20}')
    args.pop("request_id", None)
    args.pop("by", None)  # by whom is known from the phone
    if (wait_s := tap_wait_s(request, session)) > 0:
        return refusal(429, "too many commands: wait a moment", wait_s)
    verb = request.path_params["verb"]
    if not verb.isidentifier():
        return refusal(404, "there is no such command")
    broker = page_of(request).broker
    result = await broker.ask(found.name, verb, args, setup=setup, by=session.carer)
    return _json(result)


async def healthz(request: Request) -> Response:
    """``GET /healthz``: whether the page works; nothing about any box, since anybody may ask."""
    page = page_of(request)
    body = {"ok": True, "broker": page.broker.connected, "at": round(time.time(), 3)}
    return _json(body)

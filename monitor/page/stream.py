"""``GET /api/stream``: server-sent events ``state``, ``alert`` and ``result``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from monitor.codec import encode
from monitor.page.api import UNPAIRED
from monitor.page.context import page_of, refusal, session_of
from monitor.page.hub import Hub

GATHER_S = 0.05
"""a box says a dozen things at once: one ``state`` for all of them"""
ALIVE_EVERY_S = 20.0
"""a comment, so that both ends notice when the other has gone"""


async def get(request: Request) -> Response:
    """One more stream."""
    if session_of(request) is None:
        return refusal(401, UNPAIRED)
    return StreamingResponse(
        _events(page_of(request).hub),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(hub: Hub) -> AsyncIterator[bytes]:
    with hub.mailbox() as mailbox:
        yield b"retry: 2000\n: here\n\n"
        while True:
            try:
                changed, news = await asyncio.wait_for(mailbox.take(), ALIVE_EVERY_S)
            except TimeoutError:
                yield b": alive\n\n"
                continue
            yield b"".join(
                [_event("state", {"box": name}) for name in changed]
                + [_event(each.kind, each.body) for each in news]
            )
            await asyncio.sleep(GATHER_S)


def _event(kind: str, body: object) -> bytes:
    """JSON holds no raw line break, so one line of data is enough."""
    return b"event: " + kind.encode() + b"\ndata: " + encode(body) + b"\n\n"

"""``GET /api/stream``: server-sent events ``state``, ``alert`` and ``result``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from monitor.codec import encode
from monitor.page.api import UNPAIRED
from monitor.page.context import Page, page_of, refusal, session_of

GATHER_S = 0.05
"""a box says a dozen things at once: one ``state`` for all of them"""
ALIVE_EVERY_S = 20.0
"""a comment, so that both ends notice when the other has gone"""


async def get(request: Request) -> Response:
    """One more stream."""
    page, session = page_of(request), session_of(request)
    if session is None:
        return refusal(401, UNPAIRED)
    if page.hub.is_full:
        return refusal(503, "too many windows are open: close some")
    return StreamingResponse(
        _events(page, session.id),
        media_type="text/event-stream",
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _events(page: Page, session_id: str) -> AsyncIterator[bytes]:
    with page.hub.mailbox(session_id) as mailbox:
        yield b"retry: 2000\n: here\n\n"
        while True:
            try:
                async with asyncio.timeout(ALIVE_EVERY_S):
                    changed, news = await mailbox.take()
            except TimeoutError:
                changed, news = [], []
            if mailbox.closed or not page.sessions.has(session_id):
                return
            yield (
                b"".join(
                    [_event("state", {"box": name}) for name in changed]
                    + [_event(each.kind, each.body) for each in news]
                )
                or b": alive\n\n"
            )
            await asyncio.sleep(GATHER_S)


def _event(kind: str, body: object) -> bytes:
    """JSON holds no raw line break, so one line of data is enough."""
    return b"event: " + kind.encode() + b"\ndata: " + encode(body) + b"\n\n"

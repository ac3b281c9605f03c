"""``/seen/<box>``: the button of a push acknowledges its alert.

The phone's push app sends it, without any cookie: the token in the body is all that counts, and
the box alone knows whether it holds. So this can do one thing, once, and cannot be had from a
form of another page (the guard) or a link that something looks at in advance (it takes POST).
"""

from __future__ import annotations

import re
import time

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from monitor.page.context import body_of, box_of, later, moved_box, page_of
from monitor.page.limits import BUTTONS

TOKEN = re.compile(r"[0-9a-f]{1,12}\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_.:-]{1,120}")


async def get(request: Request) -> Response:
    """Somebody opens it in a browser: the page, and nothing is done."""
    return RedirectResponse(f"/boxes/{request.path_params['box']}", 303)


async def post(request: Request) -> Response:
    """The token alone, as text; 200 when the alert is acknowledged."""
    page, box = page_of(request), box_of(request) or moved_box(request)
    token = (await body_of(request)).decode("ascii", "replace").strip()
    if box is None or TOKEN.fullmatch(token) is None:
        return PlainTextResponse("There is no such button.\n", 404)
    if (wait_s := page.requests.wait_s(f"button {box.name}", BUTTONS, time.monotonic())) > 0:
        return PlainTextResponse("Too many: open the page.\n", 429, later(wait_s))
    result = await page.broker.ask(box.name, "acknowledge", {"token": token})
    if result.get("ok") is True:
        return PlainTextResponse("Acknowledged.\n")
    return PlainTextResponse(f"Not acknowledged: {result.get('error') or 'no answer'}\n", 409)

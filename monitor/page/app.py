"""All routes of the page, and what every request passes first."""

from __future__ import annotations

import time

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.page import api, buttons, forms, pairing_form, phones, reports, security, stream
from monitor.page.context import Page, TooLongError, later, problem, refusal
from monitor.page.limits import PAIRED, UNPAIRED, neighbour
from monitor.page.screening import handler
from monitor.page.screens import ROUTES
from monitor.page.sessions import Session

SAFE = {"GET", "HEAD"}
WRONG_NAME = (
    "This page does not answer to that name. If it is yours, add it to page.names in the "
    "configuration.\n"
)


def build(page: Page) -> Starlette:
    """The application of one page."""
    routes = [
        Route("/healthz", api.healthz),
        Route("/static/{name}", page.views.serve_static),
        Route("/pair", pairing_form.get, methods=["GET"]),
        Route("/pair", pairing_form.post, methods=["POST"]),
        Route("/phones", phones.get, methods=["GET"]),
        Route("/phones", phones.post, methods=["POST"]),
        Route("/csp", reports.post, methods=["POST"]),
        Route("/api/records", api.records),
        Route("/api/boxes", api.boxes),
        Route("/api/boxes/{box}", api.box),
        Route("/api/boxes/{box}/history", api.history),
        Route("/api/boxes/{box}/cmd/{verb}", api.command, methods=["POST"]),
        Route("/api/boxes/{box}/setup/{verb}", api.setup, methods=["POST"]),
        Route("/api/stream", stream.get),
        Route("/seen/{box}", buttons.get, methods=["GET"]),
        Route("/seen/{box}", buttons.post, methods=["POST"]),
        Route("/boxes/{box}/do/{verb}", forms.post, methods=["POST"]),
        Route("/boxes/{box}/setup/do/{verb}", forms.post_setup, methods=["POST"]),
        *(Route(path, handler(show)) for path, show in ROUTES),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Guard, page=page)],
        exception_handlers={HTTPException: _no_such, TooLongError: _too_long},
    )
    app.state.page = page
    return app


class Guard:
    """Refuses what is not for this page, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, page: Page) -> None:
        self._app, self._page = app, page
        self._headers = security.headers(page.views.css)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        request = Request(scope)
        cookie = security.cookie_name(scope["scheme"])
        token = request.cookies.get(cookie, "")
        session = self._page.sessions.find(token, time.time()) if token else None
        scope["session"] = session
        refused = self._refused(request, session)
        await (refused or self._app)(scope, receive, send_guarded)

    def _refused(self, request: Request, session: Session | None) -> Response | None:
        if (wait_s := self._wait_s(request, session)) > 0:
            return PlainTextResponse("Too many requests: wait a moment.\n", 429, later(wait_s))
        if not security.is_own(request.headers.get("host", ""), self._page.names):
            return PlainTextResponse(WRONG_NAME, 421)
        foreign = security.is_foreign(request.headers, scheme=request.scope["scheme"])
        if request.method not in SAFE and foreign:
            return PlainTextResponse("This request was sent by another page.\n", 403)
        return None

    def _wait_s(self, request: Request, session: Session | None) -> float:
        now_s = time.monotonic()
        if session is not None:
            return self._page.requests.wait_s(session.id, PAIRED, now_s)
        address = neighbour(request.client.host if request.client else "")
        return self._page.requests.wait_s(address, UNPAIRED, now_s)


async def _no_such(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if request.url.path.startswith("/api/"):
        return refusal(status, "there is no such thing here")
    return problem(request, status, "error.no_page")


async def _too_long(request: Request, _error: Exception) -> Response:
    del request
    return PlainTextResponse("That is longer than any form or command.\n", 413)

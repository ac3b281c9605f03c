"""Templates, styles and static files, read once; a screen's answer becomes a response."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from monitor.page.seen import Shown
from monitor.page.spoken import Spoken

CONTENT_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
    "png": "image/png",
}


class StaticFile(msgspec.Struct, frozen=True):
    """One file of ``static/``, in memory."""

    content: bytes
    media_type: str
    mark: str
    """changes with the content"""


class Views:
    """Everything that is shown."""

    def __init__(self) -> None:
        here = files("monitor").joinpath("page")
        self.static = {
            file.name: _static(file.name, file.read_bytes())
            for file in here.joinpath("static").iterdir()
            if file.name.rpartition(".")[2] in CONTENT_TYPES
        }
        self.css = self.static["page.css"].content.decode()
        """stands in every page, so that the first one needs a single request"""
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(str(here.joinpath("templates"))),
            autoescape=True,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.ChainableUndefined,
        )
        self._templates.globals |= {
            "asset": self._asset,
            "css": Markup(self.css),  # noqa: S704 - our own file
            "seen": None,
        }

    def render(self, shown: Shown, **values: Any) -> Response:
        """The answer of a screen."""
        if shown.file is not None:
            name = "".join(c for c in shown.file_name if c.isalnum() or c in "-_.") or "file"
            kept = {"content-disposition": f'attachment; filename="{name}"'}
            return Response(shown.file, media_type=shown.media_type, headers=kept)
        if (seen := values.get("seen")) is not None:
            values["say"] = Spoken(seen.words, seen.now_s)
        text = self._templates.get_template(shown.template).render(**shown.model, **values)
        unkept = {"cache-control": "no-store"}
        return Response(text, shown.status, unkept, media_type="text/html; charset=utf-8")

    async def serve_static(self, request: Request) -> Response:
        """``/static/<name>``; the mark in its address says that it may be kept for ever."""
        found = self.static.get(request.path_params["name"])
        if found is None:
            return Response("no such file\n", 404, media_type="text/plain")
        current = request.query_params.get("v") == found.mark
        kept = "public, max-age=31536000, immutable" if current else "no-cache"
        head = {"cache-control": kept, "etag": f'"{found.mark}"'}
        if request.headers.get("if-none-match") == head["etag"]:
            return Response(status_code=304, headers=head)
        return Response(found.content, media_type=found.media_type, headers=head)

    def _asset(self, name: str) -> str:
        return f"/static/{name}?v={self.static[name].mark}"


def _static(name: str, content: bytes) -> StaticFile:
    mark = hashlib.sha256(content).hexdigest()[:12]
    return StaticFile(content, CONTENT_TYPES[name.rpartition(".")[2]], mark)

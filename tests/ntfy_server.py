"""A server on this machine that takes messages as ntfy does, and the app that shows them.

As ntfy's documentation has it ("Publish as JSON", "Action buttons", "Message priority"): the text
is JSON posted to ``/``; priority, link and buttons are headers; an error is JSON with a code whose
first three digits are HTTP's.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import msgspec

PRIORITIES = {"min": 1, "low": 2, "default": 3, "high": 4, "max": 5, "urgent": 5}
TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")


class Shown(msgspec.Struct, frozen=True):
    """One notification on the phone."""

    topic: str
    title: str
    text: str
    priority: int
    click: str
    actions: list[dict[str, Any]]


class NtfyServer(ThreadingHTTPServer):
    """Keeps what arrives; refuses with ``refuse`` (HTTP's code) while it is set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.shown: list[Shown] = []
        self.refuse = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def address(self, topic: str = "nursery-abc", more: str = "") -> str:
        """For Apprise."""
        return f"ntfy://127.0.0.1:{self.server_port}/{topic}{more}"


class _Handler(BaseHTTPRequestHandler):
    server: NtfyServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/" or not TOPIC.fullmatch(body["topic"]):
            self._answer(400, {"code": 40024, "http": 400, "error": "invalid topic"})
        elif self.server.refuse:
            code = self.server.refuse
            self._answer(code, {"code": code * 100 + 1, "http": code, "error": "refused"})
        else:
            self.server.shown.append(
                Shown(
                    body["topic"], body["title"], body["message"],
                    PRIORITIES[self.headers.get("X-Priority", "default")],
                    self.headers.get("X-Click", ""),
                    json.loads(self.headers.get("X-Actions", "[]")),
                )
            )  # fmt: skip
            self._answer(200, {"id": "x", "event": "message", "topic": body["topic"]})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        pass


def press(action: dict[str, Any]) -> tuple[int, str]:
    """What the app does when the button is pressed: status and text of the answer."""
    assert action["action"] == "http"
    there = urlsplit(action["url"])
    connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=60)
    try:
        body = action["body"].encode()
        connection.request(action["method"], there.path, body, action["headers"])
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()

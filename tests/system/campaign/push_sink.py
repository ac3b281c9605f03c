"""A push service on loopback: takes what Apprise posts to a ``json://`` URL, and can be away."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec

from tests.system.mosquitto import free_port


class Push(msgspec.Struct, frozen=True):
    """One push as it arrived, at a moment of ``time.monotonic()``."""

    at_s: float
    title: str
    message: str
    over: bool
    """an all-clear"""


class PushSink:
    """``start`` and ``stop`` it as often as wanted: the port stays the same."""

    def __init__(self) -> None:
        self.port = free_port()
        self.pushes: list[Push] = []
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """What the box is given."""
        return f"json://127.0.0.1:{self.port}/"

    @property
    def is_there(self) -> bool:
        """Whether it takes pushes now."""
        return self._server is not None

    def start(self) -> None:
        """Take pushes."""
        if self._server is None:
            self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
            threading.Thread(target=self._server.serve_forever, name="push", daemon=True).start()

    def stop(self) -> None:
        """Nobody listens there any more: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _take(self, body: bytes) -> None:
        told = msgspec.json.decode(body)
        self.pushes.append(
            Push(time.monotonic(), told["title"], told["message"], told["type"] == "success")
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                take(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler

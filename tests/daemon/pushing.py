"""A box that pushes, and the receiver of its pushes on this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from monitor.config import NotifyConfig
from monitor.daemon.push import Notifier
from monitor.daemon.push_message import PushMessage
from monitor.daemon.push_routes import PushRoutes
from monitor.events import Alert
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.push_rows import PUSHED_KEY, PushRules


class Receiver(ThreadingHTTPServer):
    """Keeps what is posted to it; answers 500 while ``broken``."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[tuple[str, dict]] = []
        self.broken = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self, path: str = "all") -> str:
        return f"json://127.0.0.1:{self.server_port}/{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posts.append((self.path.strip("/"), body))
        self.send_response(500 if self.server.broken else 200)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


class Routes(PushRoutes):
    """The real ones, until ``spoil`` does something else first; counts what it was asked."""

    def __init__(self, config: NotifyConfig) -> None:
        super().__init__(config)
        self.tried = 0
        self.spoil: Callable[[], None] = lambda: None

    def send(self, name: str, message: PushMessage) -> str | None:
        self.tried += 1
        self.spoil()
        return super().send(name, message)


class Box:
    """What a daemon does with an alert: written down, then pushed, in turns of one loop."""

    def __init__(self, path: Path, config: NotifyConfig, **options: Any) -> None:
        self.journal = Journal.open(path)
        self.now_s = 60.0
        self.rules = PushRules(config, self.journal.pushes.pushed_alerts())
        self.routes = Routes(config)
        self.notifier = Notifier(config, self.journal.pushes, routes=self.routes, **options)

    def tell(self, alert: Alert) -> None:
        rows = [row for row in [self.rules.row(alert)] if row is not None]
        told = {PUSHED_KEY: msgspec.json.encode(self.rules.pushed)}
        self.journal.write(Batch(events=[alert], pushes=rows, state=told))

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not true():
            assert time.monotonic() < end
            self.notifier.pump(self.now_s)
            time.sleep(0.005)

    def settle(self) -> None:
        self.until(lambda: self.notifier.waiting == 0)

    def close(self) -> None:
        self.notifier.close(self.now_s)
        self.journal.close()


def alert(**more) -> Alert:
    fields = {
        "t_s": 60.0, "id": "crying-1", "kind": "crying", "state": "raised", "severity": "warning",
        "baby": None, "since": 0.0, "title": "Kitten crying", "message": "Look.", "why": "",
        "box": "box",
    }  # fmt: skip
    return Alert(**(fields | more))

"""``nursery page`` as a real process, and a phone that is paired with it."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

import msgspec

from tests.system.mosquitto import free_port
from tests.system.subscriber import wait_for

ROOT = Path(__file__).parents[2]
COOKIE = "nursery"
MOST_TRIES = 20
"""turns come back within a second: whoever waits longer has met a fault"""


class Reply(msgspec.Struct, frozen=True):
    """What the page answered."""

    status: int
    headers: dict[str, str]
    """names in lower case"""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)


class PageProcess:
    """One page on a free loopback port, with a configuration and state directory of its own."""

    def __init__(
        self,
        directory: Path,
        broker_port: int,
        *,
        more: str = "",
        mqtt: str = "",
        program: tuple[str, ...] = ("-m", "monitor"),
    ) -> None:
        """``program``: what the interpreter runs in place of the daemon's own."""
        directory.mkdir(parents=True, exist_ok=True)
        self._program = program
        self.port = free_port()
        self.state_dir = directory / "page-state"
        self.config = directory / "page.toml"
        self._log = directory / "page.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.config.write_text(
            f'[mqtt]\nhost = "127.0.0.1"\nport = {broker_port}\ntls = false\n'
            f"keepalive_s = 5\n{mqtt}\n"
            f'[page]\nhost = "127.0.0.1"\nport = {self.port}\n'
            f'state_dir = "{self.state_dir}"\n{more}\n'
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> PageProcess:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._program, "page", "--config", str(self.config)],
                stdout=log, stderr=log, cwd=self.config.parent, env=self._environment(),
            )  # fmt: skip
        wait_for(self._answers)
        return self

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(how)
        code = self._process.wait(60)
        self._process = None
        return code

    def __enter__(self) -> PageProcess:
        return self if self._process is not None else self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        return self._log.read_text() if self._log.exists() else ""

    def nursery(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """``nursery page ...`` beside the running page."""
        return subprocess.run(
            [sys.executable, "-m", "monitor", "page", *argv, "--config", str(self.config)],
            capture_output=True, text=True, check=False, timeout=60, env=self._environment(),
        )  # fmt: skip

    def code(self, *options: str) -> str:
        """A fresh pairing code, ``XXXX-XXXX``."""
        done = self.nursery("--pair", *options)
        assert done.returncode == 0, done.stderr
        return next(word for word in done.stdout.split() if len(word) == 9 and word[4] == "-")

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """One request; a redirect is not followed."""
        connection = self._connection()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, named, answer.read())
        finally:
            connection.close()

    def in_turn(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        """One request that comes later when it is asked to; the last answer of ``MOST_TRIES``."""
        reply = self.request(method, path, body, headers)
        for _ in range(MOST_TRIES - 1):
            wait_s = reply.headers.get("retry-after")
            if reply.status != HTTPStatus.TOO_MANY_REQUESTS or wait_s is None:
                break
            time.sleep(float(wait_s))
            reply = self.request(method, path, body, headers)
        return reply

    def phone(self, *options: str) -> Phone:
        """A phone that has just been paired; ``--look-only`` for one that may change nothing."""
        form = urlencode({"code": self.code(*options)}).encode()
        reply = self.in_turn("POST", "/pair", form, FORM)
        assert reply.status == 303, reply.text
        return Phone(self, reply.headers["set-cookie"].partition(";")[0].partition("=")[2])

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log
        with suppress(OSError, http.client.HTTPException):
            return self.request("GET", "/healthz").status == 200
        return False

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT)}


FORM = {"content-type": "application/x-www-form-urlencoded"}


class Phone:
    """A paired phone without a browser; ``token`` is what its cookie holds.

    Asked to come later, it does: on a slow machine a test that polls spends the turns of a phone.
    """

    def __init__(self, page: PageProcess, token: str) -> None:
        self._page = page
        self.token = token

    def get(self, path: str, **headers: str) -> Reply:
        return self._request("GET", path, None, headers)

    def document(self, path: str) -> Any:
        """The JSON at a path."""
        return self.get(path).json

    def send(self, path: str, args: dict[str, Any]) -> Reply:
        """A JSON command, such as ``/api/boxes/test-box/cmd/feed``."""
        kind = {"content-type": "application/json"}
        return self._request("POST", path, msgspec.json.encode(args), kind)

    def submit(self, path: str, **fields: str) -> Reply:
        """A form, such as ``/boxes/test-box/do/feed``, with its token."""
        body = urlencode({"csrf": self.csrf(), **fields}).encode()
        return self._request("POST", path, body, FORM)

    def csrf(self) -> str:
        """The token that every form of this phone carries."""
        from hashlib import sha256

        from monitor.page.sessions import Session

        digest = sha256(self.token.encode()).hexdigest()
        session = Session(
            id="", token_hash=digest, right="carer", paired_s=0.0, seen_s=0.0, name=""
        )
        return session.csrf

    def events(self) -> Events:
        """An open ``/api/stream``."""
        return Events(self._page.port, self.cookie)

    @property
    def cookie(self) -> dict[str, str]:
        """The header that shows who it is."""
        return {"cookie": f"{COOKIE}={self.token}"}

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Reply:
        return self._page.in_turn(method, path, body, self.cookie | headers)


class Events:
    """Server-sent events as they come in, read in a thread: a list of ``(kind, body)``."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.seen: list[tuple[str, Any]] = []
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.request("GET", "/api/stream", headers=headers)
        self.ended = False
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200, self._answer.status
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Events:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave; the page notices by itself."""
        with suppress(OSError):
            if self._connection.sock is not None:
                self._connection.sock.shutdown(2)
        self._connection.close()

    def _read(self) -> None:
        kind = ""
        with suppress(OSError, ValueError, http.client.HTTPException, AttributeError):
            while line := self._answer.readline():
                name, _, value = line.decode().strip().partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    self.seen.append((kind, msgspec.json.decode(value)))
        self.ended = True

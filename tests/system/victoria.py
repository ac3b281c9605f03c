"""A real VictoriaMetrics and vmalert on loopback, unpacked from Debian's package."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import urllib.parse
import urllib.request
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

import msgspec

from tests.system.mosquitto import free_port
from tests.system.subscriber import wait_for

ROOT = Path(__file__).parents[2]
_PATH = f"{os.environ.get('PATH', '')}:{ROOT / '.venv/victoria-metrics/usr/bin'}"
VICTORIA = shutil.which("victoria-metrics", path=_PATH)
VMALERT = shutil.which("vmalert", path=_PATH)


class _Server:
    """A process with a port, ended by its id."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def words(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(self.words(), stdout=log, stderr=log)
        wait_for(self._answers, 60)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(60)
        self._process = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _answers(self) -> bool:
        with suppress(OSError):
            return bool(self.get("/health"))
        return False

    def get(self, path: str, **query: str) -> str:
        address = f"{self.url}{path}?{urllib.parse.urlencode(query)}"
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - ours
            return cast("str", answer.read().decode())


class Victoria(_Server):
    """The database; what it was given is there after a stop."""

    def __init__(self, directory: Path, *more: str) -> None:
        super().__init__(directory)
        self._more = more

    def words(self) -> list[str]:
        assert VICTORIA is not None
        return [
            VICTORIA, f"-storageDataPath={self.directory / 'data'}", "-retentionPeriod=10y",
            f"-httpListenAddr=127.0.0.1:{self.port}", "-dedup.minScrapeInterval=5m",
            "-search.latencyOffset=0s", "-search.disableCache", "-loggerLevel=WARN", *self._more,
        ]  # fmt: skip

    def samples(self, what: str) -> list[tuple[dict[str, str], list[tuple[float, float]]]]:
        """Every series that ``what`` selects, as it was written: labels and (Unix s, value)."""
        self.get("/internal/force_flush")
        query = {"match[]": what, "reduce_mem_usage": "1"}  # else it is deduplicated
        found = []
        for line in self.get("/api/v1/export", **query).splitlines():
            series = msgspec.json.decode(line, type=dict[str, Any])
            moments = [moment / 1000 for moment in series["timestamps"]]
            found.append((series["metric"], list(zip(moments, series["values"], strict=True))))
        return found

    def value(self, query: str) -> float | None:
        """Of an instant query that has one series at most."""
        self.get("/internal/force_flush")
        answer = msgspec.json.decode(self.get("/api/v1/query", query=query), type=dict[str, Any])
        result = answer["data"]["result"]
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else None


class Alerting(_Server):
    """vmalert with a file of rules; ``fired``: what an Alertmanager would get."""

    def __init__(self, directory: Path, rules: Path, database: Victoria) -> None:
        super().__init__(directory)
        self._rules, self._database = rules, database
        self.fired: list[dict[str, Any]] = []
        fired = self.fired

        class Listener(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fired.extend(msgspec.json.decode(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._listener = HTTPServer(("127.0.0.1", 0), Listener)
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def words(self) -> list[str]:
        assert VMALERT is not None
        return [
            VMALERT, f"-rule={self._rules}", f"-datasource.url={self._database.url}",
            f"-notifier.url=http://127.0.0.1:{self._listener.server_port}",
            f"-httpListenAddr=127.0.0.1:{self.port}", "-datasource.queryStep=1s",
            "-loggerLevel=WARN",
        ]  # fmt: skip

    def kill(self) -> None:
        """The process alone."""
        super().stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        super().stop(how)
        self._listener.shutdown()
        self._listener.server_close()

    def firing(self) -> dict[str, list[dict[str, str]]]:
        """Labels of each alert that fires now, by its name."""
        answer = msgspec.json.decode(self.get("/api/v1/alerts"), type=dict[str, Any])
        found: dict[str, list[dict[str, str]]] = {}
        for alert in answer["data"]["alerts"] or []:
            if alert["state"] == "firing":
                found.setdefault(alert["name"], []).append(alert["labels"])
        return found


def rss_mb(pid: int) -> float:
    """Memory that a process has resident."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)

"""``nursery watch`` in a terminal of its own: it draws, answers a key and ends."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber, wait_for

pytest.importorskip("rich", reason='the "watch" extra is not installed')
pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]


class Terminal:
    """A pseudo-terminal with what was drawn on it so far."""

    def __init__(self, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        self.text = ""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "watch", *arguments],
            stdin=slave, stdout=slave, stderr=slave, cwd=ROOT,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
        )  # fmt: skip
        os.close(slave)

    def shows(self, pattern: str) -> bool:
        while select.select([self._master], [], [], 0.05)[0]:
            try:
                self.text += os.read(self._master, 65_536).decode(errors="replace")
            except OSError:
                break
        return re.search(pattern, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text)) is not None

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def ends(self) -> int:
        end = time.monotonic() + 40
        while self._process.poll() is None and time.monotonic() < end:
            self.shows("$.")
        code = self._process.poll()
        if code is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)
        return -1 if code is None else code


def test_without_a_terminal_what_changes_is_written(broker: Mosquitto, tmp_path: Path) -> None:
    written = tmp_path / "watch.log"
    with Subscriber(broker.port) as box, written.open("wb") as log:
        box.client.publish("nursery/one/status", b"online", 1, True).wait_for_publish(5)
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "watch", "--host", "127.0.0.1",
             "--port", str(broker.port)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT,
        )  # fmt: skip
        try:
            wait_for(lambda: "no open alerts" in written.read_text(), 60)
        finally:
            process.terminate()
            process.wait(30)
    text = written.read_text()
    assert "\x1b" not in text
    assert "q quit" not in text
    assert text.count("connected to 127.0.0.1") == 1


def test_a_key_acknowledges_and_q_ends(broker: Mosquitto) -> None:
    alert = {
        "id": "crying-1", "box": "one", "severity": "warning", "state": "raised",
        "title": "Kitten crying", "message": "Feed now.", "since": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    with Subscriber(broker.port, "nursery/one/cmd/#") as box:
        box.client.publish("nursery/one/status", b"online", 1, True).wait_for_publish(5)
        box.send("nursery/one/alerts", [alert], retain=True)
        terminal = Terminal("--host", "127.0.0.1", "--port", str(broker.port))
        wait_for(lambda: terminal.shows("> Kitten crying"), 30)
        terminal.type("a")
        wait_for(lambda: box.json("nursery/one/cmd/acknowledge") == [{"id": "crying-1"}])
        terminal.type("q")
        assert terminal.ends() == 0
    assert "Traceback" not in terminal.text

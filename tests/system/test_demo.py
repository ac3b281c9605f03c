"""The demo shows what the README promises of it, and ends by itself."""

from __future__ import annotations

import fcntl
import http.client
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

pytestmark = pytest.mark.system


def test_the_night_that_the_readme_promises() -> None:
    pytest.importorskip("amqtt", reason='needs the extra "demo"')
    run = subprocess.run(
        [sys.executable, "-m", "monitor", "demo", "--speed", "2000"],
        capture_output=True, text=True, timeout=170, check=True,
    )  # fmt: skip
    said = run.stdout
    assert said.startswith("SIMULATED: ")
    for name in ("Kangaroo", "Possum"):  # the two bottles
        assert len(re.findall(rf"{name} lifted out: 1[0-9.]+ g", said)) == 2
        assert len(re.findall(rf"{name} drank: \+[0-9.]+ g net", said)) == 2
    assert re.search(r"crying for \d+ s: Kangaroo's bottle is due now", said)
    assert re.search(r"crying for \d+ s: \d+ min after Kangaroo's full feed", said)
    assert "Possum is losing weight" in said
    assert "Microphone is deaf" in said
    assert "All clear: Microphone is deaf" in said
    assert "The simulated night is over: 6.0 h" in said
    assert "alerts waiting for the broker  0" in said


def on_a_terminal(columns: int, *options: str) -> str:
    """All that the demo writes to a terminal of so many columns."""
    parent, child = pty.openpty()
    fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", "demo", *options],
        stdin=child, stdout=child, stderr=child, env=environment,
    )  # fmt: skip
    os.close(child)
    said = b""
    try:
        while read := os.read(parent, 65536):
            said += read
    except OSError:  # the other end is closed
        pass
    os.close(parent)
    assert process.wait(60) == 0
    return said.decode().replace("\r\n", "\n")


def test_its_story_stays_on_a_terminal_of_80_columns() -> None:
    pytest.importorskip("amqtt", reason='needs the extra "demo"')
    began_s = time.monotonic()
    said = on_a_terminal(80, "--hours", "1.5", "--speed", "180")
    took_s = time.monotonic() - began_s
    progress = re.findall(r"\r\x1b\[K(\[[^\r\n]*)", said)
    assert progress, "no progress was shown"
    assert max(len(line) for line in progress) < 80
    story = re.sub(r"[^\n]*\r\x1b\[K", "", said).split("\n")
    assert max(len(line) for line in story) < 80
    assert not re.search(r"^\[#", "\n".join(story), re.MULTILINE)  # the line was wiped each time
    (promised_s,) = re.findall(r"about (\d+) s", said)
    assert float(promised_s) == 30
    assert float(promised_s) <= took_s
    (lived_s,) = re.findall(r"is over: 1\.5 h in (\d+) s", said)
    assert float(lived_s) < 1.6 * float(promised_s) + 5  # on a computer with other work
    first = next(line for line in story if "lifted out" in line)
    assert first.startswith("22:")  # a night begins at night


def test_the_page_over_it_is_open_while_it_runs_and_afterwards_as_long_as_somebody_looks() -> None:
    pytest.importorskip("amqtt", reason='needs the extra "demo"')
    command = [
        sys.executable,
        "-m",
        "monitor",
        "demo",
        "--page",
        "--hours",
        "0.5",
        "--speed",
        "600",
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line)
            if "/pair?code=" in line:
                break
        link = said[-1].strip()
        assert link in said[-1][2:]
        assert link.partition("pair?")[0] in said[-3]  # the address, before it
        asked = urlsplit(link)
        server = http.client.HTTPConnection(asked.hostname or "", asked.port, timeout=60)
        code = parse_qs(asked.query)["code"][0]
        server.request("POST", "/pair", urlencode({"code": code}),
                       {"content-type": "application/x-www-form-urlencoded"})  # fmt: skip
        answer = server.getresponse()
        answer.read()
        assert answer.status == 303
        cookie = {"cookie": (answer.headers["set-cookie"] or "").partition(";")[0]}
        stream = http.client.HTTPConnection(asked.hostname or "", asked.port, timeout=60)
        stream.request("GET", "/api/stream", headers=cookie)
        assert stream.getresponse().status == 200
        for line in process.stdout:
            said.append(line)
            if "goes on in real time" in line:
                break
        assert process.poll() is None
        deadline_s, page = time.monotonic() + 60.0, ""
        while 'id="practice"' not in page and time.monotonic() < deadline_s:
            time.sleep(0.3)  # it answers one phone only so often
            server.request("GET", "/", headers=cookie)
            page = server.getresponse().read().decode()
        assert 'id="practice"' in page
        assert "Kangaroo" in page
        process.send_signal(signal.SIGINT)
        said += process.stdout.readlines()
        assert process.wait(60) == 0
        assert "The simulated night is over: 0.5 h" in "".join(said)
    finally:
        process.kill()

"""The demo shows what the README promises of it, and ends by itself."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time

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
    said = on_a_terminal(80, "--hours", "1.5", "--speed", "360")
    took_s = time.monotonic() - began_s
    progress = re.findall(r"\r\x1b\[K(\[[^\r\n]*)", said)
    assert progress, "no progress was shown"
    assert max(len(line) for line in progress) < 80
    story = re.sub(r"[^\n]*\r\x1b\[K", "", said).split("\n")
    assert max(len(line) for line in story) < 80
    assert not re.search(r"^\[#", "\n".join(story), re.MULTILINE)  # the line was wiped each time
    (promised_s,) = re.findall(r"about (\d+) s", said)
    assert float(promised_s) == 15
    assert float(promised_s) <= took_s
    (lived_s,) = re.findall(r"is over: 1\.5 h in (\d+) s", said)
    assert float(lived_s) < 1.6 * float(promised_s) + 5  # on a computer with other work
    first = next(line for line in story if "lifted out" in line)
    assert first.startswith("22:")  # a night begins at night

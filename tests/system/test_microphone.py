"""The microphone on real PortAudio over a private PulseAudio, killed and stopped under it."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.system.sound_server import SoundServer, missing_tools

pytestmark = pytest.mark.system
PROMPT_S = 20.0
"""for a stop: two seconds and the end of Python; a hang in PortAudio would last for ever"""


@pytest.fixture
def server(tmp_path_factory):
    if missing_tools():
        pytest.skip(f"not installed: {', '.join(missing_tools())} (apt-get install pulseaudio ...)")
    folder = tmp_path_factory.mktemp("pulse")  # short: a socket's path has 107 characters
    made = SoundServer(folder)
    yield made
    made.close()
    shutil.rmtree(folder, ignore_errors=True)


class Listener:
    """The other process's lines, with a deadline on each wait."""

    def __init__(self, server, device="pulse"):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.listener", device],
            env=os.environ | server.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self._lines = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put((time.monotonic(), json.loads(line)))

    def wait(self, wanted, limit_s):
        """Seconds until a line satisfies ``wanted``, and the line."""
        start_s = time.monotonic()
        seen = []
        while (left_s := start_s + limit_s - time.monotonic()) > 0:
            try:
                at_s, line = self._lines.get(timeout=left_s)
            except queue.Empty:
                break
            seen.append(line)
            if wanted(line):
                return at_s - start_s, line
        pytest.fail(f"not within {limit_s} s; instead: {seen[-6:]}")

    def state(self, state, limit_s, words=""):
        return self.wait(
            lambda line: line.get("state") == state and words in line.get("why", ""), limit_s
        )

    def tone(self, frequency_hz, limit_s):
        return self.wait(lambda line: abs(line.get("tone_hz", 0) - frequency_hz) < 2, limit_s)

    def drain(self):
        lines = []
        while not self._lines.empty():
            lines.append(self._lines.get()[1])
        return lines

    def kill(self):
        self._process.kill()
        self._process.wait()

    def close(self):
        """How long a polite stop takes."""
        start_s = time.monotonic()
        self._process.stdin.close()
        self._process.wait(60)
        return time.monotonic() - start_s


@pytest.fixture
def listen(server):
    made = []

    def start(device="pulse"):
        made.append(Listener(server, device))
        return made[-1]

    yield start
    for listener in made:
        listener.kill()


def test_hears_the_tone_that_is_played(server, listen):
    server.start()
    server.play(1234.0)
    ear = listen()
    ear.state("healthy", 60, "48000 Hz")
    # One whole second as it was played: a busy machine may tear a gap into any other.
    _, heard = ear.wait(
        lambda line: (
            abs(line.get("tone_hz", 0) - 1234) < 2
            and line["gap_s"] < 0.01
            and line["rms"] == pytest.approx(0.3536, rel=0.02)
        ),
        60,
    )
    assert abs(heard["t_s"] - time.time()) < 60  # the wall clock, not the monotonic one
    assert ear.close() < PROMPT_S


def test_a_killed_sound_server_is_noticed_and_capture_resumes_by_itself(server, listen):
    server.start()
    server.play(1234.0)
    ear = listen()
    ear.tone(1234.0, 60)
    server.quiet()
    server.kill()
    ear.state("stalled", 60, "closed")
    ear.wait(lambda line: line.get("state") in {"restarting", "failed"}, 60)
    server.start()
    server.play(777.0)
    ear.state("healthy", 60)
    ear.tone(777.0, 60)


def test_a_stopped_sound_server_is_escalated_once_and_survived(server, listen):
    server.start()
    server.play(1234.0)
    ear = listen()
    ear.tone(1234.0, 60)
    server.signal(signal.SIGSTOP)
    ear.state("stalled", 60, "no sound")
    ear.wait(lambda line: "hangs in the sound system" in line.get("restart", ""), 60)
    server.signal(signal.SIGCONT)
    ear.tone(1234.0, 60)
    assert not [line for line in ear.drain() if "restart" in line]


def test_stop_is_prompt_while_the_sound_server_hangs(server, listen):
    server.start()
    server.play(1234.0)
    ear = listen()
    ear.tone(1234.0, 60)
    server.signal(signal.SIGSTOP)
    ear.state("stalled", 60)
    assert ear.close() < PROMPT_S


def test_a_microphone_absent_at_boot_is_waited_for(server, listen):
    ear = listen()
    ear.state("restarting", 60, "not connected")
    server.start()
    server.play(1234.0)
    ear.tone(1234.0, 30)


def test_digital_silence_stays_silence_and_the_sound_after_it_is_heard(server, listen):
    server.start()  # a null sink that plays nothing delivers zeros
    ear = listen()
    ear.wait(lambda line: line.get("rms") == 0.0, 30)
    server.play(1234.0)
    ear.tone(1234.0, 60)


def test_a_name_that_matches_nothing_says_what_there_is(server, listen):
    server.start()
    _, line = listen("no such card").state("restarting", 15, "not connected")
    assert '"pulse"' in line["why"]

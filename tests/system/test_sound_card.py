"""Microphones as they are, on real PortAudio: which channel, which rate, which kind of dead."""

import errno
import json
import os
import queue
import subprocess
import sys
import threading
import time

import pytest

from tests.system.daemon import Daemon
from tests.system.fake_sound_card import FakeMicrophone, FakeSoundCard, missing, room
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system
LIMIT_S = 40.0


@pytest.fixture(autouse=True)
def tools():
    if reason := missing():
        pytest.skip(reason)


class Listener:
    """A microphone in a process of its own; see listener.py."""

    def __init__(self, card, device):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.listener", device],
            env=os.environ | card.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        self._lines = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._process.stdout:
            self._lines.put(json.loads(line))

    def wait(self, wanted):
        end_s, seen = time.monotonic() + LIMIT_S, []
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                seen.append(self._lines.get(timeout=left_s))
            except queue.Empty:
                break
            if wanted(seen[-1]):
                return seen[-1]
        pytest.fail(f"not within {LIMIT_S} s; instead: {seen[-6:]}")

    def says(self, words):
        return self.wait(lambda line: words in line.get("why", ""))["why"]

    def level(self):
        """RMS of a second of sound that is no silence."""
        return self.wait(lambda line: line.get("rms", 0) > 1e-5)["rms"]

    def close(self):
        self._process.kill()
        self._process.wait()


@pytest.fixture
def listen(tmp_path):
    made = []

    def start(*microphones, device=None):
        card = FakeSoundCard(tmp_path, *microphones)
        made.append(Listener(card, device or microphones[0].name))
        return made[-1]

    yield start
    for listener in made:
        listener.close()


@pytest.mark.parametrize(
    ("gains", "words"),
    [((0, 1), "the right channel"), ((1, -1), "counter-phase"), ((1, 1), "both channels")],
)
def test_a_stereo_microphone_is_heard_whichever_channel_it_is_in(tmp_path, listen, gains, words):
    sound = room(48_000, room_db=-40)
    microphone = FakeMicrophone(
        tmp_path, "i2s", channels=2, format="S32_LE", wave=sound, gains=gains
    )
    ear = listen(microphone)
    ear.says(words)
    ear.level()
    assert ear.level() == pytest.approx(0.01, rel=0.3)


@pytest.mark.parametrize("rate_hz", [250_000, 192_000, 96_000, 22_050, 8_000])
def test_the_only_rate_of_a_device_is_taken_and_what_is_lost_is_said(tmp_path, listen, rate_hz):
    microphone = FakeMicrophone(
        tmp_path, "odd", rate_hz=rate_hz, wave=room(rate_hz, seconds=8, room_db=-40)
    )
    ear = listen(microphone)
    why = ear.says(f"at {rate_hz} Hz")
    assert ("nothing above 4 kHz" in why) == (rate_hz == 8_000)
    assert ear.level() == pytest.approx(0.01, rel=0.3)


def test_a_microphone_in_use_is_not_called_unplugged(tmp_path, listen):
    taken = FakeMicrophone(tmp_path, "usb", wave=room(48_000))
    taken.set(open_errno=errno.EBUSY)
    ear = listen(taken)
    why = ear.says("in use by another program")
    assert "not connected" not in why
    taken.set(open_errno=0)
    ear.says("hears through")


def test_no_other_microphone_takes_the_place_of_the_one_pulled_out(tmp_path, listen):
    ours = FakeMicrophone(tmp_path, "usb_nursery", wave=room(48_000))
    other = FakeMicrophone(tmp_path, "usb_webcam", wave=room(48_000))
    ear = listen(ours, other, device="usb")
    ear.says('hears through "usb_nursery"')
    ours.set(pulled_out=1, open_errno=errno.ENODEV)
    assert "usb_webcam" in ear.says('"usb_nursery" was in use until now')
    ours.set(pulled_out=0, open_errno=0)
    ear.says('hears through "usb_nursery"')


CONFIG = """\
[microphone]
source = "sounddevice"
device = "usb"
"""
BOX = "nursery/test-box"


def blind(phone, state):
    told = phone.json(f"{BOX}/alert")
    return [a for a in told if a["kind"] == "monitor_blind" and a["state"] == state]


def microphone_is(phone, words):
    told = phone.json(f"{BOX}/health")
    return told and words in told[-1]["sources"]["microphone"]["why"]


def test_a_dead_32_bit_microphone_is_told_and_its_right_channel_heard_when_it_works(
    tmp_path, broker, monkeypatch
):
    folder = tmp_path / "card"
    folder.mkdir()
    microphone = FakeMicrophone(folder, channels=2, format="S32_LE", wave=room(48_000))
    card = FakeSoundCard(folder, microphone)
    for name, value in card.environment.items():
        monkeypatch.setenv(name, value)
    microphone.gains(0, 0)
    with Subscriber(broker.port, "nursery/#") as phone:
        daemon = Daemon(tmp_path, broker.port, more=CONFIG).start()
        try:
            (alert,) = wait_for(lambda: blind(phone, "raised"))
            assert "digital silence" in alert["message"]
            wait_for(lambda: microphone_is(phone, "digital silence"))
            microphone.gains(0, 1)
            wait_for(lambda: blind(phone, "cleared"))
            wait_for(lambda: microphone_is(phone, "the right channel"))
        finally:
            daemon.stop()

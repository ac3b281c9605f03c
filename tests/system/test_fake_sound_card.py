"""The fake card is what it says: real PortAudio finds exactly its channels, rates and samples."""

import errno
import json
import os
import subprocess
import sys

import pytest

from tests.system.fake_sound_card import FakeMicrophone, FakeSoundCard, missing, room

pytestmark = pytest.mark.system
RECORD = """
import json, sys, time
import numpy, sounddevice
name, channels, rate_hz = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
taken = []
stream = sounddevice.RawInputStream(
    samplerate=rate_hz, device=name, channels=channels, dtype="int32", latency="high",
    blocksize=rate_hz // 10, callback=lambda data, *_: taken.append(bytes(data)),
)
stream.start()
time.sleep(1.2)
stream.abort()
found = {d["name"]: d["max_input_channels"] for d in sounddevice.query_devices()}
sound = numpy.frombuffer(b"".join(taken), numpy.int32).reshape(-1, channels) / 2.0**31
print(json.dumps({"found": found, "frames": len(sound), "rms": sound.std(axis=0).tolist()}))
"""


def record(card, name, channels, rate_hz):
    done = subprocess.run(
        [sys.executable, "-c", RECORD, name, str(channels), str(rate_hz)],
        env=os.environ | card.environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_portaudio_finds_the_channels_rates_and_samples_that_the_card_has(tmp_path):
    if reason := missing():
        pytest.skip(reason)
    i2s = FakeMicrophone(
        tmp_path, "i2s", channels=2, format="S32_LE", wave=room(48_000), gains=(0.0, 1.0)
    )
    bat = FakeMicrophone(tmp_path, "bat", rate_hz=250_000, wave=room(250_000))
    taken = FakeMicrophone(tmp_path, "taken", wave=room(48_000))
    taken.set(open_errno=errno.EBUSY)
    card = FakeSoundCard(tmp_path, i2s, bat, taken)
    heard = record(card, "i2s", 2, 48_000)
    assert heard["found"] == {"i2s": 2, "bat": 1}  # PortAudio leaves out what it cannot open
    assert heard["rms"] == [0.0, pytest.approx(0.001, rel=0.3)]
    assert heard["frames"] >= 0.5 * 48_000
    assert record(card, "bat", 1, 250_000)["frames"] >= 0.5 * 250_000
    assert bat.get("opens") > 0

"""ALSA without its settings, or with broken ones: a sentence, and the scale is watched on.

PortAudio ends the process where the settings are missing.
"""

from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber, wait_for

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        ctypes.util.find_library("portaudio") is None or ctypes.util.find_library("asound") is None,
        reason="PortAudio is not installed: apt-get install libportaudio2",
    ),
]
HEARS = '[microphone]\nsource = "sounddevice"\n'
MISSING = "ALSA's settings are missing: sudo apt install --reinstall libasound2-data"
BROKEN = "ALSA's settings cannot be read: mend or remove /etc/asound.conf and ~/.asoundrc"


def unsettled(folder: Path, how: str) -> dict[str, str]:
    """The environment of a machine whose settings for sound are missing, empty or broken."""
    folder.mkdir()
    (folder / "empty.conf").touch()
    if how == "broken":
        (folder / ".asoundrc").write_text("pcm.!default { type hw card 7\n")
        return {"HOME": str(folder)}
    return {"ALSA_CONFIG_PATH": str(folder / ("empty.conf" if how == "empty" else "nowhere.conf"))}


@pytest.mark.parametrize(
    ("how", "says"), [("missing", MISSING), ("empty", MISSING), ("broken", BROKEN)]
)
def test_check_says_what_to_do(tmp_path: Path, how: str, says: str) -> None:
    config = tmp_path / "nursery.toml"
    config.write_text(f'box = "a"\nstate_dir = "{tmp_path}/state"\n{HEARS}')
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "check", "--config", str(config)],
        env=os.environ | unsettled(tmp_path / "home", how),
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    first = done.stdout.splitlines()[0]
    assert first == f"FAILED   microphone  the microphone cannot be opened: {says}"
    assert "ALSA lib" not in done.stderr


def test_a_box_without_them_tells_that_it_is_deaf_and_goes_on_weighing(
    broker: Mosquitto, tmp_path: Path
) -> None:
    daemon = Daemon(
        tmp_path / "box", broker.port, more=HEARS + '[scale]\nsource = "simulated"',
        environment=unsettled(tmp_path / "home", "missing"),
    )  # fmt: skip
    with Subscriber(broker.port, "nursery/test-box/#") as phone:
        daemon.start()
        try:
            wait_for(lambda: MISSING.encode() in (phone.last("nursery/test-box/alerts") or b""))
            wait_for(lambda: phone.json("nursery/test-box/scale")[-1]["total_g"] is not None)
            health = phone.json("nursery/test-box/health")[-1]["sources"]
            assert health["scale"]["state"] == "healthy"
            assert health["microphone"]["state"] != "healthy"
            assert daemon.alive
        finally:
            daemon.stop()

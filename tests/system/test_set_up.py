"""The first day, on real libraries: check everything, calibrate the scale."""

import io
import json
import os
import re
import subprocess
import sys
import tomllib

import pytest

from calibration import guided as guided_module
from calibration.scale import calibrate_scale
from monitor.config import Config, ScaleConfig
from monitor.errors import CalibrationError
from tests.system.fake_gpiochip import FakeChip, missing
from tests.system.sound_server import SoundServer, missing_tools

pytestmark = pytest.mark.system
FACTOR, ZERO = 412.7, 84_213


@pytest.fixture
def chip(tmp_path, monkeypatch):
    if reason := missing():
        pytest.skip(reason)
    made = FakeChip(tmp_path)
    made.set(code=ZERO, noise=60)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    return made


@pytest.fixture
def sound(tmp_path_factory):
    if missing_tools():
        pytest.skip(f"not installed: {', '.join(missing_tools())}")
    server = SoundServer(tmp_path_factory.mktemp("pulse"))
    server.start()
    server.play(700.0, 40.0, level=0.05)
    yield server
    server.close()


CONFIG = """\
box = "a"
state_dir = "{state}"
[microphone]
source = "sounddevice"
device = "pulse"
[scale]
source = "hx711"
counts_per_gram = 412.7
zero_counts = 84213
[mqtt]
host = "127.0.0.1"
port = {port}
"""


def check(tmp_path, environment, port):
    path = tmp_path / "nursery.toml"
    path.write_text(CONFIG.format(state=tmp_path, port=port))
    command = [sys.executable, "-m", "monitor", "check", "--json", "--config", str(path)]
    done = subprocess.run(
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, {line["check"]: line for line in lines}


def test_check_on_a_healthy_box(tmp_path, chip, sound, broker):
    code, lines = check(tmp_path, sound.environment, broker.port)
    assert code == 0, lines
    assert lines["microphone"]["state"] in {"ok", "warning"}  # a steady tone is a loud room
    assert "dBFS" in lines["microphone"]["text"]
    assert lines["scale"]["state"] == "ok"
    # The fake chip converts 11.68 times a second; how evenly that is read, the machine decides.
    rate = re.search(r"([\d.]+) values a second", lines["scale"]["text"])
    assert rate
    assert 4 < float(rate[1]) < 24
    assert lines["broker"]["state"] == "ok"
    assert lines["journal"]["state"] == "ok"


def test_check_says_what_is_broken_and_what_to_do(tmp_path, chip, sound):
    chip.set(stuck=1)
    sound.kill()
    code, lines = check(tmp_path, sound.environment, 9)
    assert code == 1
    assert "check the converter's power" in lines["scale"]["text"]
    assert "plug it in" in lines["microphone"]["text"]
    assert lines["broker"]["state"] == "failed"
    assert lines["broker"]["todo"]


@pytest.fixture
def quick(monkeypatch):
    for name, seconds in (("DIAGNOSE_S", 3.0), ("REST_S", 3.0), ("SETTLE_S", 0.3)):
        monkeypatch.setattr(guided_module, name, seconds)


def guided(chip, tmp_path, *, wired=True):
    """Answers the prompts by putting things on the scale."""

    def ask(prompt):
        on_it = 1000 if "Put the 1000 g" in prompt else 300 if "Only the 300 g" in prompt else 0
        chip.set(code=round(ZERO + FACTOR * on_it * wired))
        return "1kg" if "what will you put" in prompt else "300 g" if "as check" in prompt else ""

    out = io.StringIO()
    config = Config(box="a", scale=ScaleConfig(source="hx711"))
    calibrate_scale(config, out_dir=str(tmp_path), ask=ask, out=out)
    return out.getvalue()


def test_calibrate_the_scale_by_hand(chip, tmp_path, quick):
    told = guided(chip, tmp_path)
    assert "agrees within" in told
    (path,) = tmp_path.glob("scale-*.toml")
    written = tomllib.loads(path.read_text())["scale"]
    assert written["counts_per_gram"] == pytest.approx(FACTOR, rel=1e-3)
    assert written["zero_counts"] == pytest.approx(ZERO, abs=25)


def test_a_cell_that_is_not_wired_is_refused(chip, tmp_path, quick):
    with pytest.raises(CalibrationError, match="check the wiring"):
        guided(chip, tmp_path, wired=False)

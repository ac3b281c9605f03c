"""Settings and calibration of a box that runs: real broker, real daemon, real lgpio."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.daemon import Daemon
from tests.system.fake_gpiochip import FakeChip, missing
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber, wait_for
from tests.system.test_identity import retained

pytestmark = pytest.mark.system
BASE = "nursery/test-box"
FACTOR, ZERO = 412.7, 84_213


@pytest.fixture
def chip(tmp_path: Path) -> FakeChip:
    if reason := missing():
        pytest.skip(reason)
    made = FakeChip(tmp_path)
    made.set(code=ZERO, noise=60)
    return made


@pytest.fixture
def box(tmp_path: Path, broker: Mosquitto, chip: FakeChip) -> Iterator[Daemon]:
    made = Daemon(
        tmp_path / "box",
        broker.port,
        more='[scale]\nsource = "hx711"\n',
        environment={**chip.environment, "LG_WD": str(tmp_path)},
    )
    yield made
    made.stop(signal.SIGKILL)


@pytest.fixture
def phone(broker: Mosquitto) -> Iterator[Subscriber]:
    with Subscriber(broker.port, "#") as made:
        yield made


def ask(phone: Subscriber, verb: str, base: str = BASE, **fields: object) -> dict[str, Any]:
    answers = f"{base}/setup/{verb}/result"
    known = len(phone.payloads(answers))
    phone.send(f"{base}/setup/{verb}", fields)
    wait_for(lambda: len(phone.payloads(answers)) > known)
    found: dict[str, Any] = phone.json(answers)[-1]
    return found


def started(box: Daemon, phone: Subscriber) -> None:
    box.start()
    wait_for(lambda: phone.last(f"{BASE}/status") == b"online")


def test_a_setting_changes_without_a_restart_by_hand_and_without_an_alert(
    box: Daemon, phone: Subscriber
) -> None:
    started(box, phone)
    wait_for(lambda: phone.json(f"{BASE}/health")[-1]["sources"]["scale"]["state"] == "healthy")
    pid, before = box.pid, len(phone.payloads(f"{BASE}/status"))
    answer = ask(phone, "configure", key="alerts.night.from", value="10:30 pm")
    assert answer == {"ok": True, "understood": "alerts.night.from: 22:30", "restarts": True}
    wait_for(lambda: phone.payloads(f"{BASE}/status")[before:] == [b"offline", b"online"])
    wait_for(
        lambda: (
            {"alerts.night.from": "22:30"}.items()
            <= {
                s["key"]: s["value"] for s in phone.json(f"{BASE}/settings")[-1]["settings"]
            }.items()
        )
    )
    by_hand = box.nursery("set", "alerts.night.to", "6:30")
    assert by_hand.stdout.startswith("alerts.night.to: 06:30\nthe running monitor takes it up")
    wait_for(lambda: phone.payloads(f"{BASE}/status")[before:][-2:] == [b"offline", b"online"]
             and len(phone.payloads(f"{BASE}/status")) == before + 4)  # fmt: skip
    wait_for(lambda: phone.json(f"{BASE}/health")[-1]["sources"]["scale"]["state"] == "healthy")
    assert box.pid == pid
    assert phone.json(f"{BASE}/alert") == []
    box.stop()
    assert "06:30" in box.nursery("get", "alerts.night.to").stdout
    wait_for(lambda: phone.last(f"{BASE}/status") == b"offline")


def test_a_box_that_is_renamed_leaves_nothing_behind(
    box: Daemon, phone: Subscriber, broker: Mosquitto
) -> None:
    started(box, phone)
    wait_for(lambda: phone.last("homeassistant/device/nursery-test-box/" + device(phone)))
    assert ask(phone, "configure", key="box", value="cellar")["ok"]
    wait_for(lambda: phone.last("nursery/cellar/status") == b"online")
    answered = ask(phone, "configure", base="nursery/cellar", key="box", value="!!!")
    assert "lower-case letters" in answered["error"]
    wait_for(lambda: phone.last(f"{BASE}/status") == b"")
    wait_for(lambda: not retained(broker.port, f"{BASE}/#"))
    wait_for(lambda: len(identities(broker)) == 1)  # and so one device


def identities(broker: Mosquitto) -> set[str]:
    """Of the boxes that Home Assistant is told of."""
    return {topic.split("/")[3] for topic in retained(broker.port, "homeassistant/#")}


def device(phone: Subscriber) -> str:
    found = wait_for(lambda: [m.topic for m in list(phone.messages) if "/device/" in m.topic])
    return str(found[0]).partition("nursery-test-box/")[2]


def test_a_scale_is_calibrated_from_a_phone_while_it_is_watched(
    box: Daemon, phone: Subscriber, chip: FakeChip
) -> None:
    started(box, phone)
    assert ask(phone, "look", seconds=120)["ok"]
    for step, load_g in (("empty", 0), ("mass", 1000), ("check", 300)):
        chip.set(code=round(ZERO + FACTOR * load_g))
        wait_for(lambda load_g=load_g: rests(phone, load_g))
        fields = {"grams": f"{load_g} g"} if load_g else {}
        answer = wait_for(lambda step=step, fields=fields: done(phone, step, fields))
        assert answer["understood"]
    answer = ask(phone, "calibrate_scale", step="accept")
    assert answer["counts_per_gram"] == pytest.approx(FACTOR, rel=2e-3)
    chip.set(code=ZERO)
    wait_for(lambda: phone.json(f"{BASE}/scale")[-1]["calibrated"])
    wait_for(lambda: phone.json(f"{BASE}/scale")[-1]["total_g"] == pytest.approx(0, abs=2))
    chip.set(code=round(ZERO + FACTOR * 500))
    wait_for(lambda: phone.json(f"{BASE}/scale")[-1]["total_g"] == pytest.approx(500, abs=2))
    assert phone.json(f"{BASE}/alert") == []
    assert phone.payloads(f"{BASE}/status") == [b"online"], "it holds without a restart"
    box.stop()
    assert "set here" in box.nursery("get", "scale.zero_counts").stdout


def rests(phone: Subscriber, load_g: float) -> bool:
    live = phone.json(f"{BASE}/live")[-1:]
    wanted = pytest.approx(ZERO + FACTOR * load_g, abs=100)
    return bool(live) and live[0]["still"] and live[0]["raw_counts"] == wanted


def done(phone: Subscriber, step: str, fields: dict[str, str]) -> dict[str, Any] | None:
    """A step taken; None where the machine was too busy to read the chip evenly."""
    answer = ask(phone, "calibrate_scale", step=step, **fields)
    return answer if answer["ok"] else None


def test_damaged_settings_keep_no_box_from_watching(box: Daemon, phone: Subscriber) -> None:
    box.state_dir.mkdir(parents=True)
    (box.state_dir / "settings.toml").write_bytes(b"\x00garbage")
    started(box, phone)
    wait_for(lambda: phone.json(f"{BASE}/health")[-1]["sources"]["scale"]["state"] == "healthy")
    titles = wait_for(lambda: [alert["title"] for alert in phone.json(f"{BASE}/alert")])
    assert titles == ["Settings cannot be used"]
    assert (box.state_dir / "settings.toml.damaged").exists()
    assert ask(phone, "configure", key="alerts.cry_after_s", value=30)["ok"]
    wait_for(lambda: phone.json(f"{BASE}/alerts")[-1] == [])


def test_a_box_that_is_stopped_while_it_begins_anew_stops(box: Daemon, phone: Subscriber) -> None:
    started(box, phone)
    assert ask(phone, "configure", key="alerts.cry_after_s", value=30)["ok"]
    assert box.stop() == 0


def test_a_password_is_typed_where_nobody_reads_along(box: Daemon) -> None:
    command = ["set", "mqtt.username", "attic", "mqtt.password", "-"]
    refused = box.nursery("set", "mqtt.password", "hunter2")
    assert refused.returncode == 2
    assert '"mqtt.username" is missing' in refused.stderr
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *command, "--config", str(box.config)],
        input="hunter2\n", capture_output=True, text=True, check=False, timeout=60,
        env=dict(os.environ),
    )  # fmt: skip
    assert done.stdout == "mqtt.username: attic, mqtt.password: given\n"
    assert (box.state_dir / "secret-mqtt-password").read_text() == "hunter2"

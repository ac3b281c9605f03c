"""A real Home Assistant through restarts, a card's death and a baby's stay: one for each test.

Those that break nothing share one (``test_home_assistant.py``).
"""

from __future__ import annotations

import re
import signal
from pathlib import Path

from tests.system.daemon import Daemon
from tests.system.home_assistant.running import (
    Box,
    Core,
    announced,
    crying,
    mqtt_complaints,
    needed,
    promised,
)
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import wait_for
from tests.system.test_daemon import quiet_box
from tests.system.test_identity import retained

pytestmark = needed


def test_unavailable_when_killed_and_back_after_every_kind_of_restart(
    tmp_path: Path, broker: Mosquitto
) -> None:
    box = Box(tmp_path / "box", broker.port)
    core = Core(tmp_path, broker.port)
    weight = "sensor.possum_weight_g"
    core.becomes(weight, "112.4", 30)
    core.knows(announced())
    box.play(conditions=[crying()])
    event = "event.nursery_kangaroo_and_possum_alert"
    assert core.ask("wait", entity_id=event, attribute=["state", "raised"])["hit"]
    before = {e["entity_id"]: e["unique_id"] for e in core.entities().values()}

    box.kill()
    core.becomes(weight, "unavailable", 20)
    wait_for(lambda: {v["state"] for v in core.entities().values()} == {"unavailable"})
    box.start()
    core.becomes(weight, "112.4")

    broker.stop()
    core.becomes(weight, "unavailable", 20)
    broker.start()  # it kept nothing: the box says everything again
    core.becomes(weight, "112.4", 60)

    last = core.ask("state", entity_id=event)["state"]
    core.close()
    core = Core(tmp_path, broker.port)
    try:
        core.becomes(weight, "112.4", 30)
        core.knows(before.values())
        assert {e["entity_id"]: e["unique_id"] for e in core.entities().values()} == before
        wait_for(lambda: core.ask("state", entity_id=event)["state"] == last)  # none fired again
        box.close()  # politely: it says offline itself
        core.becomes(weight, "unavailable", 5)
        assert mqtt_complaints(core) == []
    finally:
        core.close()
        box.close()


def test_one_document_per_entity_gives_the_same_picture(tmp_path: Path, broker: Mosquitto) -> None:
    box = Box(tmp_path / "box", broker.port, "entity")
    core = Core(tmp_path, broker.port)
    try:
        core.becomes("sensor.possum_weight_g", "112.4", 30)
        core.knows(announced())
        wait_for(lambda: len(core.ask("devices")) == 3)
        assert mqtt_complaints(core) == []
    finally:
        core.close()
        box.close()


def test_the_daemon_itself_through_a_baby_s_stay(tmp_path: Path, broker: Mosquitto) -> None:
    """``nursery run`` with a recorded scale: registered, weighed, renamed, retired, killed."""
    daemon = Daemon(tmp_path / "box", broker.port, more=quiet_box(tmp_path / "scale.csv", 900.0))
    daemon.start()
    core = Core(tmp_path, broker.port)
    try:
        core.becomes("binary_sensor.nursery_test_box_scale_alive", "on", 40)
        assert daemon.nursery("baby", "add", "Possum", "--species", "puppy").returncode == 0
        core.becomes("sensor.possum_weight_g", "unknown")
        assert daemon.nursery("weigh", "Possum", "205").returncode == 0
        core.becomes("sensor.possum_weight_g", "205.0")
        core.press("button.nursery_test_box_test_alert")
        event = "event.nursery_test_box_alert"
        assert core.ask("wait", entity_id=event, attribute=["kind", "test"])["hit"]
        core.knows(promised(broker.port))
        before = {e["unique_id"]: e["entity_id"] for e in core.entities().values()}
        assert daemon.nursery("baby", "edit", "Possum", "--rename", "Poppy").returncode == 0
        wait_for(lambda: "Poppy" in {device["name"] for device in core.ask("devices")})
        core.becomes("sensor.possum_weight_g", "205.0")
        assert {e["unique_id"]: e["entity_id"] for e in core.entities().values()} == before
        printed = daemon.nursery("dashboard").stdout
        assert "heading: Poppy" in printed
        named = set(re.findall(r" ((?:sensor|binary_sensor|button|select|image)[.]\w+)", printed))
        assert named - {"button.press", "select.select_option"} <= set(before.values())
        wait_for(lambda: not [t for t in retained(broker.port, "nursery/#") if "possum" in t])
        wait_for(lambda: [t for t in retained(broker.port, "nursery/#") if t.endswith("/poppy")])
        assert daemon.nursery("baby", "retire", "Poppy").returncode == 0
        wait_for(lambda: len(core.ask("devices")) <= 1)
        daemon.stop(signal.SIGKILL)
        core.becomes("sensor.nursery_test_box_total_g", "unavailable", 20)
        assert mqtt_complaints(core) == []
    finally:
        core.close()
        daemon.stop(signal.SIGKILL)


def test_a_fresh_card_doubles_no_entity_and_goes_on_as_the_earlier_one(
    tmp_path: Path, broker: Mosquitto
) -> None:
    scale = quiet_box(tmp_path / "scale.csv", 900.0)
    first = Daemon(tmp_path / "first", broker.port, more=scale)
    fresh = Daemon(tmp_path / "fresh", broker.port, more=scale)
    first.start()
    core = Core(tmp_path, broker.port)
    try:
        core.becomes("binary_sensor.nursery_test_box_scale_alive", "on", 40)
        assert first.nursery("baby", "add", "Possum", "--species", "puppy").returncode == 0
        core.becomes("sensor.possum_weight_g", "unknown")
        core.knows(promised(broker.port))
        before = {e["unique_id"]: e["entity_id"] for e in core.entities().values()}
        first.stop(signal.SIGKILL)  # the card has died
        core.becomes("sensor.nursery_test_box_total_g", "unavailable", 20)
        fresh.start()
        core.becomes("binary_sensor.nursery_test_box_problem_not_delivered", "on", 40)
        core.becomes("binary_sensor.nursery_test_box_scale_alive", "on", 40)
        assert {e["unique_id"]: e["entity_id"] for e in core.entities().values()} == before
        assert fresh.nursery("adopt").returncode == 0
        core.becomes("binary_sensor.nursery_test_box_problem_not_delivered", "off", 40)
        assert fresh.nursery("baby", "add", "Possum", "--species", "puppy").returncode == 0
        assert fresh.nursery("weigh", "Possum", "205").returncode == 0
        core.becomes("sensor.possum_weight_g", "205.0")
        assert {e["unique_id"]: e["entity_id"] for e in core.entities().values()} == before
        assert not [name for name in before.values() if name.endswith("_2")]
        assert mqtt_complaints(core) == []
    finally:
        core.close()
        first.stop(signal.SIGKILL)
        fresh.stop(signal.SIGKILL)

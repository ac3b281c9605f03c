"""A real Home Assistant finds the box by discovery alone and keeps a true picture of it.

``tests/system/home_assistant/setup.sh`` installs one (``make home-assistant``); the tests are
skipped where it has not been run. The box's senses are scripted (``home_assistant/box.py``), its
policy, journal, outbox, publisher and documents are the real ones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from monitor.documents import CryStatus
from monitor.events import Baby, Candidate, Condition, ThingCandidate
from tests.system.home_assistant.box import BOX, KANGAROO, POSSUM
from tests.system.home_assistant.running import (
    Box,
    Core,
    announced,
    crying,
    mqtt_complaints,
    needed,
)
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import wait_for

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "home_assistant"
PNG = bytes.fromhex("89504e470d0a1a0a") + b"not really a picture" * 50


pytestmark = needed


AUTOMATION = """
- id: nursery
  alias: Nursery
  use_blueprint:
    path: nursery/nursery_alert.yaml
    input:
      alert_event: event.nursery_kangaroo_and_possum_alert
      notify_action: notify.mobile_app_phone
      snooze_minutes: 20
      offline_minutes: 0.03
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Core, Box]]:
    """One broker, one box, and a Home Assistant with our blueprint and a phone.

    Starting one takes ten to twenty seconds, so the tests that break nothing share it.
    """
    folder = tmp_path_factory.mktemp("shared")
    (folder / "automations.yaml").write_text(AUTOMATION)
    broker = Mosquitto(folder / "mosquitto").start()
    box = Box(folder / "box", broker.port)
    core = Core(
        folder, broker.port,
        "--blueprint", str(DOCS / "nursery_alert.yaml"),
        "--automations", str(folder / "automations.yaml"),
        "--mock", "notify.mobile_app_phone",
    )  # fmt: skip
    core.becomes("sensor.possum_weight_g", "112.4", 30)
    yield core, box
    core.close()
    box.close()
    broker.stop()


@pytest.fixture
def core(shared: tuple[Core, Box]) -> Iterator[Core]:
    yield shared[0]
    shared[1].play(conditions=[], cry=CryStatus(crying=False))
    shared[0].becomes("sensor.nursery_kangaroo_and_possum_open_alerts", "0", 20)


@pytest.fixture
def box(shared: tuple[Core, Box]) -> Box:
    shared[1].forget()
    return shared[1]


def question() -> Condition:
    return Condition(
        kind="who_is_it",
        key="s-17",
        severity="info",
        since_s=1_767_268_800.0,
        title="Who was that?",
        message="Somebody of 113 g was put back: Kangaroo or Possum?",
        why="both fit",
        step_id="s-17",
        candidates=[Candidate("Kangaroo", 0.5), Candidate("Possum", 0.5)],
    )


def states_of_the_box(core: Core) -> dict[str, str]:
    """Of its own entities, by what follows its name."""
    prefix = "nursery_kangaroo_and_possum"
    found = {key: entity["state"] for key, entity in core.entities().items() if prefix in key}
    return {key.split(f"{prefix}_")[1]: state for key, state in found.items()}


def test_every_entity_is_there_with_value_unit_class_and_device(core: Core, box: Box) -> None:
    core.knows(announced())
    for entity_id, state in {
        "sensor.possum_weight_g": "112.4",
        "sensor.possum_gain_24h_g": "-2.5",
        "sensor.possum_intake_24h_g": "unknown",
        "sensor.possum_verdict": "losing",
    }.items():
        core.becomes(entity_id, state)
    found = core.entities()
    assert {e["unique_id"]: e["device"] for e in found.values()} == announced()
    weight = found["sensor.possum_weight_g"]
    assert (weight["unit"], weight["device_class"]) == ("g", "weight")
    assert weight["attributes"]["state_class"] == "measurement"
    assert found["sensor.possum_gain_24h_pct"]["unit"] == "%"
    assert found["sensor.possum_bottle_due_at"]["device_class"] == "timestamp"
    expected = {
        "total_g": "1534.2",
        "crying": "off",
        "level_db": "-52.0",
        "cry_minutes_24h": "4.5",
        "in_box": "Kangaroo, Possum",
        "open_alerts": "0",
        "problem_monitor_blind": "off",
        "microphone_alive": "on",
        "who": "No question",
        "alert": "unknown",
    }
    wait_for(lambda: expected.items() <= states_of_the_box(core).items())
    devices = {device["name"]: device for device in core.ask("devices")}
    assert devices["Possum"]["via"] == f"Nursery {BOX}"
    assert set(devices) == {f"Nursery {BOX}", "Kangaroo", "Possum"}
    box.play(chart=["possum", PNG.hex()])
    drawn = hashlib.sha256(PNG).hexdigest()
    wait_for(lambda: core.ask("image", entity_id="image.possum_chart")["sha256"] == drawn)
    assert mqtt_complaints(core) == []


def test_crying_and_its_alert_arrive_and_the_button_answers(core: Core, box: Box) -> None:
    prefix = "nursery_kangaroo_and_possum"
    box.play(cry=CryStatus(crying=True, since=1_767_268_800.0, species="kitten"))
    core.becomes(f"binary_sensor.{prefix}_crying", "on")
    box.play(cry=CryStatus(crying=None))
    core.becomes(f"binary_sensor.{prefix}_crying", "unknown")
    box.play(conditions=[crying()])
    found = core.ask("wait", entity_id=f"event.{prefix}_alert", attribute=["state", "raised"])
    assert found["hit"], found
    assert found["attributes"]["event_type"] == "crying"
    assert "bottle was due" in found["attributes"]["message"]
    core.becomes(f"binary_sensor.{prefix}_problem_crying", "on")
    core.becomes(f"sensor.{prefix}_open_alerts", "1")
    listed = f"sensor.{prefix}_open_alerts"
    wait_for(lambda: core.shows(listed)["alerts"][0]["title"] == "Kitten crying")
    core.press(f"button.{prefix}_acknowledge")
    assert box.received("acknowledge") == {}
    seen = core.ask("wait", entity_id=f"event.{prefix}_alert", attribute=["state", "acknowledged"])
    assert seen["hit"]
    core.press(f"button.{prefix}_snooze")
    assert box.received("snooze") == {"minutes": 30.0}
    core.press(f"button.{prefix}_tare")
    assert box.received("tare") == {}
    assert mqtt_complaints(core) == []


def test_the_select_answers_who_it_was(core: Core, box: Box) -> None:
    who = "select.nursery_kangaroo_and_possum_who"
    box.play(conditions=[question()])
    core.becomes(who, "Who was it?")
    wait_for(lambda: "113 g" in (core.shows(who)["text"] or ""))
    options = ["No question", "Who was it?", "Kangaroo", "Possum", "A thing"]
    assert core.shows(who)["options"] == options
    core.ask("call", service="select.select_option", data={"entity_id": who, "option": "Possum"})
    assert box.received("assign") == {"step_id": "s-17", "baby": "Possum"}
    core.becomes(who, "No question")
    box.play(conditions=[msgspec.structs.replace(question(), key="s-18", step_id="s-18")])
    core.becomes(who, "Who was it?")
    box.forget()
    answer = {"entity_id": who, "option": "A thing"}
    core.ask("call", service="select.select_option", data=answer)
    assert box.received("assign") == {"step_id": "s-18", "baby": "object"}
    assert mqtt_complaints(core) == []


def test_a_baby_renamed_or_retired_leaves_nothing_double_or_behind(core: Core, box: Box) -> None:
    before = {e["unique_id"]: e["entity_id"] for e in core.entities().values()}
    poppy = Baby(id=POSSUM.id, name="Poppy 🐾/#", species="puppy")
    box.play(babies=[msgspec.to_builtins(b) for b in (KANGAROO, poppy)])
    wait_for(lambda: poppy.name in {device["name"] for device in core.ask("devices")})
    core.becomes("sensor.possum_weight_g", "112.4")  # the entity kept its id and its history
    after = {e["unique_id"]: e["entity_id"] for e in core.entities().values()}
    assert after == before
    box.play(babies=[msgspec.to_builtins(KANGAROO)])
    wait_for(lambda: len(core.ask("devices")) <= 2)
    left = {f"Nursery {BOX}", "Kangaroo"}
    wait_for(lambda: {e["device"] for e in core.entities().values()} == left)
    who = "select.nursery_kangaroo_and_possum_who"
    wait_for(lambda: "Poppy 🐾/#" not in core.shows(who)["options"])
    assert mqtt_complaints(core) == []
    box.play(babies=[msgspec.to_builtins(b) for b in (KANGAROO, POSSUM)])
    core.becomes("sensor.possum_weight_g", "112.4")


class Phone:
    """What the notify action was called with since the test began."""

    def __init__(self, core: Core, box: Box) -> None:
        self._core, self._box = core, box
        self._before = len(core.ask("notifications"))
        self._level_db = -30.0

    def __call__(self, count: int, timeout: float = 60.0) -> list[dict[str, Any]]:
        """All of them, once there are ``count``; one more than that is a failure."""
        wait_for(lambda: len(self._all()) >= count, timeout)
        if self._box.alive:
            self._catch_up()
        found = self._all()
        assert len(found) == count, found
        return found

    def _all(self) -> list[dict[str, Any]]:
        return list(self._core.ask("notifications")[self._before :])

    def _catch_up(self) -> None:
        """Home Assistant shows a number that the box says now: all before has come, too."""
        self._level_db -= 1.0
        self._box.play(cry=CryStatus(crying=False, level_db=self._level_db))
        self._core.becomes("sensor.nursery_kangaroo_and_possum_level_db", str(self._level_db))


def test_the_blueprint_notifies_once_answers_the_box_and_clears(core: Core, box: Box) -> None:
    notifications = Phone(core, box)
    box.play(conditions=[crying()])
    (first,) = notifications(1)
    assert first["title"] == f"Kitten crying ({BOX})"
    assert "bottle was due 20 min ago" in first["message"]
    assert first["data"]["push"]["interruption-level"] == "time-sensitive"
    box.play(conditions=[crying("critical")])
    worse = notifications(2)[1]
    assert worse["data"]["tag"] == first["data"]["tag"]
    assert worse["data"]["push"]["interruption-level"] == "critical"
    acknowledge, snooze = (action["action"] for action in worse["data"]["actions"])
    core.ask("fire", event="mobile_app_notification_action", data={"action": snooze})
    assert box.received("snooze") == {"id": first["data"]["tag"], "minutes": 20.0}
    assert notifications(3)[2] == {
        "message": "clear_notification",
        "data": {"tag": first["data"]["tag"]},
    }
    core.ask("fire", event="mobile_app_notification_action", data={"action": acknowledge})
    assert box.received("acknowledge") == {"id": first["data"]["tag"]}
    notifications(4)
    box.play(conditions=[])
    assert notifications(5, 20)[4]["message"] == "clear_notification"
    box.kill()
    offline = notifications(6)[5]
    assert offline["title"] == "Nursery box is offline"
    box.start()
    assert notifications(7)[6]["message"] == "clear_notification"  # and nothing old again
    wrong = [t for t in core.ask("complaints") if re.search("automation|blueprint|mqtt", t)]
    assert wrong == []


def test_one_tap_says_that_a_baby_was_taken_to_the_carrier(core: Core, box: Box) -> None:
    notifications = Phone(core, box)
    out = Condition(
        kind="out_of_box", key="p1", severity="critical", baby="Possum", since_s=1_767_268_800.0,
        title="Possum is out of the box", message="Possum has been out of the box for 31 min.",
        why="nobody is about",
    )  # fmt: skip
    box.play(conditions=[out])
    (told,) = notifications(1)
    *_, carrier = told["data"]["actions"]
    assert carrier["title"] == "Taken to the carrier"
    core.ask("fire", event="mobile_app_notification_action", data={"action": carrier["action"]})
    note = {"baby": "Possum", "kind": "away", "text": "taken to the carrier"}
    assert box.received("note") == note
    box.forget()
    button = {"entity_id": "button.possum_away"}
    core.ask("call", service="button.press", data=button)
    assert box.received("note") == note | {"baby": "possum"}


def test_who_it_was_is_answered_from_the_notification(core: Core, box: Box) -> None:
    notifications = Phone(core, box)
    asked = msgspec.structs.replace(
        question(), key="s-19", step_id="s-19", things=[ThingCandidate("rice: sock", 0.1)],
        candidates=[Candidate("Possum", 0.9)],
    )  # fmt: skip
    box.play(conditions=[asked])
    (first,) = notifications(1)
    buttons = {each["title"]: each["action"] for each in first["data"]["actions"]}
    assert list(buttons) == ["Possum", "rice: sock", "A thing"]
    for title, meant in (("Possum", "Possum"), ("rice: sock", "rice: sock"), ("A thing", "object")):
        box.forget()
        core.ask("fire", event="mobile_app_notification_action", data={"action": buttons[title]})
        assert box.received("assign") == {"step_id": "s-19", "baby": meant}
    box.play(conditions=[])

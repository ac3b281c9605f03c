"""``source = "simulated"``: a living nursery through the real daemon and a real broker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.store.reading import JournalReader
from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system

START_S = 60.0
SIMULATED = '[microphone]\nsource = "simulated"\n[scale]\nsource = "simulated"\n'


@pytest.fixture
def box(tmp_path: Path, broker: Mosquitto) -> Iterator[Daemon]:
    daemon = Daemon(tmp_path / "box", broker.port, more=SIMULATED)
    yield daemon.start()
    daemon.stop()


def last(phone: Subscriber, topic: str) -> dict:
    found = phone.json(f"nursery/test-box/{topic}")
    return found[-1] if found else {}


def announced(phone: Subscriber) -> bytes:
    documents = [m for m in list(phone.messages) if m.topic.startswith("homeassistant/device/")]
    return b"\n".join(document.payload for document in documents)


def test_a_box_without_parts_lives_hears_and_weighs_and_nobody_takes_it_for_a_real_one(
    box: Daemon, broker: Mosquitto
) -> None:
    began_s = time.monotonic()
    with Subscriber(broker.port, "nursery/#", "homeassistant/#") as phone:
        wait_for(lambda: last(phone, "scale").get("total_g"), START_S)
        wait_for(lambda: last(phone, "cry").get("level_db"), START_S)
        both = {"Kangaroo", "Possum"}
        wait_for(lambda: set(last(phone, "scale")["in_box"] or []) == both, START_S)
        wait_for(lambda: last(phone, "baby/kangaroo").get("weight_g") == 179.0, START_S)
        wait_for(lambda: last(phone, "baby/possum").get("gain_24h_g") is not None, START_S)
        assert last(phone, "baby/possum")["gain_24h_g"] < 5.0
        wait_for(lambda: last(phone, "health").get("practice") is True, START_S)
        phone.client.publish("nursery/test-box/cmd/test_alert", "{}", qos=1)
        wait_for(lambda: last(phone, "alert"), START_S)
        assert last(phone, "alert")["title"].startswith("Practice: ")
        wait_for(lambda: phone.last("nursery/test-box/alert/text"), START_S)
        text = phone.payloads("nursery/test-box/alert/text")[-1].decode()
        assert text.startswith("test-box: Practice: ")
        wait_for(lambda: last(phone, "alerts"), START_S)
        assert all(a["title"].startswith("Practice: ") for a in last(phone, "alerts"))
        wait_for(lambda: b"Nursery test-box (practice)" in announced(phone), START_S)
        wait_for(lambda: time.monotonic() - began_s > 20.0, START_S)  # it used to go deaf by then
        kinds = {a["kind"] for a in last(phone, "alerts")}
        assert "monitor_blind" not in kinds
    said = box.nursery("check").stdout
    assert "this is practice" in said
    assert not (box.state_dir / "journal.sqlite").exists()


def test_it_goes_on_after_a_restart_with_those_who_are_registered(
    box: Daemon, broker: Mosquitto
) -> None:
    with Subscriber(broker.port, "nursery/#") as phone:
        wait_for(lambda: last(phone, "scale").get("in_box"), START_S)
        added = box.nursery("baby", "add", "Wombat", "--species", "kitten", "--weight", "200")
        assert added.returncode == 0, added.stderr
    box.stop()
    box.start()
    with Subscriber(broker.port, "nursery/#") as phone:
        wait_for(lambda: "baby" in str([m.topic for m in phone.messages]), START_S)
        wait_for(lambda: phone.payloads("nursery/test-box/baby/wombat"), START_S)
        wait_for(lambda: (last(phone, "scale").get("total_g") or 0) > 0, START_S)
    journal = JournalReader.open_for_reading(box.state_dir / "practice.sqlite")
    names = {baby.name for baby in journal.babies()}
    journal.close()
    assert names == {"Kangaroo", "Possum", "Wombat"}

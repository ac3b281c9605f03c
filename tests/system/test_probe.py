"""The probe through the real daemon and broker: the kernel's files, and a topic of the house.

The DS18B20 is a directory tree as Linux makes it; the thermometer of the house publishes like
Zigbee2MQTT does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system

BASE = "nursery/test-box"
NEST = f"{BASE}/nest"
TOPIC = "zigbee2mqtt/nest"
ID = "28-0316a2798eff"
PUPPY = {"name": "Possum", "species": "puppy", "weight_g": 180}


@pytest.fixture
def phone(broker: Mosquitto) -> Iterator[Subscriber]:
    with Subscriber(broker.port, "#") as subscriber:
        yield subscriber


def running(folder: Path, broker: Mosquitto, probe: str) -> Daemon:
    return Daemon(folder, broker.port, more=f"[probe]\n{probe}\n").start()


def say(bus: Path, celsius: float, crc: str = "YES") -> None:
    """What the kernel shows; written aside and renamed, as no reader may see half of it."""
    folder = bus / ID
    folder.mkdir(parents=True, exist_ok=True)
    text = f"d9 01 : crc=7f {crc}\nd9 01 t={round(celsius * 1000)}\n"
    (folder / "new").write_text(text)
    (folder / "new").replace(folder / "w1_slave")


def nest(phone: Subscriber) -> dict[str, object]:
    found = phone.json(NEST)
    return found[-1] if found else {}


def test_a_ds18b20_is_read_shown_and_its_faults_are_no_temperatures(
    tmp_path: Path, broker: Mosquitto, phone: Subscriber
) -> None:
    bus = tmp_path / "devices"
    say(bus, 29.562)
    daemon = running(tmp_path / "box", broker, f'source = "onewire"\ndirectory = "{bus}"')
    try:
        wait_for(lambda: phone.last(f"{BASE}/status") == b"online")
        phone.send(f"{BASE}/cmd/baby_add", PUPPY)
        wait_for(lambda: nest(phone).get("wanted_c"))
        wait_for(lambda: nest(phone).get("temperature_c") == 29.6)
        assert nest(phone)["probe"] == "healthy"
        assert nest(phone)["at"] is not None
        wait_for(lambda: phone.json(f"{BASE}/baby/possum")[-1]["warm_first"] is False)
        checked = daemon.nursery("check", "--json")
        lines = [msgspec.json.decode(line) for line in checked.stdout.splitlines()]
        (line,) = [each for each in lines if each["check"] == "probe"]
        assert (line["state"], line["text"]) == ("ok", "29.6 °C in the nest")
        say(bus, 12.0, crc="NO")
        wait_for(lambda: "checksum" in str(phone.json(f"{BASE}/health")[-1]["sources"]["probe"]))
        wait_for(lambda: nest(phone)["temperature_c"] is None)
        assert 12.0 not in [said["temperature_c"] for said in phone.json(NEST)]
    finally:
        daemon.stop()


def test_a_thermometer_of_the_house_is_heard_and_what_is_hostile_is_not(
    tmp_path: Path, broker: Mosquitto, phone: Subscriber
) -> None:
    phone.send(TOPIC, {"temperature": 12.0}, retain=True)  # of nobody knows when
    daemon = running(
        tmp_path / "box", broker, f'source = "mqtt"\ntopic = "{TOPIC}"\nfield = "temperature"'
    )
    try:
        wait_for(lambda: phone.last(f"{BASE}/status") == b"online")
        phone.send(f"{BASE}/cmd/baby_add", PUPPY)
        wait_for(lambda: nest(phone).get("wanted_c"))
        assert nest(phone)["temperature_c"] is None

        def told(celsius: float) -> bool:
            phone.send(TOPIC, {"temperature": celsius, "battery": 87})
            time.sleep(0.6)  # two messages a second are taken
            return nest(phone).get("temperature_c") == celsius

        wait_for(lambda: told(22.5))
        wait_for(lambda: phone.json(f"{BASE}/baby/possum")[-1]["warm_first"] is True)
        for odd in ("hot", None, [1], {"temperature": "unavailable"}, {"temperature": True}):
            phone.send(TOPIC, odd)
        phone.client.publish(TOPIC, b"\x00\xff" * 2000, 1).wait_for_publish(30)
        wait_for(lambda: told(25.0))
        answers = len(phone.payloads(f"{BASE}/cmd/test_alert/result"))
        for _ in range(400):  # a flood on the thermometer's topic makes nobody deaf to commands
            phone.client.publish(TOPIC, b'{"temperature": 29.0}', 0)
        phone.send(f"{BASE}/cmd/test_alert", {})
        wait_for(lambda: len(phone.payloads(f"{BASE}/cmd/test_alert/result")) > answers)
    finally:
        daemon.stop()
        phone.client.publish(TOPIC, b"", 1, True).wait_for_publish(30)

"""A house's broker bridged to a shelter's: the boxes know nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system

BRIDGE = """
connection shelter
address 127.0.0.1:{port}
bridge_protocol_version mqttv50
cleansession false
restart_timeout 4
notifications true
notification_topic nursery/bridge/house-1/status
topic nursery/# out 1
topic homeassistant/device/+/+/config out 1
topic nursery/+/cmd/+ in 1
topic homeassistant/status in 1
"""


@pytest.fixture
def shelter(broker: Mosquitto) -> Mosquitto:
    return broker


@pytest.fixture
def house(tmp_path: Path, shelter: Mosquitto) -> Iterator[Mosquitto]:
    assert BINARY is not None
    server = Mosquitto(tmp_path / "house", BRIDGE.format(port=shelter.port)).start()
    yield server
    server.stop()


def test_a_bridge_carries_states_commands_and_what_was_missed(
    house: Mosquitto, shelter: Mosquitto
) -> None:
    with Subscriber(house.port, "nursery/one/cmd/#") as box:
        box.send("nursery/one/alerts", [], retain=True)
        box.send("homeassistant/device/nursery-one/nursery_1/config", {"a": 1}, retain=True)
        with Subscriber(shelter.port) as far:
            wait_for(lambda: far.json("nursery/one/alerts")[-1] == [])
            wait_for(lambda: far.last("homeassistant/device/nursery-one/nursery_1/config"))
            wait_for(lambda: far.last("nursery/bridge/house-1/status") == b"1")
            far.send("nursery/one/cmd/acknowledge", {"id": "x"})
            wait_for(lambda: box.json("nursery/one/cmd/acknowledge")[-1] == {"id": "x"})
        shelter.stop()
        box.send("nursery/one/alert", {"id": "while-away"})
        house.freeze()  # what it hands on while nobody listens there is gone
        shelter.start()
        with Subscriber(shelter.port) as far:
            house.thaw()
            wait_for(lambda: far.json("nursery/one/alert")[-1] == {"id": "while-away"})

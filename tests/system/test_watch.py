"""``nursery watch`` on a real broker: it sees a box and its key acknowledges."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from monitor.config import MqttConfig
from monitor.mqtt.topics import RECORDS
from monitor.verbs.watch import Watch
from monitor.verbs.watched_records import Wrong
from tests.system.mosquitto import Mosquitto
from tests.system.silent_broker import SilentBroker
from tests.system.subscriber import Subscriber

pytestmark = pytest.mark.system

ALERT = {"id": "crying-1", "box": "one", "severity": "warning", "title": "Kitten crying"}


def pump(watch: Watch, until: Callable[[], object]) -> None:
    end = time.monotonic() + 40
    while not until():
        assert time.monotonic() < end
        watch.pump()
        time.sleep(0.01)


def test_it_sees_acknowledges_and_comes_back(broker: Mosquitto) -> None:
    watch = Watch(MqttConfig(host="127.0.0.1", port=broker.port, tls=False))
    with Subscriber(broker.port, "nursery/one/cmd/#") as box:
        box.client.publish("nursery/one/status", b"online", 1, True).wait_for_publish(5)
        box.send("nursery/one/alerts", [ALERT], retain=True)
        pump(watch, watch.boxes.selected)
        assert watch.press("a")
        pump(watch, lambda: box.json("nursery/one/cmd/acknowledge"))
        assert box.json("nursery/one/cmd/acknowledge") == [{"id": "crying-1"}]
        box.send("nursery/one/cmd/acknowledge/result", {"ok": True})
        pump(watch, lambda: watch.answer == "acknowledge: done")
    broker.stop()
    pump(watch, lambda: "not connected" in watch.connection_text)
    assert watch.boxes.selected() is None  # an old picture is not shown as a live one
    broker.start()
    pump(watch, lambda: "connected to" in watch.connection_text)
    assert not watch.press("q")
    watch.close()


def test_it_says_when_the_records_of_the_shelter_are_not_kept(broker: Mosquitto) -> None:
    watch = Watch(MqttConfig(host="127.0.0.1", port=broker.port, tls=False))

    def wrong() -> list[Wrong]:
        return watch.records.wrong(time.time())

    with Subscriber(broker.port, "none") as keeper:
        well = {"online": True, "keeping": True, "rules": None, "firing": []}
        keeper.send(RECORDS, well, retain=True)
        keeper.send(RECORDS, well | {"keeping": False, "why": "the disk is full"}, retain=True)
        pump(watch, wrong)
        assert [each.more for each in wrong()] == ["the disk is full"]
        keeper.send(RECORDS, well, retain=True)
        pump(watch, lambda: not wrong())
        keeper.send(RECORDS, well | {"online": False}, retain=True)
        pump(watch, wrong)
        broker.stop()
        pump(watch, lambda: "not connected" in watch.connection_text)
        assert wrong() == [], "what was true before is not known now"
    watch.close()


def test_where_it_may_not_listen_it_says_so_and_shows_no_empty_nursery() -> None:
    broker = SilentBroker(grants=False)
    watch = Watch(MqttConfig(host="127.0.0.1", port=broker.port, tls=False))
    pump(watch, lambda: "read nursery/#" in watch.connection_text)
    assert watch.connection_text.startswith("not connected: the broker does not let this user hear")
    watch.close()
    broker.close()

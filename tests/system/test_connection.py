"""One connection: who may touch its socket."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import paho.mqtt.client as mqtt
import pytest

from monitor.config import MqttConfig
from monitor.mqtt.connection import Connection
from monitor.mqtt.connection_events import Acknowledged, Connected
from monitor.mqtt.topics import Message
from tests.system.mosquitto import Mosquitto

pytestmark = pytest.mark.system


def test_only_the_network_thread_writes_to_the_socket(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL breaks records that two threads write and read at once; the broker then hangs up."""
    connection = Connection(
        MqttConfig(host="127.0.0.1", port=broker.port, tls=False), "5", "box", None
    )
    writers: set[str] = set()
    write = mqtt.Client.loop_write

    def spy(client: mqtt.Client) -> object:
        writers.add(threading.current_thread().name)
        return write(client)

    monkeypatch.setattr(mqtt.Client, "loop_write", spy)
    connection.open()
    seen: list[object] = []
    wait(connection, seen, lambda: any(isinstance(e, Connected) for e in seen))
    for number in range(50):
        connection.publish(Message(topic="box/number", payload=b"%d" % number))
    wait(connection, seen, lambda: sum(isinstance(e, Acknowledged) for e in seen) == 50)
    connection.close(5.0)
    assert writers == {"mqtt"}


def wait(connection: Connection, seen: list[object], until: Callable[[], bool]) -> None:
    limit_s = time.monotonic() + 30
    while not until():
        assert time.monotonic() < limit_s, seen[-3:]
        while connection.events:
            seen.append(connection.events.popleft())
        time.sleep(0.005)

"""A phone for tests: remembers everything it receives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any
from uuid import uuid4

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

MARKS = "test/caught-up/"
"""topics on which a subscriber hears itself"""


class Subscriber:
    """Connected to a broker on loopback for as long as the ``with`` block lasts."""

    def __init__(
        self,
        port: int,
        *topics: str,
        client_id: str = "",
        username: str | None = None,
        password: str | None = None,
    ) -> None:
        self._port, self._topics = port, topics or ("#",)
        self.messages: list[mqtt.MQTTMessage] = []
        self._subscribed = threading.Event()
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5
        )
        self.client.username_pw_set(username, password)
        self.client.on_connect = lambda client, *_: client.subscribe(
            [(topic, 1) for topic in self._topics]
        )
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = lambda _c, _u, message: self._take(message)
        self._marks: set[str] = set()

    def __enter__(self) -> Subscriber:
        self.client.connect("127.0.0.1", self._port, 30)
        self.client.loop_start()
        assert self._subscribed.wait(30)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _take(self, message: mqtt.MQTTMessage) -> None:
        if message.topic.startswith(MARKS):
            self._marks.add(message.topic)
        else:
            self.messages.append(message)

    def caught_up(self) -> None:
        """Return when all that the broker had for it before this call has come.

        Needs the right to read and write ``test/#``.
        """
        mark = f"{MARKS}{uuid4().hex}"
        self._subscribed.clear()
        self.client.subscribe(mark, 1)
        assert self._subscribed.wait(30)
        self.client.publish(mark, b"", 1)
        wait_for(lambda: mark in self._marks)
        self.client.unsubscribe(mark)

    def payloads(self, topic: str) -> list[bytes]:
        return [message.payload for message in list(self.messages) if message.topic == topic]

    def json(self, topic: str) -> list[Any]:
        return [msgspec.json.decode(payload) for payload in self.payloads(topic) if payload]

    def last(self, topic: str) -> bytes | None:
        found = self.payloads(topic)
        return found[-1] if found else None

    def send(self, topic: str, value: object, *, retain: bool = False) -> None:
        self.client.publish(topic, msgspec.json.encode(value), 1, retain).wait_for_publish(30)


class KeptPhone:
    """One whose session the broker keeps while it is away; connected from the start."""

    def __init__(self, port: int, topic: str) -> None:
        self._port, self._topic = port, topic
        self.heard: list[bytes] = []
        self._client = client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="kept-phone", protocol=mqtt.MQTTv5
        )
        self._subscribed = threading.Event()
        client.on_connect = lambda client, *_: client.subscribe(topic, 1)
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_message = lambda _c, _u, message: self.heard.append(message.payload)
        self.come()

    def come(self) -> None:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 600
        self._subscribed.clear()
        self._client.connect("127.0.0.1", self._port, 30, clean_start=False, properties=properties)
        self._client.loop_start()
        assert self._subscribed.wait(30)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def wait_for(what: Callable[[], Any], timeout_s: float = 60.0) -> Any:
    """Poll until ``what()`` is true; fail after ``timeout_s``, which only a fault needs.

    The last of nothing, or a key of a document that is not there (LookupError), has not come yet.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with suppress(LookupError):
            if found := what():
                return found
        time.sleep(0.02)
    found = what()
    assert found, "it did not happen in time"
    return found

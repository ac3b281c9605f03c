"""A phone, a page or a bare box at one node, over TLS; it remembers what it hears."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from monitor.mqtt.connection_events import NOBODY_SUBSCRIBED
from tests.system.cluster.engine import PORT, WS_PORT, Engine

ANSWER_S = 20.0


class Client:
    """In a ``with`` block: connected, or ``refused`` says why not."""

    def __init__(
        self, engine: Engine, node: str, user: str, *, client_id: str = "", kept_s: int = 0,
        password: str | None = None, websockets: bool = False, will: str = "",
        keepalive_s: int = 10,
    ) -> None:  # fmt: skip
        version = mqtt.MQTTv5 if engine.protocol_5 else mqtt.MQTTv311
        self._engine, self._node, self._kept_s = engine, node, kept_s
        self._keepalive_s = keepalive_s
        self._port = WS_PORT if websockets else PORT
        self.heard: list[mqtt.MQTTMessage] = []
        self.granted: list[bool] = []
        self.refused: str | None = None
        self.ended: list[str] = []
        self.unheard = False
        """the broker said of the last message that nobody had subscribed"""
        self._answered, self._subscribed = threading.Event(), threading.Event()
        self._codes: dict[int, str | None] = {}
        self.client = client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id or f"{user}-{time.monotonic_ns()}",
            protocol=version, transport="websockets" if websockets else "tcp",
            reconnect_on_failure=False,
            clean_session=None if engine.protocol_5 else kept_s == 0,
        )  # fmt: skip
        if websockets:
            client.ws_set_options(path=engine.ws_path)
        client.username_pw_set(user, engine.password(user) if password is None else password)
        context = ssl.create_default_context(cafile=str(engine.ca_file))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        client.tls_set_context(context)
        if will:
            client.will_set(will, b"offline", 1, retain=True)
        client.on_connect = self._on_connect
        client.on_disconnect = lambda _c, _u, _f, reason, _p: self.ended.append(str(reason))
        client.on_subscribe = self._on_subscribe
        client.on_message = lambda _c, _u, message: self.heard.append(message)
        client.on_publish = self._on_publish

    def __enter__(self) -> Client:
        more: dict[str, Any] = {}
        if self._engine.protocol_5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = self._kept_s
            more = {"clean_start": self._kept_s == 0, "properties": properties}
        self.client.connect(self._node, self._port, self._keepalive_s, **more)
        self.client.loop_start()
        within(self._answered.is_set, "no answer to CONNECT")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self) -> None:
        """As a box whose power fails: the socket closes without a word."""
        if (opened := self.client.socket()) is not None:
            opened.shutdown(2)
        self.client.loop_stop()

    def hear(self, *topics: str) -> list[bool]:
        """Subscribe at QoS 1; which of the topics were granted."""
        self._subscribed.clear()
        self.client.subscribe([(topic, 1) for topic in topics])
        if not happens(self._subscribed.is_set, ANSWER_S):
            return [False] * len(topics)  # it hung up instead
        return self.granted

    def say(
        self, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> str | None:
        """Publish at QoS 1; why the broker refused it, None when it did not."""
        properties = None
        if self._engine.protocol_5 and expiry_s is not None:
            properties = Properties(PacketTypes.PUBLISH)
            properties.MessageExpiryInterval = expiry_s
        mid = self.client.publish(topic, payload, 1, retain, properties).mid
        if not happens(lambda: mid in self._codes or bool(self.ended), ANSWER_S):
            return "no answer"
        return self._codes.get(mid, "hung up")

    def last(self, topic: str) -> bytes | None:
        """What it heard last of a topic."""
        return next((m.payload for m in reversed(self.heard) if m.topic == topic), None)

    def _on_connect(self, _c: Any, _u: Any, _f: Any, reason: Any, _p: Any) -> None:
        self.refused = str(reason) if reason.is_failure else None
        self._answered.set()

    def _on_publish(self, _c: Any, _u: Any, mid: int, reason: Any, _p: Any) -> None:
        self.unheard = reason.value == NOBODY_SUBSCRIBED
        self._codes[mid] = str(reason) if reason.is_failure else None

    def _on_subscribe(self, _c: Any, _u: Any, _mid: int, reasons: Any, _p: Any) -> None:
        self.granted = [not reason.is_failure for reason in reasons]
        self._subscribed.set()


def happens(what: Callable[[], object], timeout_s: float = 5.0) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.02)
    return bool(what())


def within(what: Callable[[], object], why: str, timeout_s: float = ANSWER_S) -> None:
    """It becomes true in time, or the test fails."""
    assert happens(what, timeout_s), why

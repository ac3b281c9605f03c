"""A phone with a persistent session that writes down everything it hears, and when.

It reconnects by itself, as Home Assistant does, and can be switched off for a while; what arrives
meanwhile is kept for it by the broker.
"""

from __future__ import annotations

import threading
import time
from typing import Any
from uuid import uuid4

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.system.campaign.broker import PHONE_PASSWORD
from tests.system.campaign.silence import Telling, incident_of
from tests.system.subscriber import Subscriber, wait_for

SESSION_S = 3600
WAITING = frozenset({"raised", "reminded"})
"""states of an alert that nobody has reacted to"""


class Heard(msgspec.Struct, frozen=True):
    """One message as it arrived; times of the monotonic and of the true wall clock."""

    at_s: float
    unix_s: float
    topic: str
    payload: bytes

    @property
    def document(self) -> Any:
        return msgspec.json.decode(self.payload)


class Phone:
    """Somebody's phone on the broker's plain listener."""

    def __init__(self, port: int, base: str) -> None:
        self._port, self.base = port, base
        self._lock = threading.Lock()
        self._news: list[Heard] = []
        self._lists: list[Heard] = []
        self._last: dict[str, bytes] = {}
        self._results: dict[str, Any] = {}
        self._connected = threading.Event()
        self._client = client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="bedside-phone", protocol=mqtt.MQTTv5
        )
        client.username_pw_set("phone", PHONE_PASSWORD)
        client.reconnect_delay_set(0.2, 1.0)
        client.on_connect = self._on_connect
        client.on_disconnect = lambda *_: self._connected.clear()
        client.on_message = self._on_message

    # ------------------------------------------------------------------ being there

    def start(self) -> Phone:
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_S
        self._client.connect("127.0.0.1", self._port, 5, clean_start=False, properties=properties)
        self._client.loop_start()
        assert self._connected.wait(120), "the phone did not connect"
        return self

    def away(self) -> None:
        """Switched off; the broker keeps what it is to hear."""
        self._client.disconnect()
        self._client.loop_stop()
        self._connected.clear()

    @property
    def connected(self) -> bool:
        return self._connected.is_set()

    def _on_connect(self, client: mqtt.Client, *details: Any) -> None:
        if not details[2].is_failure:
            client.subscribe([("nursery/#", 1)])
            self._connected.set()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.take(Heard(time.monotonic(), time.time(), message.topic, bytes(message.payload)))

    def take(self, heard: Heard) -> None:
        """Note what arrived."""
        with self._lock:
            self._last[heard.topic] = heard.payload
            if heard.topic == f"{self.base}/alert":
                self._news.append(heard)
            elif heard.topic == f"{self.base}/alerts" and heard.payload:
                self._lists.append(heard)
            elif heard.topic.endswith("/result"):
                answer = heard.document
                self._results[answer.get("request_id") or ""] = answer

    def caught_up(self) -> None:
        """Return when all that the broker had for it has come; at once while it is away."""
        if self.connected:
            mark = f"nursery/caught-up/{uuid4().hex}"
            self._client.publish(mark, b"", qos=1)
            wait_for(lambda: mark in self._last)

    # ------------------------------------------------------------------ what it knows

    @property
    def alerts(self) -> list[Heard]:
        """Every alert message so far, in order of arrival."""
        with self._lock:
            return list(self._news)

    @property
    def tellings(self) -> list[Telling]:
        """What its owner learned of incidents: by messages, and by the retained list."""
        with self._lock:
            news, lists = list(self._news), list(self._lists)
        found = [told for heard in news for told in _told(heard, heard.document)]
        seen: set[tuple[str, str, str]] = set()
        for heard in lists:
            entries = {(a["id"], a["state"], a["at"]): a for a in heard.document}
            found += [told for key in entries.keys() - seen for told in _told(heard, entries[key])]
            seen |= entries.keys()
        return found

    @property
    def waiting(self) -> list[str]:
        """Ids of open alerts that nobody has reacted to."""
        return [a["id"] for a in self.document("alerts") or [] if a["state"] in WAITING]

    def shows(self, incident: str, at_s: float) -> bool:
        """Whether an alert of it that waits for somebody stood in the retained list then."""
        with self._lock:
            shown = [heard for heard in self._lists if heard.at_s <= at_s]
        return bool(shown) and any(
            incident_of(alert["id"]) == incident and alert["state"] in WAITING
            for alert in shown[-1].document
        )

    def last(self, topic: str) -> bytes | None:
        """The latest payload of a topic below the box's base."""
        with self._lock:
            return self._last.get(f"{self.base}/{topic}")

    def document(self, topic: str) -> Any:
        payload = self.last(topic)
        return msgspec.json.decode(payload) if payload else None

    def result(self, request_id: str) -> Any:
        with self._lock:
            return self._results.get(request_id)

    def command(self, verb: str, args: dict[str, Any], request_id: str) -> None:
        """Send one command; whether it arrives is seen by its result."""
        payload = msgspec.json.encode({**args, "request_id": request_id})
        self._client.publish(f"{self.base}/cmd/{verb}", payload, qos=1)


def _told(heard: Heard, alert: dict[str, Any]) -> list[Telling]:
    """An acknowledgement or a snooze tells nobody anything new."""
    if alert["state"] not in WAITING | {"cleared"}:
        return []
    return [Telling(heard.at_s, incident_of(alert["id"]), alert["state"] == "cleared")]


def retained(port: int) -> dict[str, bytes]:
    """What somebody who connects only now is told."""
    late = Subscriber(port, "nursery/#", "homeassistant/#", "end-of-the-retained")
    late.client.username_pw_set("phone", PHONE_PASSWORD)
    with late:
        # The broker has queued everything retained before it sees this.
        late.client.publish("end-of-the-retained", b"end", qos=1)
        wait_for(lambda: late.last("end-of-the-retained"))
        return {m.topic: m.payload for m in list(late.messages) if m.retain and m.payload}

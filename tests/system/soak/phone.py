"""A phone for the soak: counts every alert, acknowledges some, snoozes some; keeps no messages."""

from __future__ import annotations

import threading
from types import TracebackType

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

MARK = "test/caught-up/soak"


class SoakPhone:
    """Reconnects by itself, as an app does."""

    def __init__(self, port: int, box: str) -> None:
        self.subscribed = False
        self.alerts = 0
        """messages"""
        self.raised = 0
        """different alerts"""
        self.answered = 0
        self._box, self._port = box, port
        self._seen: set[int] = set()
        self._mark = threading.Event()
        self._client = client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="soak-phone", clean_session=False
        )
        client.reconnect_delay_set(1, 2)
        client.on_connect = self._connected
        client.on_message = self._arrived

    def __enter__(self) -> SoakPhone:
        self._client.connect_async("127.0.0.1", self._port, 10)
        self._client.loop_start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([(f"nursery/{self._box}/alert", 1), (MARK, 1)])
        self.subscribed = True

    def caught_up(self) -> None:
        """Return when all that the broker had for it has come."""
        self._client.publish(MARK, b"", 1)
        assert self._mark.wait(60)

    def _arrived(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic == MARK:
            self._mark.set()
            return
        alert = msgspec.json.decode(message.payload)
        self.alerts += 1
        key = hash(alert["id"])
        if key not in self._seen:
            self._seen.add(key)
            self.raised = len(self._seen)
        if alert["state"] in {"raised", "reminded"} and self.alerts % 3:
            verb = "acknowledge" if self.alerts % 3 == 1 else "snooze"
            self.answered += 1
            client.publish(
                f"nursery/{self._box}/cmd/{verb}", msgspec.json.encode({"id": alert["id"]}), 1
            )

"""The broker's side: messages are acknowledged by whoever has put them away, not on arrival.

The session is kept by the broker for a week and at most ``IN_FLIGHT`` messages may be here without
an acknowledgement. So what comes while the database is down waits at the broker, and nothing is
kept here. A message is said again after a broken line: the same sample twice is one sample.
"""

from __future__ import annotations

import re
import socket
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from monitor.config import MqttConfig
from monitor.errors import ConfigError
from monitor.mqtt import connection_errors
from monitor.mqtt.connection import tls_context
from monitor.mqtt.guarded_client import GuardedClient
from monitor.mqtt.topics import Message
from monitor.records.samples import TOPICS
from monitor.store.secrets import read_password
from monitor.times import DAY_S

IN_FLIGHT = 500
"""messages that are here without an acknowledgement; the largest have 65 kB, most 500 bytes"""
KEPT_S = int(7 * DAY_S)
"""so long the broker keeps what was not acknowledged"""
MOST_BYTES = 131_072
AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0)
"""after the first, second ... attempt that fails"""


class Received(msgspec.Struct, frozen=True):
    """A message that waits to be put away."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    session: int
    """the connection it came over: over another one it cannot be acknowledged"""


class Subscriber:
    """One connection after the other, all in the thread that calls ``turn``."""

    def __init__(self, config: MqttConfig, last_will: Callable[[], Message] | None = None) -> None:
        """Prepare; nothing is read and nobody asked before the first ``turn``."""
        self.received: deque[Received] = deque(maxlen=4 * IN_FLIGHT)
        """what came; a broker that ignores ``IN_FLIGHT`` drops the oldest, which stays its own"""
        self.connected = False
        self.why: str | None = "connecting"
        """what is wrong with the line; ``None``: all is heard"""
        self.session = 0
        """number of the connection: what was said over an earlier one may not have arrived"""
        self.mute = False
        """the broker does not let this user say something"""
        self._config, self._last_will = config, last_will
        self._client: GuardedClient | None = None
        self._said = 0
        """publications without an acknowledgement"""
        self._failed = 0
        self._next_s = 0.0

    def turn(self, wait_s: float) -> None:
        """Let the line work for at most ``wait_s``; what came is in ``received``."""
        if self._client is None:
            left_s = self._next_s - time.monotonic()
            if left_s > 0:
                time.sleep(min(left_s, wait_s))
                return
            self._open()
        elif self._client.loop(wait_s) != mqtt.MQTT_ERR_SUCCESS:
            self._lost(self.why or "the connection ended")

    def acknowledge(self, message: Received) -> None:
        """It has been put away."""
        if self._client is not None and message.session == self.session and message.qos:
            self._client.ack(message.mid, message.qos)

    def say(self, message: Message) -> None:
        """Publish, if there is a connection; the next one is to be told again."""
        if self._client is not None and self.connected:
            self._said += 1
            self._client.publish(message.topic, message.payload, message.qos, message.retain)

    def close(self, wait_s: float = 1.0, *, for_good: bool = False) -> None:
        """Say what is left within ``wait_s``, and end the connection.

        The broker keeps the session, unless it is ``for_good``.
        """
        if self._client is not None:
            until_s = time.monotonic() + wait_s
            with suppress(OSError, ValueError):
                while self._said and time.monotonic() < until_s:
                    if self._client.loop(0.05) != mqtt.MQTT_ERR_SUCCESS:
                        break
                self._client.disconnect(properties=_ended() if for_good and self._is_v5 else None)
                self._client.loop(0.2)
        self._client, self.connected = None, False

    @property
    def _is_v5(self) -> bool:
        return self._config.protocol == "5"

    def _open(self) -> None:
        self.session += 1
        self._said, self.mute = 0, False
        version5 = self._is_v5
        name = re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())[:60]
        client = GuardedClient(
            MOST_BYTES,
            CallbackAPIVersion.VERSION2,
            client_id=f"nursery-records-{name}",
            clean_session=None if version5 else False,
            protocol=mqtt.MQTTv5 if version5 else mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.connect_timeout = 8.0
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        if self._last_will is not None:
            will = self._last_will()
            client.will_set(will.topic, will.payload, will.qos, will.retain)
        self._client = client
        try:
            if self._config.username:
                client.username_pw_set(self._config.username, read_password(self._config))
            if self._config.use_tls:
                client.tls_set_context(tls_context(self._config.ca_file))
            host, port = self._config.host, self._config.port_number
            if version5:
                client.connect(host, port, self._config.keepalive_s, clean_start=False,
                               properties=_asked_for())  # fmt: skip
            else:
                client.connect(host, port, self._config.keepalive_s)
        except ConfigError as error:
            self._lost(str(error))
        except (OSError, ValueError) as error:
            self._lost(connection_errors.reason(error, self._config))

    def _lost(self, why: str) -> None:
        self._client, self.connected, self.why = None, False, why
        self._next_s = time.monotonic() + AGAIN_S[min(self._failed, len(AGAIN_S) - 1)]
        self._failed += 1

    def _on_connect(
        self,
        client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self.why = connection_errors.refusal(str(reason))
            return
        self._failed = 0
        client.subscribe([(f"nursery/+/{topic}", 1) for topic in TOPICS])

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [topic for topic, reason in zip(TOPICS, reasons, strict=False)
                   if reason.is_failure]  # fmt: skip
        self.connected = True
        self.why = None
        if refused:
            topics = ", ".join(f"nursery/+/{topic}" for topic in refused)
            self.why = f"the broker does not let this user hear {topics}"

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: object,
        flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self.why = f"the broker ended the connection: {reason}"

    def _on_message(
        self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage
    ) -> None:
        with suppress(UnicodeDecodeError):
            self.received.append(
                Received(message.topic, bytes(message.payload), message.mid, message.qos,
                         self.session)
            )  # fmt: skip

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._said = max(0, self._said - 1)
        self.mute = self.mute or reason.is_failure


def _ended() -> Properties:
    properties: Any = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = 0
    return properties  # type: ignore[no-any-return]


def _asked_for() -> Properties:
    properties: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = KEPT_S
    properties.ReceiveMaximum = IN_FLIGHT
    properties.MaximumPacketSize = MOST_BYTES
    return properties  # type: ignore[no-any-return]

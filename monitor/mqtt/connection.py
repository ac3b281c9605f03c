"""One connection to the broker, from its first packet to its last.

paho's own reconnecting keeps a queue in memory and sends it again hours later, when a cry is no
longer news. So a ``Connection`` is used once: when it ends, the publisher throws it away, takes
what was not acknowledged from the outbox again, and opens another. The network thread only puts
``ConnectionEvent``s into a queue; everything is decided in the daemon's own thread.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from monitor.config import MqttConfig
from monitor.errors import ConfigError
from monitor.mqtt import connection_errors
from monitor.mqtt.connection_events import (
    Acknowledged,
    Connected,
    ConnectionEvent,
    Ended,
    Limits,
    Received,
    Refused,
    Subscribed,
)
from monitor.mqtt.connection_settings import Intake, ProtocolVersion
from monitor.mqtt.guarded_client import GuardedClient
from monitor.mqtt.topics import Message

CONNECT_TIMEOUT_S = 8.0
ANSWER_WITHIN_S = 3.0
"""From the open socket to the broker's answer. amqtt leaves a version 5 CONNECT unanswered and
the socket open; Mosquitto answers in milliseconds."""


class Connection:
    """Connects in a thread of its own; ``events`` holds what happened, in order."""

    def __init__(
        self,
        config: MqttConfig,
        protocol: ProtocolVersion,
        client_id: str,
        password: str | Callable[[], str | None] | None,
        intake: Intake = Intake(),  # noqa: B008 - frozen
    ) -> None:
        """Prepare a connection; nothing is read and nobody asked before ``open``.

        ``password`` may be a function: it is called at ``open``, in the connection's own thread; a
        ``ConfigError`` from it (a file that cannot be read just now) is why there is no connection.
        """
        self.events: deque[ConnectionEvent] = deque()
        self.on_event: Callable[[], None] | None = None
        """called in the network thread after each event, for an owner that sleeps until then"""
        self.protocol = protocol
        self.dropped = 0
        """messages thrown away because too many were waiting"""
        self._config, self._password, self._intake = config, password, intake
        self._answered = False
        self._opened_s: float | None = None
        self._ended: tuple[str, int] | None = None
        self._client = client = GuardedClient(
            intake.most_bytes,
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if protocol == "5" else True,
            protocol=mqtt.MQTTv5 if protocol == "5" else mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        self._errors = connection_errors.ErrorLog()
        client.enable_logger(self._errors)
        client.on_socket_open = self._on_socket_open
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = lambda _client, _userdata, message: self.take_message(message)
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def open(self, will: Message | None = None) -> None:
        """Start connecting; ``will`` is what the broker publishes when the connection breaks."""
        if will is not None:
            self._client.will_set(will.topic, will.payload, will.qos, will.retain)
        self._thread.start()

    def subscribe(self, topics: list[str], *, of_others: Collection[str] = ()) -> int | None:
        """Ask for messages at QoS 1; returns the ``mid`` by which ``Subscribed`` answers.

        Of the topics ``of_others`` only what another client says, and only now (version 5 only):
        a session that outlives a crash must not bring a box the words of its former life, which
        may have had another name at the broker.
        """
        if self.protocol == "5":
            options = [
                (topic, SubscribeOptions(qos=0, noLocal=True))
                if topic in of_others
                else (topic, SubscribeOptions(qos=1))
                for topic in topics
            ]
            _, mid = self._client.subscribe(options)
        else:
            _, mid = self._client.subscribe([(topic, 1) for topic in topics])
        return mid

    def unsubscribe(self, topics: list[str]) -> None:
        """Ask for no more messages of these topics."""
        self._client.unsubscribe(topics)

    def publish(self, message: Message) -> int:
        """Hand one message to the network thread; returns its ``mid``."""
        properties = None
        if self.protocol == "5" and message.expiry_s is not None:
            properties = _properties(PacketTypes.PUBLISH)
            properties.MessageExpiryInterval = max(1, int(message.expiry_s))
        info = self._client.publish(
            message.topic, message.payload, message.qos, message.retain, properties
        )
        return info.mid

    @property
    def is_ignored(self) -> bool:
        """The socket is open, but the broker has not answered CONNECT in time."""
        return self.unanswered_s > ANSWER_WITHIN_S

    @property
    def unanswered_s(self) -> float:
        """For how long the socket has been open without the broker's answer to CONNECT."""
        if self._opened_s is None or self._answered:
            return 0.0
        return time.monotonic() - self._opened_s

    def close(self, timeout_s: float) -> None:
        """Disconnect, so that the will is not sent, and wait for the thread at most so long."""
        self._client.disconnect()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    # ------------------------------------------------------------------ network thread

    def _run(self) -> None:
        why = "the connection ended"
        try:
            self._prepare()
            self._connect()
            self._client.loop_forever()
        except ConfigError as error:
            why = str(error)
        except (OSError, ValueError) as error:
            why = connection_errors.reason(error, self._config)
        except Exception as error:  # noqa: BLE001 - a dead network thread must be told, not guessed
            why = f"the MQTT client failed: {error!r}"
        code = None
        if (too_long := self._client.too_long) is not None:
            why = (
                f"somebody keeps or sent a message of {too_long / 1e6:.1f} MB on a topic that this "
                "box listens to: nothing there is that long"
            )
        elif self._ended is not None:
            why, code = self._ended
        if self._answered:
            self._tell(Ended(why, code, too_long is not None))
        else:
            # Brokers without version 5 just hang up (amqtt) instead of answering.
            hung_up = why == "the connection ended"
            self._tell(
                Refused(
                    connection_errors.hung_up(self._errors.last, self._config) if hung_up else why,
                    wrong_protocol=hung_up and self.protocol == "5",
                )
            )

    def _tell(self, event: ConnectionEvent) -> None:
        self.events.append(event)
        if self.on_event is not None:
            self.on_event()

    def _prepare(self) -> None:
        """Read the files that the configuration names: each time anew, they may have changed."""
        if self._config.username:
            password = self._password() if callable(self._password) else self._password
            self._client.username_pw_set(self._config.username, password)
        if self._config.use_tls:
            self._client.tls_set_context(tls_context(self._config.ca_file))

    def _connect(self) -> None:
        host, port, keepalive_s = (
            self._config.host,
            self._config.port_number,
            self._config.keepalive_s,
        )
        if self.protocol == "5":
            properties = _properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = self._intake.kept_s
            properties.MaximumPacketSize = self._intake.most_bytes
            self._client.connect(host, port, keepalive_s, clean_start=False, properties=properties)
        else:
            self._client.connect(host, port, keepalive_s)

    def _on_socket_open(self, _client: mqtt.Client, _userdata: object, opened: Any) -> None:
        # Without it a small message waits up to 40 ms for the one before it (Nagle's algorithm
        # against delayed acknowledgements): p99 of an alert 48 ms, with it 10 (bench_fleet.py).
        with suppress(OSError):
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._opened_s = time.monotonic()

    def _on_connect(
        self,
        _client: mqtt.Client,
        _userdata: object,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self._answered = True
        if reason.is_failure:
            wrong = str(reason) == "Unsupported protocol version"
            self._tell(Refused(connection_errors.refusal(str(reason)), wrong, reason.value))
        else:
            self._tell(Connected(_limits(properties)))

    def _on_disconnect(
        self,
        _client: mqtt.Client,
        _userdata: object,
        flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._ended = f"the broker ended the connection: {reason}", reason.value

    def _on_publish(
        self,
        _client: mqtt.Client,
        _userdata: object,
        mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._tell(Acknowledged(mid, reason.value, str(reason)))

    def _on_subscribe(
        self,
        _client: mqtt.Client,
        _userdata: object,
        mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = tuple(str(reason) if reason.is_failure else None for reason in reasons)
        self._tell(Subscribed(mid, refused))

    def take_message(self, message: mqtt.MQTTMessage) -> None:
        """A message came in: into the queue, if there is room."""
        if len(self.events) >= self._intake.most_waiting:
            self.dropped += 1
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return  # MQTT forbids such topics; there is nowhere to answer to
        self._tell(Received(topic, bytes(message.payload), message.retain))


def _limits(properties: Properties | None) -> Limits:
    """What a CONNACK announces; the specification's values where it says nothing."""

    def announced(name: str, default: Any) -> Any:
        return getattr(properties, name, default)

    return Limits(
        maximum_packet_bytes=announced("MaximumPacketSize", None),
        maximum_qos=announced("MaximumQoS", 2),
        retain_available=bool(announced("RetainAvailable", 1)),
        receive_maximum=announced("ReceiveMaximum", 65_535),
        topic_alias_maximum=announced("TopicAliasMaximum", 0),
    )


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho leaves it untyped


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Of whom the broker must prove to be: the authority in this file, or a public one.

    Raises:
        ConfigError: the file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f'"mqtt.ca_file": cannot use {ca_file}: {error}; it must be the PEM certificate of '
            "the authority that signed the broker's"
        ) from error

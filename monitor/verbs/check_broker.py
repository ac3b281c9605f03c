"""The broker's line of ``nursery check``: whether the daemon could connect, and publish.

It connects as the daemon does (``Connection``, ``Attempts``: protocol fallback, password,
certificates, a will of the same kind), sends itself a message and tries the rights that the box
needs. It publishes on a topic of its own: ``status`` may belong to a monitor that runs on another
computer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import msgspec

from monitor.config import Config
from monitor.mqtt.attempts import Attempts
from monitor.mqtt.connecting import connector
from monitor.mqtt.connection import Connection
from monitor.mqtt.connection_events import (
    Acknowledged,
    Connected,
    ConnectionEvent,
    Ended,
    Received,
    Refused,
    Subscribed,
)
from monitor.mqtt.connection_settings import Intake
from monitor.mqtt.echoes import Echoes, Expected
from monitor.mqtt.topics import Message, Topics
from monitor.store.secrets import read_password
from monitor.verbs.finding import Finding

BROKER_S = 20.0
"""for all attempts: a host that does not answer takes 8 s (``connection.CONNECT_TIMEOUT_S``)"""
ANSWERS_S = 5.0
"""for what was sent to be answered, and to come back"""
HEALTH_S = 1.0
"""for a retained message after the subscription"""
INTAKE = Intake(kept_s=0)
"""the broker keeps no session of ours"""
WAITS = "alerts wait in the outbox meanwhile; check [mqtt] and the broker"


def client_id() -> str:
    """Under which this process is known at the broker."""
    return f"nursery-check-{os.getpid()}"


def check_broker(
    config: Config,
    handed_over: str | None = None,
    *,
    busy: bool = False,
    limit_s: float = BROKER_S,
) -> Finding:
    """Whether the broker accepts the box, and takes and passes on what it publishes.

    Args:
        config: the box's settings.
        handed_over: the credential that root read for the service.
        busy: a monitor runs here: what it says of its own connection counts, too.
        limit_s: for all attempts together.
    """
    password = handed_over or read_password(config.mqtt)
    talk = Conversation(config, password, busy)
    try:
        if (why := talk.connect(time.monotonic() + limit_s)) is not None:
            return Finding("broker", "failed", why, WAITS)
        talk.ask()
        talk.listen(ANSWERS_S, talk.is_complete)
        if busy:
            talk.listen(HEALTH_S, lambda: talk.health is not None)
    finally:
        talk.close()
    return _judged(talk, config, unused_password=bool(password) and not config.mqtt.username)


def _judged(talk: Conversation, config: Config, *, unused_password: bool) -> Finding:
    mqtt = config.mqtt
    where = f"{mqtt.host}:{mqtt.port_number}{' with TLS' if mqtt.use_tls else ''}"
    text = f"connected to {where}, MQTT {talk.protocol}"
    user = f'the user "{mqtt.username}"' if mqtt.username else "this box"
    if talk.ended is not None:
        return Finding("broker", "failed", f"{text}, but then {talk.ended}", WAITS)
    if refused := (talk.health or {}) | talk.refused:
        topics = "; ".join(f"{topic} ({why})" for topic, why in refused.items())
        return Finding(
            "broker", "failed", f"{text}, but its rules (ACL) refuse {topics}",
            f'let {user} read and write "{talk.topics.base}/#" and announce itself to Home '
            'Assistant: see "A broker of your own" in docs/service.md',
        )  # fmt: skip
    if talk.unanswered:
        return Finding(
            "broker", "failed", f"{text}, but it acknowledges nothing that it is sent", WAITS
        )
    if talk.back_s is None:
        return Finding(
            "broker", "failed", f"{text}, but a message of the box to itself does not come back",
            f'let {user} read and write "{talk.topics.base}/#": without it alerts may be thrown '
            "away unsaid",
        )  # fmt: skip
    text += f"; a message to itself came back in {1000 * talk.back_s:.0f} ms"
    if talk.identity_error is not None:
        return Finding(
            "broker", "warning", f"{text}; the running monitor says of its identity",
            talk.identity_error,
        )  # fmt: skip
    if unused_password:
        return Finding(
            "broker", "warning", f"{text}; there is a password and no user, so neither is used",
            'give the user as "mqtt.username", or empty the file with the password',
        )  # fmt: skip
    return Finding("broker", "ok", text)


class Conversation:
    """One connection, what was asked over it and what was answered."""

    def __init__(self, config: Config, password: str | None, busy: bool) -> None:
        self._config, self._busy = config, busy
        self._connect = connector(config.mqtt, password)
        self.topics = Topics(config.box)
        self._own = f"{self.topics.base}/check"
        self._attempts = Attempts(config.mqtt.protocol)
        self._connection: Connection | None = None
        self._echoes = Echoes(ANSWERS_S)
        self._asked: dict[int, str] = {}
        self._wanted: dict[int, list[str]] = {}
        self.refused: dict[str, str] = {}
        """topics that may not be written or heard, with the broker's reason"""
        self.back_s: float | None = None
        """after which the message to ourselves came back"""
        self.health: dict[str, str] | None = None
        """topics that a running monitor says are refused to it"""
        self.identity_error: str | None = None
        """what it says of another box that speaks as this one"""
        self.ended: str | None = None
        """why the connection did not hold"""

    @property
    def protocol(self) -> str:
        """Spoken at the last attempt."""
        return self._attempts.protocol

    def connect(self, deadline_s: float) -> str | None:
        """Try as the daemon does, with each protocol and a will that the broker takes.

        Returns:
            None, or why there is no connection.
        """
        why = "no answer from the broker"
        while time.monotonic() < deadline_s:
            event = self._attempt(deadline_s)
            now_s = time.monotonic()
            if isinstance(event, Connected):
                self._attempts.connected(event.limits, now_s)
                return None
            self.close()
            why = event.why if event is not None else "the broker does not answer"
            other = event is None or event.wrong_protocol
            better = event is not None and self._attempts.refused(event.code)
            if not better and not self._attempts.lost(now_s, wrong_version=other):
                return why
        return why

    def ask(self) -> None:
        """Subscribe to what must be heard, and send what must be allowed."""
        if (connection := self._connection) is None:
            return
        heard = [self.topics.commands, self._own, *([self.topics.health] if self._busy else [])]
        if (mid := connection.subscribe(heard)) is not None:
            self._wanted[mid] = heard
        word = Message(topic=self._own, payload=os.urandom(16).hex().encode())
        sent_s = time.monotonic()
        self._echoes.expect(Expected(topic=word.topic, payload=word.payload, sent_s=sent_s))
        for message in (word, *self._rights()):
            self._asked[connection.publish(self._attempts.fitted(message))] = message.topic

    def listen(self, limit_s: float, done: Callable[[], bool]) -> None:
        """Receive until everything is answered or time is up."""
        end_s = time.monotonic() + limit_s
        while self._connection is not None and not done() and time.monotonic() < end_s:
            if self._connection.events:
                self._take(self._connection.events.popleft())
            else:
                time.sleep(0.02)

    def is_complete(self) -> bool:
        """Everything is answered, and the message to ourselves is back or refused."""
        answered = not self._asked and not self._wanted
        return answered and (self.back_s is not None or self._own in self.refused)

    @property
    def unanswered(self) -> list[str]:
        """Topics of messages that the broker never acknowledged."""
        return list(self._asked.values())

    def close(self) -> None:
        """Disconnect, so that the broker does not publish the will."""
        if self._connection is not None:
            self._connection.close(1.0)
        self._connection = None

    # ------------------------------------------------------------------ inside

    def _attempt(self, deadline_s: float) -> Connected | Refused | None:
        """One connection, opened and answered; None when the broker does not answer."""
        connection = self._connect(self._attempts.protocol, client_id(), intake=INTAKE)
        self._connection = connection
        connection.open(self._attempts.fitted(self._will()))
        while time.monotonic() < deadline_s and not connection.is_ignored:
            event = connection.events.popleft() if connection.events else None
            if isinstance(event, Connected | Refused):
                return event
            if isinstance(event, Ended):
                return Refused(event.why)
            time.sleep(0.02)
        return None

    def _will(self) -> Message:
        """Of the daemon's kind, retained at QoS 1; empty, so that nothing stays behind."""
        return Message(topic=self._own, payload=b"", retain=True)

    def _rights(self) -> list[Message]:
        """What a box must be allowed to send; empty retained messages that empty nothing."""
        mqtt = self._config.mqtt
        if mqtt.discovery == "off":
            return [self._will()]
        form = "device" if mqtt.discovery == "device" else "sensor"
        place = f"{mqtt.discovery_prefix}/{form}/nursery-{self._config.box}/nursery_check/config"
        return [self._will(), Message(topic=place, payload=b"", retain=True)]

    def _take(self, event: ConnectionEvent) -> None:
        if isinstance(event, Acknowledged):
            topic = self._asked.pop(event.mid, None)
            if topic is not None and event.is_refusal:
                self.refused[topic] = event.reason
        elif isinstance(event, Subscribed):
            for topic, why in zip(self._wanted.pop(event.mid, []), event.refused, strict=False):
                if why is not None and topic != self.topics.health:
                    self.refused[topic] = f"{why}, to hear"
        elif isinstance(event, Received):
            self._receive(event)
        elif isinstance(event, Ended):
            self.ended = event.why
            self.close()

    def _receive(self, event: Received) -> None:
        if (word := self._echoes.received(event.topic, event.payload)) is not None:
            self.back_s = time.monotonic() - word.sent_s
        elif event.topic == self.topics.health:
            try:
                told = msgspec.json.decode(event.payload, type=_Health)
            except msgspec.MsgspecError:
                told = _Health()
            self.health, self.identity_error = told.link.refused, told.identity_error


class _HealthLink(msgspec.Struct, frozen=True):
    refused: dict[str, str] = {}


class _Health(msgspec.Struct, frozen=True):
    """The part of a running monitor's ``health`` that is looked at."""

    link: _HealthLink = _HealthLink()
    identity_error: str | None = None

"""Keeps the broker's picture of this box true, and gets every alert there.

Two kinds of messages. **Retained state** (``retained_state``) is what is true now: all of it is
sent on each connect, then what changes. **News** (``news``) comes from the outbox and is deleted
there only when it is delivered (``delivery``, ``echoes``). On each connect: subscribe, alerts that
wait, everything wanted (discovery is wanted first), then ``online``. It all runs in the daemon's
own thread; ``pump`` never waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from monitor.config import MqttConfig
from monitor.events import LinkReport
from monitor.mqtt.attempts import Attempts
from monitor.mqtt.connection_events import (
    PACKET_TOO_LARGE,
    Acknowledged,
    Connected,
    ConnectionEvent,
    Ended,
    Limits,
    Received,
    Refused,
    Subscribed,
)
from monitor.mqtt.connection_settings import ProtocolVersion
from monitor.mqtt.dispatch import Dispatch
from monitor.mqtt.flood_gate import CommandGate
from monitor.mqtt.identity_watch import IdentityWatch, watch_of_nobody
from monitor.mqtt.inbound import Inbound
from monitor.mqtt.listening import Listening
from monitor.mqtt.publisher_settings import CameIn, Hooks, Patience
from monitor.mqtt.publisher_status import PublisherStatus
from monitor.mqtt.topics import Message, Topics
from monitor.store.outbox import Outbox

if TYPE_CHECKING:  # the client library is loaded with the first connection
    from monitor.mqtt.connection import Connection

NOT_YET = "not tried yet"

NO_ANSWER = "the broker does not acknowledge what it is sent"


class Publisher:
    """``pump`` it from the daemon's loop; it opens, tends and reopens the connection."""

    def __init__(
        self,
        config: MqttConfig,
        outbox: Outbox,
        *,
        topics: Topics,
        connect: Callable[[ProtocolVersion], Connection],
        hooks: Hooks,
        watch: IdentityWatch | None = None,
        gate: CommandGate | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        """Prepare; nobody is asked before the first ``pump``.

        ``connect`` makes a connection that is not yet open; ``watch`` notices another box that
        speaks as this one; ``gate`` decides how many commands are too many.
        """
        self._outbox, self._topics = outbox, topics
        self._connect, self._may_open = connect, hooks.may_open
        self._hooks = hooks
        self._watch = watch or watch_of_nobody(topics)
        self._attempts = Attempts(config.protocol, patience.waits_s)
        self._dispatch = Dispatch(outbox, topics, hooks.resized, hooks.emptied, patience)
        self._listening = Listening(
            commands=[topics.commands, config.birth_topic],
            echoes=self._dispatch.own_topics,
            always=self._watch.topics,
            of_others=[topics.identity],
            beside=[topics.setups],
            others=hooks.others,
        )
        self._inbound = Inbound(
            config.birth_topic, topics.commands, receive=hooks.receive, complain=hooks.complain,
            gate=gate, birth_spread_s=patience.birth_spread_s,
        )  # fmt: skip
        self._connection: Connection | None = None
        self._connected = False
        self._why = NOT_YET

    # ------------------------------------------------------------------ what is sent

    def set_retained(self, messages: Iterable[Message]) -> None:
        """Set what topics hold from now on; a payload that has not changed is not sent again."""
        self._dispatch.state.set(messages)

    def empty(self, topics: Iterable[str]) -> None:
        """Take retained topics back: the broker empties them, and ``emptied`` hears of it."""
        self.set_retained(Message(topic=topic, payload=b"", retain=True) for topic in topics)

    def publish(self, message: Message) -> None:
        """Publish once, now, if there is a connection: passing events are not kept."""
        if self._connection is not None and self._connected:
            self._dispatch.publish(self._connection, message)

    def reconnect(self, why: str) -> None:
        """Begin a new connection, by the name that the watch gives now."""
        self._lost(why)
        self._attempts.now()

    # ------------------------------------------------------------------ how it is

    @property
    def protocol(self) -> ProtocolVersion:
        """What is spoken."""
        return self._attempts.protocol

    @property
    def connected(self) -> bool:
        """Whether there is a connection to the broker."""
        return self._connected

    @property
    def delivers(self) -> bool:
        """Whether there is one, and the broker takes alerts."""
        return self._connected and self._dispatch.takes_alerts()[0] is not False

    @property
    def most_bytes(self) -> int | None:
        """The longest packet that the broker takes; None while no limit is known."""
        return self._dispatch.delivery.size.limit

    def report(self, t_s: float, *, expected: bool = True) -> LinkReport:
        """For the core: how the connection is at ``t_s``.

        ``expected``: a broker was configured; else nobody misses one that never answered.
        """
        now_s = time.monotonic()
        takes, refused = self._dispatch.takes_alerts()
        hears, deaf = self._listening.hears_commands()
        missed = expected or self._attempts.has_connected
        return LinkReport(
            t_s,
            connected=self._connected,
            takes_alerts=takes,
            hears_commands=hears if self._connected or hears is False else None,
            silent_s=self._dispatch.delivery.silent_s(now_s),
            away_s=self._attempts.away_s(now_s) if missed else None,
            why={"refused": refused, "deaf": deaf, "away": self._why},
        )

    def status(self) -> PublisherStatus:
        """The connection's health."""
        delivery = self._dispatch.delivery
        return PublisherStatus(
            connected=self._connected,
            protocol=self._attempts.protocol,
            why="" if self._connected else self._why,
            waiting=self._outbox.count(without=delivery.unheard.why),
            expired=self._dispatch.news.expired,
            commands_ignored=self._inbound.ignored,
            refused=delivery.too_long | delivery.refusals.why | self._listening.refused,
            unheard=sorted(delivery.unheard.why),
            unacknowledged_s=delivery.unanswered_s(time.monotonic()),
            limits=msgspec.structs.replace(delivery.limits, maximum_packet_bytes=self.most_bytes),
        )

    # ------------------------------------------------------------------ the turn of the loop

    def pump(self, now_unix_s: float) -> list[CameIn]:
        """Do what can be done without waiting; returns what came in for the core."""
        came_in: list[CameIn] = []
        now_s = time.monotonic()
        if (connection := self._connection) is None:
            if self._attempts.is_due(now_s) and self._may_open():
                self._open()
            return came_in
        # What arrives while these are dealt with waits for the next turn: a flood must not hold it.
        for _ in range(len(connection.events)):
            self._handle(connection, connection.events.popleft(), now_s, came_in)
        self._dispatch.clear()
        if self._connection is connection and self._attempts.is_ignored(connection.unanswered_s):
            self._lost("the broker does not answer", wrong_version=True)
        elif self._connection is connection and self._dispatch.delivery.is_overdue(now_s):
            self._lost(NO_ANSWER, silent=True)
        if self._connected and self._watch.reconnect_due:
            self.reconnect("the broker is asked for this box's own name again")
        if self._connected and self._connection is connection:
            self._listen(connection, now_s)
            said_otherwise = self._watch.contradiction(now_s)
            if self._inbound.answers_birth(now_s) or said_otherwise == "everything":
                self._dispatch.send_everything()
            elif said_otherwise == "online":
                self._dispatch.send_online()
            self._dispatch.pump(
                connection, now_s, now_unix_s, subscribed=self._listening.own_granted
            )
        return came_in

    def close(self, timeout_s: float = 3.0) -> None:
        """Say ``offline`` ourselves, wait for its acknowledgement, then disconnect."""
        connection = self._connection
        if connection is None:
            return
        if self._connected:
            mid = connection.publish(self._attempts.fitted(self._offline))
            deadline = time.monotonic() + timeout_s
            while time.monotonic() < deadline:
                event = connection.events.popleft() if connection.events else None
                if event is None:
                    time.sleep(0.01)
                elif isinstance(event, Ended):
                    break
                elif isinstance(event, Acknowledged):
                    if event.mid == mid:
                        break
                    self._dispatch.answered(event, time.monotonic())
                elif isinstance(event, Received):
                    self._dispatch.received(event)
            self._dispatch.clear()
        connection.close(timeout_s)
        self._connection, self._connected = None, False

    # ------------------------------------------------------------------ inside

    @property
    def _offline(self) -> Message:
        return Message(topic=self._topics.status, payload=b"offline", retain=True)

    def _open(self) -> None:
        connection = self._connect(self._attempts.protocol)
        connection.open(self._attempts.fitted(self._offline))
        self._connection = connection

    def _handle(
        self, connection: Connection, event: ConnectionEvent, now_s: float, came_in: list[CameIn]
    ) -> None:
        match event:
            case Connected(limits):
                self._begin(connection, limits, now_s)
            case Acknowledged():
                self._dispatch.answered(event, now_s)
            case Subscribed():
                self._listening.answered(event)
            case Received():
                self._receive(event, now_s, came_in)
            case Refused(why, wrong_protocol, code):
                better = self._attempts.refused(code)
                self._lost(why, wrong_version=wrong_protocol, at_once=better)
            case Ended(why, code, too_long):
                if too_long:
                    self._listening.too_long(now_s)
                suspect = code in {None, PACKET_TOO_LARGE} and self._dispatch.end(
                    now_s, too_large=code == PACKET_TOO_LARGE
                )
                if not (suspect or too_long):  # their reason is known, and it is no other box
                    self._watch.ended(now_s, code)
                self._lost(why, at_once=suspect or too_long)

    def _begin(self, connection: Connection, limits: Limits, now_s: float) -> None:
        self._connected = True
        self._inbound.begin()
        self._attempts.connected(limits, now_s)
        self._watch.connected(now_s)
        # Neither 3.1.1 nor QoS 0 has a word for "refused": only what comes back has arrived.
        unsaid = connection.protocol == "3.1.1" or limits.maximum_qos == 0
        flooded = self._inbound.is_flooded(now_s)
        proving = self._listening.begin(connection, now_s, flooded=flooded, hear_itself=unsaid)
        self._dispatch.begin(limits, now_s, proving=proving)
        self._dispatch.send_everything()

    def _listen(self, connection: Connection, now_s: float) -> None:
        """Stop listening to a flood of commands, and listen again when it is time."""
        self._inbound.tend(connection.dropped, now_s)
        self._listening.tend_others(connection, flooded=self._hooks.others_flooded(now_s))
        flooded = self._inbound.is_flooded(now_s)
        if self._listening.tend(connection, now_s, flooded=flooded):
            self._inbound.listens_again(now_s)

    def _receive(self, message: Received, now_s: float, came_in: list[CameIn]) -> None:
        topic, payload = message.topic, message.payload
        if topic in self._hooks.others:
            if (reading := self._hooks.overhear(message)) is not None:
                came_in.append(reading)
            return
        if self._watch.received(topic, payload, retain=message.retain, now_s=now_s):
            return
        if not self._dispatch.received(message) and (
            (command := self._inbound.received(message, now_s)) is not None
        ):
            came_in.append(command)

    def _lost(
        self, why: str, *, wrong_version: bool = False, at_once: bool = False, silent: bool = False
    ) -> None:
        if self._connection is None:
            return
        now_s = time.monotonic()
        self._connection.close(0.0)
        self._connection, self._connected, self._why = None, False, why
        self._dispatch.end(now_s)
        if not silent:
            self._dispatch.delivery.forget_silence()
        self._attempts.lost(now_s, wrong_version=wrong_version, at_once=at_once)

"""Keeps the broker's picture of this box true, and gets every alert there.

Two kinds of messages. **Retained state** (``retained_state``) is what is true now: all of it is
sent on each connect, then what changes. **News** (``news``) comes from the outbox and is deleted
there only when it is delivered (``delivery``, ``echoes``). On each connect: subscribe, alerts that
wait, everything wanted (discovery is wanted first), then ``online``. It all runs in the daemon's
own thread; ``pump`` never waits.
"""

from __future__ import annotations

import math
import random
import time
import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import msgspec

from monitor.config import MqttConfig
from monitor.events import Command, LinkReport
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
from monitor.mqtt.dispatch import Dispatch
from monitor.mqtt.flood_gate import CommandGate
from monitor.mqtt.identity_watch import IdentityWatch
from monitor.mqtt.listening import Listening
from monitor.mqtt.patience import Patience
from monitor.mqtt.protocol_version import ProtocolVersion
from monitor.mqtt.publisher_status import PublisherStatus
from monitor.mqtt.topics import Message, Topics
from monitor.store.outbox import Outbox

if TYPE_CHECKING:  # the client library is loaded with the first connection
    from monitor.mqtt.connection import Connection

NOT_YET = "not tried yet"

CONTRADICT_EVERY_S = 1.0
"""somebody else's ``offline`` is answered within this time, and a stream of them once in it"""

BIRTH_JITTER_S = 10.0
"""Home Assistant's restart makes every box answer at once; spread them."""

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
        receive: Callable[[Received], Command | None],
        complain: Callable[[str, str], None] = lambda _topic, _text: None,
        resized: Callable[[], None] = lambda: None,
        emptied: Callable[[str], None] = lambda _topic: None,
        watch: IdentityWatch | None = None,
        may_open: Callable[[], bool] = lambda: True,
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        """Prepare; nobody is asked before the first ``pump``.

        Args:
            config: the broker and the protocol to begin with.
            outbox: news that waits.
            topics: of this box.
            connect: makes a connection that is not yet open.
            receive: reads a command; None when it was refused.
            complain: hears of a flood: topic and sentence.
            resized: told when the longest packet that the broker takes has changed
                (``most_bytes``); documents may be wanted anew from there.
            emptied: told of each topic that the broker has emptied.
            watch: notices another box that speaks as this one.
            may_open: whether to connect now.
            patience: how long to wait for the broker.
        """
        self._outbox, self._topics = outbox, topics
        self._connect, self._receive, self._complain = connect, receive, complain
        self._may_open = may_open
        self._watch = watch or IdentityWatch(
            client_id="",
            identity="",
            instance=uuid.uuid4().hex,
            status_topic=topics.status,
            identity_topic=topics.identity,
        )
        self._contradicted_s = -math.inf
        self._birth_topic = config.birth_topic
        self._attempts = Attempts(config.protocol, patience.waits_s)
        self._dispatch = Dispatch(outbox, topics, resized, emptied, patience)
        self._listening = Listening(
            commands=[topics.commands, self._birth_topic],
            echoes=self._dispatch.own_topics,
            always=self._watch.topics,
            of_others=[topics.identity],
        )
        self._gate = CommandGate()
        self._refused_topic = topics.commands
        self._dropped = 0
        self._connection: Connection | None = None
        self._connected = False
        self._why = NOT_YET
        self._birth_due_s: float | None = None

    # ------------------------------------------------------------------ what to say

    def set_retained(self, messages: Iterable[Message]) -> None:
        """Set the retained state; unchanged payloads cost nothing."""
        self._dispatch.state.set(messages)

    def forget(self, topics: Iterable[str]) -> None:
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
        """Whether the broker hears us."""
        return self._connected

    @property
    def delivers(self) -> bool:
        """Whether it does, and takes what it is told."""
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
            waiting=len(self._outbox),
            expired=self._dispatch.news.expired,
            commands_ignored=self._gate.total,
            refused=delivery.too_long | delivery.refusals.why | self._listening.refused,
            unheard=sorted(delivery.unheard),
            unacknowledged_s=delivery.unanswered_s(time.monotonic()),
            limits=msgspec.structs.replace(delivery.limits, maximum_packet_bytes=self.most_bytes),
        )

    # ------------------------------------------------------------------ the turn of the loop

    def pump(self, now_unix_s: float) -> list[Command]:
        """Do what can be done without waiting; returns the commands that came in."""
        commands: list[Command] = []
        now_s = time.monotonic()
        if (connection := self._connection) is None:
            if self._attempts.is_due(now_s) and self._may_open():
                self._open()
            return commands
        # What arrives while these are dealt with waits for the next turn: a flood must not hold it.
        for _ in range(len(connection.events)):
            self._take(connection, connection.events.popleft(), now_s, commands)
        self._dispatch.clear()
        if self._connection is connection and connection.is_ignored:
            self._lost("the broker does not answer", wrong_version=True)
        elif self._connection is connection and self._dispatch.delivery.is_overdue(now_s):
            self._lost(NO_ANSWER, silent=True)
        if self._connected and self._watch.reconnect_due:
            self.reconnect("the broker is asked for this box's own name again")
        if self._connected and self._connection is connection:
            self._mind_floods(connection, now_s)
            self._contradict(now_s)
            if self._birth_due_s is not None and now_s >= self._birth_due_s:
                self._birth_due_s = None
                self._dispatch.send_everything()
            self._dispatch.pump(
                connection, now_s, now_unix_s, subscribed=self._listening.own_granted
            )
        return commands

    def close(self, timeout_s: float = 3.0) -> None:
        """Say ``offline`` ourselves, wait for its acknowledgement, then disconnect."""
        connection = self._connection
        if connection is None:
            return
        if self._connected:
            mid = connection.publish(self._attempts.will(self._offline))
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
        connection.open(self._attempts.will(self._offline))
        self._connection = connection

    def _take(
        self, connection: Connection, event: ConnectionEvent, now_s: float, commands: list[Command]
    ) -> None:
        match event:
            case Connected(limits):
                self._greet(connection, limits, now_s)
            case Acknowledged():
                self._dispatch.answered(event, now_s)
            case Subscribed():
                self._listening.answered(event)
            case Received():
                self._receive_message(event, now_s, commands)
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

    def _greet(self, connection: Connection, limits: Limits, now_s: float) -> None:
        self._connected = True
        self._dropped = 0
        self._attempts.connected(limits, now_s)
        self._watch.connected(now_s)
        # Neither 3.1.1 nor QoS 0 has a word for "refused": only what comes back has arrived.
        unsaid = connection.protocol == "3.1.1" or limits.maximum_qos == 0
        flooded = self._gate.is_deaf(now_s)
        proving = self._listening.begin(connection, now_s, flooded=flooded, hear_itself=unsaid)
        self._dispatch.begin(limits, now_s, proving=proving)
        self._dispatch.send_everything()

    def _mind_floods(self, connection: Connection, now_s: float) -> None:
        """Say what was refused; stop listening to a flood, and listen again when it is time."""
        self._gate.refuse(connection.dropped - self._dropped)
        self._dropped = connection.dropped
        if (text := self._gate.complaint(now_s)) is not None:
            self._complain(self._refused_topic, text)
        if self._listening.tend(connection, now_s, flooded=self._gate.is_deaf(now_s)):
            self._birth_due_s = self._birth_due_s or now_s  # it may have been missed meanwhile

    def _contradict(self, now_s: float) -> None:
        """Somebody else spoke as this box, or emptied its topics: say what is true again."""
        watch = self._watch
        if now_s - self._contradicted_s < CONTRADICT_EVERY_S:
            return
        if watch.everything_due:
            self._dispatch.send_everything()
        elif watch.online_due:
            self._dispatch.send_online()
        else:
            return
        self._contradicted_s = now_s
        watch.online_due = watch.everything_due = False

    def _receive_message(self, received: Received, now_s: float, commands: list[Command]) -> None:
        if self._watch.received(
            received.topic, received.payload, retain=received.retain, now_s=now_s
        ):
            return
        if received.topic == self._birth_topic:
            online = received.payload == b"online" and not received.retain
            if online and self._birth_due_s is not None:
                self._gate.refuse(1)  # one answer is on its way; a stream of births is a flood
            elif online:
                self._birth_due_s = now_s + random.uniform(0.2, BIRTH_JITTER_S)
        elif self._dispatch.received(received):
            return
        elif not self._gate.admit(now_s):
            self._refused_topic = received.topic
        elif (command := self._receive(received)) is not None:
            commands.append(command)

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

"""Keeps the broker's picture of this box true, and gets every alert there.

Two kinds of messages. **Retained state** is what is true now: the publisher holds the wanted
payload of every topic, sends what changed, and all of it on each connect. **News** comes from the
outbox: a row is published at QoS 1 and deleted only on the broker's acknowledgement; rows not
acknowledged when a connection ends are taken up again by the next. On each connect: subscribe,
everything wanted (discovery is wanted first), then ``online``. It all runs in the daemon's own
thread; ``pump`` never waits.
"""

from __future__ import annotations

import math
import random
import time
import uuid
from collections.abc import Callable, Iterable

import msgspec

from monitor.command_gate import CommandGate
from monitor.config import MqttConfig
from monitor.events import Command
from monitor.identity_watch import IdentityWatch
from monitor.link import Acknowledged, Arrived, Connected, Ended, Link, Protocol, Refused
from monitor.outbox import Outbox
from monitor.topics import Message

WINDOW = 20
"""Outbox rows in flight; paho sends at most 20 unacknowledged messages by default."""

ROWS_PER_S = 50.0
"""Pace after an outage: Mosquitto without TCP_NODELAY delivered 2,074 of a burst of 4,000."""

BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Waits between attempts; a rescuer restarting her router is connected within half a minute."""

HEALTHY_AFTER_S = 60.0
"""A connection that held this long starts the waits from the beginning."""

NOT_YET = "not tried yet"

CONTRADICT_EVERY_S = 1.0
"""somebody else's ``offline`` is answered within this time, and a stream of them once in it"""

BIRTH_JITTER_S = 10.0
"""Home Assistant's restart makes every box answer at once; spread them."""


class PublisherStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What topic ``health`` says about the link."""

    connected: bool
    protocol: str
    why: str
    """why it is not connected"""
    waiting: int
    """outbox rows not yet acknowledged"""
    expired: int
    """alerts that were no longer news when the link returned, since the start"""
    commands_ignored: int = 0
    """commands thrown away because there were too many, since the start"""


class Publisher:
    """``pump`` it from the daemon's loop; it opens, tends and reopens the link."""

    def __init__(
        self,
        config: MqttConfig,
        outbox: Outbox,
        *,
        client_id: str,
        password: str | None,
        status_topic: str,
        command_topic: str,
        receive: Callable[[Arrived], Command | None],
        complain: Callable[[str, str], None] = lambda _topic, _text: None,
        emptied: Callable[[str], None] = lambda _topic: None,
        watch: IdentityWatch | None = None,
        may_open: Callable[[], bool] = lambda: True,
    ) -> None:
        self._config = config
        self._outbox = outbox
        self._watch = watch or IdentityWatch(
            client_id=client_id,
            identity=client_id,
            instance=uuid.uuid4().hex,
            status_topic=status_topic,
            identity_topic=f"{status_topic.rpartition('/')[0]}/identity",
        )
        self._password = password
        self._status_topic = status_topic
        self._command_topic = command_topic
        self._birth_topic = config.birth_topic
        self._receive = receive
        self._complain = complain
        self._emptied, self._may_open = emptied, may_open
        self._emptying: dict[int, str] = {}
        self._resend_s = -math.inf
        self._gate = CommandGate()
        self._refused_topic = command_topic
        self._dropped = 0
        self._listening = False
        self._protocol: Protocol = config.protocol
        self._link: Link | None = None
        self._connected_s: float | None = None
        self._why = NOT_YET
        self._attempt = 0
        self._next_attempt_s = 0.0
        self._birth_due_s: float | None = None
        self._wanted: dict[str, Message] = {}
        self._sent: dict[str, tuple[bytes, float]] = {}
        self._in_flight: dict[int, int] = {}
        self._last_row = 0
        self._allowance = float(WINDOW)
        self._refilled_s = time.monotonic()
        self._expired = 0

    # ------------------------------------------------------------------ what to say

    def want(self, messages: Iterable[Message]) -> None:
        """Set the retained state; unchanged payloads cost nothing."""
        for message in messages:
            self._wanted[message.topic] = message

    def forget(self, topics: Iterable[str]) -> None:
        """Take retained topics back: the broker empties them, and ``emptied`` hears of it."""
        for topic in topics:
            self._wanted[topic] = Message(topic=topic, payload=b"", retain=True, qos=1)

    def say(self, message: Message) -> None:
        """Publish once, now, if there is a connection: passing events are not kept."""
        if self._link is not None and self.connected:
            self._link.publish(message)

    def reconnect(self, why: str) -> None:
        """Begin a new connection, by the name that the watch gives now."""
        self._lost(why)
        self._attempt, self._next_attempt_s = 0, time.monotonic()

    @property
    def protocol(self) -> Protocol:
        """What is spoken."""
        return self._protocol

    @property
    def connected(self) -> bool:
        """Whether the broker hears us."""
        return self._connected_s is not None

    def status(self) -> PublisherStatus:
        """The link's health."""
        return PublisherStatus(
            connected=self.connected,
            protocol=self._protocol,
            why="" if self.connected else self._why,
            waiting=len(self._outbox),
            expired=self._expired,
            commands_ignored=self._gate.total,
        )

    # ------------------------------------------------------------------ the turn of the loop

    def pump(self, now_unix_s: float) -> list[Command]:
        """Do what can be done without waiting; returns the commands that came in."""
        commands: list[Command] = []
        acknowledged: list[int] = []
        if self._link is None:
            self._open_when_due()
            return commands
        link = self._link
        # What arrives while these are dealt with waits for the next turn: a flood must not hold it.
        for _ in range(len(link.events)):
            match link.events.popleft():
                case Connected():
                    self._greet(link)
                case Acknowledged(mid):
                    if (row := self._in_flight.pop(mid, None)) is not None:
                        acknowledged.append(row)
                    elif (topic := self._emptying.pop(mid, None)) is not None:
                        self._emptied(topic)
                case Arrived() as arrived:
                    self._take(arrived, commands)
                case Refused(why, wrong_protocol):
                    self._lost(why, fall_back=wrong_protocol)
                case Ended(why, code):
                    self._watch.ended(time.monotonic(), code)
                    self._lost(why)
        if acknowledged:
            self._outbox.delete(acknowledged)
        if self._link is link and link.is_ignored:
            self._lost("the broker does not answer", fall_back=True)
        if self.connected and self._link is link:
            self._mind_floods(link)
            self._contradict(link)
            self._send_changes(link)
            self._send_rows(link, now_unix_s)
        return commands

    def close(self, timeout_s: float = 3.0) -> None:
        """Say ``offline`` ourselves, wait for its acknowledgement, then disconnect."""
        link = self._link
        if link is None:
            return
        if self.connected:
            mid = link.publish(self._status("offline"))
            deadline = time.monotonic() + timeout_s
            while time.monotonic() < deadline:
                event = link.events.popleft() if link.events else None
                if isinstance(event, Acknowledged):
                    if event.mid == mid:
                        break
                    if (row := self._in_flight.pop(event.mid, None)) is not None:
                        self._outbox.delete([row])
                elif isinstance(event, Ended):
                    break
                elif event is None:
                    time.sleep(0.01)
        link.close(timeout_s)
        self._link, self._connected_s = None, None

    # ------------------------------------------------------------------ inside

    def _status(self, text: str) -> Message:
        return Message(topic=self._status_topic, payload=text.encode(), retain=True, qos=1)

    def _open_when_due(self) -> None:
        if time.monotonic() < self._next_attempt_s or not self._may_open():
            return
        link = Link(self._config, self._protocol, self._watch.client_id, self._password)
        link.open(self._status("offline"))
        self._link = link

    def _greet(self, link: Link) -> None:
        self._connected_s = time.monotonic()
        self._watch.connected(self._connected_s)
        self._in_flight.clear()
        self._emptying.clear()
        self._last_row = 0
        self._dropped = 0
        self._listening = not self._gate.is_deaf(time.monotonic())
        link.subscribe(self._watch.topics)
        if self._listening:
            link.subscribe([self._command_topic, self._birth_topic])
        self._send_everything(link)

    def _mind_floods(self, link: Link) -> None:
        """Say what was refused; stop listening to a flood, and listen again when it is time."""
        now_s = time.monotonic()
        self._gate.refuse(link.dropped - self._dropped)
        self._dropped = link.dropped
        if (text := self._gate.complaint(now_s)) is not None:
            self._complain(self._refused_topic, text)
        deaf = self._gate.is_deaf(now_s)
        if deaf and self._listening:
            link.unsubscribe([self._command_topic, self._birth_topic])
        elif not deaf and not self._listening:
            link.subscribe([self._command_topic, self._birth_topic])
            self._birth_due_s = self._birth_due_s or now_s  # it may have been missed meanwhile
        self._listening = not deaf

    def _contradict(self, link: Link) -> None:
        """Somebody else spoke as this box, or emptied its topics: say what is true again."""
        now_s = time.monotonic()
        if now_s - self._resend_s < CONTRADICT_EVERY_S:
            return
        if self._watch.everything_due:
            self._send_everything(link)
        elif self._watch.online_due:
            link.publish(self._status("online"))
        else:
            return
        self._resend_s = now_s
        self._watch.online_due = self._watch.everything_due = False

    def _send_everything(self, link: Link) -> None:
        self._sent.clear()
        self._send_changes(link)
        link.publish(self._status("online"))

    def _send_changes(self, link: Link) -> None:
        if self._birth_due_s is not None and time.monotonic() >= self._birth_due_s:
            self._birth_due_s = None
            self._send_everything(link)
            return
        now_s = time.monotonic()
        for topic, message in list(self._wanted.items()):
            payload, sent_s = self._sent.get(topic, (None, 0.0))
            # A live number expires at the broker after three intervals: renew it in time.
            fresh = message.expiry_s is None or now_s - sent_s < message.expiry_s / 3
            if payload == message.payload and fresh:
                continue
            mid = link.publish(message)
            self._sent[topic] = (message.payload, now_s)
            if not message.payload:
                self._emptying[mid] = topic
                del self._wanted[topic], self._sent[topic]

    def _send_rows(self, link: Link, now_unix_s: float) -> None:
        now_s = time.monotonic()
        self._allowance = min(WINDOW, self._allowance + (now_s - self._refilled_s) * ROWS_PER_S)
        self._refilled_s = now_s
        room = min(WINDOW - len(self._in_flight), int(self._allowance))
        if room <= 0:
            return
        expired: list[int] = []
        on_their_way = set(self._in_flight.values())
        held = [row for row in self._outbox.held if row.id not in on_their_way]
        for row in [*self._outbox.next_after(self._last_row, room), *held][:room]:
            self._last_row = max(self._last_row, row.id)
            if row.expires_s <= now_unix_s:
                expired.append(row.id)
                continue
            mid = link.publish(
                Message(
                    topic=row.topic,
                    payload=row.payload,
                    retain=False,
                    qos=row.qos,
                    expiry_s=row.expires_s - now_unix_s,
                )
            )
            self._in_flight[mid] = row.id
            self._allowance -= 1
        if expired:
            self._expired += len(expired)
            self._outbox.delete(expired)

    def _take(self, arrived: Arrived, commands: list[Command]) -> None:
        now_s = time.monotonic()
        if self._watch.arrived(arrived.topic, arrived.payload, retain=arrived.retain, now_s=now_s):
            return
        if arrived.topic == self._birth_topic:
            online = arrived.payload == b"online" and not arrived.retain
            if online and self._birth_due_s is not None:
                self._gate.refuse(1)  # one answer is on its way; a stream of births is a flood
            elif online:
                self._birth_due_s = time.monotonic() + random.uniform(0.2, BIRTH_JITTER_S)
            return
        if not self._gate.admit(time.monotonic()):
            self._refused_topic = arrived.topic
        elif (command := self._receive(arrived)) is not None:
            commands.append(command)

    def _lost(self, why: str, *, fall_back: bool = False) -> None:
        if self._link is None:
            return
        held_s = 0.0 if self._connected_s is None else time.monotonic() - self._connected_s
        self._link.close(0.0)
        self._link, self._connected_s, self._why = None, None, why
        self._in_flight.clear()
        if fall_back and self._protocol == "5":
            self._protocol = "3.1.1"
            self._next_attempt_s = time.monotonic()
            return
        # Every new round begins with version 5: a broker that merely hung up may speak it.
        self._protocol = self._config.protocol
        self._attempt = 0 if held_s >= HEALTHY_AFTER_S else self._attempt + 1
        wait_s = BACK_OFF_S[min(self._attempt, len(BACK_OFF_S) - 1)]
        self._next_attempt_s = time.monotonic() + wait_s * random.uniform(0.8, 1.2)

"""Messages on their way to the broker: places in flight, answers, deadlines, limits.

A message is taken when the broker has acknowledged it with a reason code below 0x80, and an alert
is delivered when, as far as the broker says (MQTT 5), somebody had subscribed to it; not before.
The broker decides how many may be unanswered at a time; some of these places are kept for
alerts, and a few of those for alerts that are critical and new, so that neither a connection's
first rush of documents nor a night's backlog stands before a cry for help.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from monitor.mqtt.connection_events import Acknowledged, Limits
from monitor.mqtt.packet_size import PacketSize, packet_bytes
from monitor.mqtt.publisher_settings import Patience
from monitor.mqtt.resting import RestingTopics
from monitor.mqtt.topics import Message
from monitor.store.outbox_message import OutboxMessage

if TYPE_CHECKING:  # the client library is loaded with the first connection
    from monitor.mqtt.connection import Connection

Place = Literal["urgent", "news", "state"]

WINDOW = 20
"""messages unanswered at a time; Mosquitto's own default, and what it announces"""
URGENT_PLACES = 2
"""kept for new critical alerts: one of them is two messages"""
SUSPECT_S = 5.0
"""a connection that ends so soon after a long message may have ended because of it"""


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One message that the broker has not answered for."""

    topic: str
    bytes: int
    qos: int
    place: Place
    sent_s: float
    row: int | None = None
    """of the outbox, if it came from there"""
    alert_id: str = ""
    """the incident it tells of, if it does"""
    empties: bool = False
    """it takes a retained message away"""


class Delivery:
    """Of one connection after another; all times are monotonic seconds."""

    def __init__(self, patience: Patience = Patience()) -> None:  # noqa: B008 - frozen
        self._unanswered_s = patience.unanswered_s
        self._in_flight: dict[int, Sent] = {}
        self._unconfirmed: list[Sent] = []
        """sent since the last message that was acknowledged, those of QoS 0 as well"""
        self._silent_since_s: float | None = None
        self.limits = Limits()
        self.size = PacketSize()
        self.refusals = RestingTopics([patience.refused_s])
        self.unheard = RestingTopics(patience.unheard_waits_s)
        """alert topics that nobody had subscribed to at the last message"""
        self.too_long: dict[str, str] = {}
        """topics whose last message was longer than the broker takes"""
        self._answers_prove = True
        self.accepted: set[str] = set()
        """topics on which this connection has delivered something"""

    def begin(self, limits: Limits, *, answers_prove: bool = True) -> None:
        """A new connection; ``answers_prove``: an acknowledgement means that it was taken."""
        self._answers_prove = answers_prove
        self.accepted.clear()
        self._in_flight.clear()
        self._unconfirmed.clear()
        self.limits = limits
        self.size.announced(limits.maximum_packet_bytes)
        self.refusals.begin()

    def end(self, now_s: float, *, too_large: bool = False) -> bool:
        """The connection is gone; returns whether a message's length may be the reason.

        ``too_large``: the broker said that it is.
        """
        recent = [sent.bytes for sent in self._unconfirmed if now_s - sent.sent_s < SUSPECT_S]
        self._in_flight.clear()
        self._unconfirmed.clear()
        return bool(recent) and self.size.suspect(max(recent), certain=too_large)

    def forget_silence(self) -> None:
        """The connection ended for a reason of its own: the next one starts with a clean slate."""
        self._silent_since_s = None

    # ------------------------------------------------------------------ sending

    def has_room(self, place: Place) -> bool:
        """Whether one more message of this kind may be unanswered."""
        window = max(1, min(WINDOW, self.limits.receive_maximum))
        waiting = [sent.place for sent in self._in_flight.values() if sent.qos]
        if place == "urgent":
            return len(waiting) < window
        kept = URGENT_PLACES if window > 2 * URGENT_PLACES else 0
        if len(waiting) >= window - kept:
            return False
        return place == "news" or waiting.count("state") < max(1, window // 2)

    def send(
        self,
        connection: Connection,
        message: Message,
        place: Place,
        now_s: float,
        *,
        row: int | None = None,
        alert_id: str = "",
    ) -> bool:
        """Send within the broker's limits; False when it is longer than the broker takes."""
        limits = self.limits
        fitted = msgspec.structs.replace(
            message,
            qos=min(message.qos, limits.maximum_qos),
            retain=message.retain and limits.retain_available,
        )
        size = packet_bytes(fitted, connection.protocol)
        if not self.size.fits(size):
            limit = self.size.limit
            why = f"too long for this broker: {size} bytes, it takes at most {limit}"
            self.too_long[message.topic] = why
            return False
        self.too_long.pop(message.topic, None)
        self.refusals.tried(message.topic, now_s)
        self.unheard.tried(message.topic, now_s)
        mid = connection.publish(fitted)
        sent = Sent(
            topic=message.topic,
            bytes=size,
            qos=fitted.qos,
            place=place,
            sent_s=now_s,
            row=row,
            alert_id=alert_id,
            empties=message.retain and not message.payload,
        )
        self._in_flight[mid] = sent
        self._unconfirmed.append(sent)
        if sent.qos and self._silent_since_s is None:
            self._silent_since_s = now_s
        return True

    # ------------------------------------------------------------------ answers

    def answered(self, answer: Acknowledged, now_s: float) -> Sent | None:
        """Take the broker's answer; returns the message it is for.

        One of QoS 0 has no answer: paho tells when it was handed to the network.
        """
        sent = self._in_flight.pop(answer.mid, None)
        if sent is None or not sent.qos:
            return sent
        if sent in self._unconfirmed:
            del self._unconfirmed[: self._unconfirmed.index(sent) + 1]
        self._silent_since_s = min(
            (s.sent_s for s in self._in_flight.values() if s.qos), default=None
        )
        if answer.is_refusal:
            self.refusals.rest(sent.topic, answer.reason.lower(), now_s)
            return sent
        if self._answers_prove:
            self.delivered(sent.topic)
            self.size.passed(sent.bytes)
        if sent.row is not None and answer.is_unheard:
            self.unheard.rest(sent.topic, "nobody has subscribed", now_s)
        elif sent.row is not None:
            self.unheard.taken(sent.topic)
        return sent

    def delivered(self, topic: str) -> None:
        """A message on this topic has been delivered."""
        self.refusals.taken(topic)
        self.accepted.add(topic)

    @property
    def rows(self) -> set[int]:
        """Rows of the outbox that are on their way."""
        return {sent.row for sent in self._in_flight.values() if sent.row is not None}

    def may_leave(self, row: OutboxMessage, now_s: float) -> bool:
        """Whether its topic takes messages, and what was said before of its alert has an answer.

        Of two on their way the first alone may not be taken, and would come after the second.
        """
        if row.topic in self.resting(now_s):
            return False
        said = (row.alert_id, row.topic)
        return not row.alert_id or said not in {
            (sent.alert_id, sent.topic) for sent in self._in_flight.values()
        }

    def resting(self, now_s: float) -> set[str]:
        """Topics on which nothing may be sent now."""
        return self.refusals.resting(now_s) | self.unheard.resting(now_s)

    def unanswered_s(self, now_s: float) -> float | None:
        """For how long the oldest message has waited for its answer; None when none does."""
        oldest_s = self._oldest_s()
        return None if oldest_s is None else now_s - oldest_s

    def silent_s(self, now_s: float) -> float | None:
        """The same across connections that were given up for it."""
        return None if self._silent_since_s is None else now_s - self._silent_since_s

    def is_overdue(self, now_s: float) -> bool:
        """Whether the broker has owed an answer for too long."""
        return (self.unanswered_s(now_s) or 0.0) >= self._unanswered_s

    def _oldest_s(self) -> float | None:
        return min((sent.sent_s for sent in self._in_flight.values() if sent.qos), default=None)

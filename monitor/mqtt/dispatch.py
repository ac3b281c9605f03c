"""What goes out over one connection after another, and what became of it.

Alerts first, then answers to commands, then what is true now. An alert leaves the outbox when the
broker has acknowledged it with no refusal and somebody had subscribed; where an acknowledgement
proves nothing, when it has come back.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from monitor.mqtt.connection_events import Acknowledged, Limits, Received
from monitor.mqtt.delivery import Delivery, Place
from monitor.mqtt.echoes import Echoes, Expected
from monitor.mqtt.news import News, as_message, is_urgent
from monitor.mqtt.packet_size import packet_bytes
from monitor.mqtt.proof import Proof
from monitor.mqtt.publisher_settings import Patience
from monitor.mqtt.retained_state import RetainedState
from monitor.mqtt.topics import Message, Topics
from monitor.store.outbox import Outbox

if TYPE_CHECKING:  # the client library is loaded with the first connection
    from monitor.mqtt.connection import Connection

MOST_REPLIES = 100
"""answers to commands that wait for a place; two commands a second are carried out"""
NOT_BACK = "it reached nobody, not even this box: the broker's rules may forbid it"


class Dispatch:
    """Takes the connection's events; ``pump`` it while connected. Times are monotonic seconds."""

    def __init__(
        self,
        outbox: Outbox,
        topics: Topics,
        resized: Callable[[], None],
        emptied: Callable[[str], None],
        patience: Patience,
    ) -> None:
        """Prepare.

        Args:
            outbox: news that waits.
            topics: of this box.
            resized: told when the longest packet that the broker takes has changed.
            emptied: told of each retained topic that the broker has emptied.
            patience: how long to wait for the broker.
        """
        self._topics = topics
        self._resized, self._emptied = resized, emptied
        self.delivery = Delivery(patience)
        self._echoes = Echoes(patience.back_within_s)
        self._proof = Proof(topics.proof)
        self.news = News(outbox)
        self.state = RetainedState()
        self._replies: deque[Message] = deque(maxlen=MOST_REPLIES)
        self._too_long_rows: set[int] = set()
        self._delivered: list[int] = []
        self._unproven: list[str] = []
        """topics whose emptying is acknowledged, while nothing shows what that is worth"""
        self._online = Message(topic=topics.status, payload=b"online", retain=True)
        self._online_due = False
        self._proving = False
        self._begun_s = 0.0

    @property
    def own_topics(self) -> list[str]:
        """Where the box must hear itself, when that is the only proof."""
        topics = self._topics
        results = [topics.results, topics.setup_results]
        return [topics.alert, topics.alert_text, *results, topics.proof]

    def takes_alerts(self) -> tuple[bool | None, str]:
        """Whether the broker delivers alerts, by its last answers, and why not."""
        topics, delivery = self._topics, self.delivery
        vital = [topics.alert, topics.alert_text, topics.alerts, topics.status, topics.proof]
        refused = delivery.refusals.why
        for topic in vital:
            if topic in refused:
                return False, f"{topic}: {refused[topic]}"
        return (True if delivery.accepted.intersection(vital) else None), ""

    # ------------------------------------------------------------------ the connection

    def begin(self, limits: Limits, now_s: float, *, proving: bool) -> None:
        """A new connection; ``proving``: only what comes back has arrived."""
        before = self.delivery.size.limit
        self.delivery.begin(limits, answers_prove=not proving)
        self._echoes.begin()
        self._proof.begin()
        self._unproven.clear()
        self._too_long_rows.clear()
        self._proving, self._begun_s = proving, now_s
        self._report_size(before)

    def end(self, now_s: float, *, too_large: bool = False) -> bool:
        """It is gone; returns whether a message's length may be the reason."""
        before = self.delivery.size.limit
        suspect = self.delivery.end(now_s, too_large=too_large)
        self._report_size(before)
        return suspect

    def send_everything(self) -> None:
        """All of the state again, then ``online``, and what nobody heard: somebody has come."""
        self.state.begin()
        self.delivery.unheard.begin()
        self._online_due = True

    def send_online(self) -> None:
        """Only that, as soon as there is a place."""
        self._online_due = True

    def _report_size(self, before: int | None) -> None:
        if self.delivery.size.limit != before:
            self._resized()

    # ------------------------------------------------------------------ what comes in

    def answered(self, answer: Acknowledged, now_s: float) -> None:
        """The broker has answered for a message."""
        sent = self.delivery.answered(answer, now_s)
        if sent is None:
            return
        if answer.is_refusal:
            self.state.refused(sent.topic)
            self._online_due = self._online_due or sent.topic == self._topics.status
        elif sent.empties:
            self._unproven.append(sent.topic)
            self._confirm_emptied()
        elif sent.row is not None and not self._proving and not answer.is_unheard:
            self._delivered.append(sent.row)

    def received(self, received: Received) -> bool:
        """Take a message that may be the box's own; returns whether it is."""
        from paho.mqtt.client import topic_matches_sub

        back = self._echoes.received(received.topic, received.payload)
        if back is None:
            return any(topic_matches_sub(topic, received.topic) for topic in self.own_topics)
        self.delivery.delivered(back.topic)
        if back.row is not None:
            self._delivered.append(back.row)
        if back.topic == self._topics.proof:
            self._proof.came_back(back.payload)
            self._confirm_emptied()
            self.delivery.size.passed(_packet(back))
        return True

    def _confirm_emptied(self) -> None:
        """Where an acknowledgement proves nothing, anything that came back shows it is meant."""
        if self._proving and not self._proof.is_proven:
            return
        for topic in self._unproven:
            self.state.emptied(topic)
            self._emptied(topic)
        self._unproven.clear()

    def clear(self) -> None:
        """Take what was delivered out of the outbox."""
        self.news.delivered(self._delivered)
        self._delivered = []

    # ------------------------------------------------------------------ what goes out

    def publish(self, connection: Connection, message: Message) -> None:
        """A passing event at once, the answer to a command as soon as there is a place."""
        if not message.qos:
            self.delivery.send(connection, message, "state", time.monotonic())
            return
        self._replies.append(message)
        self._send_replies(connection, time.monotonic())

    def pump(
        self, connection: Connection, now_s: float, now_unix_s: float, *, subscribed: bool
    ) -> None:
        """Send what may be sent; ``subscribed``: the broker has said that the box hears itself."""
        self.news.sweep(now_s, now_unix_s, unheard=self.delivery.unheard.why)
        if self.news.has_more():
            self.delivery.unheard.begin()
        # A message that leaves before the subscription is there would not come back.
        if not self._proving or subscribed or now_s - self._begun_s > self._echoes.within_s:
            self._send_rows(connection, now_s, now_unix_s)
            self._send_replies(connection, now_s)
            if self._proving:
                self._prove(connection, now_s)
        self._send_state(connection, now_s)

    def _send(
        self,
        connection: Connection,
        message: Message,
        now_s: float,
        *,
        row: int | None = None,
        alert_id: str = "",
    ) -> bool:
        """A message whose arrival is to be proven; False when it is too long."""
        place: Place = "state" if row is None else "news"
        if not self.delivery.send(connection, message, place, now_s, row=row, alert_id=alert_id):
            return False
        if self._proving:
            self._echoes.expect(
                Expected(topic=message.topic, payload=message.payload, sent_s=now_s, row=row)
            )
        return True

    def _send_rows(self, connection: Connection, now_s: float, now_unix_s: float) -> None:
        delivery = self.delivery
        on_their_way = delivery.rows | self._echoes.rows | self._too_long_rows
        resting = delivery.resting(now_s)
        for row in self.news.next(now_s, now_unix_s, without=on_their_way, resting=resting):
            if not delivery.may_leave(row, now_s):
                continue  # one message finds out, the rest waits for its answer
            if not delivery.has_room("urgent" if is_urgent(row, now_unix_s) else "news"):
                break
            message = as_message(row, now_unix_s)
            if self._send(connection, message, now_s, row=row.id, alert_id=row.alert_id):
                self.news.left()
            else:
                self._too_long_rows.add(row.id)

    def _send_replies(self, connection: Connection, now_s: float) -> None:
        while self._replies and self.delivery.has_room("state"):
            self._send(connection, self._replies.popleft(), now_s)

    def _send_state(self, connection: Connection, now_s: float) -> None:
        delivery = self.delivery
        resting = delivery.refusals.resting(now_s)
        for message in self.state.pending(now_s):
            if message.topic in resting:
                continue
            if message.qos and not delivery.has_room("state"):
                return
            if delivery.send(connection, message, "state", now_s):
                self.state.sent(message, now_s)
        if self._online_due and self._topics.status not in resting and delivery.has_room("state"):
            self._online_due = False
            delivery.send(connection, self._online, "state", now_s)

    def _prove(self, connection: Connection, now_s: float) -> None:
        """What has not come back was thrown away; a long proof that is lost tells a limit."""
        refusals, size = self.delivery.refusals, self.delivery.size
        for lost in self._echoes.overdue(now_s):
            is_proof = lost.topic == self._topics.proof
            if is_proof and self._proof.is_proven:
                before = size.limit
                size.suspect(_packet(lost), certain=True)
                self._report_size(before)
            else:
                refusals.rest(lost.topic, NOT_BACK, now_s)
            if is_proof:
                self._proof.forget()
        if self._topics.proof in refusals.resting(now_s):
            return
        room = self.state.longest
        if size.limit is not None:
            room = min(
                room, size.limit - packet_bytes(Message(topic=self._proof.topic, payload=b""), "5")
            )
        if (proof := self._proof.next(room)) is not None:
            self._send(connection, proof, now_s)


def _packet(message: Expected) -> int:
    return packet_bytes(Message(topic=message.topic, payload=message.payload), "5")

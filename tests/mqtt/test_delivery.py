"""From the broker's refusal to a person: the row stays, and the ways that are left tell of it."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from monitor.mqtt.connection_events import Acknowledged, Limits
from monitor.mqtt.delivery import URGENT_PLACES, WINDOW, Delivery
from monitor.mqtt.publisher_settings import Patience
from monitor.mqtt.resting import RestingTopics
from monitor.mqtt.topics import Message
from monitor.store.journal import Journal
from tests.hostile import BASE, Box, FakeConnection

ALERT = f"{BASE}/alert"


def kinds(box: Box) -> list[tuple[str, str]]:
    return [(row["kind"], row["state"]) for row in box.journal.alerts()]


def health(box: Box) -> dict[str, object]:
    found = [m.payload for m in box.connection.published if m.topic == f"{BASE}/health"]
    return msgspec.json.decode(found[-1])


def test_a_refused_alert_stays_and_is_an_alert_of_its_own_until_it_is_taken(
    tmp_path: Path,
) -> None:
    box = Box(tmp_path, patience=Patience(refused_s=0.0))
    box.connection.forbidden = {ALERT}
    box.send("test_alert", b"")
    for _ in range(3):
        box.tick()
    assert ("not_delivered", "raised") in kinds(box)
    waiting = [row.topic for row in box.journal.outbox.everything()]
    assert set(waiting) == {ALERT}, "the sentence has left, the alert has not"
    assert health(box)["link"]["refused"] == {ALERT: "not authorized"}
    box.connection.forbidden = set()
    for _ in range(15):
        box.tick()
    assert ("not_delivered", "cleared") in kinds(box)
    assert box.journal.outbox.everything() == []
    assert health(box)["link"]["refused"] == {}
    box.close()


def test_what_the_broker_refuses_to_empty_stays_listed_until_it_has_done_it(
    tmp_path: Path,
) -> None:
    box = Box(tmp_path, patience=Patience(refused_s=0.5))
    box.send("baby_add", b'{"name": "Possum", "species": "puppy"}')
    box.tick()
    about = {m.topic for m in box.connection.published if "possum" in m.topic}
    assert about
    box.connection.forbidden = about
    box.send("baby_retire", b'{"name": "Possum"}')
    for _ in range(5):
        box.tick()
    assert set(box.journal.retained.gone) >= about
    assert set(health(box)["link"]["refused"]) >= about
    again = Journal.open(box.config.journal_path)  # no close(): kill -9 says no goodbye
    assert set(again.retained.gone) >= about
    again.close()
    box.connection.forbidden = set()
    time.sleep(0.5)
    for _ in range(5):
        box.tick()
    assert box.journal.retained.gone == []
    last = {m.topic: m.payload for m in box.connection.published}
    assert {last[topic] for topic in about} == {b""}
    box.close()


def sent(delivery: Delivery, connection: FakeConnection, place: str, count: int) -> int:
    """How many of ``count`` messages find a place."""
    found = 0
    while found < count and delivery.has_room(place):
        delivery.send(connection, Message(topic=f"t/{place}", payload=b""), place, 0.0)
        found += 1
    return found


def test_places_are_kept_for_alerts_and_for_urgent_ones() -> None:
    delivery, connection = Delivery(), FakeConnection()
    delivery.begin(Limits())
    assert sent(delivery, connection, "state", 100) == WINDOW // 2
    assert sent(delivery, connection, "news", 100) == WINDOW // 2 - URGENT_PLACES
    assert sent(delivery, connection, "state", 1) == 0
    assert sent(delivery, connection, "urgent", 100) == URGENT_PLACES
    delivery.answered(Acknowledged(1), 1.0)
    assert sent(delivery, connection, "urgent", 100) == 1


def test_a_broker_that_takes_one_at_a_time_gets_one() -> None:
    for place in ("state", "news", "urgent"):
        delivery, connection = Delivery(), FakeConnection()
        delivery.begin(Limits(receive_maximum=1))
        assert sent(delivery, connection, place, 100) == 1


def test_what_a_broker_does_not_offer_is_not_used() -> None:
    delivery, connection = Delivery(), FakeConnection()
    delivery.begin(Limits(maximum_qos=0, retain_available=False, maximum_packet_bytes=100))
    delivery.send(connection, Message(topic="t", payload=b"x", retain=True), "state", 0.0)
    assert (connection.published[-1].qos, connection.published[-1].retain) == (0, False)
    assert not delivery.send(connection, Message(topic="t", payload=b"x" * 100), "state", 0.0)
    assert "takes at most 100" in delivery.too_long["t"]


def test_silence_is_counted_across_connections_that_were_given_up_for_it() -> None:
    delivery, connection = Delivery(Patience(unanswered_s=30.0)), FakeConnection()
    delivery.begin(Limits())
    delivery.send(connection, Message(topic="t", payload=b""), "state", 100.0)
    assert not delivery.is_overdue(129.0)
    assert delivery.is_overdue(130.0)
    delivery.end(130.0)
    delivery.begin(Limits())
    delivery.send(connection, Message(topic="t", payload=b""), "state", 131.0)
    assert not delivery.is_overdue(140.0)
    assert delivery.silent_s(160.0) == 60.0
    delivery.answered(Acknowledged(2), 161.0)
    assert delivery.silent_s(161.0) is None


def test_a_topic_that_takes_nothing_rests_longer_each_time_and_one_message_finds_out() -> None:
    topics = RestingTopics([1.0, 4.0])
    topics.rest("t", "not authorized", 0.0)
    topics.rest("t", "not authorized", 0.5)
    assert topics.resting(1.4) == {"t"}
    assert topics.resting(1.5) == set()
    topics.tried("t", 2.0)
    assert topics.resting(5.9) == {"t"}, "the rest waits for the answer"
    topics.rest("t", "not authorized", 2.1)
    assert topics.resting(6.0) == {"t"}
    assert topics.resting(6.1) == set()
    topics.tried("t", 7.0)
    assert topics.resting(10.9) == {"t"}, "the last wait is for good"
    topics.begin()
    assert topics.resting(11.0) == set()
    topics.rest("t", "not authorized", 11.0)
    assert topics.resting(12.0) == set()
    assert topics.why == {"t": "not authorized"}
    topics.taken("t")
    assert topics.why == {}

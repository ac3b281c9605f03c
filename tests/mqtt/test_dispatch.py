"""What an acknowledgement is worth where it proves nothing (MQTT 3.1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.mqtt.connection_events import Limits, Received
from monitor.mqtt.dispatch import Dispatch
from monitor.mqtt.publisher_settings import Patience
from monitor.mqtt.topics import Message, Topics
from monitor.store.journal import Journal
from tests.hostile import FakeConnection

TOPICS = Topics("a")
OLD = "nursery/former/status"


class Sending:
    """A dispatch that empties one topic over a connection that acknowledges everything."""

    def __init__(self, journal: Journal) -> None:
        self.emptied: list[str] = []
        self.connection = FakeConnection()
        self.connection.events.clear()
        self.dispatch = Dispatch(
            journal.outbox, TOPICS, lambda: None, self.emptied.append, Patience()
        )

    def begin(self, *, proving: bool) -> None:
        self.dispatch.begin(Limits(), 0.0, proving=proving)
        self.dispatch.send_everything()
        self.dispatch.state.set([Message(topic=OLD, payload=b"", retain=True)])
        self.dispatch.pump(self.connection, 0.0, 0.0, subscribed=True)
        while self.connection.events:
            self.dispatch.answered(self.connection.events.popleft(), 0.0)

    def come_back(self) -> None:
        """The message to oneself that was sent last."""
        (*_, proof) = (m for m in self.connection.published if m.topic == TOPICS.proof)
        assert self.dispatch.received(Received(proof.topic, proof.payload, False))


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    journal = Journal.open(tmp_path / "j.sqlite")
    yield Sending(journal)
    journal.close()


def test_an_acknowledged_emptying_is_done_where_a_refusal_would_be_told(sending: Sending) -> None:
    sending.begin(proving=False)
    assert sending.emptied == [OLD]


def test_where_it_would_not_it_is_done_when_the_broker_passes_on_what_the_box_says(
    sending: Sending,
) -> None:
    sending.begin(proving=True)
    assert sending.emptied == [], "the broker may have thrown it away"
    sending.come_back()
    assert sending.emptied == [OLD]


def test_an_emptying_that_was_not_proven_is_sent_again_with_the_next_connection(
    sending: Sending,
) -> None:
    sending.begin(proving=True)
    sending.begin(proving=True)
    sending.come_back()
    assert sending.emptied == [OLD]
    assert [m.topic for m in sending.connection.published].count(OLD) == 2

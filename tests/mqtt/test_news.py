"""Alerts that the broker takes while nobody has subscribed: kept, and offered again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.mqtt.connection_events import Limits
from monitor.mqtt.dispatch import Dispatch
from monitor.mqtt.news import LATE_S, MOST_UNHEARD
from monitor.mqtt.publisher_settings import Patience
from monitor.mqtt.topics import Topics
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.outbox_message import OutboxMessage
from tests.hostile import FakeConnection

TOPICS = Topics("a")
ALERT, TEXT = TOPICS.alert, TOPICS.alert_text
START_S = 1_778_241_600.0


class House:
    """A box at a broker; who listens is in ``connection.unheard``. Seconds pass in ``at``."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.connection = journal, FakeConnection()
        self.connection.events.clear()
        self.connection.unheard = {ALERT, TEXT}
        self.dispatch = Dispatch(
            journal.outbox, TOPICS, lambda: None, lambda _topic: None,
            Patience(unheard_waits_s=[1.0, 4.0]),
        )  # fmt: skip
        self.dispatch.begin(Limits(), 0.0, proving=False)

    def tell(self, *messages: OutboxMessage) -> None:
        self.journal.write(Batch(messages=messages))

    def at(self, now_s: float) -> list[str]:
        """What leaves at this moment and is answered."""
        before = len(self.connection.published)
        self.dispatch.pump(self.connection, now_s, START_S + now_s, subscribed=True)
        while self.connection.events:
            self.dispatch.answered(self.connection.events.popleft(), now_s)
        self.dispatch.clear()
        return [message.payload.decode() for message in self.connection.published[before:]]

    def until_rest(self, now_s: float) -> list[str]:
        """The same, for as long as something leaves."""
        said: list[str] = []
        while more := self.at(now_s):
            said += more
        return said

    def somebody_comes(self, *topics: str) -> None:
        self.connection.unheard -= set(topics or (ALERT, TEXT))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    journal = Journal.open(tmp_path / "j.sqlite")
    yield House(journal)
    journal.close()


def told(
    alert: str, state: str = "raised", *, urgency: int = 1, topic: str = ALERT, t_s: float = 0.0
) -> OutboxMessage:
    return OutboxMessage(
        topic=topic, payload=f"{alert} {state}".encode(), expires_s=START_S + 1000.0,
        t_s=START_S + t_s, alert_id=alert, urgency=urgency, is_reminder=state == "reminded",
    )  # fmt: skip


def test_it_is_offered_again_less_and_less_often_until_somebody_has_subscribed(
    house: House,
) -> None:
    house.tell(told("a"))
    offered = [t_s for t_s in range(20) if house.at(float(t_s))]
    assert offered == [0, 1, 5, 9, 13, 17]
    assert len(house.journal.outbox) == 1
    house.somebody_comes()
    assert [t_s for t_s in range(20, 40) if house.at(float(t_s))] == [21]
    assert len(house.journal.outbox) == 0


def test_it_waits_on_the_card_and_a_daemon_that_was_killed_offers_it_again(house: House) -> None:
    house.tell(told("a"))
    house.at(0.0)
    again = House(Journal.open(house.journal.path))  # no close(): kill -9 says no goodbye
    again.somebody_comes()
    assert again.at(0.0) == ["a raised"]
    again.journal.close()


def test_one_message_finds_out_and_then_the_rest_leaves_in_order(house: House) -> None:
    house.tell(told("a"), told("b", urgency=2), told("c", t_s=1.0))
    assert house.at(0.0) == ["b raised", "c raised", "a raised"]
    assert house.at(1.0) == ["b raised"]
    house.somebody_comes()
    assert house.until_rest(5.0) == ["b raised", "c raised", "a raised"]


def test_something_new_is_offered_at_once_and_never_before_what_led_to_it(house: House) -> None:
    house.tell(told("a"))
    for t_s in range(10):
        house.at(float(t_s))
    house.somebody_comes()
    house.tell(told("a", "cleared"))
    assert house.until_rest(10.0) == ["a raised", "a cleared"]


def test_of_two_messages_on_their_way_the_later_never_overtakes(house: House) -> None:
    """Else a listener that comes between the two hears the all-clear before its alert."""
    house.tell(told("a"), told("a", "cleared"))
    house.dispatch.pump(house.connection, 0.0, START_S, subscribed=True)
    assert [m.payload for m in house.connection.published] == [b"a raised"]
    house.at(0.0)
    house.somebody_comes()
    assert house.until_rest(1.0) == ["a raised", "a cleared"]


def test_whoever_reads_only_one_of_the_two_topics_gets_all_of_it(house: House) -> None:
    house.somebody_comes(ALERT)
    house.tell(*[told(name, topic=topic) for name in "abc" for topic in (ALERT, TEXT)])
    house.until_rest(0.0)
    waits = [row.topic for row in house.journal.outbox.everything()]
    assert waits == [TEXT] * 3
    assert set(house.dispatch.delivery.unheard.why) == {TEXT}
    assert house.journal.outbox.count(without=house.dispatch.delivery.unheard.why) == 0


def test_home_assistant_s_start_and_a_new_connection_offer_it_at_once(house: House) -> None:
    house.tell(told("a"))
    for t_s in range(10):
        house.at(float(t_s))
    house.somebody_comes()
    house.dispatch.send_everything()
    assert "a raised" in house.at(10.0)


@pytest.mark.parametrize("where", ["card", "memory"])
def test_where_nobody_ever_listens_the_most_urgent_stay_until_they_are_no_news(
    house: House, where: str
) -> None:
    rows = [told(f"{n}", urgency=int(n == 7), t_s=n / 100) for n in range(MOST_UNHEARD + 50)]
    if where == "card":
        house.tell(*rows)
        for t_s in range(10):
            house.at(float(t_s))
        kept = {row.alert_id for row in house.journal.outbox.everything()}
        assert kept == {"7", *map(str, range(51, MOST_UNHEARD + 50))}
    else:
        house.journal.outbox.hold(rows)
        for t_s in range(10):
            house.at(float(t_s))
        assert len(house.journal.outbox) == MOST_UNHEARD + 50, "memory has its own bound"
    house.at(1001.0)
    assert len(house.journal.outbox) == 0
    assert house.dispatch.news.expired == 0, "it was said; there was nobody"


def test_what_is_told_late_says_so(house: House) -> None:
    house.somebody_comes()
    said = OutboxMessage(
        topic=ALERT, payload=b'{"id":"a"}', expires_s=START_S + 1000, t_s=START_S, alert_id="a"
    )
    house.tell(said, told("a", topic=TEXT))
    assert house.at(LATE_S - 1) == ['{"id":"a"}', "a raised"]
    house.tell(said, told("a", topic=TEXT))
    assert house.at(LATE_S) == ['{"id":"a","late":true}', "a raised This was told late."]

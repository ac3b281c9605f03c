from pathlib import Path

import pytest

from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.outbox_message import OutboxMessage
from monitor.timeshift import TimeShift


@pytest.fixture
def journal(tmp_path: Path):
    opened = Journal.open(tmp_path / "j.sqlite")
    yield opened
    opened.close()


def test_rows_leave_in_order_and_only_when_deleted(journal: Journal) -> None:
    rows = [OutboxMessage(topic="t", payload=str(n).encode(), expires_s=10.0 + n) for n in range(5)]
    journal.write(Batch(messages=rows))
    first = journal.outbox.next_rows(2)
    assert [row.payload for row in first] == [b"0", b"1"]
    second = journal.outbox.next_rows(10, without={row.id for row in first})
    assert [row.payload for row in second] == [b"2", b"3", b"4"]
    journal.outbox.delete([row.id for row in first])
    assert len(journal.outbox) == 3
    assert [row.payload for row in journal.outbox.next_rows(10)] == [b"2", b"3", b"4"]


def test_rows_survive_the_process(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "j.sqlite")
    journal.write(Batch(messages=[OutboxMessage(topic="t", payload=b"x", expires_s=10.0)]))
    # No close(): a killed process does not say goodbye.
    again = Journal.open(tmp_path / "j.sqlite")
    assert [row.payload for row in again.outbox.next_rows(10)] == [b"x"]
    again.close()
    journal.close()


def told(
    alert: str, state: str, t_s: float, *, urgency: int = 1, topic: str = "alert"
) -> OutboxMessage:
    return OutboxMessage(
        topic=topic, payload=f"{alert} {state}".encode(), expires_s=1e9, t_s=t_s,
        alert_id=alert, urgency=urgency, is_reminder=state == "reminded",
    )  # fmt: skip


def order(journal: Journal, **left_out: set[int] | set[str]) -> list[str]:
    return [row.payload.decode() for row in journal.outbox.next_rows(100, **left_out)]


ALERTS = [
    told("a", "raised", 10.0),
    told("b", "raised", 20.0, urgency=2),
    told("c", "raised", 30.0),
    told("d", "raised", 40.0, urgency=2),
]


@pytest.mark.parametrize("where", ["card", "memory"])
def test_the_newest_critical_alert_leaves_first(journal: Journal, where: str) -> None:
    journal.write(Batch(messages=ALERTS)) if where == "card" else journal.outbox.hold(ALERTS)
    assert order(journal) == ["d raised", "b raised", "c raised", "a raised"]


@pytest.mark.parametrize("where", ["card", "memory"])
def test_reminders_collapse_into_what_was_said_last_and_the_order_within_an_alert_is_kept(
    journal: Journal, where: str
) -> None:
    life = [
        told("a", "raised", 10.0),
        told("b", "raised", 15.0),
        told("a", "reminded", 20.0),
        told("a", "reminded", 20.0, topic="text"),
        told("a", "reminded", 30.0, urgency=2),
        told("a", "cleared", 40.0, urgency=2),
    ]
    for message in life:
        if where == "card":
            journal.write(Batch(messages=[message]))
        else:
            journal.outbox.hold([message])
    assert order(journal) == ["a raised", "a reminded", "a cleared", "b raised"]
    text = [row.topic for row in journal.outbox.next_rows(100)]
    assert text == ["alert", "text", "alert", "alert"]


def test_an_older_journal_s_rows_wait_behind_what_is_urgent(journal: Journal) -> None:
    old = OutboxMessage(topic="alert", payload=b"from an older version", expires_s=1e9)
    journal.write(Batch(messages=[old, *ALERTS]))
    assert order(journal)[-1] == "from an older version"


def test_resting_topics_and_rows_on_their_way_are_left_out(journal: Journal) -> None:
    journal.write(Batch(messages=[*ALERTS, told("a", "said", 10.0, topic="text")]))
    first = journal.outbox.next_rows(1)[0].id
    assert "d raised" not in order(journal, without={first})
    assert order(journal, resting={"alert"}) == ["a said"]
    assert order(journal, resting={"alert", "text"}) == []
    assert len(order(journal)) == 5, "what was left out is found again"


def test_what_is_no_longer_news_is_known_by_its_rows(journal: Journal) -> None:
    rows = [OutboxMessage(topic="t", payload=b"", expires_s=10.0 + n) for n in range(5)]
    journal.write(Batch(messages=rows))
    expired = journal.outbox.expired(12.0)
    journal.outbox.delete(expired)
    assert (len(expired), len(journal.outbox)) == (3, 2)


@pytest.mark.parametrize("where", ["card", "memory"])
def test_what_waits_is_shifted_with_its_expiry_and_the_times_it_tells(
    journal: Journal, where: str
) -> None:
    """By the moment it became news: an expiry lies ahead, wherever the shift ends."""
    rows = [
        OutboxMessage(
            topic="alert", payload=b'{"since":"1970-01-01T00:01:00Z"}', t_s=t_s, expires_s=150.0,
            alert_id=f"a{t_s:.0f}", latest_s=t_s,
        )
        for t_s in (90.0, 110.0)
    ]  # fmt: skip
    shift = TimeShift(by_s=1000.0, since_s=50.0, until_s=100.0)
    if where == "card":
        journal.write(Batch(messages=rows))
        journal.write(Batch(shifts=[shift]))
    else:
        journal.outbox.hold(rows)
        journal.outbox.shift_held(shift)
    later, stays = journal.outbox.next_rows(10)
    assert (later.t_s, later.expires_s, later.latest_s) == (1090.0, 1150.0, 1090.0)
    assert later.payload == b'{"since":"1970-01-01T00:17:40Z"}'
    assert (stays.t_s, stays.expires_s, stays.latest_s) == (110.0, 150.0, 110.0)
    assert stays.payload == rows[1].payload

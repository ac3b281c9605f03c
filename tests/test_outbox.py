from pathlib import Path

import pytest

from monitor.journal import Journal
from monitor.outbox import OutboxMessage


@pytest.fixture
def journal(tmp_path: Path):
    opened = Journal.open(tmp_path / "j.sqlite")
    yield opened
    opened.close()


def test_rows_leave_in_order_and_only_when_deleted(journal: Journal) -> None:
    rows = [OutboxMessage(topic="t", payload=str(n).encode(), expires_s=10.0 + n) for n in range(5)]
    journal.record([], rows)
    first = journal.outbox.next_rows(2)
    assert [row.payload for row in first] == [b"0", b"1"]
    second = journal.outbox.next_rows(10, without={row.id for row in first})
    assert [row.payload for row in second] == [b"2", b"3", b"4"]
    journal.outbox.delete([row.id for row in first])
    assert len(journal.outbox) == 3
    assert [row.payload for row in journal.outbox.next_rows(10)] == [b"2", b"3", b"4"]


def test_rows_survive_the_process(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "j.sqlite")
    journal.record([], [OutboxMessage(topic="t", payload=b"x", expires_s=10.0)])
    # No close(): a killed process does not say goodbye.
    again = Journal.open(tmp_path / "j.sqlite")
    assert [row.payload for row in again.outbox.next_rows(10)] == [b"x"]
    again.close()
    journal.close()

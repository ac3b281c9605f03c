"""The list of retained topics: what is on it, what is to be emptied, and when it leaves."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.store.journal import Journal
from monitor.store.retained import MOST_EMPTIED, RetainedTopics
from tests.store.rows import put_in


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "j.sqlite")
    yield opened
    opened.close()


def test_what_no_longer_belongs_is_to_be_emptied_until_the_broker_has_done_it(
    journal: Journal, tmp_path: Path
) -> None:
    assert journal.retained.is_empty
    journal.retained.belong(["n/a", "n/b"])
    journal.retained.belong(["n/b", "n/c"])
    assert journal.retained.gone == ["n/a"]
    again = Journal.open(tmp_path / "j.sqlite")  # no close(): kill -9 says no goodbye
    assert again.retained.gone == ["n/a"]
    again.retained.emptied("n/a")
    assert again.retained.gone == []
    again.close()
    third = Journal.open(tmp_path / "j.sqlite")
    assert third.retained.gone == []
    assert not third.retained.is_empty
    third.close()


def test_a_topic_that_is_wanted_again_is_not_emptied(journal: Journal) -> None:
    journal.retained.belong(["n/a"])
    journal.retained.belong([])
    journal.retained.belong(["n/a"])
    assert journal.retained.gone == []
    journal.retained.emptied("n/a")  # an acknowledgement that comes late takes nothing off
    journal.retained.belong([])
    assert journal.retained.gone == ["n/a"]


def test_what_was_emptied_last_is_remembered_and_is_no_longer_when_it_is_wanted_again(
    journal: Journal, tmp_path: Path
) -> None:
    topics = [f"n/{n}" for n in range(MOST_EMPTIED + 2)]
    journal.retained.belong([*topics, "n/stays"])
    journal.retained.belong(["n/stays"])
    for topic in topics:
        journal.retained.emptied(topic)
        journal.retained.emptied(topic)  # at each new connection
    journal.retained.belong(["n/stays", "n/10"])
    again = Journal.open(tmp_path / "j.sqlite")  # no close(): kill -9 says no goodbye
    assert again.retained.emptied_before == [t for t in topics[2:] if t != "n/10"]
    assert again.retained.gone == []
    assert "n/10" in again.retained
    again.close()


def test_what_belongs_to_another_box_is_forgotten_and_not_emptied(journal: Journal) -> None:
    journal.retained.belong(["n/a", "h/device/nursery-a/x/config"])
    journal.retained.disown(but="/nursery-a/")
    journal.retained.belong(["n/b"])
    assert journal.retained.gone == ["h/device/nursery-a/x/config"]


def test_what_another_box_may_announce_again_is_emptied_only_once(
    journal: Journal, tmp_path: Path
) -> None:
    journal.retained.belong(["n/a", "h/device/nursery-a/x/config"])
    journal.retained.disown(but="/nursery-a/")
    again = Journal.open(tmp_path / "j.sqlite")  # no close(): kill -9 says no goodbye
    assert again.retained.gone == ["h/device/nursery-a/x/config"]
    again.retained.emptied("h/device/nursery-a/x/config")
    assert again.retained.gone == again.retained.emptied_before == []
    again.close()


def test_a_card_that_refuses_loses_nothing_of_it(journal: Journal, tmp_path: Path) -> None:
    class Card(sqlite3.Connection):
        refuses = False

        def executemany(self, sql: str, values: Iterable[Any], /) -> sqlite3.Cursor:
            if self.refuses:
                raise sqlite3.OperationalError("disk I/O error")
            return super().executemany(sql, values)

    card = sqlite3.connect(journal.path, factory=Card)
    retained = RetainedTopics(card)
    retained.belong(["n/a"])
    card.refuses = True
    retained.belong(["n/b"])
    assert retained.gone == ["n/a"]
    card.refuses = False
    retained.belong(["n/b"])
    card.close()
    again = Journal.open(tmp_path / "j.sqlite")
    assert again.retained.gone == ["n/a"]
    again.close()


@pytest.mark.parametrize("value", [b"\xff", "x", 1.5, -1, -2])
def test_poisoned_rows_stop_nothing(journal: Journal, value: object) -> None:
    put_in(journal.path, "INSERT INTO retained VALUES (?, ?)", (value, "?"))
    journal.retained.belong(["n/a"])
    journal.retained.belong([])
    assert "n/a" in journal.retained.gone

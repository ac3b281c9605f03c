"""A card that refuses does not end the watch."""

import errno
from pathlib import Path

import pytest

from monitor.errors import CardError
from monitor.store import journal as journal_module
from monitor.store.batch import Batch
from monitor.store.failover import fail_back, open_journal
from monitor.store.journal import Journal
from monitor.store.outbox_message import OutboxMessage
from tests.store.soundness import damage


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    return tmp_path / "state" / "journal.sqlite"


def refuse(monkeypatch: pytest.MonkeyPatch, card: Path) -> None:
    """From now on opening the journal on this card fails as on a read-only one."""
    honest = journal_module.connect

    def connect(path: Path, patience_s: float):
        if path == card:
            raise OSError(errno.EROFS, "Read-only file system")
        return honest(path, patience_s)

    monkeypatch.setattr(journal_module, "connect", connect)


def news(text: str) -> OutboxMessage:
    return OutboxMessage(topic="t", payload=text.encode(), expires_s=9e9)


def test_it_goes_on_in_memory_and_comes_home(card: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_journal(card)
    identity = first.identity()
    first.write(Batch(messages=[news("before")]))
    first.close()
    with monkeypatch.context() as broken:
        refuse(broken, card)
        copy = open_journal(card)
        assert (copy.failed_over_from, copy.identity()) == (card, identity)
        copy.write(Batch(messages=[news("meanwhile")]))
        with pytest.raises(CardError):
            fail_back(copy)
        copy.write(Batch(messages=[news("still")]))
    fail_back(copy)
    assert (copy.failed_over_from, copy.path) == (None, card)
    copy.write(Batch(messages=[news("home")]))
    assert not list((card.parents[1] / "run").glob("spare*"))
    copy.close()
    again = Journal.open(card)
    waiting = [row.payload for row in again.outbox.next_rows(10)]
    assert waiting == [b"before", b"meanwhile", b"still", b"home"]
    again.close()


def test_what_a_killed_process_knew_is_taken_up(card: Path, monkeypatch) -> None:
    open_journal(card).close()
    with monkeypatch.context() as broken:
        refuse(broken, card)
        open_journal(card).write(Batch(messages=[news("in memory only")]))  # killed: no close()
        second = open_journal(card)
        assert second.failed_over_from == card
        second.close()
    third = open_journal(card)
    assert third.failed_over_from is None
    assert [row.payload for row in third.outbox.next_rows(10)] == [b"in memory only"]
    third.close()
    assert damage(card) is None


def test_another_trouble_is_told_and_not_worked_around(card: Path) -> None:
    card.parent.parent.joinpath("state").write_text("a file in the way")
    with pytest.raises(OSError, match="state") as caught:
        open_journal(card)
    assert not isinstance(caught.value, CardError)

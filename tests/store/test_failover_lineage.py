"""Only what descends from the journal on the card comes home; nothing that is there is lost."""

import errno
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.daemon.recorder import Recorder
from monitor.events import Baby, HostReport, RosterChanged, Tick, WeighIn
from monitor.store import journal as journal_module
from monitor.store.batch import Batch
from monitor.store.failover import NOTHING, fail_back, fail_over, open_journal
from monitor.store.journal import Journal
from monitor.store.kept_journals import KeptJournals
from monitor.store.outbox_message import OutboxMessage
from tests.daemon.test_recorder import CONFIG, START_S, ring

T = START_S


class Card:
    """The folder ``state`` as a card; the runtime directory is beside it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path = folder / "state" / "journal.sqlite"
        self.copy = folder / "run" / "spare.sqlite"
        self.copy.parent.mkdir()
        self.refuses: int | None = None
        self.opened: list[sqlite3.Connection] = []
        """by the monitor, oldest first; closing one is a kill, or a card that answers no more"""
        monkeypatch.setenv("RUNTIME_DIRECTORY", str(self.copy.parent))
        honest = journal_module.connect

        def connect(path: Path, patience_s: float) -> sqlite3.Connection:
            if path == self.path and self.refuses is not None:
                raise OSError(self.refuses, "refused")
            self.opened.append(honest(path, patience_s))
            return self.opened[-1]

        monkeypatch.setattr(journal_module, "connect", connect)
        copyfile = shutil.copyfile

        def copy(source: Path, target: Path) -> None:
            if Path(source).parent == self.path.parent and self.refuses == errno.EIO:
                raise OSError(errno.EIO, "Input/output error")
            copyfile(source, target)

        monkeypatch.setattr(shutil, "copyfile", copy)


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Card:
    return Card(tmp_path, monkeypatch)


def weight(step_id: str, grams: float = 112.0) -> WeighIn:
    return WeighIn(
        t_s=T + 1, baby="Possum", move=None, weight_g=grams, sigma_g=1.0, confidence=1.0,
        step_id=step_id, origin="typed",
    )  # fmt: skip


def filled(card: Card, *weights: WeighIn) -> None:
    journal = Journal.open(card.path)
    journal.write(
        Batch(events=[RosterChanged(t_s=T, baby=Baby(id="p", name="Possum", species="puppy"))])
    )
    journal.write(Batch(events=list(weights)))
    journal.close()


def steps(journal: Journal) -> list[str]:
    return sorted(weighing.step_id for weighing in journal.weighings())


def news(text: str) -> OutboxMessage:
    return OutboxMessage(topic="t", payload=text.encode(), expires_s=T + 9e6)


def test_an_unreadable_start_overwrites_nothing_and_its_alerts_are_added(card: Card) -> None:
    filled(card, weight("before"))
    card.refuses = errno.EIO
    blind = open_journal(card.path)
    assert (blind.babies(), blind.knows_roster) == ([], False)
    blind.write(Batch(messages=[news("cried meanwhile")]))
    card.refuses = None
    assert fail_back(blind) == "joined"
    assert [baby.name for baby in blind.babies()] == ["Possum"]
    assert steps(blind) == ["before"]
    assert [row.payload for row in blind.outbox.everything()] == [b"cried meanwhile"]
    assert blind.knows_roster
    blind.close()


@pytest.mark.parametrize("content", [b"", b"torn" * 2000, None], ids=["empty", "torn", "cut off"])
def test_a_broken_copy_in_memory_leaves_the_card_as_it_is(
    card: Card, content: bytes | None
) -> None:
    filled(card, weight("kept"))
    if content is None:
        content = card.path.read_bytes()[:20_000]
    card.copy.write_bytes(content)
    log: list[str] = []
    journal = open_journal(card.path, log.append)
    assert journal.failed_over_from is None
    assert steps(journal) == ["kept"]
    assert any("copy in memory" in line for line in log)
    journal.close()


def leave_a_copy(card: Card, *meanwhile: WeighIn) -> None:
    """A daemon ran on a copy and was killed."""
    card.refuses = errno.EROFS
    copy = open_journal(card.path)
    copy.write(Batch(events=list(meanwhile)))
    card.opened[-1].close()
    card.refuses = None
    assert card.copy.exists()


def test_what_descends_from_the_card_is_followed(card: Card) -> None:
    filled(card, weight("before"))
    leave_a_copy(card, weight("meanwhile"))
    journal = open_journal(card.path)
    assert (steps(journal), journal.failed_over_from) == (["before", "meanwhile"], None)
    assert not card.copy.exists()
    journal.close()


def rewrite(card: Card, how: str) -> list[str]:
    """Another journal than the copy was made of; returns the weights in it."""
    if how == "went on":  # a command was carried out while no daemon ran
        journal = Journal.open(card.path)
        journal.write(Batch(events=[weight("typed")]))
        journal.close()
        return ["before", "typed"]
    card.path.unlink()
    filled(card, weight("of another"))
    return ["of another"]


@pytest.mark.parametrize("how", ["went on", "another card"])
def test_an_older_copy_is_kept_aside_and_asked_about(card: Card, how: str) -> None:
    filled(card, weight("before"))
    leave_a_copy(card, weight("meanwhile"))
    there = rewrite(card, how)
    journal = open_journal(card.path)
    assert steps(journal) == there
    (question,) = KeptJournals(journal).sentences()
    assert "journal.copy-" in question
    assert "babies: Possum; weights: 2, the last at" in question
    assert "delete it" in question
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    recorder.handle(HostReport(START_S + 1))
    recorder.handle(Tick(START_S + 2))
    kept = [a for a in recorder.pipeline.policy.open if a.title == "Another journal is kept aside"]
    assert question in kept[0].message
    journal.close()


def test_a_restored_backup_is_not_wiped_by_a_copy_of_what_it_replaced(card: Card) -> None:
    filled(card, weight("backed up"))
    backup = card.path.read_bytes()
    filled(card, weight("later"))
    leave_a_copy(card, weight("meanwhile"))
    card.path.write_bytes(backup)
    journal = open_journal(card.path)
    assert steps(journal) == ["backed up"]
    assert len(KeptJournals(journal).sentences()) == 1
    journal.close()


def test_a_backup_that_has_counted_as_far_is_another_journal_all_the_same(card: Card) -> None:
    filled(card, weight("one"))
    backup = card.path.read_bytes()
    for name in ("two", "three"):
        journal = Journal.open(card.path)
        journal.write(Batch(events=[weight(name)]))
        journal.close()
    leave_a_copy(card)
    card.path.write_bytes(backup)
    for name in ("other two", "other three"):
        journal = Journal.open(card.path)
        journal.write(Batch(events=[weight(name)]))
        journal.close()
    journal = open_journal(card.path)
    assert steps(journal) == ["one", "other three", "other two"]
    assert len(KeptJournals(journal).sentences()) == 1
    journal.close()


def test_a_new_card_gets_all_that_the_copy_has(card: Card) -> None:
    filled(card, weight("before"))
    leave_a_copy(card, weight("meanwhile"))
    card.path.unlink()
    journal = open_journal(card.path)
    assert (journal.path, journal.copy_of) == (card.path, None)
    assert steps(journal) == ["before", "meanwhile"]
    journal.close()
    again = Journal.open(card.path)
    assert again.copy_of is None
    again.close()


def test_a_crash_after_the_return_asks_nothing(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(card)
    leave_a_copy(card, weight("meanwhile"))
    left = card.copy.read_bytes()
    open_journal(card.path).close()
    card.copy.write_bytes(left)  # the copy had not been removed yet
    journal = open_journal(card.path)
    assert steps(journal) == ["meanwhile"]
    assert KeptJournals(journal).sentences() == []
    journal.close()


def test_a_card_that_dies_in_use_is_followed_by_number(card: Card) -> None:
    """What is on its way to the broker keeps its number, so its acknowledgement finds it."""
    filled(card)
    journal = open_journal(card.path)
    journal.write(Batch(messages=[news("waits")]))
    (waits,) = journal.outbox.everything()
    card.opened[-1].close()  # nothing can be read any more
    fail_over(journal, "gone", NOTHING)
    assert [row.id for row in journal.outbox.everything()] == [waits.id]
    journal.write(Batch(messages=[news("new")]))
    journal.outbox.delete([waits.id])
    fail_back(journal)
    assert [row.payload for row in journal.outbox.everything()] == [b"new"]
    journal.close()


# ------------------------------------------------------------------ locked by another program


@pytest.fixture
def hold(card: Card) -> Callable[[], sqlite3.Connection]:
    def lock() -> sqlite3.Connection:
        other = sqlite3.connect(card.path)
        other.execute("BEGIN IMMEDIATE")
        return other

    return lock


def test_a_lock_delays_an_alert_by_less_than_half_a_second(
    card: Card, hold: Callable[[], sqlite3.Connection]
) -> None:
    filled(card)
    journal = open_journal(card.path)
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    other = hold()
    for second in (1, 2):
        began_s = time.monotonic()
        ring(recorder, START_S + second)
        assert time.monotonic() - began_s < 0.5
    assert len(journal.outbox.held) == 4
    assert recorder.error is None  # a backup is done in seconds
    recorder.handle(Tick(START_S + 35))
    recorder.handle(Tick(START_S + 36))
    assert recorder.error is not None
    assert "another program has locked it" in recorder.error
    other.rollback()
    recorder.handle(Tick(START_S + 40))
    assert (recorder.error, journal.outbox.held) == (None, [])
    assert {row["kind"] for row in journal.alerts()} >= {"test"}
    assert journal.failed_over_from is None
    journal.close()


def test_a_lock_at_the_start_is_watched_through(
    card: Card, hold: Callable[[], sqlite3.Connection]
) -> None:
    filled(card, weight("before"))
    other = hold()
    began_s = time.monotonic()
    journal = open_journal(card.path)
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    assert time.monotonic() - began_s < 2.0
    assert (journal.failed_over_from, steps(journal)) == (card.path, ["before"])
    ring(recorder, START_S + 1)
    other.rollback()
    for second in range(2, 15):
        recorder.handle(Tick(START_S + second))
    assert (journal.failed_over_from, journal.path) == (None, card.path)
    assert {row["kind"] for row in journal.alerts()} >= {"test"}
    journal.close()

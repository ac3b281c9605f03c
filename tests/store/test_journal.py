import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import msgspec
import pytest

from monitor.commands import Weigh
from monitor.errors import JournalError
from monitor.events import (
    Alert,
    Baby,
    Candidate,
    CommandResult,
    CryEnded,
    Feed,
    Note,
    Retraction,
    RosterChanged,
    Stamp,
    Unassigned,
    WeighIn,
)
from monitor.store import schema as migrations
from monitor.store.batch import Batch
from monitor.store.inbox import AT_ONCE, Answer
from monitor.store.journal import Journal
from monitor.store.lock import StateLock
from monitor.store.outbox_message import OutboxMessage
from monitor.store.reading import JournalReader, MinuteRow
from monitor.timeshift import TimeShift
from monitor.written.requests import request
from tests.store.rows import rows
from tests.store.soundness import damage

T = 1_767_225_600.0


def weigh_in(step_id: str = "a1", baby: str = "Possum", weight_g: float = 112.0) -> WeighIn:
    return WeighIn(
        t_s=T, baby=baby, move="lift", weight_g=weight_g, sigma_g=0.4, confidence=0.99,
        step_id=step_id,
    )  # fmt: skip


def alert(state: str = "raised", t_s: float = T) -> Alert:
    return Alert(
        t_s=t_s, id="crying-1", kind="crying", state=state, severity="warning", baby=None,
        since=T, title="Crying", message="The box cries.", why="", box="a",
    )  # fmt: skip


def message(n: int = 1) -> OutboxMessage:
    return OutboxMessage(topic="nursery/a/alert", payload=b"%d" % n, expires_s=T + 600)


@pytest.fixture
def journal(tmp_path: Path):
    opened = Journal.open(tmp_path / "state" / "journal.sqlite")
    yield opened
    opened.close()


def test_identity_is_kept(tmp_path: Path) -> None:
    first = Journal.open(tmp_path / "j.sqlite")
    identity = first.identity()
    first.close()
    second = Journal.open(tmp_path / "j.sqlite")
    assert second.identity() == identity
    second.close()


def test_what_happened_comes_back(journal: Journal) -> None:
    feed = Feed(t_s=T + 300, baby="Possum", net_g=5.2, sigma_g=0.6, out_s=300, step_id="a2")
    cry = CryEnded(t_s=T + 40, started_s=T, species="kitten", score=0.9, context="bottle_due")
    journal.write(Batch(events=[weigh_in(), feed, cry]))
    (weighing,) = journal.weighings()
    assert (weighing.baby, weighing.weight_g, weighing.move) == ("Possum", 112.0, "lift")
    assert journal.feeds() == [feed]
    assert journal.cries()[0].t_s - journal.cries()[0].started_s == 40
    assert journal.weighings(T + 1) == []
    assert journal.last_s() == T


def test_what_a_person_told_comes_back(journal: Journal) -> None:
    fed = Feed(
        t_s=T, baby="Possum", net_g=None, sigma_g=None, out_s=None, step_id="a-possum-feed",
        origin="typed", how="tube", stamp="person",
    )  # fmt: skip
    notes = [
        Note(t_s=T + n, step_id=f"n{n}", baby=baby, kind="other", value=value, text=text)
        for n, (baby, value, text) in enumerate(
            [("Possum", 38.5, None), (None, "38.5", "as text"), ("Possum", None, None)]
        )
    ]
    journal.write(Batch(events=[fed, *notes]))
    assert journal.feeds() == [fed]
    assert journal.notes() == notes
    journal.write(Batch(shifts=[TimeShift(by_s=3600.0)]))
    assert journal.feeds()[0].t_s == T  # its time was given by a person
    assert [note.t_s - T for note in journal.notes()] == [3600.0, 3601.0, 3602.0]
    for event in (fed, *notes):
        journal.write(Batch(events=[Retraction(t_s=T, step_id=event.step_id, why="x")]))
    assert (journal.feeds(), journal.notes()) == ([], [])


def test_a_corrected_weighing_keeps_its_history(journal: Journal) -> None:
    journal.write(Batch(events=[weigh_in(baby="Kangaroo")]))
    journal.write(Batch(events=[weigh_in(baby="Possum")]))
    assert [w.baby for w in journal.weighings()] == ["Possum"]
    assert rows(journal.path, "SELECT baby FROM weighing_history") == [("Kangaroo",)]


def test_an_answer_empties_the_question(journal: Journal) -> None:
    question = Unassigned(
        t_s=T, move="lift", weight_g=112, sigma_g=1, step_id="a1",
        candidates=[Candidate("Possum", 0.6)],
    )  # fmt: skip
    journal.write(Batch(events=[question]))
    assert [row["step_id"] for row in journal.unassigned()] == ["a1"]
    journal.write(Batch(events=[weigh_in()]))
    assert journal.unassigned() == []
    journal.write(Batch(events=[Retraction(t_s=T, step_id="a1", why="it was a blanket")]))
    assert journal.weighings() == []


def test_babies_are_renamed_with_their_history(journal: Journal) -> None:
    baby = Baby(id="x", name="Possum", species="puppy")
    journal.write(Batch(events=[RosterChanged(t_s=T, baby=baby), weigh_in()]))
    renamed = Baby(id="x", name="Opossum", species="puppy")
    journal.write(Batch(events=[RosterChanged(t_s=T, baby=renamed)]))
    assert [b.name for b in journal.babies()] == ["Opossum"]
    assert [w.baby for w in journal.weighings()] == ["Opossum"]
    gone = Baby(id="x", name="Opossum", species="puppy", retired_s=T)
    journal.write(Batch(events=[RosterChanged(t_s=T, baby=gone)]))
    assert journal.babies() == []
    assert [b.name for b in journal.babies(retired=True)] == ["Opossum"]


def test_alert_and_message_are_one_transaction(journal: Journal) -> None:
    journal.write(Batch(events=[alert()], messages=[message()]))
    assert len(journal.outbox) == 1
    broken = OutboxMessage(topic=None, payload=b"", expires_s=0)  # type: ignore[arg-type]
    with pytest.raises(JournalError):
        journal.write(Batch(events=[alert("cleared", T + 5)], messages=[broken]))
    assert [row["state"] for row in journal.alerts()] == ["raised"]
    assert len(journal.outbox) == 1


def test_rows_of_a_boot_move_and_nothing_else(journal: Journal) -> None:
    def stamped(step_id: str, t_s: float, stamp: Stamp) -> WeighIn:
        return msgspec.structs.replace(weigh_in(step_id), t_s=t_s, stamp=stamp)

    journal.write(Batch(events=[stamped("before", T - 10, "clock")]))
    journal.write(
        Batch(events=[stamped("guess", T, "guess"), stamped("typed", T, "person")], synced=False)
    )
    minutes = [
        MinuteRow(t_s=T + 60 * n, cry_s=0, activity=None, level_db=None, in_box="?")
        for n in range(5)
    ]
    journal.record_minutes(minutes)
    cries = [
        CryEnded(t_s=T + 12 * n + 5, started_s=T + 12 * n, species="kitten", score=0.9)
        for n in range(5)
    ]
    changes = [alert("reminded", T + 60 * n) for n in range(5)]
    journal.write(Batch(events=[*cries, *changes], messages=[message()], synced=False))
    journal.write(Batch(shifts=[TimeShift(by_s=60.0, since_s=T - 1)], state={"kept": b"x"}))
    assert {w.step_id: (w.t_s, w.stamp) for w in journal.weighings()} == {
        "before": (T - 10, "clock"), "guess": (T + 60, "clock"), "typed": (T, "person"),
    }  # fmt: skip
    assert [m.t_s for m in journal.telemetry()] == [m.t_s + 60 for m in minutes]
    assert [c.started_s for c in journal.cries()] == [c.started_s + 60 for c in cries]
    assert [row["t_s"] for row in journal.alerts()] == [c.t_s + 60 for c in changes]
    assert journal.load_state("kept") == b"x"


def test_what_waits_to_be_sent_moves_with_its_times(journal: Journal) -> None:
    body = b'{"event":"alert","at":"1970-01-01T00:05:00Z","since":"1969-12-31T00:00:00Z","id":"x"}'
    waiting = [
        OutboxMessage(topic="a", payload=body, expires_s=900.0, t_s=300.0),
        OutboxMessage(topic="b", payload=b"crying since", expires_s=900.0, t_s=300.0),
        OutboxMessage(topic="c", payload=body, expires_s=900.0, t_s=-5.0),
    ]
    journal.write(Batch(messages=waiting))
    journal.write(Batch(shifts=[TimeShift(by_s=T, since_s=0.0)]))
    here, text, old = journal.outbox.next_rows(10)
    assert msgspec.json.decode(here.payload) == {
        "event": "alert", "at": "2026-01-01T00:05:00Z", "since": "1969-12-31T00:00:00Z", "id": "x",
    }  # fmt: skip
    assert here.expires_s == T + 900
    assert (text.payload, text.expires_s) == (b"crying since", T + 900)
    assert (old.payload, old.expires_s) == (body, 900.0)


def test_commands_typed_on_the_pi_are_answered(journal: Journal) -> None:
    desk = Journal.open(journal.path)
    assert journal.inbox.submitted(T) == []
    number = desk.inbox.submit(request("weigh", {"baby": "Possum", "grams": 112}))
    (command,) = journal.inbox.submitted(T)
    assert command.request == Weigh(baby="Possum", grams=112)
    assert desk.inbox.answer(number) is None
    assert journal.inbox.submitted(T) == []  # handed out once
    result = CommandResult(t_s=T, verb="weigh", ok=False, error="too heavy", origin=command.origin)
    journal.write(Batch(events=[result]))
    assert desk.inbox.answer(number) == Answer(ok=False, error="too heavy")
    assert journal.inbox.submitted(T) == []
    desk.close()


def test_a_question_typed_on_the_pi_is_answered_with_its_fields(journal: Journal) -> None:
    desk = Journal.open(journal.path)
    number = desk.inbox.submit(request("summary", {}))
    (command,) = journal.inbox.submitted(T)
    result = CommandResult(
        t_s=T, verb="summary", ok=True, origin=command.origin, answer={"text": "All is well."}
    )
    journal.write(Batch(events=[result]))
    assert desk.inbox.answer(number) == Answer(ok=True, fields={"text": "All is well."})
    desk.close()


def test_a_list_of_commands_is_handed_out_a_few_at_a_time(tmp_path: Path) -> None:
    journal, desk = Journal.open(tmp_path / "j"), Journal.open(tmp_path / "j")
    asked = [request("weigh", {"baby": "Possum", "grams": 112 + i}) for i in range(AT_ONCE + 1)]
    numbers = desk.inbox.submit_all(asked)
    assert len(journal.inbox.submitted(T)) == AT_ONCE
    assert journal.inbox.has_more
    (last,) = journal.inbox.submitted(T)
    assert (last.request, last.origin) == (asked[-1], f"inbox:{numbers[-1]}")
    assert not journal.inbox.has_more
    assert journal.inbox.submitted(T) == []


def test_a_command_that_nobody_can_read_is_refused_in_a_sentence(journal: Journal) -> None:
    """Another version, or somebody's own SQL, left it."""
    with closing(sqlite3.connect(journal.path)) as other, other:
        other.execute("INSERT INTO inbox (verb, args, submitted_s) VALUES ('fly', x'7b7d', 1.0)")
    assert journal.inbox.submitted(T) == []
    assert journal.inbox.answer(1) == Answer(ok=False, error='there is no command "fly"')


def test_old_telemetry_goes_and_weights_stay(journal: Journal) -> None:
    minute = MinuteRow(t_s=T, cry_s=3, activity=0.1, level_db=-50, in_box="possum")
    journal.record_minutes([minute])
    journal.write(Batch(events=[weigh_in(), alert()]))
    assert journal.telemetry() == [minute]
    assert journal.prune(T + 40 * 86_400) == 1
    assert journal.prune(T + 400 * 86_400) == 1
    assert journal.telemetry() == []
    assert len(journal.weighings()) == 1


def test_a_damaged_journal_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    Journal.open(path).close()
    path.write_bytes(b"not a database" * 500)
    journal = Journal.open(path)
    assert journal.set_aside is not None
    assert journal.set_aside.read_bytes().startswith(b"not a database")
    assert damage(journal.path) is None
    journal.close()


def test_a_truncated_journal_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    journal = Journal.open(path)
    journal.write(Batch(events=[weigh_in(f"a{n}") for n in range(500)]))
    journal.close()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    fresh = Journal.open(path)
    assert fresh.set_aside is not None
    assert fresh.weighings() == []
    fresh.close()


@pytest.mark.parametrize("lost_bytes", [1, 4000])
def test_a_journal_cut_off_within_its_last_page_is_set_aside_and_saved(
    tmp_path: Path, lost_bytes: int
) -> None:
    """SQLite takes what is missing of the last page for zeros and finds nothing wrong."""
    path = tmp_path / "j.sqlite"
    journal = Journal.open(path)
    journal.write(Batch(events=[weigh_in(f"a{n}") for n in range(500)]))
    journal.close()
    path.write_bytes(path.read_bytes()[:-lost_bytes])
    fresh = Journal.open(path)
    assert fresh.set_aside is not None
    assert len(fresh.weighings()) >= 450
    fresh.close()


def test_a_newer_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    Journal.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalError, match="newer version"):
        Journal.open(path)
    assert path.exists()


def test_a_journal_of_the_first_release_is_read_and_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(f"{migrations.STEPS[0]} PRAGMA user_version = 1;")
    connection.execute(
        "INSERT INTO weighings VALUES ('a', 'Possum', 'lift', 112.0, 0.4, 0.99, 'scale', 5, 's', 1)"
    )
    connection.commit()
    connection.close()
    reader = JournalReader.open_for_reading(path)
    (old,) = reader.weighings()
    reader.close()
    assert (old.weight_g, old.only_weighed) == (112.0, False)
    journal = Journal.open(path)
    journal.write(Batch(events=[msgspec.structs.replace(weigh_in("a"), only_weighed=True)]))
    (new,) = journal.weighings()
    assert new.only_weighed
    assert rows(path, "SELECT weight_g, t_s FROM weighing_history") == [(112.0, 5.0)]
    journal.close()


def test_a_directory_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match="file"):
        Journal.open(tmp_path / "file" / "j.sqlite")
    with pytest.raises(JournalError, match="has the monitor run here"):
        JournalReader.open_for_reading(tmp_path / "none.sqlite")


def test_readers_cannot_write(journal: Journal, tmp_path: Path) -> None:
    journal.write(Batch(events=[weigh_in()]))
    reader = Journal.open_for_reading(journal.path)
    assert len(reader.weighings()) == 1
    with pytest.raises(JournalError):
        reader.write(Batch(events=[weigh_in("b")]))
    reader.close()
    assert stat.S_ISREG(journal.path.stat().st_mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused in others' directories")
def test_root_opens_nothing_where_somebody_else_decides_what_names_mean(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, 12_345, 12_345)
    with StateLock(state) as lock, pytest.raises(JournalError, match="root does not work in"):
        lock.acquire()
    for open_journal in (Journal.open, JournalReader.open_for_reading):
        with pytest.raises(JournalError, match="belongs to user 12345"):
            open_journal(state / "journal.sqlite")
    assert not list(state.iterdir())


def test_one_owner_of_a_state_directory(tmp_path: Path) -> None:
    with StateLock(tmp_path) as first, StateLock(tmp_path) as second:
        assert first.acquire()
        assert not second.acquire()
        first.release()
        assert second.acquire()


def test_two_programs_may_bring_a_journal_up_to_date_at_once(tmp_path: Path) -> None:
    """A command typed while the daemon starts."""
    for attempt in range(5):
        path, ready = tmp_path / f"{attempt}.sqlite", Barrier(4)
        with closing(sqlite3.connect(path)) as old:
            old.executescript(
                f"PRAGMA journal_mode = WAL; {migrations.STEPS[0]} PRAGMA user_version = 1;"
            )

        def opened(path: Path = path, ready: Barrier = ready) -> int:
            ready.wait(10)
            journal = Journal.open(path)
            journal.close()
            return 1

        with ThreadPoolExecutor(4) as programs:
            assert sum(job.result() for job in [programs.submit(opened) for _ in range(4)]) == 4

"""The pipeline with a memory: restarts, clocks, retention, a journal that fails."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest

from monitor.config import (
    AlertsConfig,
    Config,
    MicrophoneConfig,
    NightConfig,
    NotifyConfig,
    ScaleConfig,
)
from monitor.daemon.recorder import Recorder
from monitor.errors import JournalError
from monitor.events import (
    Alert,
    AudioBlock,
    ClockReading,
    CommandResult,
    HostReport,
    IdentityReport,
    LinkReport,
    RosterChanged,
    Tick,
    WeighIn,
)
from monitor.host.boot_clock import RunStart, locate_run
from monitor.mqtt.topics import Topics, command_result_message
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import GOOD_CELL
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.outbox_message import OutboxMessage
from monitor.store.reading import MinuteRow
from tests.asking import asked

START_S = 1_778_241_600.0
CONFIG = Config(
    box="test",
    scale=ScaleConfig(
        source="simulated",
        counts_per_gram=GOOD_CELL.counts_per_gram,
        zero_counts=GOOD_CELL.zero_counts,
    ),
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "j.sqlite")
    yield opened
    opened.close()


def one_feed() -> SimulatedBox:
    babies = [
        SimBaby(name="Kangaroo", species="kitten", weight_g=181.0, born="2026-05-01"),
        SimBaby(name="Possum", species="puppy", weight_g=119.0),
    ]
    box = SimulatedBox(5, START_S, babies)
    box.feed(START_S + 120, "Possum", 5.0, 300.0)
    return box


def unsure(start_s: float = START_S) -> RunStart:
    """A boot whose clock nobody has set yet."""
    return locate_run(None, boot_id="b", boot_s=20.0, unix_s=start_s, synced=False, last_s=0.0)


def live(recorder: Recorder, box: SimulatedBox, begin_s: float, end_s: float) -> None:
    for block in box.blocks(START_S + begin_s, START_S + end_s):
        recorder.handle(block)
        recorder.handle(Tick(block.t_s))


def register(journal: Journal, box: SimulatedBox) -> None:
    journal.write(
        Batch(
            events=[RosterChanged(t_s=START_S, baby=baby.as_baby()) for baby in box.babies.values()]
        )
    )


def test_a_process_killed_in_the_middle_of_a_feed_misses_nothing(journal: Journal) -> None:
    box = one_feed()
    register(journal, box)
    first = Recorder(CONFIG, journal, start_s=START_S)
    live(first, box, 0, 250)  # Possum is out; no save(), no goodbye
    second = Recorder(CONFIG, journal, start_s=START_S + 252)
    live(second, box, 252, 600)
    assert [(w.baby, w.move) for w in journal.weighings()] == [
        ("Possum", "lift"),
        ("Possum", "return"),
    ]
    (feed,) = journal.feeds()
    assert feed.net_g == pytest.approx(5.0, abs=1.0)


def last_feed(recorder: Recorder, name: str) -> tuple[float | None, float | None]:
    babies = recorder.status(recorder.now_s).babies
    return next((b.last_feed_at, b.last_feed_g) for b in babies if b.name == name)


@pytest.mark.parametrize("damage", ["none", "no snapshot"])
def test_a_bottle_that_was_told_of_survives_a_kill_and_can_be_taken_back(
    journal: Journal, damage: str
) -> None:
    register(journal, one_feed())
    first = Recorder(CONFIG, journal, start_s=START_S)
    first.handle(asked(START_S + 9, "feed", {"baby": "Possum", "grams": 5.0}))
    if damage != "none":
        journal.reject_state("core_scale", "a torn page")
    second = Recorder(CONFIG, journal, start_s=START_S + 60)
    assert last_feed(second, "Possum") == (START_S + 9, 5.0)
    (told,) = journal.feeds()
    second.handle(asked(START_S + 61, "undo", {"id": told.step_id}))
    assert last_feed(second, "Possum") == (None, None)
    assert journal.feeds() == []
    third = Recorder(CONFIG, journal, start_s=START_S + 120)
    assert last_feed(third, "Possum") == (None, None)


def test_history_is_answered_from_the_journal(journal: Journal) -> None:
    register(journal, one_feed())
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    recorder.handle(asked(START_S + 9, "feed", {"baby": "Possum", "grams": 5.0}))
    (result,) = recorder.handle(asked(START_S + 10, "history", {"what": "feeds"}))
    assert isinstance(result, CommandResult)
    assert result.ok
    assert result.answer is not None
    assert [item["baby"] for item in result.answer["items"]] == ["Possum"]
    message = command_result_message(result, Topics("test"))
    assert message.topic == "nursery/test/cmd/history/result"
    assert b'"ok":true,"what":"feeds","items":[{' in message.payload
    (refused,) = recorder.handle(asked(START_S + 10, "history", {"baby": "Zed"}))
    assert isinstance(refused, CommandResult)
    assert "Zed" in (refused.error or "")


def test_a_baby_that_is_deleted_is_in_no_table_and_comes_back_with_undo(journal: Journal) -> None:
    register(journal, one_feed())
    first = Recorder(CONFIG, journal, start_s=START_S)
    first.handle(asked(START_S + 9, "baby_delete", {"name": "Possum"}))
    assert [b.name for b in journal.babies(retired=True)] == ["Kangaroo"]
    second = Recorder(CONFIG, journal, start_s=START_S + 60)
    second.handle(asked(START_S + 61, "undo"))
    assert [b.name for b in journal.babies()] == ["Kangaroo", "Possum"]
    third = Recorder(CONFIG, journal, start_s=START_S + 120)
    assert {b.name for b in third.babies} == {"Kangaroo", "Possum"}


def test_an_open_alert_keeps_its_id_and_its_acknowledgement(journal: Journal) -> None:
    first = Recorder(CONFIG, journal, start_s=START_S)
    for second in range(1, 60):
        first.handle(Tick(START_S + second))
    (blind,) = first.pipeline.policy.open
    assert blind.kind == "monitor_blind"
    first.handle(asked(START_S + 60, "acknowledge", {"id": blind.id}))
    first.save(START_S + 61)
    again = Recorder(CONFIG, journal, start_s=START_S + 65)
    for second in range(65, 120):
        again.handle(Tick(START_S + second))
    (still,) = again.pipeline.policy.open
    assert (still.id, still.state) == (blind.id, "acknowledged")
    raised = [row for row in journal.alerts() if row["state"] == "raised"]
    assert len(raised) == 1


def test_times_follow_the_clock_once_it_is_synchronised(journal: Journal) -> None:
    box = one_feed()
    register(journal, box)
    recorder = Recorder(CONFIG, journal, run_start=unsure())
    recorder.handle(ClockReading(START_S, START_S, synced=False))
    live(recorder, box, 0, 200)
    (before,) = journal.weighings()
    recorder.handle(ClockReading(START_S + 200, START_S + 200 + 7_200, synced=True))
    (after,) = journal.weighings()
    assert after.t_s - before.t_s == pytest.approx(7_200)
    for block in box.blocks(START_S + 200, START_S + 600):
        recorder.handle(recorder.retimed(block))
    lift, back = journal.weighings()
    assert back.t_s - lift.t_s == pytest.approx(300, abs=3)


def test_old_rows_are_forgotten_by_themselves(journal: Journal) -> None:
    old = MinuteRow(t_s=START_S - 40 * 86_400, cry_s=0, activity=None, level_db=None, in_box="?")
    journal.record_minutes([old])
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    recorder.handle(Tick(START_S + 1))
    assert journal.telemetry() == []


def test_a_full_disk_loses_nothing(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    whole = journal.write

    def full(*_: object, **__: object) -> None:
        raise JournalError("disk full")

    monkeypatch.setattr(journal, "write", full)
    events = recorder.handle(asked(START_S + 1, "test_alert"))
    assert any(isinstance(event, Alert) for event in events)
    assert recorder.error == "disk full"
    assert journal.alerts() == []
    monkeypatch.setattr(journal, "write", whole)
    recorder.handle(asked(START_S + 2, "test_alert"))
    assert recorder.error is None
    assert {row["state"] for row in journal.alerts()} >= {"raised"}
    assert len(journal.outbox) >= 2


def test_an_old_alert_is_no_news_when_it_is_written(journal: Journal) -> None:
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    recorder.handle(asked(START_S + 1, "test_alert"))
    rows = journal.outbox.next_rows(10)
    assert rows
    assert all(row.expires_s > START_S for row in rows)
    assert not any(isinstance(event, WeighIn) for event in recorder.handle(Tick(START_S + 2)))


# --------------------------------------------------------------------------- kill -9, cards, clocks


def ring(recorder: Recorder, t_s: float) -> None:
    recorder.handle(asked(t_s, "test_alert"))


def test_a_killed_daemon_does_not_tell_an_alert_under_another_id(journal: Journal) -> None:
    ring(Recorder(CONFIG, journal, start_s=START_S), START_S + 1)  # no save(): killed
    again = Recorder(CONFIG, journal, start_s=START_S + 2)
    ring(again, START_S + 3)
    assert [row["state"] for row in journal.alerts()] == ["raised", "reminded"]
    assert len({row["id"] for row in journal.alerts()}) == 1


def test_an_open_alert_that_the_snapshot_does_not_know_is_taken_up(journal: Journal) -> None:
    """Closed only when its part has looked and found it over: nobody is told a guess."""
    ring(Recorder(CONFIG, journal, start_s=START_S), START_S + 1)
    journal.save_state(core_alerts=b"written by another version")
    again = Recorder(CONFIG, journal, start_s=START_S + 2)
    assert [row["state"] for row in journal.alerts()] == ["raised"]
    (alert,) = again.pipeline.policy.open
    assert alert.title == "Test alert"
    for second in range(3, 20):
        again.handle(Tick(START_S + second))
    own = [row["state"] for row in journal.alerts() if row["id"] == alert.id]
    assert own == ["raised", "cleared"]
    assert alert.id not in {row["id"] for row in journal.open_alerts()}


def test_that_a_source_worked_again_after_its_acknowledgement_survives_a_kill(
    journal: Journal,
) -> None:
    """Deaf, acknowledged, heard again for a minute, killed, and deaf: that is told."""
    room = np.random.default_rng(4).normal(0, 2e-4, 16_000).astype(np.float32)
    state = {"second": 0}

    def lives(recorder: Recorder, seconds: int, *, hears: bool) -> list[str]:
        states = []
        for _ in range(seconds):
            t_s = START_S + state["second"]
            state["second"] += 1
            if hears:
                recorder.handle(AudioBlock(t_s, room))
            told = recorder.handle(Tick(t_s + 1))
            states += [e.state for e in told if isinstance(e, Alert) and e.kind == "monitor_blind"]
        return states

    listening = msgspec.structs.replace(CONFIG, microphone=MicrophoneConfig(source="simulated"))
    first = Recorder(listening, journal, start_s=START_S)
    for _ in range(3):  # it comes and goes: from now on the alert is held open
        lives(first, 90, hears=True)
        lives(first, 60, hears=False)
    first.handle(asked(START_S + state["second"], "acknowledge"))
    assert lives(first, 60, hears=True) == []
    again = Recorder(listening, journal, start_s=START_S + state["second"])  # no save(): killed
    assert lives(again, 60, hears=False) == ["reminded"]


def test_an_open_alert_whose_rows_were_torn_away_is_in_the_journal_again(
    journal: Journal, tmp_path: Path
) -> None:
    """Salvage saves each table as far as it can be read: the snapshot without the alert's row."""
    ring(Recorder(CONFIG, journal, start_s=START_S), START_S + 1)
    (before,) = journal.open_alerts()
    waiting = len(journal.outbox.everything())
    with closing(sqlite3.connect(journal.path)) as other, other:
        other.execute("DELETE FROM alerts")
    Recorder(CONFIG, journal, start_s=START_S + 2)
    again = Journal.open(tmp_path / "j.sqlite")
    (row,) = again.open_alerts()
    assert (row["id"], row["state"], row["t_s"]) == (before["id"], "raised", before["t_s"])
    assert len(again.outbox.everything()) == waiting, "nobody is told it anew"
    again.close()


def test_an_open_alert_whose_last_row_was_torn_away_has_it_again(journal: Journal) -> None:
    """A phone knows that it was acknowledged; so does the journal then."""
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    ring(recorder, START_S + 1)
    recorder.handle(asked(START_S + 2, "acknowledge"))
    with closing(sqlite3.connect(journal.path)) as torn, torn:
        torn.execute("DELETE FROM alerts WHERE state = 'acknowledged'")
    messages = len(journal.outbox.everything())
    Recorder(CONFIG, journal, start_s=START_S + 3)
    assert [row["state"] for row in journal.alerts()] == ["raised", "acknowledged"]
    assert len(journal.outbox.everything()) == messages, "nobody is told it twice"


def test_two_babies_added_at_once_are_two_after_a_restart(journal: Journal) -> None:
    first = Recorder(CONFIG, journal, start_s=START_S)
    for name in ("Ann", "Ben", "Cleo"):
        first.handle(asked(START_S + 1, "baby_add", {"name": name, "species": "kitten"}))
    assert [baby.name for baby in journal.babies()] == ["Ann", "Ben", "Cleo"]


def test_a_newcomer_with_the_name_of_one_that_has_left_has_none_of_its_weights(
    journal: Journal,
) -> None:
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    possum, later_s = {"name": "Possum", "species": "puppy"}, START_S + 86_400
    recorder.handle(asked(START_S + 1, "baby_add", possum))
    recorder.handle(asked(START_S + 2, "weigh", {"baby": "Possum", "grams": 412}))
    recorder.handle(asked(START_S + 3, "feed", {"baby": "Possum", "grams": 9}))
    recorder.handle(asked(START_S + 60, "baby_retire", {"name": "Possum", "reason": "adopted"}))
    recorder.handle(asked(later_s, "baby_add", possum))
    recorder.handle(asked(later_s + 5, "weigh", {"baby": "Possum", "grams": 120}))
    with closing(sqlite3.connect(journal.path)) as lost, lost:
        lost.execute("DELETE FROM state")  # as another version's, or after damage
    again = Recorder(CONFIG, journal, start_s=later_s + 60)
    again.handle(Tick(later_s + 61))
    (status,) = again.status(again.now_s).babies
    assert (status.weight_g, status.verdict) == (120.0, "not_enough_data")
    assert (status.gain_24h_g, status.last_feed_g) == (None, None)
    first, second = journal.babies(retired=True)
    assert [w.weight_g for w in journal.weighings_of(first)] == [412.0]
    assert [w.weight_g for w in journal.weighings_of(second)] == [120.0]
    assert [feed.net_g for feed in journal.feeds_of(first)] == [9.0]
    assert journal.feeds_of(second) == []


def test_a_message_does_not_age_because_the_clock_was_set(journal: Journal) -> None:
    """A Pi that begins in 1970 and learns the time a minute later."""
    earlier = Journal.open(journal.path)
    earlier.write(Batch(messages=[OutboxMessage(topic="t", payload=b"old", expires_s=START_S)]))
    earlier.close()
    recorder = Recorder(CONFIG, journal, run_start=unsure(17.0))
    recorder.handle(ClockReading(17.0, 17.0, synced=False))
    ring(recorder, 18.0)
    recorder.handle(ClockReading(77.0, START_S, synced=True))
    *news, old = journal.outbox.next_rows(10)
    assert old.expires_s == START_S
    assert [row.expires_s for row in news] == pytest.approx([START_S - 59 + 86_400] * 2)


class Card:
    """Refuses every write while ``refuses`` is set, wherever the journal stands."""

    def __init__(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refuses = False
        honest = journal.write

        def record(*args, **kwargs):
            if self.refuses:
                raise JournalError("the card refuses")
            honest(*args, **kwargs)

        monkeypatch.setattr(journal, "write", record)


def test_what_the_card_refuses_is_told_all_the_same(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = Card(journal, monkeypatch)
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    card.refuses = True
    ring(recorder, START_S + 1)
    topics = [row.topic for row in journal.outbox.held]
    assert topics == ["nursery/test/alert", "nursery/test/alert/text"]
    recorder.handle(Tick(START_S + 2))
    blind = [alert for alert in recorder.pipeline.policy.open if alert.kind == "monitor_blind"]
    assert [alert.title for alert in blind] == ["Journal cannot be written"]
    journal.outbox.delete([journal.outbox.held[0].id])  # one message has arrived
    card.refuses = False
    recorder.handle(Tick(START_S + 13))
    assert recorder.error is None
    assert journal.outbox.held == []
    assert len(journal.outbox) == 5  # test, blind, no longer blind: two messages each
    assert {row["kind"] for row in journal.alerts()} == {"test", "monitor_blind"}


def test_a_damaged_journal_is_said_for_a_day(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    path.write_bytes(b"garbage" * 1000)
    journal = Journal.open(path)
    start_s = time.time()
    by_day = AlertsConfig(night=NightConfig(from_="00:00", to="00:00"))
    config = msgspec.structs.replace(CONFIG, alerts=by_day)
    recorder = Recorder(config, journal, start_s=start_s)
    recorder.handle(HostReport(start_s + 1))
    recorder.handle(Tick(start_s + 1))
    (alert,) = recorder.pipeline.policy.open
    assert (alert.title, alert.severity) == ("Journal was damaged", "warning")
    assert str(journal.set_aside.name) in alert.message
    recorder.handle(HostReport(start_s + 90_000))
    recorder.handle(Tick(start_s + 90_000))
    recorder.handle(Tick(start_s + 90_020))
    assert "Journal was damaged" not in [a.title for a in recorder.pipeline.policy.open]
    journal.close()


def test_a_push_is_written_with_its_alert_and_survives_the_process(tmp_path: Path) -> None:
    config = msgspec.structs.replace(CONFIG, notify=NotifyConfig(urls=["json://127.0.0.1/"]))
    journal = Journal.open(tmp_path / "j.sqlite")
    recorder = Recorder(config, journal, start_s=START_S)
    recorder.handle(asked(t_s=START_S + 1, verb="test_alert"))
    again = Journal.open(tmp_path / "j.sqlite")  # no close(): kill -9 says no goodbye
    (row,) = again.pushes.waiting()
    assert (row.alert.kind, row.to) == ("test", ["urls"])
    assert again.pushes.pushed_alerts() == {row.alert.id: False}
    again.close()
    journal.close()


def test_that_another_box_is_this_one_goes_by_push_and_ends_with_it(tmp_path: Path) -> None:
    config = msgspec.structs.replace(CONFIG, notify=NotifyConfig(urls=["json://127.0.0.1/"]))
    journal = Journal.open(tmp_path / "j.sqlite")
    recorder = Recorder(config, journal, start_s=START_S)
    recorder.handle(IdentityReport(START_S + 1, ["twin"]))
    recorder.handle(Tick(START_S + 2))
    (row,) = [r for r in journal.pushes.waiting() if r.alert.kind == "not_delivered"]
    assert (row.alert.severity, row.to) == ("critical", ["urls"])
    recorder.handle(IdentityReport(START_S + 3))
    for second in range(4, 30):
        recorder.handle(Tick(START_S + second))
    (row,) = [r for r in journal.pushes.waiting() if r.alert.kind == "not_delivered"]
    assert row.alert.state == "cleared"
    journal.close()


def test_that_the_broker_is_gone_goes_by_push_before_older_softer_ones(tmp_path: Path) -> None:
    config = msgspec.structs.replace(CONFIG, notify=NotifyConfig(urls=["json://127.0.0.1/"]))
    journal = Journal.open(tmp_path / "j.sqlite")
    recorder = Recorder(config, journal, start_s=START_S)
    recorder.handle(asked(t_s=START_S + 1, verb="test_alert"))
    recorder.handle(LinkReport(START_S + 2, connected=False, away_s=700.0))
    recorder.handle(Tick(START_S + 3))
    first, *older = journal.pushes.waiting()
    assert (first.alert.kind, first.alert.severity) == ("not_delivered", "critical")
    assert [row.alert.kind for row in older] == ["test"]
    journal.close()


def test_an_all_clear_never_follows_what_the_same_thing_raised_since(journal: Journal) -> None:
    recorder = Recorder(CONFIG, journal, start_s=START_S)
    recorder.handle(asked(START_S + 1, "test_alert"))
    for second in range(2, 140):
        recorder.handle(Tick(START_S + second))
    recorder.handle(asked(START_S + 140, "test_alert"))
    waiting = [row for row in journal.outbox.next_rows(40) if row.topic.endswith("/alert")]
    told = [msgspec.json.decode(row.payload) for row in waiting]
    tests = [alert["state"] for alert in told if alert["kind"] == "test"]
    assert tests == ["raised", "cleared", "raised"]

"""An upgrade goes on from the journal that an earlier version left.

``store/journals/make.py`` says how each was made, and what happened in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from monitor.core.state import PARTS
from monitor.daemon.recorder import Recorder
from monitor.daemon.run_start import read_run_start
from monitor.events import Alert, CommandResult, ScaleBlock, Tick, WeighIn
from monitor.store.failover import open_journal
from monitor.store.journal import Journal
from tests.asking import asked
from tests.store.journals.make import CELL, CONFIG, START_S

JOURNALS = Path(__file__).parent.parent / "store" / "journals"
TOTAL_G = 1682.03
"""what the platform carried when the power went"""
SNOOZED_UNTIL_S = 1778316606.0


@pytest.fixture(params=sorted(path.name for path in JOURNALS.glob("*.sqlite")))
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    path = Path(shutil.copy(JOURNALS / request.param, tmp_path))
    opened = open_journal(path)
    yield opened
    opened.close()


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def recorder(journal: Journal, log: list[str]) -> Recorder:
    """Begun as the daemon begins, on this machine, today."""
    run_start = read_run_start(journal, synced=True)
    return Recorder(CONFIG, journal, run_start=run_start, log=log.append)


def watch(recorder: Recorder, seconds: int) -> None:
    """The platform is still, with on it what it carried."""
    rng = np.random.default_rng(1)
    for _ in range(seconds):
        times_s = recorder.now_s + np.arange(1, 11) / 10
        codes = CELL.zero_counts + CELL.counts_per_gram * TOTAL_G
        recorder.handle(ScaleBlock(times_s, np.round(rng.normal(codes, 20.0, 10))))
        recorder.handle(Tick(float(times_s[-1])))


def test_nothing_in_it_is_set_aside(recorder: Recorder, log: list[str]) -> None:
    assert log == []
    assert recorder.report.rejected == {}


def test_babies_weights_and_feeds_are_what_they_were(recorder: Recorder) -> None:
    ash, fern, possum = recorder.status(recorder.now_s).babies
    assert [(baby.name, baby.species) for baby in (ash, fern, possum)] == [
        ("Ash", "kitten"),
        ("Fern", "kitten"),
        ("Possum", "puppy"),
    ]
    assert (ash.weight_g, fern.weight_g) == (None, None)
    assert possum.weight_g == pytest.approx(122.519, abs=1e-3)
    assert possum.weighed_at == pytest.approx(START_S + 6000.5, abs=0.1)
    assert possum.last_feed_at == pytest.approx(START_S + 3300.0, abs=0.1)
    assert possum.last_feed_g == pytest.approx(4.875, abs=1e-3)
    assert possum.bottle_due_at == pytest.approx(START_S + 14_100.0, abs=0.1)


def test_who_is_in_the_box_is_known_when_the_scale_is_seen(recorder: Recorder) -> None:
    assert recorder.status(recorder.now_s).scale.in_box is None
    watch(recorder, 60)
    assert recorder.status(recorder.now_s).scale.in_box == ["Ash", "Fern"]


def test_open_alerts_keep_their_ids_and_what_was_said_to_them(
    recorder: Recorder, journal: Journal
) -> None:
    expected = [
        ("who_is_it-39zrtgh-20260508T191000Z", "raised"),
        ("who_is_it-39zrw8r-20260508T192500Z", "raised"),
        ("monitor_blind-disk-20260508T205005Z", "acknowledged"),
        ("monitor_blind-heat-20260508T205005Z", "snoozed"),
        ("crying-20260508T205819Z", "raised"),
    ]
    open_now = recorder.pipeline.open_alerts
    assert [(alert.id, alert.state) for alert in open_now] == expected
    assert [alert.until for alert in open_now] == [None, None, None, SNOOZED_UNTIL_S, None]
    assert sorted(row["id"] for row in journal.open_alerts()) == sorted(id_ for id_, _ in expected)
    told_anew = [
        event
        for event in recorder.handle(Tick(recorder.now_s + 1.0))
        if isinstance(event, Alert) and event.state == "raised"
    ]
    assert told_anew == []


def test_an_open_question_can_be_answered(recorder: Recorder) -> None:
    (question, _) = [a for a in recorder.pipeline.open_alerts if a.kind == "who_is_it"]
    assert [each.baby for each in question.candidates] == ["Ash", "Fern"]
    answer = {"step_id": question.step_id, "baby": "Ash"}
    events = recorder.handle(asked(recorder.now_s, "assign", answer))
    assert [event.ok for event in events if isinstance(event, CommandResult)] == [True]
    named = {(e.baby, e.move): e.weight_g for e in events if isinstance(e, WeighIn)}
    assert named["Ash", "lift"] == pytest.approx(200.0, abs=1.5)


def test_the_minutes_cried_and_the_clock_are_those_of_then(
    recorder: Recorder, journal: Journal
) -> None:
    assert len(journal.cries()) == 2
    assert recorder.synced
    assert recorder.now_s > START_S + 7200.0


def test_what_it_took_up_lies_in_the_journal_as_this_version_writes_it(
    recorder: Recorder, journal: Journal
) -> None:
    assert [journal.load_state(key) for key in ("pipeline", "pipeline_light")] == [None, None]
    assert all(journal.load_state(f"core_{part}") for part in PARTS)


def test_what_it_writes_is_read_by_the_next_start(recorder: Recorder, journal: Journal) -> None:
    recorder.save(recorder.now_s)
    again = Recorder(CONFIG, journal, start_s=recorder.now_s + 5.0)
    assert [a.id for a in again.pipeline.open_alerts] == [
        a.id for a in recorder.pipeline.open_alerts
    ]
    assert again.status(again.now_s).babies == recorder.status(again.now_s).babies

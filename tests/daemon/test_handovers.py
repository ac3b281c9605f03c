"""The hand-over in words: made once at the end of quiet hours, and when somebody asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from monitor.config import Config
from monitor.daemon.recorder import Recorder
from monitor.events import Baby, CommandResult, Handover, RosterChanged, Tick
from monitor.handover.fitting import words_in
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.times import HOUR_S, MINUTE_S
from tests.asking import asked

CONFIG = Config(box="box", trust_clock=True)
EVENING_S = datetime(2026, 5, 8, 22, 0).timestamp()
MORNING_S = datetime(2026, 5, 9, 7, 0).timestamp()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "j.sqlite")
    registered = EVENING_S - HOUR_S
    possum = Baby(id="p", name="Possum", species="puppy", registered_s=registered)
    opened.write(Batch(events=[RosterChanged(t_s=registered, baby=possum)]))
    yield opened
    opened.close()


def ticks(recorder: Recorder, from_s: float, to_s: float, every_s: float = 30.0) -> list[Handover]:
    """Let the time pass; returns the hand-overs."""
    found, now_s = [], from_s
    while now_s <= to_s:
        found += [e for e in recorder.handle(Tick(now_s)) if isinstance(e, Handover)]
        now_s += every_s
    return found


def test_the_night_is_told_once_when_it_is_over(journal: Journal) -> None:
    recorder = Recorder(CONFIG, journal, start_s=EVENING_S)
    (told,) = ticks(recorder, EVENING_S, MORNING_S + 2 * HOUR_S)
    assert (told.t_s, told.from_s, told.to_s) == (MORNING_S, EVENING_S, MORNING_S)
    assert 60 <= words_in(told.text) <= 150
    assert recorder.status(recorder.now_s).summary.text == told.text
    assert ticks(recorder, MORNING_S + 24 * HOUR_S, MORNING_S + 24 * HOUR_S + 60) != []


@pytest.mark.parametrize("off_s", [MINUTE_S, 3 * HOUR_S])
def test_a_box_that_restarts_about_then_tells_it_once_all_the_same(
    journal: Journal, off_s: float
) -> None:
    recorder = Recorder(CONFIG, journal, start_s=EVENING_S)
    assert ticks(recorder, EVENING_S, MORNING_S - MINUTE_S) == []
    recorder.save(recorder.now_s)
    again_s = MORNING_S - MINUTE_S + off_s
    recorder = Recorder(CONFIG, journal, start_s=again_s)
    assert [t.to_s for t in ticks(recorder, again_s, again_s + HOUR_S)] == [MORNING_S]
    recorder = Recorder(CONFIG, journal, start_s=again_s + HOUR_S)
    assert ticks(recorder, again_s + HOUR_S, again_s + 2 * HOUR_S) == []
    assert recorder.status(recorder.now_s).summary.to_s == MORNING_S


def test_asked_for_it_is_the_answer_and_the_retained_one(journal: Journal) -> None:
    recorder = Recorder(CONFIG, journal, start_s=EVENING_S)
    now_s = EVENING_S + HOUR_S
    told, answer = recorder.handle(asked(now_s, "summary", {"hours": 3}))
    assert isinstance(told, Handover)
    assert isinstance(answer, CommandResult)
    assert answer.ok
    assert answer.answer is not None
    assert answer.answer["text"] == told.text == recorder.status(now_s).summary.text
    assert told.from_s == now_s - 3 * HOUR_S
    assert f"{time.strftime('%H:%M', time.localtime(now_s - 3 * HOUR_S))} to " in told.text

"""The hand-over in words: made once at the end of quiet hours, and when somebody asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from monitor.config import Config
from monitor.daemon.recorder import Recorder
from monitor.events import (
    Baby,
    ClockReading,
    CommandResult,
    Handover,
    RosterChanged,
    Tick,
)
from monitor.handover.fitting import words_in
from monitor.host.boot_clock import locate_run
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


SUNDAY_S = datetime(2026, 5, 10, 7, 0).timestamp()


def test_on_sunday_the_week_is_told_too_and_retained_beside_the_night(journal: Journal) -> None:
    recorder = Recorder(CONFIG, journal, start_s=EVENING_S)
    ticks(recorder, EVENING_S, MORNING_S + HOUR_S, 60.0)
    assert recorder.status(recorder.now_s).week.text is None
    night, week = ticks(recorder, SUNDAY_S - HOUR_S, SUNDAY_S + HOUR_S)
    assert (night.what, week.what) == ("night", "week")
    assert (week.from_s, week.to_s) == (SUNDAY_S - 7 * 24 * HOUR_S, SUNDAY_S)
    assert week.text.startswith("Week of 3 May to 10 May: ")
    state = recorder.status(recorder.now_s)
    assert (state.summary.text, state.week.text) == (night.text, week.text)


def test_more_than_two_days_are_told_like_a_week(journal: Journal) -> None:
    recorder = Recorder(CONFIG, journal, start_s=EVENING_S)
    told, _ = recorder.handle(asked(EVENING_S + HOUR_S, "summary", {"hours": 100}))
    assert isinstance(told, Handover)
    assert told.what == "asked"
    assert told.text.startswith("Week of 4 May to 8 May: ")


def test_a_box_that_was_off_until_the_evening_does_not_tell_the_night_any_more(
    journal: Journal,
) -> None:
    recorder = Recorder(CONFIG, journal, start_s=EVENING_S)
    ticks(recorder, EVENING_S, EVENING_S + HOUR_S)
    recorder.save(recorder.now_s)
    late_s = MORNING_S + 13 * HOUR_S
    recorder = Recorder(CONFIG, journal, start_s=late_s)
    assert ticks(recorder, late_s, late_s + HOUR_S) == []


def test_a_clock_that_was_wrong_changes_the_times_in_the_words(journal: Journal) -> None:
    """The box was five hours behind when it told of the night."""
    behind_s = 5 * HOUR_S
    start = locate_run(None, boot_id="b", boot_s=20.0, unix_s=EVENING_S, synced=False, last_s=0.0)
    recorder = Recorder(CONFIG, journal, run_start=start)
    (told,) = ticks(recorder, recorder.now_s, MORNING_S + MINUTE_S)
    assert told.text.startswith("The last 9 h: ")  # nobody knew the time
    recorder.handle(ClockReading(recorder.now_s, recorder.now_s + behind_s, synced=True))
    recorder.handle(Tick(recorder.now_s + 1.0))
    again = recorder.status(recorder.now_s).summary
    assert again.to_s == pytest.approx(MORNING_S + behind_s, abs=60.0)
    assert again.text is not None
    assert again.text.startswith("9 May, 03:00 to 12:00: ")
    assert ticks(recorder, recorder.now_s, recorder.now_s + HOUR_S) == []  # once all the same


@pytest.mark.parametrize("kept", [b"[]", b'{"since_s": 1, "told_s": 9e9}', b"\xff"])
def test_a_damaged_value_costs_one_night_at_most(journal: Journal, kept: bytes) -> None:
    journal.save_state(handover=kept)
    recorder = Recorder(CONFIG, journal, start_s=EVENING_S)
    assert len(ticks(recorder, EVENING_S, MORNING_S + HOUR_S, 60.0)) == 1


def test_a_bottle_of_unknown_amount_and_a_time_without_a_watch_are_told(journal: Journal) -> None:
    recorder = Recorder(CONFIG, journal, start_s=EVENING_S)
    ticks(recorder, EVENING_S, EVENING_S + 5 * MINUTE_S)
    for minutes, args in ((60, {"grams": 6}), (240, {})):
        now_s = EVENING_S + minutes * MINUTE_S
        (*_, result) = recorder.handle(asked(now_s, "feed", {"baby": "Possum", **args}))
        assert not isinstance(result, CommandResult) or result.ok
    (told,) = ticks(recorder, EVENING_S + 5 * HOUR_S, MORNING_S + MINUTE_S)
    assert "Possum: drank 2 bottles, 6 g and 1 of unknown amount (23:00, 02:00)" in told.text
    assert "The box did not watch from 22:05 to 02:59: of that time nothing is known." in told.text

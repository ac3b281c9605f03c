from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from monitor.events import Alert
from monitor.report.alert_marks import AlertMark, alert_marks
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.reading import JournalReader

T = 1_767_600_000.0


def told(t_s: float, key: str = "a", state="raised", severity="info", own="warning", **more):
    words = {"baby": "Possum", "title": f"{key} {state}", "message": "Weigh again."} | more
    return Alert(
        t_s=t_s, id=key, kind="losing_weight", state=state, severity=severity, own_severity=own,
        since=T, why="", box="b", **words,
    )  # fmt: skip


def marks(folder: Path, *alerts: Alert, from_s=0.0, baby=None) -> list[AlertMark]:
    journal = Journal.open(folder / "journal.sqlite")
    journal.write(Batch(events=list(alerts)))
    journal.close()
    reader = JournalReader.open_for_reading(folder / "journal.sqlite")
    try:
        return alert_marks(reader, from_s, baby)
    finally:
        reader.close()


def test_an_alert_of_the_night_has_its_own_severity(tmp_path: Path):
    (mark,) = marks(tmp_path, told(T))
    assert (mark.severity, mark.is_open) == ("warning", True)


def test_it_is_the_gravest_it_was(tmp_path: Path):
    alerts = [told(T), told(T + 60, own="critical", severity="critical"), told(T + 90)]
    (mark,) = marks(tmp_path, *alerts)
    assert mark.severity == "critical"


def test_what_is_over_keeps_its_first_words_and_what_is_open_has_its_latest(tmp_path: Path):
    over = [told(T), told(T + 9, state="cleared", title="is fine again")]
    seen = [told(T, "b"), told(T + 9, "b", state="acknowledged", message="Weigh it at eight.")]
    marked = {mark.id: mark for mark in marks(tmp_path, *over, *seen)}
    assert (marked["a"].title, marked["a"].is_open) == ("a raised", False)
    assert (marked["b"].message, marked["b"].state) == ("Weigh it at eight.", "acknowledged")


def test_what_is_open_is_shown_however_old_it_is(tmp_path: Path):
    alerts = [told(T), told(T, "b"), told(T + 9, "b", state="cleared")]
    assert [mark.id for mark in marks(tmp_path, *alerts, from_s=T + 100)] == ["a"]


def test_another_baby_is_left_out_and_the_box_is_not(tmp_path: Path):
    alerts = [told(T), told(T, "b", baby="Joey"), told(T, "c", baby=None)]
    assert {mark.id for mark in marks(tmp_path, *alerts, baby="Possum")} == {"a", "c"}


@pytest.mark.parametrize("lacks_column", [True, False])
def test_a_journal_of_before_has_what_was_told(tmp_path: Path, lacks_column):
    if not lacks_column:
        (mark,) = marks(tmp_path, told(T, own=None))
    else:
        marks(tmp_path, told(T))
        with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
            connection.execute("ALTER TABLE alerts DROP COLUMN own_severity")
        reader = JournalReader.open_for_reading(tmp_path / "journal.sqlite")
        (mark,) = alert_marks(reader, 0.0, None)
        reader.close()
    assert mark.severity == "info"

from __future__ import annotations

import time
from datetime import datetime

import pytest

pytest.importorskip("matplotlib", reason='the "report" extra is not installed')

from monitor.report.axis import date_ticks
from monitor.times import DAY_S, HOUR_S


def noon() -> float:
    return datetime(2026, 1, 5, 12).timestamp()


@pytest.fixture(autouse=True)
def _a_zone(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("days", [0.05, 0.3, 1.0, 2.4, 2.6, 5.0, 14.0, 60.0, 400.0])
def test_every_label_speaks_one_format_and_few_are_enough(days):
    ticks = date_ticks(noon() - days * DAY_S, noon())
    assert len(ticks) <= 6
    assert len(ticks) >= (2 if days > 0.2 else 1)
    for moment, label in ticks:
        day = moment.strftime("%d %b")
        assert label == day if days > 2.5 else label == f"{day}\n{moment:%H:%M}"


def test_a_long_span_has_midnights_and_a_short_one_round_hours():
    assert [label for _, label in date_ticks(noon() - 5 * DAY_S, noon())] == [
        "01 Jan", "02 Jan", "03 Jan", "04 Jan", "05 Jan",
    ]  # fmt: skip
    assert [label for _, label in date_ticks(noon() - 8 * HOUR_S, noon())] == [
        "05 Jan\n04:00", "05 Jan\n06:00", "05 Jan\n08:00", "05 Jan\n10:00", "05 Jan\n12:00",
    ]  # fmt: skip

"""The nights that count false alerts: nothing is raised for nothing, and what is raised is seen."""

from __future__ import annotations

import pytest

from calibration.evaluation import healthy_nights
from calibration.evaluation.healthy_nights import live, script, show

SEED = 3


def lived(monkeypatch: pytest.MonkeyPatch, **changes) -> healthy_nights.Tally:
    """A quarter of an hour of one night, changed."""
    night = script(SEED, 2.0)
    night.deaf, night.weightless, night.restarts = [], [], []
    for name, value in changes.items():
        setattr(night, name, value)
    monkeypatch.setattr(healthy_nights, "script", lambda _seed, _hours: night)
    return live(SEED, 0.25)


def test_pauses_of_seconds_and_restarts_raise_nothing(monkeypatch):
    tally = lived(
        monkeypatch,
        deaf=[(100.0, 107.0)], weightless=[(150.0, 157.0)],
        restarts=[(300.0, 12.0, True), (600.0, 12.0, False)],
    )  # fmt: skip
    assert not +tally.raised


def test_an_alert_is_counted_by_its_kind_and_source(monkeypatch):
    tally = lived(monkeypatch, deaf=[(100.0, 160.0)], restarts=[(500.0, 5.0, False)])
    assert tally.raised == {"monitor_blind (Microphone is deaf)": 1}
    assert "1.00" in show(tally, 1)


def test_a_seed_is_a_night():
    one, again, other = script(1, 4.0), script(1, 4.0), script(2, 4.0)
    assert (one.deaf, one.restarts) == (again.deaf, again.restarts)
    assert one.restarts != other.restarts

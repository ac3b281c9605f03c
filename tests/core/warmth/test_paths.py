"""Warmth through the whole core: from a reading to an alert, a bottle, a restart, another clock."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from monitor.config import AlertsConfig, Config, NightConfig, ProbeConfig, ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import shipped
from monitor.events import Alert, AnyEvent, Baby, ProbeReading, ScaleBlock, Tick
from monitor.times import parse_rfc3339
from monitor.timeshift import TimeShift
from tests.restarting import resume, saved

START_S = parse_rfc3339("2026-05-08T12:00:00Z")
POSSUM = Baby(id="p", name="Possum", species="puppy", born="2026-05-06", weight_g=180.0)


class Box:
    """A box with a probe, read every ten seconds."""

    def __init__(
        self, *, probe: str = "onewire", scale: str = "none", start_s: float = START_S
    ) -> None:
        self.random = np.random.default_rng(3)
        self.scale = scale
        self.core = Pipeline(
            Config(
                box="b",
                probe=ProbeConfig(source=probe),  # type: ignore[arg-type]
                scale=ScaleConfig(source=scale, counts_per_gram=400.0, zero_counts=0.0),  # type: ignore[arg-type]
                alerts=AlertsConfig(night=NightConfig(from_="00:00", to="00:00")),
            ),
            babies=[POSSUM],
            history=(),
            model=None,
            reference=GrowthReference.parse(shipped("growth.toml")),
            start_s=start_s,
            local_minute=lambda _t_s: 720,
        )
        self.t_s = start_s
        self.events: list[AnyEvent] = []

    def live(self, minutes: float, celsius: float | None, fault: str = "") -> Box:
        for step in range(round(minutes * 6)):
            self.t_s += 10
            if self.scale != "none":
                self.events += self.core.observe(self._still())
            if celsius is not None or fault:
                wobble = 0.0 if celsius is None else celsius + (step % 3) / 16
                reading = ProbeReading(self.t_s, None if fault else wobble, fault)
                self.events += self.core.observe(reading)
            self.events += self.core.observe(Tick(self.t_s))
        return self

    def _still(self) -> ScaleBlock:
        """Ten seconds of a box with Possum in it."""
        counts = 400 * 1000.0 + self.random.normal(0, 40, 50).round()
        return ScaleBlock(self.t_s - 9.8 + np.arange(50) / 5, counts)

    def alerts(self, kind: str) -> list[Alert]:
        return [e for e in self.events if isinstance(e, Alert) and e.kind == kind]

    @property
    def open(self) -> Sequence[str]:
        return [alert.kind for alert in self.core.open_alerts]


def test_a_nest_that_fails_is_one_alert_that_gets_worse_and_ends() -> None:
    box = Box().live(180, 30.5)
    for minute in range(60):
        box.live(1, 18.0 + 12.5 * 0.975**minute)
    box.live(30, 30.0)
    told = box.alerts("too_cold")
    assert len({alert.id for alert in told}) == 1
    assert told[0].severity == "warning"
    assert told[0].title == "Nest cools down"
    assert "critical" in [alert.severity for alert in told]
    assert told[-1].state == "cleared"


def test_a_dead_probe_is_a_warning_of_its_own_and_no_news_about_warmth() -> None:
    box = Box().live(60, 30.5).live(30, None, "is not connected")
    assert box.open == ["monitor_blind"]
    (alert,) = box.core.open_alerts
    assert (alert.severity, alert.title) == ("warning", "Probe is dead")
    assert "feel the nest with your hand" in alert.message
    assert box.core.status(box.t_s).nest.temperature_c is None
    assert box.core.status(box.t_s).babies[0].warm_first is None


@pytest.mark.parametrize("odd", [85.0, -127.0, 0.0])
def test_what_a_faulty_probe_says_is_never_an_alarm_about_warmth(odd: float) -> None:
    box = Box().live(60, 30.5)
    for _ in range(120):
        box.t_s += 10
        box.events += box.core.observe(ProbeReading(box.t_s, odd))
        box.events += box.core.observe(Tick(box.t_s))
    told = {alert.kind for alert in box.events if isinstance(alert, Alert)}
    assert told == {"monitor_blind"}


def test_a_cold_nest_that_nobody_can_see_any_more_keeps_its_alert() -> None:
    box = Box().live(40, 26.5)
    assert box.open == ["too_cold"]
    box.live(60, None)
    assert set(box.open) == {"too_cold", "monitor_blind"}


def test_a_restart_goes_on_with_the_same_alert_and_knows_that_it_was_cold() -> None:
    box = Box().live(40, 22.0)
    (before,) = box.core.open_alerts
    again = Box(start_s=box.t_s + 20)
    resume(again.core, saved(box.core))
    again.live(5, 30.5)
    assert [alert.id for alert in again.alerts("too_cold") if alert.state == "raised"] == []
    assert again.core.status(again.t_s).babies[0].warm_first is True  # warmed for five minutes
    cleared = [alert for alert in again.alerts("too_cold") if alert.state == "cleared"]
    assert [alert.id for alert in cleared] == [before.id]


def test_a_clock_that_is_set_late_moves_all_of_it() -> None:
    plain, moved = Box().live(14, 26.0), Box().live(14, 26.0)
    moved.core.shift(TimeShift(by_s=50_000.0))
    moved.t_s += 50_000.0
    plain.live(3, 26.0)
    moved.live(3, 26.0)
    (one,), (other,) = plain.alerts("too_cold"), moved.alerts("too_cold")
    assert other.t_s - one.t_s == pytest.approx(50_000.0)
    assert other.since - one.since == pytest.approx(50_000.0)
    at_s = moved.core.status(moved.t_s).nest.at
    assert at_s == moved.t_s


def test_a_probe_that_is_no_longer_configured_closes_what_it_said() -> None:
    box = Box().live(40, 26.5)
    again = Box(probe="none", start_s=box.t_s)
    resume(again.core, saved(box.core))
    again.live(1, None)
    (closed,) = again.alerts("too_cold")
    assert closed.message == "The probe is no longer configured."
    assert again.core.status(again.t_s).nest.probe == "none"


@pytest.mark.parametrize(("celsius", "warned"), [(22.0, True), (30.5, False)])
def test_whoever_is_told_of_a_bottle_hears_whether_to_warm_first(
    celsius: float, warned: bool
) -> None:
    box = Box(scale="csv").live(5 * 60, celsius)
    overdue = box.alerts("bottle_overdue")
    assert overdue
    assert ("First warm it up: the nest has been too cold for" in overdue[-1].message) is warned
    assert box.core.status(box.t_s).babies[0].warm_first is warned

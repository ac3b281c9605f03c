"""What of a probe's words is a temperature, and when it counts as dead."""

from __future__ import annotations

import pytest

from monitor.core.health.source import probe_patience
from monitor.core.health.sources import Health
from monitor.core.health.temperature import STUCK_S, TemperatureWatch
from monitor.events import ProbeReading, Tick

T0 = 1_700_000_000.0


def said(*values: float | None, every_s: float = 10.0) -> list[float | None]:
    """What is believed of these, one after the other."""
    watch = TemperatureWatch()
    return [watch.observe(ProbeReading(T0 + i * every_s, c)) for i, c in enumerate(values)]


def test_a_nest_is_believed() -> None:
    assert said(30.0, 30.0625, 29.9375) == [30.0, 30.0625, 29.9375]


@pytest.mark.parametrize("odd", [85.0, -127.0, float("nan"), float("inf"), 0.0, 76.0, None])
def test_what_no_nest_has_is_no_temperature(odd: float | None) -> None:
    assert said(30.0, odd, odd, odd, odd, 30.1)[1:5] == [None] * 4
    assert said(30.0, odd, 30.1) == [30.0, None, 30.1]


def test_85_degrees_at_power_up_are_no_first_reading() -> None:
    assert said(85.0, 29.5) == [None, 29.5]


def test_a_jump_is_believed_when_three_readings_agree() -> None:
    assert said(30.0, 20.0, 20.1, 20.0, 19.9) == [30.0, None, None, 20.0, 19.9]


def test_a_probe_taken_out_into_the_room_is_followed() -> None:
    falling = [30.0 - 0.15 * 10 * i for i in range(6)]
    assert said(*falling) == falling


def test_a_thermometer_that_speaks_seldom_may_have_changed_much() -> None:
    assert said(30.0, 21.0, every_s=1800.0) == [30.0, 21.0]


def test_a_value_that_never_changes_is_believed_for_four_hours() -> None:
    believed = said(*[30.0] * 1500)
    assert believed[int(STUCK_S / 10) - 1] == 30.0
    assert believed[int(STUCK_S / 10)] is None
    assert said(*[30.0] * 1450, 30.0625)[-1] == 30.0625


class Probe:
    """A probe alone, with everything that health tells of it."""

    def __init__(self) -> None:
        self.health = Health(["probe"], T0, patience={"probe": probe_patience(60.0)})
        self.t_s = T0

    def run(self, seconds: int, celsius: float | None = 30.0, fault: str = "") -> Probe:
        for _ in range(seconds):
            self.t_s += 1
            if self.t_s % 10 == 0 and (celsius is not None or fault):
                wobble = 0.0 if celsius is None else celsius + (self.t_s % 7) / 16
                reading = ProbeReading(self.t_s, None if fault else wobble, fault)
                self.health.observe(reading)
            self.health.observe(Tick(self.t_s))
        return self

    @property
    def told(self) -> list[tuple[str, str]]:
        return [(c.key, c.severity) for c in self.health.conditions(self.t_s)]


def test_one_error_among_good_readings_is_nothing() -> None:
    probe = Probe().run(100).run(10, fault="answers with errors").run(50)
    assert probe.health.alive("probe")
    assert probe.told == []


def test_a_dead_probe_is_told_after_two_minutes_as_a_warning() -> None:
    probe = Probe().run(300)
    assert probe.run(100, fault="is not connected").told == []
    assert not probe.health.alive("probe")
    assert probe.run(60, fault="is not connected").told == [("probe", "warning")]
    (condition,) = probe.health.conditions(probe.t_s)
    assert condition.title == "Probe is dead"
    assert "is not connected" in condition.message
    assert probe.run(40).told == [("probe", "warning")]  # not steady yet
    assert probe.run(60).told == []


def test_a_probe_that_says_nothing_is_dead_and_has_no_temperature() -> None:
    probe = Probe().run(100)
    assert probe.health.temperature_at(probe.t_s) is not None
    probe.run(200, celsius=None)
    assert not probe.health.alive("probe")
    assert probe.told == [("probe", "warning")]

"""Liveness: what is dead, what is merely quiet, and when a person is told."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.health.codes import CodeWatch
from monitor.core.health.sources import Health
from monitor.events import (
    HostReport,
    LagReport,
    ScaleBlock,
    SourceReport,
    Tick,
)
from monitor.units import SATURATED_CODES
from tests.core.health.sensing import RNG, Box, T, counts, flat, room


def test_two_living_sources_are_healthy_and_said_so_once():
    box = Box().run(120)
    assert box.told == [("microphone", "healthy", 1), ("scale", "healthy", 1)]
    assert box.health.alive("microphone")
    assert box.blind == []


@pytest.mark.parametrize("rms", [1e-5, 1e-3, 0.3])
def test_a_quiet_room_is_not_a_dead_microphone(rms):
    box = Box("microphone").run(600, audio=lambda t: room(t, rms), scale=None)
    assert box.told == [("microphone", "healthy", 1)]


@pytest.mark.parametrize("value", [0.0, 0.25, 1.0, float("nan")])
def test_a_constant_is_a_dead_microphone(value):
    box = Box("microphone").run(60, scale=None)
    box.run(30, audio=lambda t: flat(t, value), scale=None)
    assert box.told[-1][1] == "failed"
    assert 9 <= box.told[-1][2] - 60 <= 12
    assert box.blind == ["microphone"]
    assert not box.health.alive("microphone")
    (condition,) = box.health.conditions(box.t_s)
    assert condition.severity == "critical"
    assert condition.since_s == pytest.approx(T + 60, abs=0.2)


def test_a_microphone_muted_from_the_start_is_never_called_alive():
    box = Box("microphone")
    for _ in range(40):
        box.run(1, audio=flat, scale=None)
        assert not box.health.alive("microphone")
    assert box.blind == ["microphone"]


def test_a_noise_gate_of_some_seconds_is_forgiven():
    box = Box("microphone").run(30, scale=None).run(9, audio=flat, scale=None).run(30, scale=None)
    assert [state for _, state, _ in box.told] == ["healthy"]


def test_a_scale_that_stops_is_an_event_in_three_seconds_and_an_alert_in_fifteen():
    box = Box().run(60)
    box.run(4, scale=None)
    assert box.told[-1] == ("scale", "stalled", 63)
    assert box.blind == []
    box.run(12, scale=None)
    assert box.blind == ["scale"]
    box.run(30, scale=None)
    assert box.told[-1][:2] == ("scale", "failed")


def test_it_is_healthy_again_after_five_steady_seconds():
    box = Box("scale").run(10, audio=None).run(40, audio=None, scale=None)
    assert box.blind == ["scale"]
    box.run(4, audio=None)
    assert box.blind == ["scale"]
    box.run(3, audio=None)
    assert box.blind == []
    assert box.told[-1][1] == "healthy"


def test_a_loose_plug_does_not_flutter():
    box = Box("scale").run(10, audio=None)
    for _ in range(10):
        box.run(5, audio=None, scale=None).run(3, audio=None)
    assert [state for _, state, _ in box.told].count("healthy") == 1
    assert box.blind == ["scale"]


def test_what_is_stated_says_for_how_long_the_source_had_worked():
    box = Box("microphone").run(14).run(20, audio=None)
    (stated,) = box.health.conditions(box.t_s)
    assert stated.since_s == pytest.approx(T + 14, abs=0.2)
    assert stated.false_before_s == pytest.approx(14, abs=0.2)
    box = Box("microphone").run(20, audio=None)
    (stated,) = box.health.conditions(box.t_s)
    assert stated.false_before_s == 0.0, "it has never worked in this run"


def test_a_source_that_never_starts_is_told():
    box = Box("scale").run(20, audio=None, scale=None)
    assert box.told[0] == ("scale", "stalled", 3)
    assert box.blind == ["scale"]


@pytest.mark.parametrize("code", [2**23 - 1, -(2**23)])
def test_a_saturated_scale_is_blind_at_once(code):
    box = Box("scale").run(10, audio=None).run(2, audio=None, scale=lambda t: counts(t, code))
    assert box.blind == ["scale"]
    assert "saturated" in box.health.sources()["scale"].why


def test_a_wild_code_of_a_slow_source_is_no_blindness() -> None:
    watch, codes = CodeWatch(), [1000.0, 1003.0, max(SATURATED_CODES)]
    for second in range(300):
        code = codes[2] if second % 10 in {0, 1} else codes[second % 2]
        assert watch.observe(ScaleBlock(np.array([float(second)]), np.array([code]))) == ""
    doubts = [
        watch.observe(ScaleBlock(np.array([float(second)]), np.array([codes[2]])))
        for second in range(300, 304)
    ]
    assert ["saturated" in doubt for doubt in doubts] == [False, False, True, True]


def test_a_stuck_converter_is_blind_after_a_minute_whatever_its_code():
    for code in (0, -1, 412_345):
        box = Box("scale").run(10, audio=None)
        box.run(58, audio=None, scale=lambda t, code=code: counts(t, code))
        assert box.blind == []
        box.run(10, audio=None, scale=lambda t, code=code: counts(t, code))
        assert box.blind == ["scale"]
        box.run(10, audio=None)
        assert box.blind == []


def test_a_coarse_recording_of_a_still_box_is_not_stuck():
    """Whole tens of grams at one value a second: most values repeat, often for minutes."""
    health = Health(("scale",), T)
    codes = np.repeat(RNG.integers(900, 903, 60), RNG.integers(5, 150, 60)) * 4000.0
    for i, code in enumerate(codes):
        health.observe(ScaleBlock(np.array([T + i]), np.array([code])))
        health.observe(Tick(T + i))
        assert health.conditions(T + i) == []
    for i in range(len(codes), len(codes) + 7200):
        health.observe(ScaleBlock(np.array([T + i]), np.array([3_600_000.0])))
        health.observe(Tick(T + i))
    assert [c.kind for c in health.conditions(T + i)] == ["monitor_blind"]


def test_a_fault_the_weighing_finds_counts():
    box = Box("scale").run(10, audio=None)
    box.health.know_scale_fault("jumps about: check the wires")
    (event,) = box.health.observe(Tick(box.t_s))
    assert (event.state, event.why) == ("failed", "jumps about: check the wires")
    box.health.know_scale_fault(None)
    box.run(3, audio=None)
    assert box.blind == []


def test_what_a_device_says_of_itself_counts_at_once_until_data_come():
    box = Box("microphone").run(10, scale=None)
    (event,) = box.health.observe(
        SourceReport(box.t_s, "microphone", "restarting", "the USB microphone is gone")
    )
    assert (event.state, event.why) == ("restarting", "the USB microphone is gone")
    box.run(14, audio=None, scale=None)
    assert box.blind == []
    box.run(2, audio=None, scale=None)
    assert box.blind == ["microphone"]
    box.run(10, scale=None)
    assert box.health.alive("microphone")


def test_a_source_that_is_not_configured_has_no_state_and_no_alert():
    box = Box("scale").run(60, audio=None)
    assert box.health.sources()["microphone"].state is None
    assert box.blind == []
    report = SourceReport(box.t_s, "microphone", "failed", "?")
    assert box.health.observe(report) == []


class TestHost:
    @staticmethod
    def kinds(seconds: float, **report) -> list[tuple[str, str]]:
        health = Health((), T)
        health.observe(HostReport(T, **report))
        return [(c.kind, c.key) for c in health.conditions(T + seconds)]

    def test_a_fit_computer_says_nothing(self):
        fit = {"under_voltage": False, "temperature_c": 55.0, "disk_free_bytes": 10**10}
        assert self.kinds(10, **fit) == []

    def test_unknown_breaks_no_limit(self):
        assert self.kinds(10) == []

    def test_a_full_disk_a_hot_pi_and_a_dead_journal_are_blindness(self):
        sick = {"temperature_c": 81.0, "disk_free_bytes": 10**7, "journal_error": "disk full"}
        expected = {("monitor_blind", k) for k in ("disk", "heat", "journal")}
        assert set(self.kinds(1, **sick)) == expected

    def test_under_voltage_is_low_power_first_and_blindness_when_it_lasts(self):
        assert self.kinds(2, under_voltage=True) == []
        assert self.kinds(10, under_voltage=True) == [("low_power", "")]
        lasting = self.kinds(61, under_voltage=True)
        assert lasting == [("low_power", ""), ("monitor_blind", "power")]

    def test_heat_has_hysteresis(self):
        health = Health((), T)
        for i, (celsius, hot) in enumerate([(79, 0), (80, 1), (76, 1), (74, 0), (76, 0)]):
            health.observe(HostReport(T + i, temperature_c=celsius))
            assert len(health.conditions(T + i)) == hot

    def test_an_old_report_proves_nothing(self):
        assert self.kinds(200, temperature_c=90.0) == []


def test_a_monitor_that_is_late_says_so_until_it_has_caught_up():
    health = Health(("microphone",), T)
    late = ["late"]
    for lag_s, told in ((0.1, []), (15.0, []), (21.0, late), (10.0, late), (1.0, [])):
        health.observe(LagReport(T, lag_s, exhausted=True))
        assert [c.key for c in health.conditions(T)] == told


def test_a_passing_stall_wakes_nobody():
    health = Health(("microphone",), T)
    health.observe(LagReport(T, 25.0, exhausted=False))  # the journal's card was slow once
    assert health.conditions(T) == []

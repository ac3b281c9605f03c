"""Calibrating a scale that is being watched: step by step, refused, left, accepted."""

import numpy as np
import pytest

from monitor.config import Config, ScaleConfig
from monitor.core.calibrating import GIVEN_UP_S
from monitor.core.growth.reference import GrowthReference
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import shipped
from monitor.events import (
    Alert,
    Baby,
    Calibration,
    CommandResult,
    ScaleBlock,
    Tick,
    Unassigned,
    WeighIn,
)
from monitor.timeshift import TimeShift
from tests.asking import asked

START_S = 1_778_241_600.0
FACTOR, ZERO, NOISE = 412.7, 84_213.0, 60.0


class Bench:
    """A scale on which somebody puts things; a second is ten readings and a tick."""

    def __init__(self, scale: ScaleConfig | None = None, *babies: Baby) -> None:
        self.line = Pipeline(
            Config(box="a", scale=scale or ScaleConfig(source="hx711")),
            babies=babies,
            history=(),
            model=None,
            reference=GrowthReference.parse(shipped("growth.toml")),
            start_s=START_S,
            local_minute=lambda _t_s: 720,
        )
        self.now_s, self.load_g, self.factor = START_S, 0.0, FACTOR
        self.rng = np.random.default_rng(1)
        self.events: list[object] = []

    def live(self, seconds: int, load_g: float | None = None, *, shaken: bool = False) -> None:
        self.load_g = self.load_g if load_g is None else load_g
        for _ in range(seconds):
            times = self.now_s + np.arange(10) / 10
            counts = ZERO + self.factor * self.load_g + self.rng.normal(0, NOISE, 10)
            if shaken:
                counts += 5000.0 * np.sin(3 * times)
            self.events += self.line.observe(ScaleBlock(times, np.round(counts)))
            self.now_s += 1.0
            self.events += self.line.observe(Tick(self.now_s))

    def step(self, step: str, grams: float | None = None) -> CommandResult:
        args = {"step": step, "grams": grams}
        found = self.line.observe(asked(self.now_s, "calibrate_scale", args))
        self.events += found
        (result,) = [event for event in found if isinstance(event, CommandResult)]
        return result

    def calibrate(self) -> None:
        for step, load_g in (("empty", 0.0), ("mass", 1000.0), ("check", 300.0)):
            self.live(7, load_g)
            assert self.step(step, load_g or None).ok
        assert self.step("accept").ok

    def told(self, *kinds: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kinds)]


def test_a_scale_that_was_never_calibrated_is_calibrated_in_four_steps_and_weighs() -> None:
    bench = Bench()
    assert bench.line.status(bench.now_s).scale.calibrated is False
    bench.live(7)
    empty = bench.step("empty")
    assert empty.ok, empty.error
    assert empty.understood is not None
    assert empty.understood.startswith("the empty scale is read: 842")
    assert empty.answer is not None
    assert empty.answer["next"] == "mass"
    bench.live(7, 1000.0)
    mass = bench.step("mass", 1000)
    assert mass.answer is not None
    assert mass.answer["counts_per_gram"] == pytest.approx(FACTOR, rel=1e-3)
    assert mass.answer["used_range_pct"] == pytest.approx(24.6, abs=0.1)
    assert mass.understood == "1000 g are read: from one reading to the next it wavers by 0.1 g"
    shown = bench.line.status(bench.now_s).scale.calibration
    assert shown is not None
    assert (shown.next, shown.said) == ("check", mass.understood)
    bench.live(7, 300.0)
    check = bench.step("check", 300)
    assert check.answer is not None
    assert abs(check.answer["error_pct"]) < 0.2
    assert "shows 300." in str(check.understood)
    accepted = bench.step("accept")
    assert accepted.ok
    (event,) = bench.told(Calibration)
    assert isinstance(event, Calibration)
    assert event.counts_per_gram == pytest.approx(FACTOR, rel=1e-3)
    assert event.zero_counts == pytest.approx(ZERO, abs=60)
    bench.live(5, 0.0)
    bench.live(15, 500.0)
    status = bench.line.status(bench.now_s).scale
    assert status.calibrated
    assert status.calibration is None
    assert status.total_g == pytest.approx(500.0, abs=1.0)


def test_without_a_second_mass_it_says_what_may_go_unnoticed() -> None:
    bench = Bench()
    bench.live(7)
    bench.step("empty")
    bench.live(7, 1000.0)
    bench.step("mass", 1000)
    assert "would go unnoticed" in str(bench.step("accept").understood)


@pytest.mark.parametrize(
    ("load_g", "grams", "says"),
    [
        (1000.0, 100.0, "246 % of the converter's range: are 100 g what lies on it"),
        (1000.0, 10_000.0, "2.5 % of the converter's range: are 10000 g what lies on it"),
        (0.0, 1000.0, "the same with 1000 g as without: check the wiring"),
        (5.0, 5.0, "too light"),
    ],
)
def test_a_mass_that_cannot_be_is_refused_and_may_be_tried_again(
    load_g: float, grams: float, says: str
) -> None:
    bench = Bench()
    bench.live(7)
    bench.step("empty")
    bench.live(7, load_g)
    refused = bench.step("mass", grams)
    assert not refused.ok
    assert says in str(refused.error)
    bench.live(7, 1000.0)
    assert bench.step("mass", 1000).ok


def test_a_check_mass_that_disagrees_is_refused_and_nothing_of_it_is_taken_over() -> None:
    bench = Bench()
    bench.live(7)
    bench.step("empty")
    bench.live(7, 500.0)
    bench.step("mass", 1000)
    bench.live(7, 300.0)
    assert "shows 600" in str(bench.step("check", 300).error)
    shown = bench.line.status(bench.now_s).scale.calibration
    assert shown is not None
    assert shown.next == "check"


def test_hands_on_the_scale_and_a_scale_that_is_silent_are_refused() -> None:
    bench = Bench()
    bench.live(7, shaken=True)
    assert "not still" in str(bench.step("empty").error)
    bench.live(7)
    bench.now_s += 4.0
    assert "sends no values" in str(bench.step("empty").error)
    bench.live(2)
    assert "wait five seconds" in str(bench.step("empty").error)


@pytest.mark.parametrize("counts", [5.0, 0x7FFFFF])
def test_a_dead_wire_is_refused(counts: float) -> None:
    bench = Bench()
    times = START_S + np.arange(70) / 10
    bench.line.observe(ScaleBlock(times, np.full(70, counts)))
    bench.now_s = START_S + 7.0
    assert "wires" in str(bench.step("empty").error)


@pytest.mark.parametrize("step", ["mass", "check", "accept", "cancel"])
def test_it_begins_with_the_empty_scale(step: str) -> None:
    bench = Bench()
    bench.live(7)
    grams = 100.0 if step in {"mass", "check"} else None
    refused = bench.step(step, grams)
    assert not refused.ok
    assert "under way" in str(refused.error) or 'begins with the step "empty"' in str(refused.error)


def test_a_calibration_that_was_left_is_given_up_and_says_so() -> None:
    bench = Bench(ScaleConfig(source="hx711", counts_per_gram=400.0, zero_counts=ZERO))
    bench.live(7)
    bench.step("empty")
    bench.live(int(GIVEN_UP_S) + 2)
    (event,) = bench.told(Calibration)
    assert isinstance(event, Calibration)
    assert (event.state, bench.line.status(bench.now_s).scale.calibration) == ("given_up", None)
    assert "left for 15 min and given up" in str(bench.step("mass", 1000).error)
    bench.live(10)
    assert bench.line.status(bench.now_s).scale.total_g == pytest.approx(0.0, abs=1.0)


def possum() -> Baby:
    return Baby(id="1", name="Possum", species="puppy", weight_g=180.0, registered_s=START_S)


@pytest.mark.parametrize("end", ["accept", "cancel"])
def test_what_lies_on_the_scale_meanwhile_is_no_baby_and_no_alarm(end: str) -> None:
    wrong = 0.9 if end == "accept" else 1.0
    scale = ScaleConfig(source="hx711", counts_per_gram=FACTOR * wrong, zero_counts=ZERO)
    bench = Bench(scale, possum())
    bench.live(40, 900.0)
    bench.live(20, 0.0)  # the box is taken off, with Possum in it
    before = len(bench.events)
    for step, load_g in (("empty", 0.0), ("mass", 6000.0), ("check", 300.0)):
        bench.live(120, load_g)
        assert bench.step(step, load_g or None).ok
    bench.live(60)
    bench.step(end)
    bench.live(20, 0.0)
    bench.live(60, 900.0)
    new = bench.events[before:]
    assert [e for e in new if isinstance(e, WeighIn | Unassigned)] == []
    assert [e.kind for e in new if isinstance(e, Alert)] == []
    status = bench.line.status(bench.now_s).scale
    assert status.in_box == ["Possum"]
    bench.live(30, 900.0 - 180.0)
    lifted = [e for e in bench.events if isinstance(e, WeighIn)]
    assert [e.baby for e in lifted] == ["Possum"]


def test_a_restart_with_another_calibration_makes_no_step_of_the_difference() -> None:
    scale = ScaleConfig(source="hx711", counts_per_gram=FACTOR, zero_counts=ZERO)
    bench = Bench(scale, possum())
    bench.live(60, 900.0)
    state = bench.line.state.scale
    other = ScaleConfig(source="hx711", counts_per_gram=FACTOR * 0.8, zero_counts=ZERO - 9000)
    again = Bench(other, possum())
    again.line.resume(scale=state)
    again.now_s = bench.now_s + 5.0
    again.live(60, 900.0)
    assert again.told(WeighIn, Unassigned) == []
    assert again.line.status(again.now_s).scale.in_box == ["Possum"]


def test_a_shift_of_the_clock_ends_no_calibration() -> None:
    bench = Bench()
    bench.live(7)
    bench.step("empty")
    bench.line.shift(TimeShift(by_s=1e6))
    bench.now_s += 1e6
    bench.live(7, 1000.0)
    assert bench.step("mass", 1000).ok


def test_somebody_who_looks_sees_the_reading_without_a_calibration() -> None:
    bench = Bench()
    bench.live(7, 250.0)
    seen = bench.line.live_status(bench.now_s, bench.now_s + 60)
    assert seen.raw_counts == pytest.approx(ZERO + 250 * FACTOR, abs=60)
    assert seen.noise_counts == pytest.approx(NOISE, rel=0.5)
    assert (seen.still, seen.total_g, seen.level_db) == (True, None, None)
    bench.live(2, shaken=True)
    assert bench.line.live_status(bench.now_s, bench.now_s).still is False
    bench.now_s += 4.0
    gone = bench.line.live_status(bench.now_s, bench.now_s)
    assert (gone.raw_counts, gone.still) == (None, None)

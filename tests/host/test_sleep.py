"""A computer that sleeps: what lay before stays where it was, and nothing is concluded over it."""

from __future__ import annotations

import queue
import time

import numpy as np
import pytest

from monitor.config import AlertsConfig, Config, ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import shipped
from monitor.devices.ticker import Ticker
from monitor.events import (
    Alert,
    Baby,
    ClockReading,
    ObjectMoved,
    ScaleBlock,
    Slept,
    SourceState,
    Tick,
    Unassigned,
    WeighIn,
)
from monitor.host.boot_clock import BootClock, ClockTracker
from monitor.host.timeline import Timeline, asleep_s
from monitor.times import HOUR_S

START_S = 1_700_000_000.0
CPG, ZERO = 412.7, 84_213.0
BABIES = [
    Baby(id="ash", name="Ash", species="kitten", weight_g=180.0),
    Baby(id="fern", name="Fern", species="puppy", weight_g=310.0),
]


class Sleeper:
    """The time this computer has slept, as a test says."""

    def __init__(self) -> None:
        self.slept_s = 5.0

    def __call__(self) -> float:
        return self.slept_s


def test_the_timeline_goes_on_while_the_computer_sleeps():
    sleep = Sleeper()
    timeline = Timeline(START_S, asleep=sleep)
    before_s = timeline.at_s(time.monotonic())
    sleep.slept_s += 3 * HOUR_S
    assert timeline.at_s(time.monotonic()) - before_s == pytest.approx(3 * HOUR_S, abs=5.0)
    assert timeline.slept_s == 3 * HOUR_S


def test_two_clocks_read_one_after_the_other_are_no_sleep():
    sleep = Sleeper()
    timeline = Timeline(START_S, asleep=sleep)
    moment_s = time.monotonic()
    at_s = timeline.at_s(moment_s)
    for late_s in (0.3, -0.4, 0.9, -2.0):
        sleep.slept_s = 5.0 + late_s
        assert timeline.at_s(moment_s) == at_s


def test_this_computer_has_slept_for_no_negative_time():
    assert asleep_s() > -1.0


def test_a_sleep_is_put_before_the_first_tick_after_it():
    sleep, arrived = Sleeper(), queue.SimpleQueue()
    timeline = Timeline(START_S, asleep=sleep)
    ticker = Ticker(timeline, clock_synced=lambda: True)
    ticker.start(arrived.put)
    try:
        seen = [arrived.get(timeout=10), arrived.get(timeout=10)]
        assert [type(item) for item in seen] == [ClockReading, Tick]
        sleep.slept_s += 3 * HOUR_S
        slept, tick = arrived.get(timeout=10), arrived.get(timeout=10)
    finally:
        ticker.stop()
    assert isinstance(slept, Slept)
    assert slept.slept_s == 3 * HOUR_S
    assert isinstance(tick, Tick)
    assert tick.t_s == slept.t_s
    assert tick.t_s - seen[1].t_s == pytest.approx(3 * HOUR_S, abs=10.0)


def test_the_wall_clock_and_the_timeline_agree_after_a_sleep():
    """Where they did not, everything of this boot was moved by the hours slept."""
    clock = BootClock(boot_id="b", offset_s=START_S - 10.0, began_s=START_S, known=True)
    tracker, sleep = ClockTracker(clock), Sleeper()
    timeline, began_s = Timeline(START_S, asleep=sleep), time.monotonic()
    sleep.slept_s += 3 * HOUR_S
    for _ in range(3):
        unix_s = START_S + 3 * HOUR_S + time.monotonic() - began_s
        assert tracker.observe(ClockReading(timeline.now_s(), unix_s, synced=True)) == []


class Box:
    """A whole pipeline on a scale alone."""

    def __init__(self) -> None:
        config = Config(
            box="box",
            scale=ScaleConfig(source="simulated", counts_per_gram=CPG, zero_counts=ZERO),
            alerts=AlertsConfig(),
        )
        self.pipeline = Pipeline(
            config,
            babies=BABIES,
            history=[],
            model=None,
            reference=GrowthReference.parse(shipped("growth.toml")),
            start_s=START_S,
            local_minute=lambda _t_s: 12 * 60,
        )
        self.now_s = START_S
        self.events: list = []
        self._random = np.random.default_rng(1)

    def show(self, grams: float, seconds: int) -> None:
        for _ in range(seconds):
            times_s = self.now_s + 0.1 + np.arange(10) / 10
            level = grams + self._random.normal(0.0, 0.08, 10)
            block = ScaleBlock(times_s, np.round(ZERO + CPG * level))
            self.now_s = float(times_s[-1])
            self.events += self.pipeline.observe(block)
            self.events += self.pipeline.observe(Tick(self.now_s))

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.events += self.pipeline.observe(Slept(self.now_s, seconds))
        self.events += self.pipeline.observe(Tick(self.now_s))

    def of(self, kind: type) -> list:
        return [event for event in self.events if isinstance(event, kind)]


def test_nobody_is_weighed_over_a_sleep_and_who_is_in_is_asked():
    box = Box()
    box.show(1190.0, 120)
    box.sleep(3 * HOUR_S)
    box.show(1010.0, 120)
    assert not box.of(WeighIn)
    assert not box.of(ObjectMoved)
    asked = box.of(Unassigned)
    assert [event.gap for event in asked] == [True]
    assert asked[0].t_s > START_S + 3 * HOUR_S


def test_a_sleep_is_no_blind_source_but_is_said():
    box = Box()
    box.show(1190.0, 120)
    box.sleep(3 * HOUR_S)
    box.show(1190.0, 60)
    alerts = box.of(Alert)
    assert [(a.kind, a.severity, a.title) for a in alerts] == [
        ("monitor_blind", "warning", "Nobody watched: the computer slept")
    ]
    assert "asleep for 3 h" in alerts[0].message
    assert alerts[0].since == pytest.approx(START_S + 120.0, abs=2.0)
    assert {event.state for event in box.of(SourceState)} == {"healthy"}
    box.show(1190.0, 3700)
    assert [a.state for a in box.of(Alert)][-1] == "cleared"


def test_a_source_that_does_not_come_back_from_the_sleep_is_told_from_then_on():
    box = Box()
    box.show(1190.0, 120)
    box.sleep(3 * HOUR_S)
    woke_s = box.now_s
    for second in range(40):
        box.events += box.pipeline.observe(Tick(woke_s + second))
    blind = [a for a in box.of(Alert) if a.title == "Scale is blind"]
    assert len(blind) == 1
    assert blind[0].since >= woke_s

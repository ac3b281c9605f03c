"""Both ends of what a platform can show are judged: more than the cell carries, less than none."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.config import ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.weigher import Weigher
from monitor.data.shipped import shipped
from monitor.events import (
    AnyEvent,
    Baby,
    BoxOff,
    BoxOn,
    CommandResult,
    ScaleBlock,
    WeighIn,
)
from tests.asking import asked

START_S = 1_700_000_000.0
CPG, ZERO = 412.7, 84_213.0
BABIES = [
    Baby(id="ash", name="Ash", species="kitten", weight_g=180.0, born="2023-11-08"),
    Baby(id="fern", name="Fern", species="puppy", weight_g=310.0, born="2023-11-08"),
]


class Box:
    """A path that is shown one level after another, ten values a second."""

    def __init__(self) -> None:
        self.path = Weigher(
            ScaleConfig(counts_per_gram=CPG, zero_counts=ZERO),
            BABIES,
            start_s=START_S,
            reference=GrowthReference.parse(shipped("growth.toml")),
        )
        self.now_s = START_S
        self.events: list[AnyEvent] = []
        self._random = np.random.default_rng(1)

    def show(self, grams: float, seconds: float) -> None:
        n = int(seconds * 10)
        times_s = self.now_s + 0.1 + np.arange(n) / 10
        counts = np.round(ZERO + CPG * (grams + self._random.normal(0.0, 0.08, n)))
        self.events += self.path.observe(ScaleBlock(times_s, counts))
        self.now_s = float(times_s[-1])

    @property
    def status(self):
        return self.path.scale_status(self.now_s)


@pytest.mark.parametrize("grams", [-300.0, -2150.0, -20_000.0])
def test_nothing_weighs_less_than_an_empty_platform(grams):
    box = Box()
    box.show(grams, 30.0)
    assert box.path.fault is not None
    assert f"{grams:.0f} g" in box.path.fault
    assert "nursery calibrate scale" in box.path.fault
    assert box.status.total_g is None
    assert box.status.still is None
    assert box.status.in_box is None


@pytest.mark.parametrize("grams", [-100.0, -20.0, 0.0, 1190.0, 4990.0])
def test_what_a_zero_drifts_by_and_what_a_cell_carries_is_no_fault(grams):
    box = Box()
    box.show(grams, 30.0)
    assert box.path.fault is None
    assert box.status.total_g == pytest.approx(grams, abs=0.5)
    assert box.status.still


def test_a_platform_lifted_by_its_edge_is_no_fault():
    box = Box()
    box.show(1190.0, 30.0)
    box.show(-400.0, 6.0)
    box.show(1190.0, 30.0)
    assert box.path.fault is None


def test_a_cell_that_breaks_towards_less_than_nothing_names_nobody():
    box = Box()
    box.show(1190.0, 60.0)
    box.show(-2150.0, 60.0)
    assert box.path.fault is not None
    assert [type(e) for e in box.events] == [BoxOff]
    box.show(1190.0, 60.0)
    assert box.path.fault is None
    assert [type(e) for e in box.events] == [BoxOff, BoxOn]
    assert box.status.in_box == ["Ash", "Fern"]


def test_a_sign_that_is_wrong_names_nobody():
    box = Box()
    for grams in (-1190.0, -1010.0, -1199.0, -880.0, -1214.0):
        box.show(grams, 60.0)
    assert not [e for e in box.events if isinstance(e, WeighIn)]
    assert box.path.fault is not None


def test_an_overloaded_scale_is_not_still():
    box = Box()
    box.show(5600.0, 60.0)
    assert box.status.total_g == pytest.approx(5600.0, abs=1.0)
    assert box.status.still is False
    assert [c.kind for c in box.path.conditions(box.now_s)] == ["scale_overload"]
    tare = box.path.observe(asked(t_s=box.now_s, verb="tare"))[0]
    assert isinstance(tare, CommandResult)
    assert not tare.ok
    box.show(1190.0, 60.0)
    assert box.status.still

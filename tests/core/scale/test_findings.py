"""Too little milk, by what the whole scale half of the core has seen."""

from __future__ import annotations

import pytest

from monitor.config import ScaleConfig
from monitor.core.scale.weigher import Weigher
from monitor.data.shipped import growth_reference
from monitor.events import Condition
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.times import HOUR_S, MINUTE_S

T0 = 1_773_100_800.0  # 2026-03-10T00:00:00Z
BORN = "2026-03-01"


def box_of(share: float) -> SimulatedBox:
    """Half a day of a kitten that takes this share of its weight every 3.2 hours."""
    ash = SimBaby(name="Ash", species="kitten", weight_g=200.0, born=BORN, gain_pct_day=0.0,
                  lively=0.3)  # fmt: skip
    box = SimulatedBox(3, T0, [ash])
    for k in range(5):
        t_s = T0 + (0.5 + 3.2 * k) * HOUR_S
        box.feed(t_s, "Ash", share * ash.at(t_s), out_s=300.0)
    return box


def said(box: SimulatedBox, *, blind_h: float | None = None) -> Condition | None:
    """Of its drinking, at the end; ``blind_h``: half an hour from then on nothing is read."""
    babies = [baby.as_baby() for baby in box.babies.values()]
    config = ScaleConfig(counts_per_gram=box.cell.counts_per_gram, zero_counts=box.cell.zero_counts)
    weigher = Weigher(config, babies, start_s=T0, reference=growth_reference())
    found: list[Condition] = []
    for block in box.blocks(T0, T0 + 14.0 * HOUR_S, MINUTE_S):
        hours = (block.t_s - T0) / HOUR_S
        if blind_h is None or not blind_h < hours < blind_h + 0.5:
            weigher.observe(block)
        found = weigher.conditions(block.t_s)
    return next((each for each in found if each.kind == "low_intake"), None)


def test_half_a_day_of_small_bottles_is_told_though_each_was_passable():
    told = said(box_of(0.011))
    assert told is not None
    assert (told.baby, told.severity) == ("Ash", "warning")
    assert "ml in 12 h and needs 20 to 29 ml" in told.message


def test_enough_is_not():
    assert said(box_of(0.03)) is None


@pytest.mark.parametrize("blind_h", [4.5, 10.5])
def test_nothing_is_told_of_a_time_in_which_the_scale_was_blind(blind_h):
    assert said(box_of(0.011), blind_h=blind_h) is None

from __future__ import annotations

import numpy as np
import pytest

from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import CHEAP_CELL, Cell
from tests.demo_box import demo_box

START_S = 1_700_000_000.0
STILL = Cell(noise_g=0.0, drift_g_h=0.0, creep=0.0, spike_share=0.0)


def one_baby(**how) -> SimulatedBox:
    baby = SimBaby(name="Ash", species="kitten", weight_g=200.0, lively=0.0, gain_pct_day=0.0)
    return SimulatedBox(1, START_S, [baby], box_g=800.0, clean_hands=True, **how)


def samples(box: SimulatedBox, from_s: float, to_s: float) -> tuple[np.ndarray, np.ndarray]:
    blocks = list(box.blocks(from_s, to_s, block_s=3600.0))
    times = np.concatenate([block.times_s for block in blocks])
    return times, np.concatenate([block.counts for block in blocks])


def grams(box: SimulatedBox, from_s: float, to_s: float) -> np.ndarray:
    _, counts = samples(box, START_S + from_s, START_S + to_s)
    return (counts - box.cell.zero_counts) / box.cell.counts_per_gram


def test_the_truth_is_in_the_counts():
    box = one_baby(cell=STILL)
    box.feed(START_S + 100.0, "Ash", 9.0, 60.0)
    assert grams(box, 50, 90) == pytest.approx(1000.0, abs=0.01)
    assert grams(box, 110, 150) == pytest.approx(800.0, abs=0.01)
    assert grams(box, 170, 200) == pytest.approx(1009.0, abs=0.01)
    assert [(t.kind, round(t.weight_g, 2)) for t in box.truth] == [
        ("lift", 200.0),
        ("return", 209.0),
    ]


def test_the_same_however_it_is_cut():
    box = demo_box(7, START_S, 2.0)
    times, counts = samples(box, START_S, START_S + 3000.0)
    for block_s in (0.1, 7.0, 61.0):
        pieces = list(box.blocks(START_S, START_S + 3000.0, block_s))
        assert np.array_equal(np.concatenate([p.times_s for p in pieces]), times)
        assert np.array_equal(np.concatenate([p.counts for p in pieces]), counts)
    part, _ = samples(box, START_S + 1000.0, START_S + 1100.0)
    assert np.array_equal(part, times[(times >= START_S + 1000) & (times < START_S + 1100)])
    assert np.all(np.diff(times) > 0)


def test_creep_follows_a_load_late():
    box = one_baby(cell=Cell(noise_g=0.0, drift_g_h=0.0, creep=0.003, spike_share=0.0))
    box.thing(START_S + 100.0, 1000.0)
    late = grams(box, 105, 4000)
    assert late[0] == pytest.approx(1997.0, abs=0.1)
    assert late[-1] == pytest.approx(2000.0, abs=0.2)


def test_a_cheap_cell_has_bad_codes():
    box = one_baby(cell=CHEAP_CELL)
    away = np.abs(grams(box, 0, 600) - 1000.0) > 50.0
    assert 0.01 < away.mean() < 0.03


def test_a_cut_has_no_samples_and_the_box_can_leave():
    box = one_baby(cell=STILL)
    box.cut(START_S + 10.0, START_S + 20.0)
    box.box_off(START_S + 30.0)
    box.lift(START_S + 35.0, "Ash", seen=False)
    box.box_on(START_S + 40.0, heavier_g=-50.0)
    times, _ = samples(box, START_S, START_S + 60.0)
    assert not np.any((times >= START_S + 10.0) & (times < START_S + 20.0))
    assert grams(box, 33, 39) == pytest.approx(0.0, abs=0.1)
    assert grams(box, 45, 60) == pytest.approx(750.0, abs=0.1)

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.scale.plateaus import Segmenter, Transition
from monitor.core.scale.windows import Windower

CPG, ZERO = 400.0, 80_000.0


def transitions(times: np.ndarray, grams: np.ndarray, block: int = 10_000) -> list[Transition]:
    counts = np.round(ZERO + CPG * grams)
    return transitions_of_counts(times, counts, block)


def transitions_of_counts(
    times: np.ndarray, counts: np.ndarray, block: int = 10_000
) -> list[Transition]:
    windower, segmenter = Windower(CPG, ZERO), Segmenter()
    out: list[Transition] = []
    for at in range(0, len(times), block):
        for window in windower.observe(times[at : at + block], counts[at : at + block]):
            if not np.isnan(window.g):
                out.extend(segmenter.observe(window.t_s, window.g))
    return out


def clock(seconds: float, rate_hz: float = 10.0) -> np.ndarray:
    return 1000.0 + np.arange(int(seconds * rate_hz)) / rate_hz


def noise(n: int, sd: float = 0.08, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, sd, n)


def steps(found: list[Transition]) -> list[float]:
    return [t.to_g - t.from_g for t in found if t.from_g is not None]


def test_a_step_is_measured_between_still_stretches_and_timed():
    times = clock(120)
    grams = np.where(times < 1060.3, 900.0, 720.0) + noise(len(times))
    found = [t for t in transitions(times, grams) if t.from_g is not None]
    assert len(found) == 1
    assert found[0].to_g - found[0].from_g == pytest.approx(-180.0, abs=0.1)
    assert found[0].t_s == pytest.approx(1060.3, abs=0.6)
    assert found[0].settled


@pytest.mark.parametrize(
    "fault",
    [8_388_607.0, -8_388_608.0, 4_194_303.0, 2_097_151.0, 131_071.0, -1.0, 0.0, "double", "half"],
    ids=str,
)
@pytest.mark.parametrize("share", [0.01, 0.05])
def test_no_converter_fault_makes_a_step_or_moves_the_weight(fault, share):
    times = clock(200)
    counts = np.round(ZERO + CPG * (np.where(times < 1100.0, 900.0, 720.0) + noise(len(times))))
    hit = np.random.default_rng(2).uniform(size=len(times)) < share
    factor = {"double": 2.0, "half": 0.5}
    counts[hit] = np.floor(counts[hit] * factor[fault]) if fault in factor else fault
    assert steps(transitions_of_counts(times, counts)) == pytest.approx([-180.0], abs=0.15)


@pytest.mark.parametrize("level", [0.0, -1.0])
def test_zero_and_minus_one_are_weights(level):
    windower = Windower(1.0, 0.0)
    times = clock(3)
    windows = windower.observe(times, np.full(len(times), level))
    assert [w.g for w in windows] == [level] * len(windows)
    assert not any(w.saturated for w in windows)


def test_a_window_of_saturation_has_no_weight():
    times = clock(2)
    windows = Windower(CPG, ZERO).observe(times, np.full(len(times), 8_388_607.0))
    assert windows
    assert all(w.saturated and np.isnan(w.g) for w in windows)


@pytest.mark.parametrize("rate_hz", [1.0, 10.0, 80.0, 100.0])
def test_any_rate_gives_the_step(rate_hz):
    times = clock(120, rate_hz)
    grams = np.where(times < 1060.0, 900.0, 720.0) + noise(len(times))
    assert steps(transitions(times, grams)) == pytest.approx([-180.0], abs=0.2)


def test_lifts_five_seconds_apart_are_two_steps():
    times = clock(120)
    grams = 900.0 - 180.0 * (times >= 1060.0) - 120.0 * (times >= 1065.0) + noise(len(times))
    assert steps(transitions(times, grams)) == pytest.approx([-180.0, -120.0], abs=0.3)


def test_a_washing_machine_hides_no_step():
    times = clock(300)
    shake = 6.0 * np.sin(2 * np.pi * 13.3 * times)
    grams = np.where(times < 1150.0, 900.0, 720.0) + noise(len(times)) + shake
    assert sum(steps(transitions(times, grams))) == pytest.approx(-180.0, abs=1.0)


def test_creep_of_a_cheap_cell_is_no_step_and_costs_no_gram():
    times = clock(2400)
    load = np.where(times < 1600.0, 3000.0, 2800.0)
    late = np.where(times < 1600.0, 0.0, np.exp(-(times - 1600.0) / 1200.0))
    grams = load + 0.003 * 200.0 * late + noise(len(times), 0.3)
    assert steps(transitions(times, grams)) == pytest.approx([-200.0], abs=1.0)


def test_a_gap_is_told():
    times = np.concatenate([clock(60), clock(60) + 160.0])
    grams = np.where(times < 1100.0, 900.0, 720.0) + noise(len(times))
    found = [t for t in transitions(times, grams) if t.from_g is not None]
    assert [t.blind_s for t in found] == pytest.approx([100.1], abs=1.0)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    corners=st.lists(st.floats(-0.02, 0.02), min_size=2, max_size=12),
)
def test_slow_drift_of_any_shape_makes_no_step(seed, corners):
    """Up to 72 g an hour, either way, with corners every 100 s."""
    times = clock(100.0 * len(corners), 5.0)
    rate = np.repeat(corners, 500)
    grams = 900.0 + np.cumsum(rate) / 5.0 + noise(len(times), 0.1, seed)
    assert steps(transitions(times, grams)) == []


@settings(max_examples=20, deadline=None)
@given(offset=st.integers(-200_000, 200_000), seed=st.integers(0, 2**16))
def test_a_constant_changes_nothing_but_the_tare(offset, seed):
    times = clock(90)
    counts = np.round(ZERO + CPG * (np.where(times < 1045, 900.0, 720.0) + noise(900, 0.1, seed)))
    plain, shifted = (
        transitions_of_counts(times, counts),
        transitions_of_counts(times, counts + offset),
    )
    assert [t.t_s for t in plain] == [t.t_s for t in shifted]
    assert steps(plain) == pytest.approx(steps(shifted), abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(block=st.integers(1, 400), seed=st.integers(0, 2**16))
def test_blocks_of_any_size_give_the_same(block, seed):
    times = clock(90)
    grams = np.where(times < 1045, 900.0, 720.0) + noise(900, 0.3, seed)
    assert transitions(times, grams, block) == transitions(times, grams)


def test_months_need_no_more_memory():
    segmenter = Segmenter()
    r = np.random.default_rng(3)
    for k in range(40_000):
        level = 900.0 if (k // 3000) % 2 else 700.0
        segmenter.observe(1000.0 + 0.5 * k, level + float(r.normal(0, 2.0)))
    state = segmenter.state
    held = state.recent, state.head, state.pending, state.kept, state.moving
    assert max(len(part) for part in held) <= 512

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.scale.windows import Windower

CPG, ZERO = 412.7, 84_213.0
WILD = (8_388_607.0, -8_388_608.0, 0.0, -1.0)


def recording(seed: int, rate_hz: float, wild: float) -> tuple[np.ndarray, np.ndarray]:
    """A minute with jitter in its times, and this share of wild codes."""
    rng = np.random.default_rng(seed)
    n = int(60 * rate_hz)
    times_s = 1.7e9 + np.cumsum(rng.uniform(0.2, 1.8, n) / rate_hz)
    counts = np.round(ZERO + CPG * rng.normal(900.0, rng.choice([0.0005, 0.1, 5.0]), n))
    hit = rng.uniform(size=n) < wild
    counts[hit] = rng.choice(WILD, hit.sum())
    return times_s, counts


@given(
    seed=st.integers(0, 10_000),
    rate_hz=st.sampled_from([1.0, 3.0, 10.0, 12.0, 20.0, 80.0]),
    wild=st.sampled_from([0.0, 0.1, 0.6]),
    size=st.sampled_from([1, 2, 5, 10, 31, 100]),
)
@settings(deadline=None)
def test_blocks_of_any_size_give_the_same_windows_to_the_bit(seed, rate_hz, wild, size):
    times_s, counts = recording(seed, rate_hz, wild)
    whole, cut = Windower(CPG, ZERO), Windower(CPG, ZERO)
    wanted = whole.observe(times_s, counts)
    found = [
        window
        for at in range(0, len(times_s), size)
        for window in cut.observe(times_s[at : at + size], counts[at : at + size])
    ]
    assert [repr(window) for window in found] == [repr(window) for window in wanted]
    assert cut.state == whole.state


def test_two_spikes_in_five_samples_are_lost():
    times_s = 100.0 + np.arange(6) / 10.0
    counts = ZERO + CPG * np.array([900.0, 5_000.0, 900.1, -300.0, 899.9, 900.0])
    (window,) = Windower(CPG, ZERO).observe(times_s, counts)
    assert window.g == pytest.approx(900.0)
    assert window.n == 5


@pytest.mark.parametrize("size", [1, 60])
def test_a_window_that_is_half_saturated_still_has_a_level(size):
    times_s = 100.0 + np.arange(60) / 8.0
    counts = np.where(np.arange(60) % 2 == 0, 8_388_607.0, ZERO + CPG * 900.0)
    windower = Windower(CPG, ZERO)
    windows = [
        window
        for at in range(0, 60, size)
        for window in windower.observe(times_s[at : at + size], counts[at : at + size])
    ]
    assert {window.saturated for window in windows} == {False}
    assert [window.g for window in windows] == pytest.approx([900.0] * len(windows))


def test_no_samples_are_no_windows():
    assert Windower(CPG, ZERO).observe(np.array([]), np.array([])) == []

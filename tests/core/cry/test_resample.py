"""The resampler: pitch, alias rejection, timing, and independence of how the stream is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.cry.features import log_mel
from monitor.core.cry.resample import Resampler
from monitor.errors import InputError

RATES_HZ = [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000, 44_101]


def run(rate_hz: int, signal: np.ndarray, cuts: list[int] | None = None) -> np.ndarray:
    resampler = Resampler(rate_hz)
    pieces = np.split(signal.astype(np.float32), cuts or [])
    return np.concatenate([*(resampler.process(p) for p in pieces), resampler.flush()])


def tone(rate_hz: int, hertz: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(rate_hz * seconds)) / rate_hz)


def rms_db(signal: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(signal.astype(float) ** 2) + 1e-30))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_tone_keeps_its_time_and_level(rate_hz: int) -> None:
    out = run(rate_hz, tone(rate_hz, 1_000))
    want = np.sin(2 * np.pi * 1_000 * np.arange(len(out)) / 16_000)
    middle = slice(2_000, 14_000)
    assert rms_db(out[middle] - want[middle]) < -75


@pytest.mark.parametrize("rate_hz", [r for r in RATES_HZ if r > 16_000])
@pytest.mark.parametrize("hertz", [8_550, 9_300, 10_900])
def test_what_would_fold_into_the_bands_is_80_db_down(rate_hz: int, hertz: float) -> None:
    if hertz > 0.49 * rate_hz:
        pytest.skip("above this rate's own limit")
    out = run(rate_hz, tone(rate_hz, hertz))
    assert rms_db(out[2_000:14_000]) - rms_db(tone(rate_hz, hertz)) < -80


@pytest.mark.parametrize("hertz", [8_050, 8_200, 8_350, 8_480])
def test_what_folds_above_the_bands_is_not_heard_in_them(hertz: int) -> None:
    heard_db = log_mel(run(48_000, tone(48_000, hertz))[2_000:14_000])
    assert heard_db.max() < -80


@pytest.mark.parametrize("rate_hz", [8_000, 11_025])
def test_images_of_a_narrow_input_are_80_db_down(rate_hz: int) -> None:
    hertz = 0.4 * rate_hz
    out = run(rate_hz, tone(rate_hz, hertz))[2_000:14_000]
    spectrum = np.abs(np.fft.rfft(out * np.kaiser(len(out), 14))) ** 2
    axis_hz = np.arange(len(spectrum)) * 16_000 / len(out)
    images = spectrum[axis_hz > rate_hz / 2].max()
    assert 10 * np.log10(images / spectrum.max()) < -80


@pytest.mark.parametrize("rate_hz", [*RATES_HZ, 16_000])
def test_length_is_the_duration(rate_hz: int) -> None:
    for count in (0, 1, 777, rate_hz):
        assert len(run(rate_hz, np.ones(count))) == -(-count * 16_000 // rate_hz)


@settings(max_examples=25, deadline=None)
@given(rate_hz=st.sampled_from(RATES_HZ), cuts=st.lists(st.integers(0, 9_000), max_size=6))
def test_cutting_the_stream_changes_nothing(rate_hz: int, cuts: list[int]) -> None:
    signal = np.random.default_rng(0).normal(size=9_000)
    whole = run(rate_hz, signal)
    assert np.array_equal(whole, run(rate_hz, signal, sorted(cuts)))


def test_impossible_rate_is_refused() -> None:
    with pytest.raises(InputError, match="not usable"):
        Resampler(0)

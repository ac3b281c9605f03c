from __future__ import annotations

import numpy as np
import pytest

from calibration.evaluation.breathing import (
    MINUTE,
    TURNING_HZ,
    band_peak,
    breath,
    limit,
    turning,
)


def test_a_breath_is_as_strong_as_the_animal_is_heavy_and_lies_in_the_band():
    force = breath(np.random.default_rng(1), 100.0, uneven=0.0)
    assert np.abs(force).max() == pytest.approx(0.03, rel=0.02)
    hz = np.fft.rfftfreq(MINUTE, 0.1)[np.argmax(np.abs(np.fft.rfft(force)))]
    assert 0.5 <= hz <= 2.0


def test_a_strong_line_stands_out_and_drift_does_not():
    r = np.random.default_rng(2)
    noise = r.normal(0.0, 0.1, MINUTE)
    above = limit(0.1, trials=300)
    assert band_peak(noise + breath(r, 1000.0, uneven=0.0)) > above
    assert band_peak(noise + np.linspace(0.0, 30.0, MINUTE)) < above


def test_the_limit_is_that_of_the_noise_whatever_its_size():
    assert limit(0.06, trials=300) == pytest.approx(limit(0.24, trials=300))


def test_what_turns_faster_than_can_be_read_looks_like_a_breath():
    hz = np.fft.rfftfreq(MINUTE, 0.1)
    found = hz[np.argmax(np.abs(np.fft.rfft(turning(np.random.default_rng(3)))))]
    assert found == pytest.approx(10.0 - TURNING_HZ, abs=0.02)

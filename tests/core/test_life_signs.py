"""Movement on the scale, told from noise, drift and wild codes without any calibration."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.life_signs import LifeSigns
from monitor.events import ScaleBlock

COUNTS_PER_G = 400


def stirred(
    noise_g: float, hours: float, *, rate_hz=10, spikes=0.0, drift_g_h=10.0, kick_g=0.0, split=10
) -> list[float]:
    """When something stirred; ``kick_g``: three seconds of a 2.3 Hz wobble every ten minutes."""
    rng = np.random.default_rng(5)
    t_s = np.arange(int(hours * 3600 * rate_hz)) / rate_hz
    grams = 900 + drift_g_h * t_s / 3600 + rng.normal(0, noise_g, len(t_s))
    kicking = (t_s % 600 >= 300) & (t_s % 600 < 303)
    grams[kicking] += kick_g * np.sin(2 * np.pi * 2.3 * t_s[kicking])
    wild = rng.random(len(t_s)) < spikes
    grams[wild] += rng.normal(0, 200, wild.sum())
    counts = np.round(grams * COUNTS_PER_G)
    subject = LifeSigns()
    found = [
        subject.observe(ScaleBlock(t_s[i : i + split], counts[i : i + split]))
        for i in range(0, len(t_s), split)
    ]
    return [moment_s for moment_s in found if moment_s is not None]


@pytest.mark.parametrize("noise_g", [0.05, 0.3, 1.0])
def test_noise_and_drift_never_stir(noise_g):
    assert stirred(noise_g, 6) == []


@pytest.mark.parametrize("rate_hz", [1, 80])
def test_at_any_rate(rate_hz):
    assert stirred(0.3, 12 if rate_hz == 1 else 1, rate_hz=rate_hz) == []


def test_wild_codes_are_no_sign_of_life():
    assert stirred(0.3, 6, spikes=0.01) == []


@pytest.mark.parametrize("kick_g", [1.5, 5.0])
def test_every_kick_is_seen(kick_g):
    moments = stirred(0.3, 2, kick_g=kick_g)
    assert {int(t // 600) for t in moments} == set(range(12))
    assert all(299 < t % 600 < 306 for t in moments)


def test_blocks_of_any_size_tell_the_same():
    one_by_one = {int(t // 600) for t in stirred(0.3, 1, kick_g=3.0, split=1)}
    assert one_by_one == {int(t // 600) for t in stirred(0.3, 1, kick_g=3.0, split=37)}

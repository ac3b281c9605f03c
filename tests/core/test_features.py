"""Log-mel pictures: the right band, no absolute level, the same however the stream is cut."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core import features
from monitor.core.features import BANDS, FRAME, HOP, STEP_FRAMES, Normaliser, log_mel

RNG = np.random.default_rng(3)


def tone(hertz: float, frames: int, amplitude: float = 1.0) -> np.ndarray:
    t = np.arange(frames * HOP + FRAME - HOP) / 16_000
    return (amplitude * np.sin(2 * np.pi * hertz * t)).astype(np.float32)


@pytest.mark.parametrize("hertz", [300, 1_134, 3_000, 7_000])
def test_full_scale_sine_is_near_0_db_in_its_band_and_far_below_elsewhere(hertz: float) -> None:
    mel_db = log_mel(tone(hertz, 10))
    assert mel_db.shape == (10, BANDS)
    assert -3.5 < mel_db.max() < 3
    peak = int(mel_db[5].argmax())
    centre_hz = (features.mel_matrix()[:, peak] @ np.arange(FRAME // 2 + 1)) * 16_000 / FRAME
    centre_hz /= features.mel_matrix()[:, peak].sum()
    assert centre_hz == pytest.approx(hertz, rel=0.12)
    far = np.abs(np.arange(BANDS) - peak) > 8
    assert mel_db[5][far].max() < -50


def test_every_band_has_a_bin() -> None:
    assert (features.mel_matrix().sum(axis=0) > 0.2).all()


def test_digital_silence_has_a_floor() -> None:
    mel_db = log_mel(np.zeros(10 * HOP + FRAME - HOP, dtype=np.float32))
    assert np.allclose(mel_db, features.SILENCE_DB, atol=1e-3)


def scene(steps: int) -> np.ndarray:
    """Noise with calls in it, as log-mel."""
    frames = steps * STEP_FRAMES
    samples = RNG.normal(size=frames * HOP + FRAME - HOP).astype(np.float32) * 3e-2
    samples[20_000:28_000] += tone(1_200, 100, 0.3)[:8_000]
    return log_mel(samples)


def test_level_does_not_matter() -> None:
    loud = scene(6)
    quiet = loud - 20
    a, b = Normaliser().picture(loud).layers, Normaliser().picture(quiet).layers
    assert np.abs(a - b).max() < 1e-5


def test_cutting_between_steps_changes_nothing() -> None:
    mel_db = scene(8)
    whole = Normaliser().picture(mel_db).layers
    parts = Normaliser()
    cut = [parts.picture(piece).layers for piece in np.split(mel_db, 8)]
    assert np.allclose(whole, np.concatenate(cut), atol=1e-6)


def test_steady_noise_lies_still_and_a_call_stirs() -> None:
    normaliser = Normaliser()
    stirred = 0
    for _ in range(40):
        noise = RNG.normal(size=2 * STEP_FRAMES * HOP + FRAME - HOP).astype(np.float32) * 1e-3
        stirred += normaliser.picture(log_mel(noise)).stirring.any()
    assert stirred <= 8  # the first five: the background is not known yet
    noise[4_000:9_000] += tone(1_200, 100, 0.003)[:5_000]
    assert normaliser.picture(log_mel(noise)).stirring.any()


def test_fingerprint_follows_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    before = features.fingerprint()
    monkeypatch.setattr(features, "_PRESENCE_RANGE_DB", 51.0)
    assert features.fingerprint() != before

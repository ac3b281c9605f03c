"""Log-mel pictures: the right band, no absolute level, the same however the stream is cut."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.cry import features
from monitor.core.cry.features import (
    BANDS,
    FRAME,
    HOP,
    STEP_FRAMES,
    SURVEY_EVERY,
    Surveyor,
    log_mel,
    log_mel_between,
    picture,
)
from monitor.simulation import sounds as synth

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


def pictured(mel_db: np.ndarray, surveyor: Surveyor | None = None) -> np.ndarray:
    survey = (surveyor or Surveyor()).survey(mel_db[::SURVEY_EVERY])
    return picture(mel_db, survey)


def test_the_survey_and_what_lies_between_are_all_frames() -> None:
    samples = RNG.normal(size=2 * STEP_FRAMES * HOP + FRAME - HOP).astype(np.float32)
    surveyed = log_mel(samples, SURVEY_EVERY)
    assert len(surveyed) == STEP_FRAMES
    assert np.allclose(log_mel_between(samples, surveyed), log_mel(samples), atol=1e-4)


def test_level_does_not_matter() -> None:
    loud = scene(6)
    assert np.abs(pictured(loud) - pictured(loud - 20)).max() < 1e-5


def test_cutting_between_steps_changes_nothing() -> None:
    mel_db = scene(8)
    surveyor = Surveyor()
    cut = [pictured(piece, surveyor) for piece in np.split(mel_db, 8)]
    assert np.allclose(pictured(mel_db), np.concatenate(cut), atol=1e-6)


def test_a_part_of_a_survey_is_the_survey_of_that_part() -> None:
    mel_db = scene(6)
    survey = Surveyor().survey(mel_db[::SURVEY_EVERY])
    part = picture(mel_db[2 * STEP_FRAMES : 5 * STEP_FRAMES], survey.part(slice(2, 5)))
    assert np.array_equal(part, picture(mel_db, survey)[2 * STEP_FRAMES : 5 * STEP_FRAMES])


def noise(slope_db_per_octave: float, seconds: float) -> np.ndarray:
    sound = synth.noise(np.random.default_rng(5), seconds, slope_db_per_octave=slope_db_per_octave)
    return synth.at_level(sound, -60)


@pytest.mark.parametrize("slope_db_per_octave", [-6, -3, 0])
def test_steady_noise_lies_still(slope_db_per_octave: float) -> None:
    sound = noise(slope_db_per_octave, 240)
    surveyed = log_mel(sound, SURVEY_EVERY)
    half = STEP_FRAMES // SURVEY_EVERY
    survey = Surveyor().survey(surveyed[: len(surveyed) // half * half])
    assert survey.stirring[:9].all(), "the background is not known yet"
    assert survey.stirring[20:].mean() < 0.03


@pytest.mark.parametrize("kind", ["kitten", "puppy"])
def test_a_faint_call_stirs(kind: synth.CallKind) -> None:
    """Of calls as loud as a whole room's noise, next to none goes by unnoticed."""
    rng, noticed, calls = np.random.default_rng(8), 0, 40
    for _ in range(calls):
        sound = noise(-3, 9.62)
        call = synth.at_level(synth.call(kind, rng), -60)
        sound[100_000 : 100_000 + len(call)] += call[: len(sound) - 100_000]
        surveyed = log_mel(sound, SURVEY_EVERY)[: 20 * STEP_FRAMES // SURVEY_EVERY]
        noticed += bool(Surveyor().survey(surveyed).stirring[12:].any())
    assert noticed >= 0.95 * calls


def test_fingerprint_follows_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    before = features.fingerprint()
    monkeypatch.setattr(features, "SILENCE_DB", features.SILENCE_DB + 1)
    assert features.fingerprint() != before

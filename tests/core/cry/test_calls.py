"""Calls in sound: where they are, how long, how high, whatever the level."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.core.cry.calls import calls_in
from monitor.simulation import sounds as synth

RATE = 16_000


def tones(*places: tuple[float, float, float], seconds: float = 6.0) -> np.ndarray:
    """Harmonic sounds (start, length, hertz) over faint noise."""
    rng = np.random.default_rng(0)
    sound = rng.normal(size=int(seconds * RATE)) * 1e-4
    for start_s, length_s, hertz in places:
        t = np.arange(int(length_s * RATE)) / RATE
        one = sum(np.sin(2 * np.pi * k * hertz * t) / k for k in range(1, 5))
        sound[int(start_s * RATE) :][: len(t)] += 0.05 * one * np.hanning(len(t)) ** 0.2
    return sound.astype(np.float32)


def test_each_call_is_found_with_its_length_and_pitch() -> None:
    calls = calls_in(tones((0.5, 0.4, 620.0), (1.7, 0.8, 1_134.0), (4.0, 0.3, 350.0)))
    assert calls.start_s == pytest.approx([0.5, 1.7, 4.0], abs=0.06)
    assert calls.length_s == pytest.approx([0.4, 0.8, 0.3], abs=0.08)
    assert calls.pitch_hz == pytest.approx([620, 1_134, 350], rel=0.01)
    assert (calls.voiced > 0.9).all()
    assert (calls.steps < 0.1).all()


def test_a_short_gap_belongs_to_a_call_and_a_click_is_none() -> None:
    calls = calls_in(tones((1.0, 0.3, 500.0), (1.33, 0.3, 500.0), (4.0, 0.004, 500.0)))
    assert len(calls.start_s) == 1


def test_a_hiss_has_no_pitch() -> None:
    sound = tones()
    sound[RATE : 2 * RATE] += np.random.default_rng(1).normal(size=RATE).astype(np.float32) * 0.05
    calls = calls_in(sound)
    assert calls.voiced == pytest.approx([0.0], abs=0.05)
    assert np.isnan(calls.pitch_hz).all() or calls.voiced[0] > 0


@pytest.mark.parametrize("level_db", [-15.0, -60.0])
def test_the_level_changes_nothing(level_db: float) -> None:
    sound = synth.bout("kitten", np.random.default_rng(2), 8.0) + synth.Room(
        1, noise_db=-90, hum_db=None
    ).render(0, 8 * RATE)
    wanted, found = calls_in(sound), calls_in(synth.at_level(sound, level_db))
    for name, one in wanted._asdict().items():
        if name != "above_db":
            assert getattr(found, name) == pytest.approx(one, rel=1e-3, nan_ok=True)


@pytest.mark.parametrize("count", [0, 100, 511, 512, 700])
def test_the_shortest_sound_has_no_call(count: int) -> None:
    assert len(calls_in(np.zeros(count, dtype=np.float32)).start_s) == 0

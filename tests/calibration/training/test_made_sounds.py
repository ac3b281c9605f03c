"""Made sounds: seeded, sound, of the kinds they say; the MIDI files are well formed."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from calibration.training.made_models import MODELS
from calibration.training.made_sounds import PROGRAMS, make, phrase, speak
from monitor.events import AUDIO_RATE_HZ


@pytest.mark.parametrize("name", MODELS)
def test_a_model_makes_seconds_of_sound_from_its_seed_alone(name: str) -> None:
    for seed in range(5):
        one, same = (MODELS[name](np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(one, same)
        assert one.dtype == np.float32
        assert np.abs(one).max() == pytest.approx(1.0, abs=1e-6)
        assert 0.3 < len(one) / AUDIO_RATE_HZ < 25


def test_no_program_is_of_two_kinds() -> None:
    programs = [p for group in PROGRAMS.values() for p in group]
    assert len(programs) == len(set(programs))
    assert set(programs) <= set(range(128)) - {123}


def delta(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length quantity and where it ends."""
    value = 0
    while True:
        value = value << 7 | data[at] & 127
        at += 1
        if data[at - 1] < 128:
            return value, at


@pytest.mark.parametrize("seed", range(8))
def test_a_phrase_is_a_midi_file_whose_notes_all_end(seed: int) -> None:
    data = phrase(np.random.default_rng(seed), 56)
    assert data[:14] == b"MThd\0\0\0\6\0\0\0\1\1\xe0"
    assert data[14:18] == b"MTrk"
    assert int.from_bytes(data[18:22], "big") == len(data) - 22
    at, ticks, sounding = 22, 0, []
    while data[at:].count(b"\xff\x2f\x00") and at < len(data) - 3:
        step, at = delta(data, at)
        ticks += step
        kind = data[at] & 0xF0
        if data[at] == 0xFF:
            break
        if kind == 0x90:
            sounding.append(data[at + 1])
        if kind == 0x80:
            sounding.remove(data[at + 1])
        assert all(byte < 128 for byte in data[at + 1 : at + (2 if kind == 0xC0 else 3)])
        at += 2 if kind == 0xC0 else 3
    assert not sounding
    assert 5 < ticks / 960 < 12


def test_a_folder_a_kind_and_nothing_is_made_twice(tmp_path: Path) -> None:
    counts = make(tmp_path, 1, None, seed=3)
    assert set(MODELS) <= set(counts)
    assert set(counts.values()) == {1}
    first = (tmp_path / "squeaks" / "squeaks-000.flac").stat().st_mtime_ns
    make(tmp_path, 1, None, seed=3)
    assert (tmp_path / "squeaks" / "squeaks-000.flac").stat().st_mtime_ns == first


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_words_are_spoken(tmp_path: Path) -> None:
    assert len(speak(np.random.default_rng(1), tmp_path)) > AUDIO_RATE_HZ // 4

"""A WAV header may not know how long the sound is; the file does."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from monitor.recordings.audio import duration_s
from tests.recordings.recorded import crying, read, wav, wav_that_says

SECOND = 32_000
"""bytes"""


def whole(path: Path) -> np.ndarray:
    sound, fault = read(path)
    assert fault == ""
    return sound


@pytest.mark.parametrize(
    ("length", "riff"),
    [
        (0, None),  # never finished
        (0, 0),
        (10 * SECOND, None),  # written now and then, last after 10 s
        (0xFFFFFFFF, None),  # into a pipe
        (0x7FFFF000, None),  # arecord
        (30 * SECOND, 0),
    ],
)
def test_the_sound_goes_on_to_the_end_of_the_file(tmp_path: Path, length: int, riff: int) -> None:
    expected = whole(wav(tmp_path / "whole.wav", crying()))
    path = wav_that_says(tmp_path / "x.wav", crying(), length, riff)
    assert np.array_equal(whole(path), expected)
    assert duration_s(path) == 30


NOTES = b"LIST" + struct.pack("<I", 2 * SECOND) + b"INFO" + b"a" * (2 * SECOND - 4)


@pytest.mark.parametrize(
    "behind",
    [NOTES + bytes(40), b"ID3\3" + b"x" * 2 * SECOND, b"APETAGEX" + NOTES, bytes(2 * SECOND)],
)
def test_what_is_no_sound_behind_the_sound_is_left_out(tmp_path: Path, behind: bytes) -> None:
    path = wav(tmp_path / "x.wav", crying())
    path.write_bytes(path.read_bytes() + behind)
    assert len(whole(path)) == 30 * 16_000


@pytest.mark.parametrize("pad", [b"", b"\0"])
def test_an_odd_number_of_bytes_has_a_pad_or_not(tmp_path: Path, pad: bytes) -> None:
    sound = crying()[:160_001]
    path = wav(tmp_path / "x.wav", sound, subtype="PCM_U8")
    data = path.read_bytes()
    assert data[40:44] == struct.pack("<I", 160_001)
    path.write_bytes(data[: 44 + 160_001] + pad + NOTES)
    assert len(whole(path)) == 160_001


@pytest.mark.parametrize("behind", [b"", b"LIST" + struct.pack("<I", 6) + b"INFO\0\0"])
def test_a_header_with_nothing_behind_it_is_empty(tmp_path: Path, behind: bytes) -> None:
    path = wav_that_says(tmp_path / "x.wav", np.zeros(0), 0)
    path.write_bytes(path.read_bytes() + behind)
    assert "the recording is empty" in read(path)[1]


def test_a_copy_that_broke_off_is_read_and_told(tmp_path: Path) -> None:
    path = wav(tmp_path / "x.wav", crying())
    path.write_bytes(path.read_bytes()[: 20 * SECOND])
    sound, said = read(path)
    assert len(sound) == pytest.approx(20 * 16_000, abs=50)
    assert said == f"{path}: ends after 0:20.0, though its header says 0:30.0: copy it once more"


def test_a_few_bytes_less_are_no_loss(tmp_path: Path) -> None:
    path = wav(tmp_path / "x.wav", crying())
    path.write_bytes(path.read_bytes()[:-1001])
    assert len(whole(path)) == pytest.approx(30 * 16_000, abs=501)


def test_another_unfinished_format_is_not_called_empty(tmp_path: Path) -> None:
    path = wav(tmp_path / "x.au", crying())
    data = bytearray(path.read_bytes())
    data[8:12] = bytes(4)
    path.write_bytes(data)
    assert "the recorder did not finish it; convert it: ffmpeg -i" in read(path)[1]

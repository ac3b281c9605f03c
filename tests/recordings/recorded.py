"""Recordings as people's devices leave them, made where they are needed."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from monitor.errors import InputError
from monitor.recordings.audio import decode
from monitor.simulation import sounds as synth

RATE_HZ = 16_000
PHONES = ("m4a", "mp4", "mov", "3gp", "amr", "webm", "mkv", "wma", "aac")
_CODECS = {
    "m4a": ("aac", "ipod", 48_000), "mp4": ("aac", "mp4", 44_100), "mov": ("alac", "mov", 48_000),
    "3gp": ("libopencore_amrnb", "3gp", 8_000), "amr": ("libopencore_amrnb", "amr", 8_000),
    "webm": ("libopus", "webm", 48_000), "mkv": ("flac", "matroska", 16_000),
    "wma": ("wmav2", "asf", 44_100), "aac": ("aac", "adts", 44_100),
    "ogg": ("flac", "ogg", 16_000),
}  # fmt: skip


@cache
def crying() -> np.ndarray:
    """Half a minute of a quiet room in which a kitten cries from second 10 to second 20."""
    sound = synth.Room(1, noise_db=-58).render(0, 30 * RATE_HZ)
    calls = synth.bout("kitten", np.random.default_rng(1), 10, level_db=-25)
    sound[10 * RATE_HZ : 20 * RATE_HZ] += calls
    return sound


def read(path: Path) -> tuple[np.ndarray, str]:
    """All that can be read, and the error that follows it; empty: none."""
    heard, fault = [np.zeros(0, np.float32)], ""
    try:
        for samples, _ in decode(path):
            heard.append(samples)
    except InputError as error:
        fault = str(error)
    return np.concatenate(heard), fault


def wav(path: Path, sound: np.ndarray, **how: Any) -> Path:
    soundfile.write(path, sound, RATE_HZ, **how)
    return path


def wav_that_says(path: Path, sound: np.ndarray, length: int, riff: int | None = None) -> Path:
    """A WAV file whose header gives this length of sound, in bytes."""
    data = bytearray(wav(path, sound, subtype="PCM_16").read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = struct.pack("<I", length)
    data[4:8] = struct.pack("<I", length + 36 & 0xFFFFFFFF if riff is None else riff)
    path.write_bytes(data)
    return path


def from_phone(path: Path, sound: np.ndarray, *, channels: int = 1) -> Path:
    """As a phone would have recorded it, in the format of the file's ending."""
    import av

    codec, container, rate_hz = _CODECS[path.suffix[1:]]
    layout = {1: "mono", 2: "stereo"}[channels]
    times = np.arange(int(len(sound) / RATE_HZ * rate_hz)) / rate_hz
    values = np.interp(times, np.arange(len(sound)) / RATE_HZ, sound).astype(np.float32)
    with av.open(str(path), "w", format=container) as file:
        track = file.add_stream(codec, rate=rate_hz, layout=layout)
        if codec == "wmav2":
            track.bit_rate = 128_000
        for at in range(0, len(values), 1024):
            piece = np.tile(values[at : at + 1024], (channels, 1))
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout=layout)
            frame.sample_rate, frame.pts = rate_hz, at
            file.mux(track.encode(frame))
        file.mux(track.encode(None))
    return path

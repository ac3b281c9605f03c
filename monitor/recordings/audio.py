"""Reads a recording of any rate and channel count as the 16 kHz mono stream the core hears.

libsndfile decodes (WAV, FLAC, OGG, MP3), the core's own resampler brings the rate down, so that a
recording and a live microphone go through the same filter. Memory stays at one block.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from monitor.core.cry.resample import Resampler
from monitor.errors import InputError
from monitor.events import AUDIO_RATE_HZ

if TYPE_CHECKING:
    import soundfile

Samples = NDArray[np.float32]
"""shape (n,), full scale is -1..1"""


class Rechunker:
    """Cuts a stream of any block sizes into blocks of one size, shape (size,)."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rest: Samples = np.zeros(0, np.float32)

    def push(self, samples: Samples) -> Iterator[Samples]:
        """Add samples; yield every full block they complete."""
        data = np.concatenate((self._rest, samples))
        whole = len(data) - len(data) % self._size
        self._rest = data[whole:].copy()
        for start in range(0, whole, self._size):
            yield data[start : start + self._size]

    def rest(self) -> Samples:
        """What has not filled a block; the stream starts anew after it."""
        left, self._rest = self._rest, np.zeros(0, np.float32)
        return left


def decode(path: str | Path, chunk_s: float = 1.0) -> Iterator[tuple[Samples, float]]:
    """Yield the recording at 16 kHz, channels averaged, each piece with the fraction read so far.

    Pieces come from ``chunk_s`` seconds of the file each; however it is cut, the samples are the
    same.

    Raises:
        InputError: naming the file, when it cannot be read, holds no samples, or holds samples
            that are not finite.
    """
    import soundfile

    done = 0
    try:
        with soundfile.SoundFile(str(path)) as sound:
            resampler = Resampler(sound.samplerate)
            count = max(1, int(chunk_s * sound.samplerate))
            read = _read_16_bits if sound.subtype == "PCM_16" else _read
            while len(frames := read(sound, count)):
                if not (finite := np.isfinite(frames)).all():
                    at_s = (done + int(finite.all(axis=1).argmin())) / sound.samplerate
                    raise InputError(f"{path}: a sample after {at_s:.0f} s is not a number")
                done += len(frames)
                mono = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1)
                yield resampler.process(mono), done / max(done, sound.frames)
            if not done:
                raise InputError(f"{path}: the recording is empty")
            yield resampler.flush(), 1.0
    except (OSError, soundfile.SoundFileError) as error:
        raise InputError(f"{path}: cannot be read as audio ({_reason(error)})") from error


def read_audio(path: str | Path, block_s: float = 0.1) -> Iterator[Samples]:
    """Yield the recording as ``decode`` does, in blocks of ``block_s`` seconds.

    The last block is shorter when the recording does not divide.

    Raises:
        InputError: as ``decode``.
    """
    chunker = Rechunker(max(1, round(block_s * AUDIO_RATE_HZ)))
    # ten blocks at a time: soundfile looks for its place in the file around every reading
    for samples, _ in decode(path, 10 * block_s):
        yield from chunker.push(samples)
    if len(last := chunker.rest()):
        yield last


def duration_s(path: str | Path) -> float:
    """The length of a recording by its header.

    Raises:
        InputError: naming the file, when it cannot be read.
    """
    import soundfile

    try:
        return float(soundfile.info(str(path)).duration)
    except (OSError, soundfile.SoundFileError) as error:
        raise InputError(f"{path}: cannot be read as audio ({_reason(error)})") from error


def _read(sound: soundfile.SoundFile, count: int) -> Samples:
    """The next ``count`` samples at most, -1..1, shape (samples, channels)."""
    return np.asarray(sound.read(count, dtype="float32", always_2d=True))


def _read_16_bits(sound: soundfile.SoundFile, count: int) -> Samples:
    """As ``_read``; libsndfile's own way to floats takes six times as long."""
    return np.asarray(sound.read(count, dtype="int16", always_2d=True)) * np.float32(2**-15)


def _reason(error: Exception) -> str:
    """The library's words without its repetition of the path."""
    return str(error).rpartition(": ")[2].rstrip(".")

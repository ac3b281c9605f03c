"""Reads a recording of any rate and channel count as the 16 kHz mono stream the core hears.

libsndfile decodes (WAV, FLAC, OGG, MP3), the core's own resampler brings the rate down, so that a
recording and a live microphone go through the same filter. Memory stays at one block.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitor.core.resample import Resampler
from monitor.errors import InputError
from monitor.events import AUDIO_RATE_HZ

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


def read_audio(path: str | Path, block_s: float = 0.1) -> Iterator[Samples]:
    """Yield the recording, channels averaged, as blocks of ``block_s`` seconds at 16 kHz.

    The last block is shorter when the recording does not divide.

    Raises:
        InputError: naming the file, when it cannot be read, holds no samples, or holds samples
            that are not finite.
    """
    import soundfile

    chunker = Rechunker(max(1, round(block_s * AUDIO_RATE_HZ)))
    seen = 0
    try:
        with soundfile.SoundFile(str(path)) as sound:
            resampler = Resampler(sound.samplerate)
            for frames in sound.blocks(sound.samplerate, dtype="float32", always_2d=True):
                if not np.isfinite(frames).all():
                    at_s = seen / sound.samplerate
                    raise InputError(f"{path}: a sample after {at_s:.0f} s is not a number")
                seen += len(frames)
                yield from chunker.push(resampler.process(frames.mean(axis=1)))
            if not seen:
                raise InputError(f"{path}: the recording is empty")
            yield from chunker.push(resampler.flush())
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"cannot read {path} as audio: {error}") from error
    if len(last := chunker.rest()):
        yield last

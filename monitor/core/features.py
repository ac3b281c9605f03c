"""Sound to the picture the cry model looks at: log-mel frames, level-free, as a stream.

Frames of 32 ms every 20 ms, 64 mel bands from 150 Hz to 7.5 kHz (kitten and puppy distress calls
lie at 0.4 to 3 kHz with harmonics above). The picture has two layers, both free of absolute
level, so that a call across the room looks like one beside the microphone:

* *presence*: decibels below the loudest band of the last seconds;
* *contrast*: decibels above each band's own background, followed as a low percentile of the past.

The daemon and the training use this same code, and a model carries ``fingerprint()`` of it.
"""

from __future__ import annotations

import zlib
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.events import AUDIO_RATE_HZ

Floats = NDArray[np.float32]

FRAME = 512
HOP = 320
BANDS = 64
LOW_HZ, HIGH_HZ = 150.0, 7_500.0
"""below 150 Hz lives mains hum; above 7.5 kHz most recordings are already cut off"""
SILENCE_DB = -110.0
"""per-band power of digital silence; 16-bit rounding noise lies near -116 dB per band"""

STEP_FRAMES = 24
"""frames between two windows, 0.48 s: the model's clock"""
STEP_SAMPLES = STEP_FRAMES * HOP
STEP_S = STEP_SAMPLES / AUDIO_RATE_HZ

_PRESENCE_RANGE_DB = 50.0
"""a call 50 dB below its surroundings is not heard by anyone; also keeps -60 dBFS like -36"""
_PRESENCE_DECAY_DB_PER_FRAME = 0.2
"""the reference falls by 10 dB a second, so a slammed door does not hide the next call"""
_QUIETEST_PEAK_DB = -85.0
"""the reference never falls below this, so that near-silence stays dark"""
_CONTRAST_RANGE_DB = 40.0
_BACKGROUND_STEPS = 20
"""9.6 s of background: longer than any single call, shorter than a fan takes to be noticed"""
_STEP_RANK = STEP_FRAMES // 4
_BACKGROUND_PART = 4
"""lower quartile within a step and over the steps: calls fill less than that of a nursery"""
_STIRRING_DB = 10.0
"""judgement: a call 10 dB over the background of its band is faint; the tests hold noise to it"""


class Picture(NamedTuple):
    """What the model sees of some steps, and how loud they were."""

    layers: Floats
    """shape (frames, BANDS, 2), presence and contrast, 0..1"""
    stirring: NDArray[np.bool_]
    """per step; False: nothing stood out of the background, the model need not look"""


@cache
def mel_matrix() -> Floats:
    """Shape (FRAME // 2 + 1, BANDS): triangular bands, equal on the mel scale (O'Shaughnessy)."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (LOW_HZ, HIGH_HZ))
    edges_hz = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    bins_hz = np.arange(FRAME // 2 + 1)[:, None] * AUDIO_RATE_HZ / FRAME
    left, centre, right = edges_hz[:-2], edges_hz[1:-1], edges_hz[2:]
    rising = (bins_hz - left) / (centre - left)
    falling = (right - bins_hz) / (right - centre)
    bands: Floats = np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
    return bands


@cache
def _window() -> Floats:
    """Hann window scaled so that a full-scale sine has power 1 in its bin."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    scaled: Floats = (window * 2 / window.sum()).astype(np.float32)
    return scaled


def log_mel(samples: Floats) -> Floats:
    """Band powers in dB re a full-scale sine, shape (frames, BANDS).

    ``samples`` holds frames * HOP + FRAME - HOP values at 16 kHz.
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    bands = np.empty((len(frames), BANDS), dtype=np.float32)
    # A step at a time: larger intermediates are given back to the system and faulted in again
    # on every call, which took twice as long as the transform itself.
    for at in range(0, len(frames), STEP_FRAMES):
        spectrum = np.fft.rfft(frames[at : at + STEP_FRAMES] * _window())
        power = np.square(spectrum.real) + np.square(spectrum.imag)
        bands[at : at + STEP_FRAMES] = power.astype(np.float32, copy=False) @ mel_matrix()
    bands += np.float32(10 ** (SILENCE_DB / 10))
    np.log(bands, out=bands)  # three times as fast as log10
    bands *= np.float32(10 / np.log(10))
    return bands


class Normaliser:
    """Turns log-mel frames into pictures; remembers the loudest and the usual of the past."""

    def __init__(self) -> None:
        self._peak_db = _QUIETEST_PEAK_DB
        self._steps = 0
        self._quartiles = np.empty((_BACKGROUND_STEPS, BANDS), dtype=np.float32)

    def picture(self, mel_db: Floats) -> Picture:
        """Whole steps of log-mel frames, shape (k * STEP_FRAMES, BANDS), in order."""
        layers = np.empty((2, *mel_db.shape), dtype=np.float32)
        presence, contrast = layers
        reference = self._reference(mel_db.max(axis=1)) - np.float32(_PRESENCE_RANGE_DB)
        np.subtract(mel_db, reference[:, None], out=presence)
        presence *= np.float32(1 / _PRESENCE_RANGE_DB)
        stirring = np.empty(len(mel_db) // STEP_FRAMES, dtype=bool)
        for k in range(len(stirring)):
            frames = slice(k * STEP_FRAMES, (k + 1) * STEP_FRAMES)
            above_db = np.subtract(mel_db[frames], self._background(mel_db[frames]))
            stirring[k] = self._stirring(above_db)
            np.multiply(above_db, np.float32(1 / _CONTRAST_RANGE_DB), out=contrast[frames])
        np.clip(layers, 0, 1, out=layers)
        return Picture(layers.transpose(1, 2, 0), stirring)

    def _background(self, step: Floats) -> Floats:
        """Each band's quiet quarter of the past with this step in it, shape (BANDS,)."""
        row = self._steps % _BACKGROUND_STEPS
        self._quartiles[row] = np.partition(step, _STEP_RANK, axis=0)[_STEP_RANK]
        self._steps += 1
        known = self._quartiles[: min(self._steps, _BACKGROUND_STEPS)]
        rank = len(known) // _BACKGROUND_PART
        background: Floats = np.partition(known, rank, axis=0)[rank]
        return background

    def _reference(self, peaks_db: Floats) -> Floats:
        """The decaying maximum up to each frame, shape (frames,)."""
        fall = np.float32(_PRESENCE_DECAY_DB_PER_FRAME) * np.arange(
            1, len(peaks_db) + 1, dtype=np.float32
        )
        raised = np.maximum.accumulate(np.maximum(peaks_db + fall, np.float32(self._peak_db)))
        reference: Floats = np.maximum(raised - fall, np.float32(_QUIETEST_PEAK_DB))
        self._peak_db = float(reference[-1])
        return reference

    def _stirring(self, above_db: Floats) -> bool:
        """Whether a step stands out of the background somewhere.

        Steady noise rises far above its own lower quartile in single cells only, by chance; a
        call fills several neighbouring frames of a band. The mean over 3 frames must pass
        _STIRRING_DB in at least two cells. In the first steps of a stream the background is not
        known and everything stirs.
        """
        if self._steps < _BACKGROUND_STEPS // 2:
            return True
        smooth = above_db[:-2] + above_db[1:-1] + above_db[2:]
        return int(np.count_nonzero(smooth > 3 * _STIRRING_DB)) >= 2


def fingerprint() -> str:
    """Names the exact picture a model was trained on; changes when this file's numbers do."""
    numbers = {name: value for name, value in globals().items() if _is_setting(name, value)}
    text = repr(sorted(numbers.items())) + str(AUDIO_RATE_HZ)
    return f"{zlib.crc32(text.encode()):08x}"  # hashlib would load 4 MB of OpenSSL for this


def _is_setting(name: str, value: object) -> bool:
    """Whether a global changes the picture; the gate only decides whether it is looked at."""
    return name.isupper() and isinstance(value, int | float) and "STIRRING" not in name

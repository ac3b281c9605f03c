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
SURVEY_EVERY = 2
"""the background is followed, and stirring looked for, in every second frame: 32 ms of every 40
hold some of any call, and a quiet room costs half the transforms"""

_PRESENCE_RANGE_DB = 50.0
"""a call 50 dB below its surroundings is not heard by anyone; also keeps -60 dBFS like -36"""
_PRESENCE_DECAY_DB_PER_FRAME = 0.2
"""the reference falls by 10 dB a second, so a slammed door does not hide the next call"""
_QUIETEST_PEAK_DB = -85.0
"""the reference never falls below this, so that near-silence stays dark"""
_CONTRAST_RANGE_DB = 40.0
_LAYER_SCALE = np.array([1 / _PRESENCE_RANGE_DB, 1 / _CONTRAST_RANGE_DB], dtype=np.float32)
_BACKGROUND_STEPS = 20
"""9.6 s of background: longer than any single call, shorter than a fan takes to be noticed"""
_STEP_RANK = STEP_FRAMES // SURVEY_EVERY // 4
_BACKGROUND_PART = 4
"""lower quartile within a step and over the steps: calls fill less than that of a nursery"""
_AT_ONCE = 48
"""frames transformed together: larger intermediates (over 128 kB) are given back to the system and
faulted in again on every call, which took twice as long as the transform itself"""
_STIRRING_DB, _STIRRING_CELLS = 10.0, 2
"""judgement: a call 10 dB over the background of its band is faint; the tests hold noise to it"""


class Survey(NamedTuple):
    """Whole steps as every second frame shows them: enough to know whether to look closer."""

    background_db: Floats
    """shape (steps, BANDS): each band's quiet quarter of the past"""
    loudest_db: Floats
    """shape (steps * STEP_FRAMES / 2,): the decaying maximum up to each surveyed frame"""
    stirring: NDArray[np.bool_]
    """shape (steps,); False: nothing stood out of the background, the model need not look"""

    def part(self, steps: slice) -> Survey:
        """The survey of some of the steps."""
        half = STEP_FRAMES // SURVEY_EVERY
        frames = slice(steps.start * half, steps.stop * half)
        return Survey(self.background_db[steps], self.loudest_db[frames], self.stirring[steps])


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


class _BandGroup(NamedTuple):
    """Neighbouring bands, and the parts of a spectrum that count for any of them."""

    bands: slice
    parts: slice
    """real and imaginary in turn"""
    weights: Floats
    """shape (parts, bands): a bin's weight for both, so that no product has to add them first"""


@cache
def _band_groups() -> list[_BandGroup]:
    """The bands by eights: of the whole ``mel_matrix()`` nineteen in twenty cells are zeros."""
    groups = []
    for first in range(0, BANDS, 8):
        bands = slice(first, first + 8)
        used = np.flatnonzero(mel_matrix()[:, bands].any(axis=1))
        low, high = int(used[0]), int(used[-1]) + 1
        weights = np.repeat(mel_matrix()[low:high, bands], 2, axis=0)
        groups.append(_BandGroup(bands, slice(2 * low, 2 * high), weights))
    return groups


@cache
def _window() -> Floats:
    """Hann window scaled so that a full-scale sine has power 1 in its bin of a forward norm."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    scaled: Floats = (window * 2 * FRAME / window.sum()).astype(np.float32)
    return scaled


def log_mel(samples: Floats, every: int = 1) -> Floats:
    """Band powers in dB re a full-scale sine, shape (frames / every, BANDS).

    ``samples`` holds frames * HOP + FRAME - HOP values at 16 kHz; only one frame of ``every`` is
    computed, the first of them included.
    """
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    hop = every * HOP
    shape = ((len(samples) - FRAME) // hop + 1, FRAME)
    # What sliding_window_view gives, without its checks in Python on every call.
    frames = np.ndarray(shape, np.float32, samples, strides=(hop * 4, 4))
    bands = np.empty((len(frames), BANDS), dtype=np.float32)
    spectra = np.empty((min(len(frames), _AT_ONCE), FRAME // 2 + 1), dtype=np.complex64)
    for at in range(0, len(frames), _AT_ONCE):
        windowed = frames[at : at + _AT_ONCE] * _window()
        # norm: numpy multiplies by a plain 1 without it, and computes in double precision for that.
        spectrum = np.fft.rfft(windowed, norm="forward", out=spectra[: len(windowed)])  # type: ignore[arg-type]  # the stubs know double precision only
        parts = spectrum.view(np.float32)
        np.square(parts, out=parts)
        for group in _band_groups():
            found = bands[at : at + _AT_ONCE, group.bands]
            np.matmul(parts[:, group.parts], group.weights, out=found)
    bands += np.float32(10 ** (SILENCE_DB / 10))
    np.log(bands, out=bands)  # three times as fast as log10
    bands *= np.float32(10 / np.log(10))
    return bands


def log_mel_between(samples: Floats, surveyed: Floats) -> Floats:
    """All frames of ``samples``, given those that ``log_mel(samples, SURVEY_EVERY)`` found."""
    whole = np.empty((len(surveyed), SURVEY_EVERY, BANDS), dtype=np.float32)
    whole[:, 0] = surveyed
    for k in range(1, SURVEY_EVERY):
        last = len(samples) - (SURVEY_EVERY - 1 - k) * HOP
        whole[:, k] = log_mel(samples[k * HOP : last], SURVEY_EVERY)
    return whole.reshape(-1, BANDS)


class Surveyor:
    """Follows the loudest and the usual of a stream, in every second frame of it."""

    def __init__(self) -> None:
        self._peak_db = _QUIETEST_PEAK_DB
        self._steps = 0
        self._quartiles = np.empty((BANDS, _BACKGROUND_STEPS), dtype=np.float32)

    def survey(self, surveyed_db: Floats) -> Survey:
        """Whole steps in order, shape (steps * STEP_FRAMES / SURVEY_EVERY, BANDS)."""
        steps = surveyed_db.reshape(-1, STEP_FRAMES // SURVEY_EVERY, BANDS)
        bands_first = np.ascontiguousarray(steps.transpose(0, 2, 1))  # selected along memory
        bands_first.sort(axis=2)  # of rows so short faster than a partition
        quartiles = bands_first[:, :, _STEP_RANK]
        unknown = self._steps + np.arange(1, len(steps) + 1) < _BACKGROUND_STEPS // 2
        background = self._backgrounds(quartiles)
        loudest = self._loudest(surveyed_db.max(axis=1))
        return Survey(background, loudest, unknown | _stirring(steps - background[:, None]))

    def _backgrounds(self, quartiles: Floats) -> Floats:
        """Each band's quiet quarter of the past with each step in it, shape (steps, BANDS)."""
        background = np.empty_like(quartiles)
        pasts = np.empty((len(quartiles), BANDS, _BACKGROUND_STEPS), dtype=np.float32)
        for past, quartile in zip(pasts, quartiles, strict=True):
            self._quartiles[:, self._steps % _BACKGROUND_STEPS] = quartile
            self._steps += 1
            past[:] = self._quartiles
        young = max(0, min(len(pasts), _BACKGROUND_STEPS - 1 - (self._steps - len(pasts))))
        for k in range(young):
            count = self._steps - len(pasts) + k + 1
            known, rank = pasts[k, :, :count], count // _BACKGROUND_PART
            background[k] = np.partition(known, rank, axis=1)[:, rank]
        if young < len(pasts):
            pasts[young:].sort(axis=2)
            background[young:] = pasts[young:, :, _BACKGROUND_STEPS // _BACKGROUND_PART]
        return background

    def _loudest(self, peaks_db: Floats) -> Floats:
        """The decaying maximum up to each surveyed frame."""
        fall = np.float32(_PRESENCE_DECAY_DB_PER_FRAME * SURVEY_EVERY) * np.arange(
            1, len(peaks_db) + 1, dtype=np.float32
        )
        raised = np.maximum.accumulate(np.maximum(peaks_db + fall, np.float32(self._peak_db)))
        loudest: Floats = np.maximum(raised - fall, np.float32(_QUIETEST_PEAK_DB))
        self._peak_db = float(loudest[-1])
        return loudest


def picture(mel_db: Floats, survey: Survey) -> Floats:
    """Presence and contrast, 0..1, shape (frames, BANDS, 2), of the surveyed steps' frames."""
    seen = np.empty((*mel_db.shape, 2), dtype=np.float32)
    layer = np.empty_like(mel_db)  # filled along memory; only the last step writes between
    floor = survey.loudest_db - np.float32(_PRESENCE_RANGE_DB)
    frames, shown = (x.reshape(-1, SURVEY_EVERY, BANDS) for x in (mel_db, layer))
    np.subtract(frames, floor[:, None, None], out=shown)
    layer *= _LAYER_SCALE[0]
    np.clip(layer, 0, 1, out=seen[..., 0])
    steps, above = (x.reshape(-1, STEP_FRAMES, BANDS) for x in (mel_db, layer))
    np.subtract(steps, survey.background_db[:, None], out=above)
    layer *= _LAYER_SCALE[1]
    np.clip(layer, 0, 1, out=seen[..., 1])
    return seen


def _stirring(above_db: Floats) -> NDArray[np.bool_]:
    """Whether each step stands out of the background somewhere, shape (steps,).

    Steady noise rises far above its own lower quartile in single cells only, by chance; a call
    fills neighbouring frames and bands. The mean over two surveyed frames and two bands must pass
    _STIRRING_DB in at least _STIRRING_CELLS places.
    """
    pairs = above_db[:, :-1] + above_db[:, 1:]
    squares = pairs[:, :, :-1] + pairs[:, :, 1:]
    stirring = squares > 4 * _STIRRING_DB
    return np.array([np.count_nonzero(step) >= _STIRRING_CELLS for step in stirring])


def fingerprint() -> str:
    """Names the exact picture a model was trained on; changes when this file's numbers do."""
    numbers = {name: value for name, value in globals().items() if _is_setting(name, value)}
    text = repr(sorted(numbers.items())) + str(AUDIO_RATE_HZ)
    return f"{zlib.crc32(text.encode()):08x}"  # hashlib would load 4 MB of OpenSSL for this


def _is_setting(name: str, value: object) -> bool:
    """Whether a global changes the picture: not the gate, which only decides who looks at it."""
    beside = "STIRRING" in name or name == "_AT_ONCE"
    return name.isupper() and isinstance(value, int | float) and not beside

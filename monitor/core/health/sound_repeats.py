"""The same stretch of sound again and again: a driver that hands out one old buffer for ever.

A room never repeats itself to the last bit. For a repetition of period P the largest and the
smallest sample of any stretch longer than P are always the same two: that costs nothing to watch.
Only when two stretches agree, the sound itself is compared with its past. Pure tones repeat, too
(an alarm's beep), with a period of their own that is too short for a buffer; they are not accused.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from monitor.events import AUDIO_RATE_HZ

LONGEST_S = 0.5
"""longest repetition that is found: the buffers of sound cards and servers hold 0.01 to 0.5 s"""
SHORTEST_S = 0.02
"""what repeats faster is a tone: 50 Hz, the mains, has the longest usual period"""
REPEATED_S = 30.0
"""for so long before it counts; a keyboard or a toy may play one recording three times"""
LIKENESS = 1e-3
"""share of the power by which the sound may differ from its past. At ten rates and periods (8 to
96 kHz, 21 to 250 ms), most no whole number of samples at 16 kHz, 161 of 170 repeated clips were
found; of 1,141 recordings three came below it for an instant, none for longer than 4 s"""
_CENTRE_HZ, _OCTAVES = 500.0, 0.8
"""middle and (Gaussian) width of the band that is compared: without hum and offset, and where half
a sample of delay is still little"""
_WATCHED_S = 2.0
"""stretches whose extremes are compared: long enough to hold every phase of an odd period"""
_EXTREMES = 1e-2
"""relative difference of the extremes of two stretches that still counts as none"""
_EDGE_S = 0.05
"""left out at both ends of what was filtered"""
_LONGEST = round(LONGEST_S * AUDIO_RATE_HZ)
_SHORTEST = round(SHORTEST_S * AUDIO_RATE_HZ)
_WATCHED = round(_WATCHED_S * AUDIO_RATE_HZ)
_TEMPLATE = _LONGEST // 2


class RepeatedSound:
    """Is told of every block; knows for how long the sound has been repeating itself."""

    def __init__(self) -> None:
        self._blocks: deque[NDArray[np.float32]] = deque()
        self._samples = 0
        self._fresh = 0
        self._extremes: tuple[float, float] | None = None
        self._before: tuple[float, float] | None = None
        self._repeated_s = 0.0

    @property
    def repeats(self) -> bool:
        """Whether it has gone on for ``REPEATED_S``."""
        return self._repeated_s >= REPEATED_S

    def observe(self, samples: NDArray[np.float32], low: float, high: float) -> None:
        """Take finite samples of shape (n,) at 16 kHz, whose extremes are ``low`` and ``high``."""
        self._blocks.append(samples)
        self._samples += len(samples)
        while self._samples - len(self._blocks[0]) >= _WATCHED:
            self._samples -= len(self._blocks.popleft())
        last = self._extremes
        self._extremes = (low, high) if last is None else (min(last[0], low), max(last[1], high))
        self._fresh += len(samples)
        if self._fresh < _WATCHED:
            return
        lasted_s = self._fresh / AUDIO_RATE_HZ
        same = self._before is not None and _alike(self._before, self._extremes)
        if same and self._is_like_its_past():
            self._repeated_s += lasted_s
        else:
            self._repeated_s = 0.0
        self._before, self._extremes, self._fresh = self._extremes, None, 0

    def _is_like_its_past(self) -> bool:
        """Compare the newest quarter second with the half second before it, at every lag."""
        sound = _band(np.concatenate(list(self._blocks))[-_WATCHED // 2 :])
        template = sound[-_TEMPLATE:]
        past = sound[-_TEMPLATE - _LONGEST - 2 :]
        power = float(template @ template)
        if power == 0.0:
            return False
        size = 1 << (len(past) + len(template) - 1).bit_length()
        spectrum = np.fft.rfft(past, size) * np.conj(np.fft.rfft(template, size))
        products = np.fft.irfft(spectrum, size)[: len(past) - len(template) + 1]
        sums = np.concatenate(([0.0], np.cumsum(past**2)))
        energies = sums[len(template) :] - sums[: -len(template)]
        differences = ((energies - 2 * products + power) / power)[::-1]  # by lag, 0 first
        tonal = float(differences[8:_SHORTEST].min()) < 10 * LIKENESS
        return not tonal and float(differences[_SHORTEST:].min()) < LIKENESS


def _band(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """The part of the sound that is compared."""
    spectrum = np.fft.rfft(samples.astype(np.float64))
    axis_hz = np.fft.rfftfreq(len(samples), 1 / AUDIO_RATE_HZ)
    octaves = np.log2(np.maximum(axis_hz, 1.0) / _CENTRE_HZ)
    spectrum *= np.exp(-0.5 * (octaves / _OCTAVES) ** 2)
    edge = round(_EDGE_S * AUDIO_RATE_HZ)
    return np.fft.irfft(spectrum, len(samples))[edge:-edge]


def _alike(before: tuple[float, float], after: tuple[float, float]) -> bool:
    span = max(after[1] - after[0], 1e-12)
    return all(abs(a - b) <= _EXTREMES * span for a, b in zip(before, after, strict=True))

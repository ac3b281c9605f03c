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

LONGEST_S = 2.0
"""longest repetition that is found; sound systems keep buffers of 0.01 to 2 s"""
SHORTEST_S = 0.02
"""what repeats faster is a tone: 50 Hz, the mains, has the longest usual period"""
REPEATED_S = 30.0
"""for so long before it counts; a keyboard or a toy may play one recording three times"""
LIKENESS = 1e-4
"""share of the power by which the sound may differ from its past. Repeated clips were found at
every rate and period that was tried (8 to 96 kHz, 11 to 250 ms, 170 of 170); of 1,141 recordings
only a loop made by a music program came below it for more than an instant"""
_EXTREMES = 1e-3
"""relative difference of the extremes of two stretches that still counts as none"""
_LONGEST = round(LONGEST_S * AUDIO_RATE_HZ)
_SHORTEST = round(SHORTEST_S * AUDIO_RATE_HZ)


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
        while self._samples - len(self._blocks[0]) >= 2 * _LONGEST:
            self._samples -= len(self._blocks.popleft())
        last = self._extremes
        self._extremes = (low, high) if last is None else (min(last[0], low), max(last[1], high))
        self._fresh += len(samples)
        if self._fresh < _LONGEST:
            return
        lasted_s = self._fresh / AUDIO_RATE_HZ
        same = self._before is not None and _alike(self._before, self._extremes)
        if same and self._samples >= 2 * _LONGEST and self._is_like_its_past():
            self._repeated_s += lasted_s
        else:
            self._repeated_s = 0.0
        self._before, self._extremes, self._fresh = self._extremes, None, 0

    def _is_like_its_past(self) -> bool:
        """Compare the newest half second with the two seconds before it, at every lag."""
        sound = np.diff(np.concatenate(list(self._blocks))[-2 * _LONGEST :])  # without hum and DC
        template = sound[-_LONGEST // 4 :]
        power = float(template @ template)
        if power == 0.0:
            return False
        past = sound[-_LONGEST - len(template) :]
        size = 1 << (len(past) + len(template) - 1).bit_length()
        spectrum = np.fft.rfft(past, size) * np.conj(np.fft.rfft(template, size))
        products = np.fft.irfft(spectrum, size)[: len(past) - len(template) + 1]
        sums = np.concatenate(([0.0], np.cumsum(past.astype(np.float64) ** 2)))
        energies = sums[len(template) :] - sums[: -len(template)]
        differences = ((energies - 2 * products + power) / power)[::-1]  # by lag, 0 first
        tonal = float(differences[2:_SHORTEST].min()) < 0.01
        return not tonal and float(differences[_SHORTEST:].min()) < LIKENESS


def _alike(before: tuple[float, float], after: tuple[float, float]) -> bool:
    span = max(after[1] - after[0], 1e-12)
    return all(abs(a - b) <= _EXTREMES * span for a, b in zip(before, after, strict=True))

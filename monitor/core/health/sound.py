"""Could a living microphone have made this sound? Silence of a dead one must not pass for calm.

Judged by what arrives, with no knowledge of the device: digital silence and a constant, a converter
without a microphone, overload that does not end, one stretch for ever, less sound than time. Each
has one phrase that says what is seen and what to do, and follows "Microphone ...".

A noise gate (the noise suppression of some USB microphones and conference devices) sends exact
zeros between sounds. Such a microphone works and still hides what is softer than its gate, so it is
not called dead each time: after the third return by itself within an hour this is said once, as a
warning, and its silences are believed for half an hour each.
"""

from __future__ import annotations

import math
from collections import deque

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.core.health.sound_repeats import RepeatedSound
from monitor.core.health.sound_values import ConverterNoise
from monitor.events import AUDIO_RATE_HZ, AudioBlock
from monitor.times import HOUR_S
from monitor.timeshift import Moment

FLAT_S = 10.0
FLAT_SPAN = 3e-6
"""peak to peak of full scale. The self-noise of a good microphone (20 dB(A), -26 dBFS at 94 dB SPL)
is about 1e-5 RMS, one step of 16 bits is 3e-5; what lies below is no microphone"""
FAINT_SPAN = 0.1
"""peak to peak: two values further apart than this are the two ends of the range"""
GATE_RETURNS = 3
GATE_WINDOW_S = HOUR_S
"""so many returns from silence by itself within so much sound: a noise gate"""
GATE_OPEN_S = 60.0
"""... each after at most so long of sound: a gate closes between the sounds of a nursery, while a
loose plug works for longer"""
GATED_S = 1800.0
"""silence that is believed of a noise gate: a third of the shortest time after which ``too_quiet``
is told, so that the silence of a dead one does not pass for calm"""
CLIPPED = 0.98
"""of full scale: a clipped wave that was resampled overshoots its top by up to a tenth"""
CLIPPED_SHARE = 0.5
OVERLOAD_S = 60.0
"""half of the samples at full scale in each of so many seconds on end: calls, however loud and
near, have pauses: amplified by 30 dB beyond full scale, no spell in the recordings of kittens,
puppies, dogs and human babies lasted longer than 7 s"""
SHARE_WINDOW_S = 30.0
LEAST_SHARE, MOST_SHARE = 0.8, 1.2
"""seconds of sound per second: crystals keep it within 0.01 %, sound systems deliver in bursts of a
second or two, which is less than a tenth of the window"""
LONGEST_GAP_S = 3.0
"""a longer gap is a microphone that was away, which is told in its own words"""

SILENT = (
    "delivers only digital silence: unmute it and turn its capture level up (alsamixer, F4), "
    "or check its cable"
)
NOT_NUMBERS = (
    "delivers values that are no sound: its driver is at fault; unplug it for a moment, "
    "or try another microphone"
)
NO_MICROPHONE = (
    "delivers only the last bit's noise of its converter: unmute it and turn its capture level up "
    "(alsamixer, F4), or check its cable"
)
OVERLOADED = (
    "is overdriven without a pause: turn its capture level down (alsamixer, F4), "
    "or check its cable and plug"
)
REPEATED = (
    "delivers one and the same piece of sound again and again: unplug it for a moment, "
    "or restart the computer"
)
GATED = (
    "works, but sends nothing at all between sounds: noise suppression hides soft cries; switch it "
    "off in the microphone or the sound card, or use a microphone without it"
)


class PaceState(msgspec.Struct):
    """Seconds of sound per second, over the newest ``SHARE_WINDOW_S``."""

    ticks: list[tuple[Moment, float]] = []
    """each tick of the window, and how much sound there had been by then"""
    sound_s: float = 0.0
    silent_since_s: Moment | None = None
    reason: str = ""
    """what is wrong with the share; empty while nothing is"""


class SoundPlausibility:
    """Is told of every block and of time passing; ``reason`` is why the sound cannot be real."""

    def __init__(self, pace: PaceState | None = None) -> None:
        """Begin anew; ``pace``: where seconds of sound are counted against time."""
        self.pace = pace or PaceState()
        self._silence = _Silence()
        self._noise = ConverterNoise()
        self._repeats = RepeatedSound()
        self._overload = _Overload()
        self._bad_s = 0.0
        self.reason = ""
        """follows "Microphone"; empty while the sound may be real"""

    @property
    def gated(self) -> bool:
        """Whether a noise gate was recognised and is still believed in."""
        return self._silence.gated

    def observe(self, block: AudioBlock) -> bool:
        """Take a block that is not empty; True when a living microphone may have made it."""
        samples, seconds = block.samples, len(block.samples) / AUDIO_RATE_HZ
        low, high = float(np.minimum.reduce(samples)), float(np.maximum.reduce(samples))
        self.pace.sound_s += seconds
        if not math.isfinite(high - low):
            self._bad_s += seconds
            self.reason = NOT_NUMBERS if self._bad_s >= FLAT_S else ""
            return False
        self._bad_s = 0.0
        flat = high - low <= FLAT_SPAN
        self._silence.observe(flat, seconds)
        only_noise = self._noise.observe(samples, seconds)
        self._repeats.observe(samples, low, high)
        self._overload.observe(samples, low, high)
        if flat or self._silence.dead:
            self.reason = SILENT if self._silence.dead else ""
        elif only_noise:
            self.reason = NO_MICROPHONE if high - low < FAINT_SPAN else OVERLOADED
        elif self._overload.lasts:
            self.reason = OVERLOADED
        elif self._repeats.repeats:
            self.reason = REPEATED
        else:
            self.reason = self.pace.reason
        return not flat and not self.reason

    def observe_tick(self, now_s: float) -> None:
        """Time passes, once a second."""
        _compare(self.pace, now_s)


class _Silence:
    """Runs without sound, and whether they come and go as those of a noise gate."""

    def __init__(self) -> None:
        self._flat_s = 0.0
        self._open_s = 0.0
        self._before_s: float | None = None
        """how long sound lasted before the present silence"""
        self._heard_s = 0.0
        self._returns: deque[float] = deque()
        """by seconds of sound, of which this is the clock"""

    @property
    def gated(self) -> bool:
        return len(self._returns) >= GATE_RETURNS

    @property
    def dead(self) -> bool:
        return self._flat_s >= (GATED_S if self.gated else FLAT_S)

    def observe(self, flat: bool, seconds: float) -> None:
        self._heard_s += seconds
        while self._returns and self._heard_s - self._returns[0] > GATE_WINDOW_S:
            self._returns.popleft()
        if flat:
            if self._flat_s == 0.0:
                self._before_s, self._open_s = self._open_s, 0.0
            self._flat_s += seconds
            return
        if self._flat_s >= FLAT_S:
            if self._before_s is not None and 0.0 < self._before_s <= GATE_OPEN_S:
                self._returns.append(self._heard_s)
        elif self._flat_s > 0.0 and self._before_s is not None:
            self._open_s = self._before_s + self._flat_s  # a short pause belongs to the sound
        self._flat_s = 0.0
        self._open_s += seconds
        if self._open_s > 5 * GATE_OPEN_S:
            self._returns.clear()


class _Overload:
    """Seconds on end in which much of the sound lies at full scale."""

    def __init__(self) -> None:
        self._samples = self._clipped = 0
        self._seconds = 0.0

    @property
    def lasts(self) -> bool:
        return self._seconds >= OVERLOAD_S

    def observe(self, samples: NDArray[np.float32], low: float, high: float) -> None:
        self._samples += len(samples)
        if max(high, -low) >= CLIPPED:
            self._clipped += int(np.count_nonzero(np.abs(samples) >= CLIPPED))
        if self._samples >= AUDIO_RATE_HZ:
            over = self._clipped >= CLIPPED_SHARE * self._samples
            self._seconds = self._seconds + self._samples / AUDIO_RATE_HZ if over else 0.0
            self._samples = self._clipped = 0


def _compare(pace: PaceState, now_s: float) -> None:
    """Count; a longer gap, in the sound or in the ticks, begins a new window."""
    ticks = pace.ticks
    if ticks and not 0 <= now_s - ticks[-1][0] < LONGEST_GAP_S:
        ticks.clear()
    if ticks and pace.sound_s > ticks[-1][1]:
        pace.silent_since_s = None
    elif pace.silent_since_s is None:
        pace.silent_since_s = now_s
    elif now_s - pace.silent_since_s >= LONGEST_GAP_S:
        ticks.clear()
    ticks.append((now_s, pace.sound_s))
    while now_s - ticks[0][0] > SHARE_WINDOW_S:
        del ticks[0]
    span_s = now_s - ticks[0][0]
    if span_s < SHARE_WINDOW_S - 1.0:
        pace.reason = ""
        return
    share = (pace.sound_s - ticks[0][1]) / span_s
    pace.reason = "" if LEAST_SHARE <= share <= MOST_SHARE else _share_reason(share)


def _share_reason(share: float) -> str:
    if share < 1.0:
        return (
            f"loses sound: {100 * share:.0f} % of it arrives; try another USB port, "
            "stop other programs, use a stronger power supply"
        )
    return (
        f"delivers {share:.1f} s of sound a second, which cannot be: try another USB port, "
        "or another microphone"
    )

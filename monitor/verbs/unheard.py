"""Which part of a recording no microphone can have heard: silence of a dead one is no quiet.

Judged by the daemon's own rules (``core/health/sound.py``), second by second. A recording is
known to its end, so what takes a live microphone a minute to show counts from its beginning.
"""

from __future__ import annotations

import numpy as np

from monitor.core.health import sound
from monitor.core.health.sound_repeats import REPEATED_S
from monitor.core.health.sound_values import ConverterNoise
from monitor.events import AUDIO_RATE_HZ, AudioBlock
from monitor.recordings.audio import Samples

WORDS = {
    sound.SILENT: "digital silence",
    sound.NO_MICROPHONE: "only the last bit's noise of a converter",
    sound.OVERLOADED: "overdriven without a pause",
    sound.REPEATED: "one piece of sound again and again",
}
GATED = "the recorder left out everything soft (noise suppression): soft cries are missing"

_SHOWN_AFTER_S = {sound.OVERLOADED: sound.OVERLOAD_S, sound.REPEATED: REPEATED_S}
"""what looks real for so long at first"""
_OTHER_UNIT = 1.5
"""samples beyond full scale: a file of floats in another unit, and not overdriven. A clipped wave
that was resampled overshoots by a tenth"""


class Unheard:
    """Is told of every sample; knows how long which fault lasted."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        """by fault, in words"""
        self._sound = sound.SoundPlausibility()
        self._noise = ConverterNoise()
        self._doubtful_s = self._total_s = 0.0
        self._reason = ""
        self._low, self._high = np.inf, -np.inf

    def observe(self, samples: Samples) -> None:
        """Take the next samples of shape (n,) at 16 kHz."""
        for at in range(0, len(samples), AUDIO_RATE_HZ):
            self._second(samples[at : at + AUDIO_RATE_HZ])

    def _second(self, samples: Samples) -> None:
        seconds = len(samples) / AUDIO_RATE_HZ
        self._total_s += seconds
        self._low = min(self._low, float(samples.min()))
        self._high = max(self._high, float(samples.max()))
        real = self._sound.observe(AudioBlock(0.0, samples))
        self._noise.observe(samples, seconds)
        before, self._reason = self._reason, self._sound.reason
        other_unit = max(self._high, -self._low) > _OTHER_UNIT
        if self._reason == sound.OVERLOADED and other_unit:
            return
        if self._reason:
            shown_s = 0.0 if before == self._reason else _SHOWN_AFTER_S.get(self._reason, 0.0)
            self._count(self._reason, seconds + self._doubtful_s + shown_s)
        elif not real or self._noise.suspects:
            self._doubtful_s += seconds
        else:
            self._doubtful_s = 0.0

    def finish(self) -> None:
        """The recording is over; a short one may be nothing but what is doubted."""
        if self._doubtful_s >= self._total_s:
            flat = self._high - self._low <= sound.FLAT_SPAN
            self._count(sound.SILENT if flat else sound.NO_MICROPHONE, self._doubtful_s)

    def _count(self, reason: str, seconds: float) -> None:
        word = WORDS[reason]
        self.seconds[word] = self.seconds.get(word, 0.0) + seconds
        self._doubtful_s = 0.0

    @property
    def gated(self) -> bool:
        """Whether a noise gate closed between the sounds."""
        return self._sound.gated

    @property
    def total_s(self) -> float:
        """Seconds of all faults together."""
        return sum(self.seconds.values())

    @property
    def words(self) -> str:
        """The faults, the longest first."""
        return " and ".join(sorted(self.seconds, key=lambda word: -self.seconds[word]))

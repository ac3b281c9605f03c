"""A converter without a microphone: the last bit moves, or nothing does.

Muted inputs, empty I2S slots and dead capsules are seldom exact zeros: converters and sound systems
add a last bit of noise (dither). It takes two or three values for ever. The noise of a real
microphone has tails: of 1e-5 of full scale RMS (20 dB(A), -26 dBFS at 94 dB SPL; a third of a
16-bit step) it shows a third value within a second and, at 16 kHz, a fourth about ten times a
minute, whatever its offset.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.int16] | NDArray[np.int32] | NDArray[np.float32]
"""shape (n,)"""

TWO_VALUES_S = 10.0
"""so long with two values only: Gaussian noise below 7e-6 RMS, less than any microphone makes"""
THREE_VALUES_S = 60.0
"""so long with three: below 9.3e-6 RMS at 16 kHz and more than that at no higher rate"""
_GLANCES = (8, 64)
"""so many samples nearly always show four values: a living room costs no more than looking at them
"""


class ConverterNoise:
    """Is told of every block of one channel, at the rate and with the values of the converter."""

    def __init__(self) -> None:
        self._values: set[float] = set()
        self._pair: set[float] = set()
        self._three_s = 0.0
        self._two_s = 0.0

    @property
    def suspects(self) -> bool:
        """Whether the newest block held so few values that the next one must be seen, too."""
        return self._three_s > 0.0

    def observe(self, samples: Values, seconds: float) -> bool:
        """Take samples of shape (n,) that last ``seconds``; True while no microphone made them."""
        found = _values(samples)
        if found is None:
            self._values, self._pair = set(), set()
            self._three_s = self._two_s = 0.0
            return False
        self._values, self._three_s = _extend(self._values, self._three_s, found, seconds, most=3)
        self._pair, self._two_s = _extend(self._pair, self._two_s, found, seconds, most=2)
        return self._two_s >= TWO_VALUES_S or self._three_s >= THREE_VALUES_S


def _values(samples: Values) -> set[float] | None:
    """The distinct values, or ``None`` when there are more than three."""
    found: set[float] = set()
    for glance in _GLANCES:
        found = set(samples[:glance].tolist())
        if len(found) > 3:
            return None
    rest = samples
    for value in sorted(found):
        rest = rest[rest != value]
    while len(rest):
        found.add(rest[0].item())
        if len(found) > 3:
            return None
        rest = rest[rest != rest[0]]
    return found


def _extend(
    known: set[float], lasted_s: float, found: set[float], seconds: float, *, most: int
) -> tuple[set[float], float]:
    """The values of the present run of at most ``most`` of them, and how long it has lasted."""
    together = known | found
    if len(together) <= most:
        return together, lasted_s + seconds
    return (found, seconds) if len(found) <= most else (set(), 0.0)

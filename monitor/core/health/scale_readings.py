"""What some seconds of a still scale say about it: for ``nursery check`` and the calibration.

Noise is taken from neighbouring values, so that drift and slow sway do not count as noise: for
independent noise the difference of two values has sqrt(2) times its standard deviation, and the
median absolute deviation (times 1.4826) ignores the odd jump. The tests against expectation are
Klipper's load-cell diagnostic in spirit: rate, saturation, range.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.units import HIGHEST_CODE

RATES_HZ = ((8.0, 13.0), (70.0, 100.0))
"""an HX711 gives 10 or 80 values a second; its own oscillator is up to 17 % fast (11.7 and 93
measured, olkal/HX711_ADC issue 81)"""
MAD_TO_SIGMA = 1.4826


class ScaleDiagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """A still scale over some seconds; ``None`` where there were too few values."""

    values: int
    rate_hz: float | None
    mean_counts: float | None
    noise_counts: float | None
    """standard deviation of one value"""
    spread_counts: float | None
    """largest minus smallest"""
    used_range: float | None
    """largest absolute value as a part of the converter's range"""
    saturated: int = 0


def diagnose_scale(times_s: NDArray[np.float64], counts: NDArray[np.float64]) -> ScaleDiagnosis:
    """Look at values of shape (n,) with their times, strictly increasing."""
    if len(counts) < 3:
        return ScaleDiagnosis(
            values=len(counts), rate_hz=None, mean_counts=None, noise_counts=None,
            spread_counts=None, used_range=None,
        )  # fmt: skip
    return ScaleDiagnosis(
        values=len(counts),
        rate_hz=1 / float(np.median(np.diff(times_s))),
        mean_counts=float(counts.mean()),
        noise_counts=noise_of(counts),
        spread_counts=float(np.ptp(counts)),
        used_range=float(np.abs(counts).max() / HIGHEST_CODE),
        saturated=int((np.abs(counts) >= HIGHEST_CODE).sum()),
    )


def noise_of(counts: NDArray[np.float64]) -> float:
    """Standard deviation of one value, drift removed; at least three values."""
    steps = np.diff(counts)
    centre = np.median(steps)
    robust = float(MAD_TO_SIGMA * np.median(np.abs(steps - centre)) / np.sqrt(2))
    # a converter quieter than its own last bit: the median is 0, the ordinary deviation is not
    return robust or float(steps.std() / np.sqrt(2))

"""Whether a minute of a still box shows one small animal's breath above the noise of the cell.

``python -m calibration.evaluation.breathing`` simulates a minute of readings at 10 a second: a
breath of 0.03 g per 100 g of animal, 0.5 to 2 a second, steady or as uneven as in sleep, and white
noise of 0.06 to 0.24 g. The strongest place of that band, beside the band's median, is held to what
noise alone exceeds in one minute of a thousand; then the same with no animal, but a fan.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Random = np.random.Generator

RATE_HZ, MINUTE = 10.0, 600
BREATH_SHARE = 0.0003
"""grams of force, either way, per gram of animal"""
SLOWEST_HZ, FASTEST_HZ = 0.5, 2.0
UNEVEN = 0.15
"""standard deviation of the time between two breaths, as a share, in a sleeping newborn"""
NOISES_G = (0.06, 0.12, 0.24)
WEIGHTS_G = (90.0, 180.0, 400.0)
FALSE = 0.001
"""of minutes without an animal in which a breath may be seen: one in seventeen hours"""
SMOOTHED_HZ = 0.1
"""A breath that is uneven is a hump, not a line: so wide the spectrum is averaged."""
TRIALS = 400
TURNING_G, TURNING_HZ = 0.05, 9.1
"""A fan or a pump that shakes the shelf; at ten readings a second it looks like 0.9 Hz."""


def breath(r: Random, weight_g: float, *, uneven: float) -> Values:
    """A minute of force in grams."""
    hz = float(r.uniform(SLOWEST_HZ + 0.1, FASTEST_HZ - 0.1))
    lengths = np.maximum(r.normal(1.0, uneven, int(MINUTE / RATE_HZ * hz * 2) + 4), 0.3) / hz
    ends = np.concatenate(([0.0], np.cumsum(lengths)))
    phase = np.interp(np.arange(MINUTE) / RATE_HZ, ends, np.arange(len(ends)))
    force: Values = BREATH_SHARE * weight_g * np.sin(2.0 * np.pi * phase)
    return force


def turning(r: Random) -> Values:
    """A minute of something that turns."""
    at_s = np.arange(MINUTE) / RATE_HZ
    shake: Values = TURNING_G * np.sin(2.0 * np.pi * (TURNING_HZ * at_s + float(r.uniform())))
    return shake


def band_peak(readings_g: Values) -> float:
    """The strongest place of the band, as a multiple of its median."""
    n = len(readings_g)
    away = readings_g - np.polyval(np.polyfit(np.arange(n), readings_g, 2), np.arange(n))
    power = np.abs(np.fft.rfft(away * np.hanning(n))) ** 2
    wide = max(round(SMOOTHED_HZ * n / RATE_HZ), 1)
    hz = np.fft.rfftfreq(n, 1.0 / RATE_HZ)
    band = np.convolve(power, np.ones(wide) / wide, "same")[(hz >= SLOWEST_HZ) & (hz <= FASTEST_HZ)]
    return float(band.max() / np.median(band))


def limit(noise_g: float, trials: int = 10 * TRIALS, seed: int = 1) -> float:
    """What noise alone exceeds in ``FALSE`` of minutes."""
    r = np.random.default_rng(seed)
    peaks = [band_peak(r.normal(0.0, noise_g, MINUTE)) for _ in range(trials)]
    return float(np.quantile(peaks, 1.0 - FALSE))


def seen(noise_g: float, force: Callable[[Random], Values], above: float, seed: int = 2) -> float:
    """Share of minutes in which a breath is seen."""
    r = np.random.default_rng(seed)
    peaks = [band_peak(r.normal(0.0, noise_g, MINUTE) + force(r)) for _ in range(TRIALS)]
    return float(np.mean(np.array(peaks) > above))


def main() -> None:
    """Print the table."""
    print("| noise | animal | steady breath | uneven breath |\n|---|---|---|---|")
    limits = {noise_g: limit(noise_g) for noise_g in NOISES_G}
    for noise_g, above in limits.items():
        for weight_g in WEIGHTS_G:
            steady, uneven = (
                seen(noise_g, lambda r, g=weight_g, u=share: breath(r, g, uneven=u), above)  # type: ignore[misc]
                for share in (0.0, UNEVEN)
            )
            print(
                f"| {noise_g} g | {weight_g:.0f} g | {100 * steady:.0f} % | {100 * uneven:.0f} % |"
            )
    for noise_g, above in limits.items():
        false = 100 * seen(noise_g, turning, above)
        print(
            f"no animal, {TURNING_G} g at {TURNING_HZ} Hz, noise {noise_g} g: seen in {false:.0f} %"
        )


if __name__ == "__main__":
    main()

"""The still stretches of a recorded calibration: empty, mass, check mass, in one file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.core.health.scale_readings import noise_of
from monitor.core.scale_fit import Plateau


def plateaus(
    times_s: NDArray[np.float64], counts: NDArray[np.float64], shortest_s: float = 3.0
) -> list[Plateau]:
    """The still stretches of a recorded session, in order, neighbours on the same level joined.

    A second of readings is still when its spread is what the noise explains; stretches shorter
    than ``shortest_s`` (a hand on the platform) are left out.
    """
    noise = noise_of(counts)
    runs: list[list[float]] = []
    last_still_s = -np.inf
    for start_s in np.arange(times_s[0], times_s[-1] - 1, 1.0):
        first, stop = times_s.searchsorted((start_s, start_s + 1.0))
        window = counts[first:stop]
        # nine in ten thousand windows of pure noise spread more than eight standard deviations
        if len(window) < 3 or np.ptp(window) > 8 * noise:
            continue
        same = bool(runs) and abs(np.median(window) - np.median(runs[-1])) < 8 * noise
        if same and start_s - last_still_s < 1.5:
            runs[-1].extend(window.tolist())
        else:
            runs.append(window.tolist())
        last_still_s = start_s
    rate_hz = 1 / float(np.median(np.diff(times_s)))
    long = [np.array(run) for run in runs if len(run) >= shortest_s * rate_hz]
    found: list[Plateau] = []
    for run in long:
        plateau = Plateau(
            mean_counts=float(np.median(run)), noise_counts=noise_of(run), values=len(run)
        )
        if not found or abs(plateau.mean_counts - found[-1].mean_counts) > 8 * noise:
            found.append(plateau)
    return found

"""From still stretches of converter values to a calibration, or to a sentence why not.

Two points make the line, a third one checks it: a wrong mass typed, a touching wall or a bent
platform shows there and nowhere else. Limits follow what makes a weight of a 100 g baby useless.
"""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.core.health.codes import offset_binary
from monitor.core.health.scale_readings import RATES_HZ, diagnose_scale, noise_of
from monitor.errors import CalibrationError
from monitor.units import HIGHEST_CODE

SMALLEST_RANGE = 0.03
"""of the converter's range at full load. A cell gives 1 to 3 mV/V at its own limit, which is 25 to
75 % of an HX711's range (20 mV at 5 V and gain 128); one made for eight times the load still 3 %. A
4 x 50 kg bathroom scale uses 0.6 %, and a mass typed ten times too large looks like one"""
CHECK_TOLERANCE = 0.02
"""of the check mass: household masses are good to 1 %, a typing error is far more"""
LEAST_STEP = 20.0
"""a step smaller than this many standard errors is no step"""
SWAY = 2.5
"""values that spread so many times wider than neighbours differ are a hand or a draught: the noise
of a converter is the same from one value to the next"""
PRECISION = 0.002
"""standard error of the factor that is accepted: 0.2 g on a 100 g kitten"""


class Plateau(msgspec.Struct, frozen=True, kw_only=True):
    """The scale at rest with one load."""

    mean_counts: float
    noise_counts: float
    values: int

    @property
    def error_counts(self) -> float:
        """Standard error of the mean."""
        return self.noise_counts / float(np.sqrt(self.values))


class ScaleFit(msgspec.Struct, frozen=True, kw_only=True):
    """A calibration with what is known of its quality."""

    counts_per_gram: float
    zero_counts: float
    noise_g: float
    """standard deviation of one value"""
    precision: float
    """relative standard error of counts_per_gram from noise"""
    used_range: float
    """part of the converter's range at full load"""
    check_error: float | None
    """relative error on the check mass: linearity, and honesty of the masses"""


def diagnose(
    times_s: NDArray[np.float64], counts: NDArray[np.float64], *, any_rate: bool = False
) -> tuple[float, float]:
    """Some seconds of a scale at rest: (values a second, noise in counts).

    ``any_rate``: somebody else judges how many values come.

    Raises:
        CalibrationError: too few values, wrong rate, saturation, no life in them.
    """
    found = diagnose_scale(times_s, counts)
    if found.rate_hz is None or found.noise_counts is None or found.spread_counts is None:
        raise CalibrationError('the scale sends no values: run "nursery check"')
    if (offset := offset_binary(counts)) is not None:
        raise CalibrationError(f"the scale {offset}")
    if found.saturated:
        raise CalibrationError(
            "the converter is at the end of its range: take off what lies on it; if that does not "
            "help, one of the cell's four wires is loose"
        )
    if not any_rate and not any(low <= found.rate_hz <= high for low, high in RATES_HZ):
        raise CalibrationError(
            f"{found.rate_hz:.1f} values a second, but the converter gives 10 or 80: check the "
            "SCK wire, and stop other programs"
        )
    if found.noise_counts == 0:
        raise CalibrationError(
            "every reading is exactly the same, which no cell does: check the wires to the cell"
        )
    return found.rate_hz, found.noise_counts


def rest(counts: NDArray[np.float64]) -> Plateau:
    """A stretch that must be still.

    Raises:
        CalibrationError: it moved, or is too short.
    """
    if len(counts) < 10:
        raise CalibrationError('the scale sent too few values: run "nursery check"')
    noise = noise_of(counts)
    third = len(counts) // 3
    moved = abs(float(counts[:third].mean() - counts[-third:].mean()))
    swayed = float(counts.std()) > SWAY * noise
    if swayed or moved > 6 * noise * np.sqrt(2 / third) + 3 * noise:
        raise CalibrationError("the scale was not still: hands off, no draught, and once more")
    return Plateau(mean_counts=float(counts.mean()), noise_counts=noise, values=len(counts))


def fit(
    empty: Plateau,
    loaded: Plateau,
    mass_g: float,
    capacity_g: float,
    check: tuple[Plateau, float] | None = None,
) -> ScaleFit:
    """Fit the line; a negative factor (cell wired the other way round) is fine.

    Raises:
        CalibrationError: the readings cannot give a useful scale; says what to check.
    """
    span = loaded.mean_counts - empty.mean_counts
    error = float(np.hypot(empty.error_counts, loaded.error_counts))
    if abs(span) < LEAST_STEP * error:
        raise CalibrationError(
            f"the reading is the same with {mass_g:.0f} g as without: check the wiring of the "
            "cell (E+ E- A+ A-), and that the mass rests on it and on nothing else"
        )
    factor = span / mass_g
    used = abs(factor) * capacity_g / HIGHEST_CODE
    if used < SMALLEST_RANGE:
        raise CalibrationError(
            f"{capacity_g:.0f} g would use {100 * used:.1f} % of the converter's range: are "
            f"{mass_g:.0f} g what lies on it? If so, this cell is made for far heavier loads, take "
            "one of 5 kg"
        )
    if used > 1:
        raise CalibrationError(
            f"{capacity_g:.0f} g would use {100 * used:.0f} % of the converter's range: are "
            f"{mass_g:.0f} g what lies on it? If so, this cell carries less: set scale.capacity_g "
            f"to {capacity_g / used:.0f} or lower"
        )
    if error / abs(span) > PRECISION:
        needed_g = mass_g * error / abs(span) / PRECISION
        raise CalibrationError(
            f"{mass_g:.0f} g is too light for this cell's noise: use at least {needed_g:.0f} g"
        )
    return ScaleFit(
        counts_per_gram=factor,
        zero_counts=empty.mean_counts,
        noise_g=max(empty.noise_counts, loaded.noise_counts) / abs(factor),
        precision=error / abs(span),
        used_range=used,
        check_error=None if check is None else _check_error(empty, factor, *check),
    )


def _check_error(empty: Plateau, factor: float, checked: Plateau, check_g: float) -> float:
    """Relative error on the check mass; raises CalibrationError when it is too large."""
    shown_g = (checked.mean_counts - empty.mean_counts) / factor
    error = shown_g / check_g - 1
    if abs(error) > CHECK_TOLERANCE + 3 * checked.error_counts / abs(factor) / check_g:
        raise CalibrationError(
            f"the check mass of {check_g:.0f} g shows {shown_g:.1f} g: one of the two masses "
            "is not what was typed, or the platform touches something"
        )
    return error


# --------------------------------------------------------------------------- words


def said_of_empty(empty: Plateau) -> str:
    """The first step, in words."""
    return f"the empty scale is read: {empty.mean_counts:.0f} counts"


def said_of_mass(found: ScaleFit, mass_g: float) -> str:
    """The second step, in words."""
    wavers_g = max(0.1, round(found.noise_g, 1))
    return f"{mass_g:.15g} g are read: from one reading to the next it wavers by {wavers_g:.1f} g"


def said_of_check(check_g: float, error: float) -> str:
    """The third step, in words."""
    return (
        f"the check mass of {check_g:.15g} g shows {check_g * (1 + error):.1f} g, "
        f"{100 * abs(error):.2f} % off"
    )


UNCHECKED = "no second mass: a mass typed wrongly would go unnoticed"

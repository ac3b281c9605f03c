"""Temperatures: ``37.9``, ``37,9``, ``38.2 C``, ``101.3 F``."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(-?\d+(?:[.,]\d+)?)\s*°?\s*([cf]?)(?:elsius|ahrenheit)?", re.IGNORECASE)
COLDEST_C, HOTTEST_C = 20.0, 45.0
"""A chilled neonate that still lives is at 30 degrees; nobody lives above."""
COLDEST_F = 80.0
"""A number without a unit above this is Fahrenheit: asked about, not guessed."""


def parse_celsius(text: str) -> float:
    """Degrees Celsius of a body temperature as people write it.

    Raises:
        ValueError: a phrase that follows what it is the value of.
    """
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"is no temperature: {text!r}, write 37.9 or 100.2 F")
    degrees = float(match[1].replace(",", "."))
    if match[2].lower() == "f":
        degrees = round((degrees - 32.0) / 1.8, 1)
    elif not match[2] and COLDEST_F <= degrees <= 32.0 + 1.8 * HOTTEST_C:
        celsius = (degrees - 32.0) / 1.8
        raise ValueError(
            f"is {degrees:g}: if that is Fahrenheit, write {degrees:g} F ({celsius:.1f} °C)"
        )
    if not COLDEST_C <= degrees <= HOTTEST_C:
        raise ValueError(f"is {degrees:g} °C: a baby has {COLDEST_C:g} to {HOTTEST_C:g} °C")
    return degrees

"""Units: weights as people write them, and the codes of the converter."""

from __future__ import annotations

GRAMS_A_UNIT = {"g": 1.0, "kg": 1000.0, "oz": 28.349523125, "lb": 453.59237, "": 1.0}
HIGHEST_CODE, LOWEST_CODE = 0x7FFFFF, -0x800000
"""of a signed 24-bit converter; an HX711 returns them when its input is out of range (datasheet)"""
SATURATED_CODES = (float(HIGHEST_CODE), float(LOWEST_CODE))


def parse_grams(text: str) -> float | None:
    """Grams of ``412``, ``412g``, ``0,412 kg`` or ``14.5oz``; None when it is no weight."""
    import re  # the load cell's process does without it

    match = re.fullmatch(r"\s*([0-9]*[.,]?[0-9]+)\s*(kg|g|oz|lb|)\s*", text.lower())
    if match is None:
        return None
    return float(match[1].replace(",", ".")) * GRAMS_A_UNIT[match[2]]

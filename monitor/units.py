"""What weights are written in, and the codes of the converter."""

from __future__ import annotations

GRAMS_A_UNIT: dict[str, float] = {"g": 1.0, "kg": 1000.0, "oz": 28.349523125, "lb": 453.59237}
HIGHEST_CODE, LOWEST_CODE = 0x7FFFFF, -0x800000
"""of a signed 24-bit converter; an HX711 returns them when its input is out of range (datasheet)"""
SATURATED_CODES = (float(HIGHEST_CODE), float(LOWEST_CODE))

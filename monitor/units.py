"""Weights as people write them: grams, or a number with its unit."""

from __future__ import annotations

import re

GRAMS_A_UNIT = {"g": 1.0, "kg": 1000.0, "oz": 28.349523125, "lb": 453.59237, "": 1.0}
_WEIGHT = re.compile(r"\s*([0-9]*[.,]?[0-9]+)\s*(kg|g|oz|lb|)\s*")


def parse_grams(text: str) -> float | None:
    """Grams of ``412``, ``412g``, ``0,412 kg`` or ``14.5oz``; None when it is no weight."""
    match = _WEIGHT.fullmatch(text.lower())
    if match is None:
        return None
    return float(match[1].replace(",", ".")) * GRAMS_A_UNIT[match[2]]

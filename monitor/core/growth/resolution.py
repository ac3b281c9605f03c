"""The divisions of the scale that typed weights came from, recognised from the numbers themselves.

A kitchen scale in whole ounces makes a kitten of four ounces jump by a quarter or stand still for
days. Numbers that are all multiples of one division, more often than chance allows, carry it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

OUNCE_G = 28.349523125
DIVISIONS_G = (
    100.0, 50.0, OUNCE_G, 20.0, OUNCE_G / 2, 10.0, OUNCE_G / 4, 5.0, OUNCE_G / 8, OUNCE_G / 10, 2.0,
)  # fmt: skip
"""what scales for kitchens, parcels and people show; one gram is fine: the base rates of the rules
were counted on scales that show it"""
BY_CHANCE = 0.002
"""so improbable must it be that numbers of a finer scale look like this: two different weights in
whole ounces, three in tens of grams, four in fives"""
LATEST = 60
"""so many are looked at; older ones count as read to the gram"""
DECIMALS = 3
FINE_SIGMA_G = 1.0
"""error of a weight typed from a scale that shows whole grams, with a baby that moves on it"""
ROUNDED_G = 0.02
"""an ounce is taken as 28.35 g by some, and written with fewer decimals by most"""


def resolutions_g(grams: Sequence[float]) -> list[float]:
    """Grams of one division for each of ``grams`` (in order of time); 0 where it is fine.

    Neighbours are judged together, so a carer may change to another scale. What was tared with a
    bag or a bowl is a multiple but for the same remainder; one more weight has to agree then.
    """
    if len(grams) > LATEST:
        return [0.0] * (len(grams) - LATEST) + resolutions_g(grams[-LATEST:])
    if not grams:
        return []
    g = np.array(grams, dtype=np.float64)
    written_g = np.array([_written_g(each) for each in grams])
    found, by_chance = np.zeros(g.size), np.full(g.size, BY_CHANCE)
    for unit_g in DIVISIONS_G:
        # Only what is no whole gram is rounded when it is written in grams.
        read_g = np.full(g.size, ROUNDED_G) if unit_g.is_integer() else written_g
        breaks = _off_g(np.diff(g), unit_g) > read_g[1:] + read_g[:-1]
        ends = [*(np.flatnonzero(breaks) + 1).tolist(), g.size]
        least = min(2.0 * float(written_g.min()) / unit_g, 1.0)
        for start, end in zip([0, *ends], ends, strict=False):
            if least ** (end - start) > BY_CHANCE:
                continue
            run = slice(start, end)
            chance = _chance(g[run], written_g[run], read_g[run], unit_g)
            better = chance < by_chance[run]
            found[run][better] = unit_g
            by_chance[run][better] = chance
    division_g: list[float] = found.tolist()
    return division_g


def _chance(g: Floats, written_g: Floats, read_g: Floats, unit_g: float) -> float:
    """How probable it is that different weights on a fine scale agree like those of a run."""
    _, first = np.unique(g, return_index=True)
    widths_g = 2.0 * written_g[first]
    if (_off_g(g, unit_g) > read_g).any():
        if (_off_g(g - g[0], unit_g) > read_g + read_g[0]).any():
            return 1.0
        widths_g = (1.0 if unit_g.is_integer() else 2.0) * widths_g[1:]
    return float(np.minimum(widths_g / unit_g, 1.0).prod())


def _off_g(g: Floats, unit_g: float) -> Floats:
    """Grams to the nearest multiple."""
    off: Floats = np.abs(g - unit_g * np.round(g / unit_g))
    return off


def _written_g(g: float) -> float:
    """Half of the last decimal that was written."""
    text = f"{g:.{DECIMALS}f}".rstrip("0")
    decimals = len(text.partition(".")[2])
    return max(0.5 * 10.0**-decimals, ROUNDED_G)


def rounding_sd_g(division_g: float) -> float:
    """Standard deviation of what rounding to whole divisions hides."""
    return division_g / math.sqrt(12.0)


def division_of_g(sigma_g: float) -> float:
    """The division that a typed weight was found to have when it came in; 0 for a fine scale."""
    coarse = (unit_g for unit_g in DIVISIONS_G if rounding_sd_g(unit_g) > FINE_SIGMA_G)
    return next((unit_g for unit_g in coarse if abs(rounding_sd_g(unit_g) - sigma_g) < 0.01), 0.0)

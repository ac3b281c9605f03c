"""The divisions of the scale that typed weights came from, recognised from the numbers themselves.

A kitchen scale in whole ounces makes a kitten of four ounces jump by a quarter or stand still for
days. Numbers that are all multiples of one division, more often than chance allows, carry it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

OUNCE_G = 28.349523125
DIVISIONS_G = (
    100.0, 50.0, OUNCE_G, 20.0, OUNCE_G / 2, 10.0, OUNCE_G / 4, 5.0, OUNCE_G / 8, OUNCE_G / 10, 2.0,
)  # fmt: skip
"""what scales for kitchens, parcels and people show; one gram is fine: the base rates of the rules
were counted on scales that show it"""
BY_CHANCE = 0.002
"""so improbable must it be that numbers of a finer scale look like this: two different weights in
whole ounces, three in tens of grams, four in fives"""
DECIMALS = 3
ROUNDED_G = 0.02
"""an ounce is taken as 28.35 g by some, and written with fewer decimals by most"""


def resolutions_g(grams: Sequence[float]) -> list[float]:
    """Grams of one division for each of ``grams`` (in order of time); 0 where it is fine.

    Neighbours are judged together, so a carer may change to another scale. What was tared with a
    bag or a bowl is a multiple but for the same remainder; one more weight has to agree then.
    """
    found = [0.0] * len(grams)
    by_chance = [BY_CHANCE] * len(grams)
    for unit_g in DIVISIONS_G:
        start = 0
        while start < len(grams):
            end = _run_end(grams, start, unit_g)
            chance = _chance(grams[start:end], unit_g)
            for i in range(start, end):
                if chance < by_chance[i]:
                    found[i], by_chance[i] = unit_g, chance
            start = end
    return found


def rounding_sd_g(division_g: float) -> float:
    """Standard deviation of what rounding to whole divisions hides."""
    return division_g / math.sqrt(12.0)


def _run_end(grams: Sequence[float], start: int, unit_g: float) -> int:
    end = start + 1
    while end < len(grams):
        apart_g = _off_g(grams[end] - grams[start], unit_g)
        if apart_g > _read_g(grams[end], unit_g) + _read_g(grams[start], unit_g):
            break
        end += 1
    return end


def _chance(run: Sequence[float], unit_g: float) -> float:
    """How probable it is that different weights on a fine scale agree like those of ``run``."""
    different = sorted(set(run))
    widths_g = [2.0 * _written_g(g) for g in different]
    if any(_off_g(g, unit_g) > _read_g(g, unit_g) for g in run):
        wider = 1.0 if unit_g.is_integer() else 2.0
        widths_g = [wider * width for width in widths_g[1:]]
    return math.prod(min(width / unit_g, 1.0) for width in widths_g)


def _off_g(g: float, unit_g: float) -> float:
    """Grams to the nearest multiple."""
    return abs(g - unit_g * round(g / unit_g))


def _read_g(g: float, unit_g: float) -> float:
    """How far a multiple may be off as it is written: only what is no whole gram is rounded."""
    return ROUNDED_G if unit_g.is_integer() else _written_g(g)


def _written_g(g: float) -> float:
    """Half of the last decimal that was written."""
    text = f"{g:.{DECIMALS}f}".rstrip("0")
    decimals = len(text.partition(".")[2])
    return max(0.5 * 10.0**-decimals, ROUNDED_G)

"""Weights and amounts to drink: ``112``, ``112,5``, ``4 oz``, ``1 lb 2 oz``, ``8 ml``.

A number that can be read in two ways (``12,450``: thousands or decimals) is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from monitor.units import GRAMS_A_UNIT
from monitor.written.days import quoted

Unit = Literal["g", "kg", "oz", "lb"]
DecimalMark = Literal[".", ","]

UNIT_OF_WORD: dict[str, str] = {
    "g": "g", "gr": "g", "gm": "g", "gms": "g", "gram": "g", "grams": "g", "gramm": "g",
    "gramme": "g", "grammes": "g",
    "kg": "kg", "kgs": "kg", "kilo": "kg", "kilos": "kg", "kilogram": "kg", "kilograms": "kg",
    "oz": "oz", "ozs": "oz", "ounce": "oz", "ounces": "oz",
    "lb": "lb", "lbs": "lb", "pound": "lb", "pounds": "lb",
    "ml": "ml", "mls": "ml", "cc": "ml", "milliliter": "ml", "milliliters": "ml",
    "millilitre": "ml", "millilitres": "ml",
}  # fmt: skip
_SMALLER = {("lb", "oz"), ("kg", "g")}
"""units that may follow one another in one weight"""
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3,
              "⅛": 0.125, "⅜": 0.375, "⅝": 0.625, "⅞": 0.875}  # fmt: skip
MOST_G = 20_000.0
"""no baby weighs more"""
LONGEST = 60
"""characters of a weight"""
_NUMBER = r"(?:[0-9][0-9.,'\u2019\u00a0\u202f]*|[.,][0-9]+)"
_FRACTION = f"(?:[0-9]+/[0-9]+|[{''.join(_FRACTIONS)}])"
_PART = re.compile(
    rf"\s*(?:({_NUMBER})\s*[ -]({_FRACTION})|({_FRACTION})|({_NUMBER})([{''.join(_FRACTIONS)}]?))"
    r"\s*([a-z]*)\.?\s*(?:,\s|and\s)?",
    re.IGNORECASE,
)


def parse_grams(
    text: str,
    *,
    unit: Unit = "g",
    milk: bool = False,
    most_g: float = MOST_G,
    mark: DecimalMark | None = None,
) -> float:
    """Grams of ``412``, ``412g``, ``0,412 kg``, ``4 1/2 oz`` or ``1 lb 2 oz``.

    Args:
        text: as a person writes it.
        unit: of a number without one.
        milk: an amount to drink, so ``8 ml`` is one, too; a millilitre counts as a gram.
        most_g: of two ways to read a number, one beyond it is not meant.
        mark: what stands before decimals here, where that is known.

    Raises:
        ValueError: a phrase that says what is wrong and what to write.
    """
    thing, examples = ("amount", "8 ml or 8 g") if milk else ("weight", "112, 112.5 g or 4 oz")
    parts = list(_parts(text, mark)) if len(text) <= LONGEST else []
    units = [word for _, word in parts]
    if not parts or not _is_one_weight(units, milk=milk):
        raise ValueError(f"is no {thing} ({quoted(text)}): write {examples}")
    factors = [1.0 if u == "ml" else GRAMS_A_UNIT[u or unit] for u in units]
    readings = [0.0]
    for (numbers, _), factor in zip(parts, factors, strict=True):
        readings = [sum_g + number * factor for sum_g in readings for number in numbers]
    possible = [g for g in readings if g <= most_g] or readings[:1]
    if len(possible) > 1:
        either = " or ".join(f"{number:.15g}" for number in parts[0][0])
        raise ValueError(f"can be {either} ({quoted(text)}): write one of them")
    return possible[0]


def spoken_grams(grams: float) -> str:
    """``113.4 g``: to the tenth, without zeros."""
    return f"{round(grams, 1):.15g} g"


def _parts(text: str, mark: DecimalMark | None) -> Iterator[tuple[list[float], str]]:
    """The possible values and the unit ("" for none) of each number; nothing if text remains."""
    found: list[tuple[list[float], str]] = []
    at = 0
    text = text.strip()
    while at < len(text):
        match = _PART.match(text, at)
        word = match[6].lower() if match else ""
        if match is None or (word and word not in UNIT_OF_WORD):
            return
        whole = match[1] or match[4]
        broken = _fraction(match[2] or match[3] or match[5])
        numbers = [value + broken for value in _numbers(whole, mark)] if whole else [broken]
        if not numbers or broken < 0:
            return
        found.append((numbers, UNIT_OF_WORD.get(word, "")))
        at = match.end()
    yield from found


def _is_one_weight(units: list[str], *, milk: bool) -> bool:
    if "ml" in units and not milk:
        return False
    return len(units) == 1 or (len(units) == 2 and (units[0], units[1]) in _SMALLER)


def _numbers(text: str, decimal: DecimalMark | None) -> list[float]:
    """What a number can mean, decimals first; nothing when it is none."""
    text = text.rstrip(",'\u2019\u00a0\u202f")
    for group in "'\u2019\u00a0\u202f":
        if group in text:
            return _grouped(text, group)
    if "." in text and "," in text:
        return _grouped(text, "," if text.rfind(".") > text.rfind(",") else ".")
    mark = "," if "," in text else "."
    if text.count(mark) > 1:
        return _grouped(text, mark)
    head, _, tail = text.partition(mark)
    as_decimal = float(f"{head or 0}.{tail or 0}")
    thousands = len(tail) == 3 and 1 <= len(head) <= 3 and head[0] != "0"
    if not thousands or decimal == mark:
        return [as_decimal]
    return [float(head + tail)] if decimal else [as_decimal, float(head + tail)]


def _grouped(text: str, group: str) -> list[float]:
    """The number whose thousands are set apart by ``group``."""
    whole, tail = text, ""
    for point in ".,".replace(group, ""):
        whole, tail = whole.partition(point)[::2] if point in whole else (whole, tail)
    first, *rest = whole.split(group)
    right = first.isdigit() and len(first) <= 3 and all(len(r) == 3 and r.isdigit() for r in rest)
    if not right or not rest or (tail and not tail.isdigit()):
        return []
    return [float(f"{first}{''.join(rest)}.{tail or 0}")]


def _fraction(text: str | None) -> float:
    """Its value; 0 without one, negative when it is none."""
    if not text:
        return 0.0
    if text in _FRACTIONS:
        return _FRACTIONS[text]
    above, below = text.split("/")
    return int(above) / int(below) if int(below) and int(above) < int(below) else -1.0

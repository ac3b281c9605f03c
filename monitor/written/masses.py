"""Known masses that every household has: grams as typed, or a list of coins.

Coin masses: European Commission (euro), United States Mint, Royal Mint. New coins are within two
per cent; ten of one kind are better than that.
"""

from __future__ import annotations

import re

from monitor.written.grams import parse_grams

COINS_G = {
    "2eur": 8.5, "1eur": 7.5, "50ct": 7.8, "20ct": 5.74, "10ct": 4.1, "5ct": 3.92, "2ct": 3.06,
    "1ct": 2.3,
    "quarter": 5.67, "dime": 2.268, "nickel": 5.0, "penny": 2.5,
    "2gbp": 12.0, "1gbp": 8.75, "50p": 8.0, "20p": 5.0, "10p": 6.5, "5p": 3.25, "2p": 7.12,
    "1p": 3.56,
}  # fmt: skip
_COINS = re.compile(r"(?P<count>\d{1,4})\s*x\s*(?P<coin>\w+)")


def parse_mass(text: str) -> float:
    """Grams of ``1 kg``, ``500``, ``8.5 oz`` or ``20x2eur + 4x50ct``.

    Raises:
        ValueError: a phrase that follows what it is the mass of.
    """
    total_g = 0.0
    for part in text.lower().split("+"):
        word = part.strip()
        if match := _COINS.fullmatch(word):
            if match["coin"] not in COINS_G:
                known = ", ".join(COINS_G)
                raise ValueError(f'names "{match["coin"]}", no coin known here: {known}')
            total_g += int(match["count"]) * COINS_G[match["coin"]]
            continue
        try:
            total_g += parse_grams(word)
        except ValueError as error:
            raise ValueError(
                "is no mass: write grams (1000), a unit (1kg), or coins (20x2eur + 4x50ct)"
            ) from error
    if total_g <= 0:
        raise ValueError("is no mass: it must be more than 0 g")
    return total_g

"""A pairing code for whoever has no screen: eight digits that the LED blinks.

Digits from 1 to 6, each as so many flashes: what can be counted without haste and written down.
The page, which is told the code over the broker, gives it five tries of 1.7 million codes.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

DIGITS = "123456"
LENGTH = 8
FLASH_S = 0.3
"""on, and off again: two flashes in 1.2 s are counted without haste"""
BETWEEN_DIGITS = 6
BETWEEN_ROUNDS = 16
"""pauses in units of ``FLASH_S``"""
ROUNDS = 3


def draw() -> str:
    """A fresh code."""
    return "".join(secrets.choice(DIGITS) for _ in range(LENGTH))


def flashes(code: str) -> Iterator[int]:
    """1 and 0, one each ``FLASH_S``: the whole code, three times over."""
    for _ in range(ROUNDS):
        for digit in code:
            for _ in range(int(digit)):
                yield from (1, 0)
            yield from (0,) * BETWEEN_DIGITS
        yield from (0,) * BETWEEN_ROUNDS


def lasts_s(code: str) -> float:
    """How long that takes."""
    return FLASH_S * sum(1 for _ in flashes(code))

"""Arguments of commands about weights and babies, read strictly: text, moments, grams."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from monitor.errors import CommandError

LEAST_G, MOST_G = 5.0, 20_000.0
"""a stillborn runt weighs more than 20 g, and the largest cell that is read carries 20 kg"""


def text(args: dict[str, Any], key: str) -> str:
    """A text that is not empty.

    Raises:
        CommandError: there is none.
    """
    value = args.get(key)
    if not isinstance(value, str) or not value.strip():
        raise CommandError(f'"{key}" is missing')
    return value.strip()


def moment(value: object, now_s: float) -> float:
    """Timeline seconds of an ``at``: a number, or RFC 3339 text; now when it is left out.

    Raises:
        CommandError: it is no time.
    """
    if value is None:
        return now_s
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    try:
        moment = datetime.fromisoformat(str(value).strip())
        if moment.tzinfo is None:
            raise CommandError(f'"at" has no time zone: {value!r}, write 2026-01-31T02:14:05Z')
        return moment.timestamp()
    except (ValueError, OverflowError) as error:
        if isinstance(error, CommandError):
            raise
        raise CommandError(f'"at" is no time: {value!r}, write 2026-01-31T02:14:05Z') from error


def grams(args: dict[str, Any], key: str) -> float:
    """A weight above 0.

    Raises:
        CommandError: it is none.
    """
    value = args.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CommandError(f'"{key}" must be a number of grams')
    if not 0 < value <= 100_000:
        raise CommandError(f'"{key}" is {value:g}: a weight in grams is above 0')
    return float(value)


def possible_grams(g: float, key: str) -> float:
    """A weight a baby can have.

    Raises:
        CommandError: no baby weighs that, whatever anybody confirms.
    """
    if not LEAST_G <= g <= MOST_G:
        raise CommandError(f'"{key}" is {g:g}: a baby weighs {LEAST_G:g} to {MOST_G:g} g')
    return g

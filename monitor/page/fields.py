"""Values of a box's documents, whatever type somebody has published them in; ``None``: unknown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.times import parse_rfc3339

Document = Mapping[str, Any]
EARLIEST_S, LATEST_S = 946_684_800.0, 4_102_444_800.0
"""2000 and 2100: a time beyond them is none"""
LARGEST = 1e9


def number(document: Document | None, key: str) -> float | None:
    """A finite number of a sensible size."""
    value = (document or {}).get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and abs(value) <= LARGEST else None


def text(document: Document | None, key: str) -> str | None:
    """A text that is not empty."""
    value = (document or {}).get(key)
    return value if isinstance(value, str) and value.strip() else None


def flag(document: Document | None, key: str) -> bool | None:
    """Yes, no, or unknown."""
    value = (document or {}).get(key)
    return value if isinstance(value, bool) else None


def moment(document: Document | None, key: str) -> float | None:
    """Unix seconds of an RFC 3339 time."""
    value = text(document, key)
    try:
        seconds = parse_rfc3339(value or "")
    except ValueError:
        return None
    return seconds if EARLIEST_S < seconds < LATEST_S else None


def table(document: Document | None, key: str) -> Document:
    """An object inside a document; empty when there is none."""
    value = (document or {}).get(key)
    return value if isinstance(value, dict) else {}


def tables(document: Document | None, key: str) -> Iterator[Document]:
    """The objects of a list inside a document."""
    value = (document or {}).get(key)
    yield from (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def texts(document: Document | None, key: str) -> list[str]:
    """The texts of a list inside a document."""
    value = (document or {}).get(key)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

"""Makes a text of parts that is neither too long to be read nor too short to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

FEWEST, MOST = 60, 150
"""words of a hand-over"""


class Part(NamedTuple):
    """One thing to say, in one or more wordings, the fullest first; an empty one leaves it out."""

    importance: int
    """of two that are as full, the less important one is shortened first"""
    wordings: Sequence[str]


def words_in(text: str) -> int:
    """How many words a text has."""
    return len(text.split())


def fitted(parts: Sequence[Part], fillers: Sequence[str]) -> str:
    """All parts in their order, as full as ``MOST`` allows.

    Args:
        parts: what is to be said.
        fillers: sentences that are added, in order, while there are fewer than ``FEWEST`` words.
    """
    chosen = [0] * len(parts)
    while words_in(told := _joined(parts, chosen)) > MOST:
        longer = [n for n, part in enumerate(parts) if chosen[n] + 1 < len(part.wordings)]
        if not longer:
            return f"{' '.join(told.split()[: MOST - 1])} …"
        chosen[min(longer, key=lambda n: (chosen[n], parts[n].importance))] += 1
    for filler in fillers:
        if words_in(told) >= FEWEST:
            break
        told = f"{told} {filler}".strip()
    return told


def _joined(parts: Sequence[Part], chosen: Sequence[int]) -> str:
    said = [part.wordings[n] for part, n in zip(parts, chosen, strict=True)]
    return " ".join(text for text in said if text)


def shortened(text: str, words: int) -> str:
    """At most so many words of it, and none of them endless."""
    found = [word if len(word) <= 24 else f"{word[:23]}…" for word in text.split()]
    return " ".join(found if len(found) <= words else [*found[: words - 1], f"{found[words - 1]}…"])

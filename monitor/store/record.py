"""What the journal knows of one baby, as it is carried to another box."""

from __future__ import annotations

import math
from typing import NamedTuple

from monitor.events import Baby
from monitor.store.history import Span, items
from monitor.store.reading import JournalReader
from monitor.written.record_lines import WHAT, Line, described, digest, packed


class Record(NamedTuple):
    """Of one baby: who it is, how many lines, and the digest of all."""

    who: Line
    lines: int
    digest: str


def record_of(journal: JournalReader, baby: Baby) -> Record:
    """All of it, as ``history`` shows it.

    Raises:
        JournalError: the journal cannot be read now.
    """
    span = Span(since_s=begins_s(journal.babies(retired=True), baby))
    lines = [
        line
        for what in WHAT
        for item in items(journal, what, baby.name, span)
        if (line := packed(item)) is not None
    ]
    who = described(baby)
    return Record(who, len(lines), digest(who, lines))


def begins_s(babies: list[Baby], baby: Baby) -> float:
    """What was written under this name before belongs to an earlier baby that had it."""
    earlier = [
        other.retired_s
        for other in babies
        if other.name == baby.name and other.id != baby.id and other.retired_s is not None
    ]
    return max(earlier, default=-math.inf)

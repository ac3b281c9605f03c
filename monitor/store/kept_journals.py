"""Journals kept beside the journal until a person decides: what each is and what to do with it.

A copy from memory that is not of the journal on the card is never merged by guess, and never
deleted: its owner is asked until the file is gone.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from monitor.events import Baby
from monitor.store.card import kept_aside
from monitor.store.checked_rows import CheckedRows
from monitor.store.journal import Journal
from monitor.times import rfc3339

MOST_NAMES = 6
"""in one sentence on a phone"""


class KeptJournals:
    """Asked once a minute; a file is opened once."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._known: dict[str, str] = {}

    def sentences(self) -> list[str]:
        """One for each file, oldest first."""
        files = kept_aside(self._journal.failed_over_from or self._journal.path, "copy")
        for file in files:
            if file.name not in self._known:
                self._known[file.name] = sentence(file)
        return [self._known[file.name] for file in files]


def sentence(file: Path) -> str:
    """Which file, what is in it, what to do."""
    return (
        f"{file} is a copy of another journal ({_contents(file)}). To use it: stop the monitor, "
        f"put it in the place of {file.name.partition('.')[0]}{file.suffix}, start. If nothing is "
        "missing, delete it."
    )


def _contents(file: Path) -> str:
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as opened:
            opened.row_factory = sqlite3.Row
            rows = CheckedRows(opened)
            here = rows.read("babies", "retired_s IS NULL ORDER BY rowid")
            names = [msgspec.json.decode(row["document"], type=Baby).name for row in here]
            weights = rows.read("weighings", "1 ORDER BY t_s")
    except (OSError, sqlite3.Error):
        return "it cannot be read"
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    babies = f"babies: {', '.join(names[:MOST_NAMES])}{more}" if names else "no babies"
    if not weights:
        return f"{babies}; no weights"
    return f"{babies}; weights: {len(weights)}, the last at {rfc3339(weights[-1]['t_s'])}"

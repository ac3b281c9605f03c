"""What was told of care lately."""

from __future__ import annotations

import msgspec

from monitor.events import Note

KEPT_NOTES = 60
"""a day of eight babies; the journal keeps all"""


class CareState(msgspec.Struct):
    """Bottles are in the record of each baby."""

    notes: list[Note] = []

    def put(self, note: Note) -> None:
        """Add a note, or replace the one with its ``step_id``."""
        others = [each for each in self.notes if each.step_id != note.step_id]
        if len(others) >= KEPT_NOTES:
            others = others[KEPT_NOTES // 4 :]
        self.notes = [*others, note]

"""One row a minute: seconds of crying, activity, sound level, who is in the box."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.core.pipeline import Pipeline
from monitor.events import AnyEvent, CryEnded, slug
from monitor.store.reading import MinuteRow
from monitor.timeshift import TimeShift, shifted

WRITE_EVERY_S = 300.0
"""What a power cut may cost of it; a card's page is written as a whole, however little changed."""

MOST_UNWRITTEN = 5000
"""Minutes kept in memory while the card refuses: three days."""


class Telemetry:
    """Collects minutes until they are written. All times are timeline seconds."""

    def __init__(self, now_s: float) -> None:
        """The first minute begins now."""
        self.rows: list[MinuteRow] = []
        """not written yet, oldest first"""
        self._minute_s = self._written_s = now_s
        self._cry_s = 0.0

    def observe(self, events: Sequence[AnyEvent]) -> None:
        """Add up the bouts that have ended."""
        self._cry_s += sum(e.t_s - e.started_s for e in events if isinstance(e, CryEnded))

    def tick(self, now_s: float, pipeline: Pipeline) -> None:
        """Note the minute when it is over."""
        if now_s - self._minute_s < 60.0:
            return
        scale = pipeline.scale_status(now_s)
        inside = scale.in_box
        self.rows.append(
            MinuteRow(
                t_s=now_s,
                cry_s=self._cry_s,
                activity=scale.activity,
                level_db=pipeline.level_db,
                in_box="?" if inside is None else " ".join(sorted(map(slug, inside))),
            )
        )
        self._minute_s, self._cry_s = now_s, 0.0

    def is_due(self, now_s: float) -> bool:
        """Whether the rows are to be written now."""
        return now_s - self._written_s >= WRITE_EVERY_S

    def tried(self, now_s: float, *, written: bool) -> None:
        """The rows have been written, or the card has refused them: then the newest are kept."""
        self._written_s = now_s
        if written:
            self.rows.clear()
        else:
            del self.rows[:-MOST_UNWRITTEN]

    def retime(self, shifts: Sequence[TimeShift]) -> None:
        """The timeline was shifted; the last shift is this boot's own."""
        for shift in shifts:
            self.rows = [shifted(row, shift) for row in self.rows]
        self._minute_s += shifts[-1].by_s
        self._written_s += shifts[-1].by_s

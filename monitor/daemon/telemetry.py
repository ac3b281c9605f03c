"""One row a minute: seconds of crying, activity, sound level, who is in the box."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from monitor.core.pipeline import Pipeline
from monitor.errors import JournalError
from monitor.events import AnyEvent, CryEnded, slug
from monitor.store.reading import MinuteRow
from monitor.times import MINUTE_S
from monitor.timeshift import Moment, TimeShift, shifted

WRITE_EVERY_S = 300.0
"""What a power cut may cost of it; a card's page is written as a whole, however little changed."""

MOST_UNWRITTEN = 5000
"""Minutes kept in memory while the card refuses: three days."""


class _Minutes(msgspec.Struct):
    minute_s: Moment
    """when the one that is counted now began"""
    written_s: Moment
    cry_s: float = 0.0
    rows: list[MinuteRow] = []


class Telemetry:
    """Collects minutes until they are written. All times are timeline seconds."""

    def __init__(self, now_s: float) -> None:
        """The first minute begins now."""
        self._minutes = _Minutes(now_s, now_s)

    @property
    def rows(self) -> list[MinuteRow]:
        """Not written yet, oldest first."""
        return self._minutes.rows

    def observe(self, events: Sequence[AnyEvent]) -> None:
        """Add up the bouts that have ended."""
        self._minutes.cry_s += sum(e.t_s - e.started_s for e in events if isinstance(e, CryEnded))

    def tick(self, now_s: float, pipeline: Pipeline) -> None:
        """Note the minute when it is over."""
        if now_s - self._minutes.minute_s < MINUTE_S:
            return
        scale = pipeline.scale_status(now_s)
        inside = scale.in_box
        self.rows.append(
            MinuteRow(
                t_s=now_s,
                cry_s=self._minutes.cry_s,
                activity=scale.activity,
                level_db=pipeline.level_db,
                in_box="?" if inside is None else " ".join(sorted(map(slug, inside))),
            )
        )
        self._minutes.minute_s, self._minutes.cry_s = now_s, 0.0

    def is_due(self, now_s: float) -> bool:
        """Whether the rows are to be written now."""
        return now_s - self._minutes.written_s >= WRITE_EVERY_S

    def write(self, record: Callable[[Sequence[MinuteRow], float], None], now_s: float) -> None:
        """Have the rows written; where the card refuses them (JournalError) the newest are kept."""
        self._minutes.written_s = now_s
        if not self.rows:
            return
        try:
            record(self.rows, now_s)
        except JournalError:
            del self.rows[:-MOST_UNWRITTEN]
        else:
            self.rows.clear()

    def shift(self, shift: TimeShift) -> None:
        """The timeline was shifted."""
        self._minutes = shifted(self._minutes, shift)

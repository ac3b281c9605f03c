"""How many alerts somebody acted on, for ``health``: counted again when something has happened."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from monitor.errors import JournalError
from monitor.events import Alert, AnyEvent, Feed, Unassigned, WeighIn
from monitor.report.acted_on import (
    RECENT_S,
    WITHIN_S,
    Shares,
    ToldAlert,
    added,
    share_fields,
    shares,
    told_alerts,
)
from monitor.store.reading import JournalReader
from monitor.times import DAY_S

AT_MOST_EVERY_S = 60.0
"""a week of a busy box is read in some 20 ms on a desktop"""
SLICE_S = 10 * DAY_S
"""so much of what is older is read at a time: a year at once holds up a small Pi for seconds"""


class Answers:
    """``observe`` what happens; ``fields`` whenever ``health`` is shown."""

    def __init__(self, journal: JournalReader) -> None:
        """Nothing is read yet."""
        self._journal = journal
        self._before: Shares = {}
        """of all that was told before ``_before_s``: it does not change any more"""
        self._before_s: float | None = None
        """``None``: nothing has been read yet"""
        self._told: list[ToldAlert] = []
        """of the last week, and what is older and not in ``_before``"""
        self._complete = False
        self._due_s = 0.0

    def observe(self, events: Sequence[AnyEvent], now_s: float) -> None:
        """Something may have been told or answered."""
        if any(isinstance(event, Alert | WeighIn | Unassigned | Feed) for event in events):
            self._due_s = min(self._due_s, now_s)

    def fields(self, now_s: float) -> dict[str, Any]:
        """``last_7_days`` and ``since_beginning``, by kind; the last ones where it cannot look.

        ``since_beginning`` is ``None`` for some minutes after the start of a box with a long past.
        """
        if now_s >= self._due_s:
            self._due_s = now_s + AT_MOST_EVERY_S
            with suppress(JournalError):
                self._count(now_s)
                # what waits for an answer now has none ten minutes later
                self._due_s = now_s + WITHIN_S if self._complete else now_s
        recent = shares([a for a in self._told if a.told_s >= now_s - RECENT_S], now_s)
        everything = None
        if self._complete:
            everything = share_fields(added(self._before, shares(self._told, now_s)))
        return {"last_7_days": share_fields(recent), "since_beginning": everything}

    def _count(self, now_s: float) -> None:
        week_s = now_s - RECENT_S
        if self._before_s is None:
            first_s = self._journal.first_alert_s()
            self._before_s = week_s if first_s is None else min(first_s, week_s)
        if self._before_s < week_s - DAY_S:
            until_s = min(self._before_s + SLICE_S, week_s)
            older = told_alerts(self._journal, self._before_s, until_s)
            self._before, self._before_s = added(self._before, shares(older, now_s)), until_s
        self._complete = self._before_s >= week_s - DAY_S
        self._told = told_alerts(self._journal, self._before_s if self._complete else week_s)

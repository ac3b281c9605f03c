"""The alerts of a report: when each was raised, how grave it is of itself, whether it is open.

By night a warning is told as information. A report is read by day and by the vet: here every alert
has its own severity, the gravest it had while it lasted.
"""

from __future__ import annotations

import sqlite3

import msgspec

from monitor.alert_kinds import RANK, Severity
from monitor.store.reading import JournalReader


class AlertMark(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that was raised."""

    id: str
    t_s: float
    """since when it was so"""
    kind: str
    severity: Severity
    title: str
    message: str
    baby: str | None
    state: str
    """as it was told last: ``raised``, ``acknowledged``, ``cleared`` and so on"""

    @property
    def is_open(self) -> bool:
        """Nothing has ended it yet."""
        return self.state != "cleared"


def alert_marks(journal: JournalReader, from_s: float, baby: str | None) -> list[AlertMark]:
    """Those raised since ``from_s``, and those still open, in order of time; no test alerts.

    ``baby`` leaves out what is about another one; what is about the box stays.
    """
    lives: dict[str, list[sqlite3.Row]] = {}
    open_ids = [row["id"] for row in journal.open_alerts()]
    for row in journal.alerts():
        if row["kind"] != "test" and (baby is None or row["baby"] in {None, baby}):
            lives.setdefault(row["id"], []).append(row)
    marks = [_mark(rows, is_open=key in open_ids) for key, rows in lives.items()]
    shown = [mark for mark in marks if mark.t_s >= from_s or mark.is_open]
    return sorted(shown, key=lambda mark: mark.t_s)


def _mark(rows: list[sqlite3.Row], *, is_open: bool) -> AlertMark:
    """One alert out of the rows of its life; while it is open its latest words hold."""
    told = rows[-1] if is_open else rows[0]
    return AlertMark(
        id=told["id"],
        t_s=told["since_s"],
        kind=told["kind"],
        severity=max((_own_severity(row) for row in rows), key=RANK.__getitem__),
        title=told["title"],
        message=told["message"],
        baby=told["baby"],
        state=rows[-1]["state"] if is_open else "cleared",
    )


def _own_severity(row: sqlite3.Row) -> Severity:
    """A journal of an earlier version, or one that is only read, may not have the column."""
    own = row["own_severity"] if "own_severity" in row.keys() else None  # noqa: SIM118 - no dict
    severity: Severity = own or row["severity"]
    return severity

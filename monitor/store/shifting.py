"""Time shifts carried out on the journal's tables; the caller owns the transaction."""

from __future__ import annotations

import sqlite3

from monitor.store.event_rows import PERSON
from monitor.timeshift import TimeShift

MAX_S = 1e12
"""beyond any time"""

STAMPED = {
    "weighings": (("t_s",), True),
    "weighing_history": (("t_s",), True),
    "unassigned": (("t_s",), True),
    "feeds": (("t_s",), True),
    "notes": (("t_s",), True),
    "cries": (("t_s", "started_s"), True),
    "calls": (("t_s",), True),
    "alerts": (("t_s", "since_s"), True),
    "telemetry": (("t_s",), False),
}
"""tables with times: which columns, and whether they say how sure those are"""


def shift_rows(connection: sqlite3.Connection, shift: TimeShift) -> None:
    """Shift every stored time that ``shift`` covers but those a person gave.

    Raises:
        sqlite3.Error: the file refuses.
    """
    for table in STAMPED:
        _shift_table(connection, table, shift)


def _shift_table(connection: sqlite3.Connection, table: str, shift: TimeShift) -> None:
    span = (max(shift.since_s, -MAX_S), min(shift.until_s, MAX_S))
    columns, synced = STAMPED[table]
    changes = [
        f"{column} = CASE WHEN {column} >= {span[0]!r} AND {column} < {span[1]!r} "
        f"THEN -({column} + {shift.by_s!r}) ELSE {column} END"
        for column in columns
    ]
    if synced:
        changes.append(f"synced = {int(shift.sure)}")
    typed = f"AND session != '{PERSON}'" if synced else ""
    # By way of negative times: rows that follow each other must not meet on the way.
    connection.execute(
        f"UPDATE {table} SET {', '.join(changes)} WHERE t_s >= ? AND t_s < ? {typed}",  # noqa: S608 - fixed names
        span,
    )
    back = ", ".join(f"{column} = abs({column})" for column in columns)
    connection.execute(f"UPDATE {table} SET {back} WHERE t_s < 0")  # noqa: S608 - fixed names

"""What a copy of a journal holds, and how the journal on the card follows it.

All functions work within a transaction of their caller and raise ``sqlite3.Error`` when the file
refuses.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from monitor.events import AnyEvent, RosterChanged
from monitor.store.checked_rows import CheckedRows, tables
from monitor.store.lineage import Carried, CopyOf, Generation
from monitor.store.shifting import STAMPED
from monitor.timeshift import TimeShift

FIRST_NUMBER = 2**48
"""of what a copy begins by itself: no journal on a card ever counts as far"""

OF_THE_FILE = frozenset({"generation", "copy_of", "taken_in", "opened_at"})
"""values that belong to one file and not to what it holds"""


class CopyContent(msgspec.Struct, frozen=True, kw_only=True):
    """All that a copy knows and the journal on the card does not."""

    copy_of: CopyOf
    generation: Generation | None
    changes: Sequence[tuple[Carried, bool]]
    """in their order, and whether the clock was synchronised"""
    minutes: Sequence[sqlite3.Row]
    values: Mapping[str, bytes]
    queues: Mapping[str, Sequence[sqlite3.Row]]
    numbers: Mapping[str, int]
    """the last number of each table that counts"""


def queues(connection: sqlite3.Connection) -> list[str]:
    """Tables of what is still to be done: no event tells what becomes of their rows."""
    known = {*STAMPED, "babies", "state", "inbox", "carried", "rejected"}
    return [table for table in tables(connection) if table not in known]


def carry(connection: sqlite3.Connection, change: Carried, *, synced: bool) -> None:
    """Keep one change of a copy, for the journal on the card to repeat."""
    connection.execute(
        "INSERT INTO carried (change, synced) VALUES (?, ?)",
        (msgspec.msgpack.encode(change), synced),
    )


def read_copy(
    connection: sqlite3.Connection,
    rows: CheckedRows,
    copy_of: CopyOf | None,
    generation: Generation | None,
) -> CopyContent:
    """Read all of it."""
    return CopyContent(
        copy_of=copy_of or CopyOf(generation=None, whole=False, roster=False),
        generation=generation,
        changes=[
            (msgspec.msgpack.decode(row["change"], type=Carried), bool(row["synced"]))
            for row in rows.read("carried", "1 ORDER BY id")
        ],
        minutes=rows.read("telemetry"),
        values={
            row["key"]: row["value"] for row in rows.read("state") if row["key"] not in OF_THE_FILE
        },
        queues={table: rows.read(table) for table in queues(connection)},
        numbers=dict(map(tuple, connection.execute("SELECT name, seq FROM sqlite_sequence"))),
    )


def follow_changes(
    content: CopyContent,
    known: set[str],
    write: Callable[[AnyEvent, bool], None],
    shift: Callable[[TimeShift], None],
) -> None:
    """Carry out every event and shift again.

    A copy that was begun without the list of babies adds none of those in ``known`` (slugs).
    """
    for change, synced in content.changes:
        event = change.event
        if change.shift is not None:
            shift(change.shift)
        elif event is not None:
            again = isinstance(event, RosterChanged) and event.baby.slug in known
            if content.copy_of.roster or not again:
                write(event, synced)


def follow_rows(connection: sqlite3.Connection, content: CopyContent) -> None:
    """Minutes are added; of a whole copy the queues are the truth."""
    for minute in content.minutes:
        insert_row(connection, "telemetry", minute)
    for queue, ids in content.copy_of.took_over.items():
        connection.executemany(f"DELETE FROM {queue} WHERE id = ?", [(i,) for i in ids])  # noqa: S608 - checked names
    for table, rows in content.queues.items():
        if content.copy_of.whole:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - fixed names
        for row in rows:
            insert_row(connection, table, row)
        count_from(connection, table, content.numbers.get(table, 0))


def insert_row(connection: sqlite3.Connection, table: str, row: Sequence[object]) -> None:
    """Write a row that another journal's table of that name holds."""
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", tuple(row))  # noqa: S608 - fixed names


def count_from(connection: sqlite3.Connection, table: str, number: int) -> None:
    """The next row of a queue gets a number beyond this one, and beyond all it has had."""
    asked = "SELECT max(seq) FROM sqlite_sequence WHERE name = ?"
    had = connection.execute(asked, (table,)).fetchone()[0] or 0
    connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
    connection.execute(
        "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, max(had, number))
    )


def forget_copy(path: Path) -> None:
    """Make the copy that was written to ``path`` a journal of its own."""
    with closing(sqlite3.connect(path)) as written, written:
        written.execute("DELETE FROM state WHERE key = 'copy_of'")
        written.execute("DELETE FROM carried")

"""Connections to a journal's file: checked, migrated, and never by way of a link."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from monitor.errors import JournalError
from monitor.host.ownership import is_there, open_own, refuse_link, trust
from monitor.store.card import refusal
from monitor.store.schema import migrate

IN_MEMORY = Path(":memory:")
"""where a journal stands that has no file"""


def connect(path: Path, patience_s: float) -> sqlite3.Connection:
    """Open or create the file for writing and bring it to the newest schema.

    Args:
        path: of the file, or ``IN_MEMORY``.
        patience_s: how long another program's lock is waited for, each time.

    Raises:
        OSError: it cannot be opened, or is not our own.
        sqlite3.Error: it is damaged, locked or of a newer version.
    """
    if path != IN_MEMORY:
        os.close(open_own(path, os.O_RDWR | os.O_CREAT))
    connection = sqlite3.connect(path, timeout=patience_s)
    try:
        connection.row_factory = sqlite3.Row
        if _is_cut_off(connection, path):
            raise sqlite3.DatabaseError("it was cut off within a page")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 200")
        connection.execute("PRAGMA journal_size_limit = 1000000")
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_cut_off(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the file ends within a page that its log does not hold.

    SQLite reads what is missing of the last page as zeros, and its check finds nothing wrong.
    """
    log = path.with_name(f"{path.name}-wal")
    if path == IN_MEMORY or (log.exists() and log.stat().st_size):
        return False
    page_bytes: int = connection.execute("PRAGMA page_size").fetchone()[0]
    return path.stat().st_size % page_bytes != 0


def connect_for_reading(path: Path) -> sqlite3.Connection:
    """Open an existing file without the right to change it.

    Raises:
        JournalError: there is none, or it cannot be read.
    """
    try:
        trust(path.parent)
        if not is_there(path):
            raise JournalError(f"there is no journal at {path} yet: has the monitor run here?")
        os.close(open_own(path, os.O_RDONLY))
        refuse_links(path)
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
        connection.row_factory = sqlite3.Row
    except JournalError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise refusal("read", path, error) from error
    return connection


def refuse_links(path: Path) -> None:
    """SQLite opens journal and log by their names: none of them may lead elsewhere."""
    for name in ("", "-wal", "-shm"):
        refuse_link(path.with_name(path.name + name))

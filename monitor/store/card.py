"""What a failing memory card answers, and how a file is written so that it is never incomplete.

A card that ends answers every read with EIO, and SQLite then calls the file "malformed": whether a
journal is damaged or its card is gone shows only when the bytes are read another way. A file that
replaces another is written beside it, synced and renamed.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from monitor.errors import CARD_ERRNOS, CardError, JournalError, LockedError
from monitor.host.ownership import open_own
from monitor.times import DAY_S, compact_utc

CHUNK = 1 << 20
MOST_KEPT = 5
"""Files kept aside of one kind: enough for a bad week, and no card is filled by them."""
KEPT_FOR_S = 30 * DAY_S
"""... and none younger than this is deleted: its owner may still want it."""

_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")
_CARD = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR")
_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def refusal(deed: str, path: Path, error: OSError | sqlite3.Error) -> JournalError:
    """The error to raise: ``CardError``, ``LockedError`` or another ``JournalError``."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(_LOCKED):
        return LockedError(f"cannot {deed} the journal {path}: another program has locked it")
    if name.startswith(_DAMAGE) and is_the_card(error, path):
        return CardError(f"cannot {deed} the journal {path}: the card does not answer")
    kind = CardError if is_the_card(error, path) else JournalError
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return kind(f"cannot {deed} the journal {path}: {why}")


def is_the_card(error: Exception, path: Path) -> bool:
    """Whether the card under ``path`` is full, read-only or failing."""
    if isinstance(error, OSError):
        return isinstance(error, CardError) or error.errno in CARD_ERRNOS
    name = getattr(error, "sqlite_errorname", None) or ""
    return name.startswith(_CARD) or (name.startswith(_DAMAGE) and not can_be_read(path))


def can_be_read(path: Path) -> bool:
    """Whether the card gives every byte of the file and its log; a missing one is no failure."""
    for file in (path, log_of(path)):
        try:
            with file.open("rb") as stream:
                while stream.read(CHUNK):
                    pass
        except FileNotFoundError:
            continue
        except OSError:
            return False
    return True


def log_of(path: Path) -> Path:
    """SQLite's write-ahead log of a journal."""
    return path.with_name(f"{path.name}-wal")


def remove_journal(path: Path) -> None:
    """Delete a journal with its log and index."""
    for file in (path, log_of(path), path.with_name(f"{path.name}-shm")):
        file.unlink(missing_ok=True)


def write_beside(source: sqlite3.Connection, path: Path) -> None:
    """Put a copy of what ``source`` shows at ``path``: written beside it, synced, renamed.

    Nobody may have ``path`` open, and it has no log of its own any more.

    Raises:
        OSError, sqlite3.Error: ``path`` is what it was.
    """
    fresh = path.with_name(f"{path.name}.new")
    try:
        remove_journal(fresh)
        os.close(open_own(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL))
        with closing(sqlite3.connect(fresh)) as target:
            source.backup(target)
            found = target.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(f"the copy is damaged: {found}")
        _sync(fresh)
        fresh.replace(path)
        _sync(path.parent)
    except (OSError, sqlite3.Error):
        with suppress(OSError):
            remove_journal(fresh)
        raise


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


# ------------------------------------------------------------------ files kept aside


def aside_name(path: Path, kind: str) -> Path:
    """A dated name beside ``path`` that no file has: ``journal.KIND-20260101T000000Z.sqlite``."""
    stamp = compact_utc(time.time())
    name = path.with_name(f"{path.stem}.{kind}-{stamp}{path.suffix}")
    number = 2
    while name.exists():
        name = path.with_name(f"{path.stem}.{kind}-{stamp}-{number}{path.suffix}")
        number += 1
    return name


def move_aside(path: Path, kind: str) -> Path:
    """Keep a journal with its log under a dated name; returns it.

    Raises:
        OSError: the card refuses; the journal is where it was.
    """
    aside = aside_name(path, kind)
    path.rename(aside)
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    forget_old(path, kind)
    return aside


def kept_aside(path: Path, kind: str) -> list[Path]:
    """Files of this kind beside ``path``, oldest first; none when the card cannot say."""
    try:
        return sorted(path.parent.glob(f"{path.stem}.{kind}-*{path.suffix}"))
    except OSError:
        return []


def forget_old(path: Path, kind: str) -> None:
    """Delete the oldest beyond ``MOST_KEPT`` that nobody has asked about for a month."""
    with suppress(OSError):
        for old in kept_aside(path, kind)[:-MOST_KEPT]:
            if time.time() - old.stat().st_mtime > KEPT_FOR_S:
                remove_journal(old)

"""Another content for a state directory: laid beside, complete, then put in its place.

Files are written into ``restore.new``; renamed to ``restore`` they are as good as in place. Whoever
holds the directory's lock carries that out: what they replace is kept in a dated folder, and a
power cut at any moment is made good by the next start.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from monitor.errors import JournalError
from monitor.host.ownership import own_directory, trust
from monitor.store.journal import Journal
from monitor.store.settings_files import SETTINGS
from monitor.times import compact_utc
from monitor.written.settings import SECRETS

JOURNALS = ("journal.sqlite", "practice.sqlite")
OWN_FILES = (*JOURNALS, SETTINGS, *SECRETS.values())
"""what a backup replaces, or takes away where it has none"""
_WRITING, _COMPLETE, _PLACING = "restore.new", "restore", "restore.placing"
_REPLACED = "restore.replaced"
"""what was there before, until all is in place"""

Write = Callable[[Path], None]
"""writes one file at a path that does not exist yet"""


def lay_beside(state_dir: str | Path, files: Mapping[str, Write]) -> None:
    """Write all of ``files``, by name; nothing of the directory's own is changed.

    Raises:
        OSError, JournalError: the card refuses, or a writer refuses its file; nothing is left.
    """
    folder = Path(state_dir)
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    trust(folder)
    fresh = folder / _WRITING
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        own_directory(fresh, 0o700)
        for name, write in files.items():
            write(fresh / name)
            _sync(fresh / name)
        _sync(fresh)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def forget(state_dir: str | Path) -> None:
    """Throw away what was laid beside."""
    shutil.rmtree(Path(state_dir) / _WRITING, ignore_errors=True)


def settle(state_dir: str | Path) -> None:
    """From here on what was laid beside is what the box will have.

    Raises:
        OSError: the card refuses; nothing was changed.
    """
    folder = Path(state_dir)
    shutil.rmtree(folder / _COMPLETE, ignore_errors=True)
    (folder / _WRITING).rename(folder / _COMPLETE)
    _sync(folder)


def waits(state_dir: str | Path) -> bool:
    """Whether something is settled and not in place yet."""
    folder = Path(state_dir)
    return (folder / _COMPLETE).is_dir() or (folder / _PLACING).is_dir()


def take_over(state_dir: str | Path) -> Path | None:
    """Put in place what was settled, for the holder of the lock; does nothing without such.

    Returns:
        the folder that keeps what was there before; None when nothing was.

    Raises:
        OSError, JournalError: the card refuses; the next start tries again.
    """
    folder = Path(state_dir)
    complete, placing, aside = folder / _COMPLETE, folder / _PLACING, folder / _REPLACED
    if not complete.is_dir() and not placing.is_dir():
        return None
    trust(folder)
    if not placing.is_dir():
        _set_aside(folder, aside)
        complete.rename(placing)
        _sync(folder)
    for path in sorted(placing.iterdir()):
        path.replace(folder / path.name)
    _sync(folder)
    placing.rmdir()
    if not aside.is_dir():
        return None
    kept = folder / f"replaced-{compact_utc(time.time())}"
    aside.rename(kept)
    return kept


def _set_aside(folder: Path, aside: Path) -> None:
    """Move the directory's own files, with what SQLite has beside them, into ``aside``."""
    there = [
        f"{name}{ending}"
        for name in OWN_FILES
        for ending in ("", "-wal", "-shm")
        if (folder / f"{name}{ending}").exists()
    ]
    if there:
        own_directory(aside, 0o700)
        for name in there:
            (folder / name).rename(aside / name)
        _sync(aside)
        _sync(folder)


def refuse_unsound(path: Path, judge: Callable[[Journal], None]) -> None:
    """Open a journal as the monitor will, bring it to the newest schema, and have it judged.

    Raises:
        JournalError: it cannot be used here; says why.
    """
    journal = Journal.open(path)
    try:
        if journal.set_aside is not None:
            raise JournalError(f"the journal in it ({path.name}) is damaged: nothing was restored")
        journal.babies(retired=True)
        judge(journal)
    finally:
        journal.close()
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).unlink()


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)

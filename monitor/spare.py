"""The journal while the card refuses: a copy in memory, and the way back.

A card that has failed once is often read-only from then on. A monitor that stops recording, or that
refuses to start, leaves a box unwatched at night; so the journal moves to the service's runtime
directory (memory, under systemd), says so, and moves back when the card can be written. What the
copy learns is lost with the power; a crash of the daemon it outlives.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from monitor.errors import CardError
from monitor.journal import Journal

ROOM_BYTES = 1_000_000
"""beside twice the journal itself; a card with less is not worth the wear of trying"""


def open_journal(path: Path) -> Journal:
    """The journal at ``path``, or a copy in memory while its card refuses.

    A copy that an earlier process left knows more than the card, and moves there first.

    Raises:
        JournalError: neither can be opened.
    """
    left = _remembered()
    if left is not None and left.exists():
        spare = Journal.open(left)
        spare.stands_in_for, spare.why_away = path, "it could not be written at the last start"
        with suppress(CardError):
            come_home(spare)
        return spare
    try:
        journal = Journal.open(path)
    except CardError as error:
        return _copy(path, error)
    try:
        journal.save_state(opened_at=repr(time.time()).encode())
    except CardError as error:  # readable, but not a byte is left
        journal.close()
        return _copy(path, error)
    return journal


def stand_in(journal: Journal, why: str) -> None:
    """The card refuses a running daemon: go on in memory.

    Raises:
        CardError: the card cannot be read either, or there is no memory.
    """
    if journal.stands_in_for is not None:
        raise CardError(why)
    home = journal.path
    journal.move_to(_remembered() or _anywhere(home))
    journal.stands_in_for, journal.why_away = home, why


def come_home(journal: Journal) -> None:
    """Move a copy back to the card.

    Raises:
        CardError: the card still refuses.
    """
    home, spare = journal.stands_in_for, journal.path
    if home is None:
        return
    try:
        disk = os.statvfs(home.parent)
        size = spare.stat().st_size
    except OSError as error:
        raise CardError(f"cannot reach {home}: {error}") from error
    if disk.f_flag & os.ST_RDONLY or disk.f_bavail * disk.f_frsize < 2 * size + ROOM_BYTES:
        raise CardError(f"{home} is on a card that is full or read-only")
    journal.move_to(home)
    journal.stands_in_for = None
    for file in (spare, *_beside(spare)):
        file.unlink(missing_ok=True)


def _copy(path: Path, error: CardError) -> Journal:
    spare = _remembered() or _anywhere(path)
    for source, copy in zip((path, *_beside(path)), (spare, *_beside(spare)), strict=True):
        # A card that cannot even be read leaves an empty copy: watching goes on all the same.
        with suppress(OSError):
            shutil.copyfile(source, copy)
    journal = Journal.open(spare)
    journal.stands_in_for, journal.why_away = path, str(error)
    return journal


def _remembered() -> Path | None:
    """Where systemd keeps files for this service in memory; nobody else can write there."""
    folder = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(folder) / "spare.sqlite" if folder else None


def _anywhere(path: Path) -> Path:
    return Path(tempfile.mkdtemp(prefix="nursery-")) / path.name


def _beside(path: Path) -> list[Path]:
    """The write-ahead log; its index is made anew."""
    return [path.with_name(f"{path.name}-wal")]

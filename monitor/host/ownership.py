"""Whose a directory is, and files opened in it without following a link.

The owner of a directory may make any name in it a link: ``journal.sqlite`` could be any file of
root's. So root never acts by path below a directory of another user's: the command line becomes
that user first (``privileges``), and what opens the lock, the journal or the clips asks here and
refuses root otherwise. Files are opened without following a link and judged by their descriptor.
"""

from __future__ import annotations

import errno
import os
import pwd
import stat
from pathlib import Path

from monitor.errors import CARD_ERRNOS, CardError, JournalError

MOST_LINKS = 40
"""as many as the kernel follows"""


def owner_on_the_way(path: str | Path) -> os.stat_result | None:
    """Of the first entry from ``/`` to ``path`` that is not root's; None when all are.

    From that entry on its owner decides where the path leads. Root's own links are followed; what
    does not exist belongs to nobody yet.
    """
    waiting = list(reversed(Path(os.path.abspath(path)).parts[1:]))  # noqa: PTH100 - resolves no link
    walked, links = Path("/"), 0
    while waiting:
        walked = walked / waiting.pop()
        try:
            status = walked.lstat()
        except OSError:
            return None
        if status.st_uid != 0:
            return status
        if stat.S_ISLNK(status.st_mode):
            links += 1
            if links > MOST_LINKS:
                return None
            target = Path(os.path.abspath(walked.parent / walked.readlink()))  # noqa: PTH100
            waiting += reversed(target.parts[1:])
            walked = Path("/")
    return None


def trust(folder: Path) -> None:
    """Refuse to act as root in a directory where somebody else decides what names mean.

    Raises:
        JournalError: we are root and the directory is another user's, or others may write in it.
    """
    if os.geteuid() != 0:
        return
    if (owner := owner_on_the_way(folder)) is not None:
        raise JournalError(
            f"root does not work in {folder}, which belongs to {user_name(owner.st_uid)}: "
            f"do this as {user_name(owner.st_uid)}"
        )
    try:
        status = folder.stat()
    except OSError:
        return
    if status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and status.st_gid != 0):
        raise JournalError(
            f"root does not work in {folder}, where others may write: "
            f'run "chmod go-w {folder}", or give it to the user that the monitor runs as'
        )


def open_own(path: Path, flags: int, mode: int = 0o640) -> int:
    """Open, or with ``O_CREAT`` make, a file in a directory of ours; returns its descriptor.

    Raises:
        OSError: it cannot be opened.
        JournalError: it is a link, no ordinary file, or somebody else's.
    """
    trust(path.parent)
    try:
        number = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, mode)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise JournalError(_linked(path)) from error
        raise
    try:
        _judge(path, os.fstat(number))
    except BaseException:
        os.close(number)
        raise
    return number


def refuse_link(path: Path) -> None:
    """For a file that a library opens by its name (SQLite's log beside its database).

    Raises:
        JournalError: it is a link.
    """
    if path.is_symlink():
        raise JournalError(_linked(path))


def is_there(path: Path) -> bool:
    """Whether a name exists, be it a link that leads nowhere.

    Raises:
        CardError: the card answers nothing.
        JournalError: this user may not look.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        if error.errno in CARD_ERRNOS:
            raise CardError(f"the card does not answer for {path.parent}") from error
        raise JournalError(
            f"cannot look into {path.parent}: {error.strerror}; it belongs to the service, so put "
            '"sudo" before the command'
        ) from error
    return True


def own_directory(folder: Path, mode: int) -> None:
    """Make a directory of ours, if need be, and give it this mode.

    Raises:
        OSError: it cannot be made, is a link or is no directory.
        JournalError: it is somebody else's.
    """
    trust(folder.parent)
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchmod(number, mode)
    finally:
        os.close(number)


def user_name(uid: int) -> str:
    """A user's name, or "user 1234" for one without."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _linked(path: Path) -> str:
    return (
        f"{path} is a link, and the monitor follows none there: move the file itself to this "
        'place, or set "state_dir" to the directory where it lies'
    )


def _judge(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise JournalError(f"{path} is no ordinary file: move it away")
    if status.st_uid not in {os.geteuid(), path.parent.stat().st_uid}:
        owner = user_name(path.parent.stat().st_uid)
        raise JournalError(
            f"{path} belongs to {user_name(status.st_uid)}, its directory to {owner}: "
            f'run "sudo chown {owner}: {path}"'
        )

"""Files of a backup outside the state directory, written as one: all of them, or none.

What they replace is kept in a dated folder beside the configuration. Called in a process that has
the rights of whoever owns the configuration's directory.
"""

from __future__ import annotations

import os
import pwd
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from monitor.errors import InputError, NurseryError
from monitor.store.backup import Backup, Part
from monitor.times import compact_utc
from monitor.verbs.restored_config import Placed

SECRET_MODE = 0o600
OPEN_ENDINGS = {".crt": 0o644, ".conf": 0o644, ".npz": 0o644, ".toml": 0o640}
"""files without a secret; a configuration may hold push addresses, and the service reads it"""
OWNERS = {
    "page.key": "nursery-page",
    "nursery-server.key": "mosquitto",
    "nursery.passwd": "mosquitto",
    "nursery.acl": "mosquitto",
}
"""whoever reads it without being root, as the scripts of systemd/ have it"""
GROUPS = {"access.toml": "nursery-page"}
"""who may read it besides, where that is not the service"""


class Written(msgspec.Struct):
    """What was done, to take it back."""

    aside: str
    """the folder of what was replaced; it exists only when something was"""
    done: list[tuple[str, bool]] = []
    """each file, and whether it replaced another, which lies in ``aside``"""

    @property
    def kept(self) -> str | None:
        """The folder, if anything lies in it."""
        return self.aside if any(replaced for _, replaced in self.done) else None


def write_all(
    backup: Backup, files: Sequence[Placed], texts: dict[Path, bytes], folder: Path
) -> Written:
    """Write every file; ``texts`` instead of what the backup has, by path.

    Raises:
        InputError: one cannot be written; all is as it was.
    """
    written = Written(str(folder / f"replaced-{compact_utc(time.time())}"))
    try:
        for placed in files:
            _write(backup, placed, texts.get(placed.path), written)
    except OSError as error:
        undo(written)
        raise InputError(
            f"cannot write {error.filename or folder}: {error.strerror or error}; "
            "nothing was restored"
        ) from error
    except NurseryError:
        undo(written)
        raise
    return written


def undo(written: Written) -> None:
    """Have everything as it was."""
    aside = Path(written.aside)
    for name, replaced in reversed(written.done):
        path = Path(name)
        with suppress(OSError):
            if replaced:
                (aside / path.name).replace(path)
            else:
                path.unlink()
    with suppress(OSError):
        aside.rmdir()


def _write(backup: Backup, placed: Placed, text: bytes | None, written: Written) -> None:
    path, fresh = placed.path, placed.path.with_name(f".{placed.path.name}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh.unlink(missing_ok=True)
    try:
        if text is None:
            write_part(backup, placed.part, fresh)
        else:
            write_new(fresh, lambda write: write(text))
        is_there = path.is_file()
        if is_there and path.read_bytes() == fresh.read_bytes():
            fresh.unlink()
            return
        _give(fresh, path)
        if is_there:
            aside = Path(written.aside)
            aside.mkdir(mode=0o700, exist_ok=True)
            shutil.copy2(path, aside / path.name)
        fresh.replace(path)
        written.done.append((str(path), is_there))
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise


def write_part(backup: Backup, part: Part, path: Path) -> None:
    """Write a part at a path where nothing is, readable by its owner alone.

    Raises:
        InputError: it is damaged.
        OSError: it cannot be written.
    """
    write_new(path, lambda write: backup.copy(part.name, write))


def write_new(path: Path, fill: Callable[[Callable[[bytes], object]], object]) -> None:
    """Make a file and have ``fill`` write it; it is on the card afterwards."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, SECRET_MODE)
    with os.fdopen(number, "wb") as file:
        fill(file.write)
        file.flush()
        os.fsync(number)


def _give(fresh: Path, path: Path) -> None:
    """Mode and owner: of the file that it replaces, else as an installation has them."""
    mode = OPEN_ENDINGS.get(path.suffix, SECRET_MODE)
    uid = gid = -1
    if path.exists():
        status = path.stat()
        mode, uid, gid = status.st_mode & 0o777, status.st_uid, status.st_gid
        if path.suffix not in OPEN_ENDINGS:
            mode &= SECRET_MODE
    elif (user := OWNERS.get(path.name)) is not None:
        with suppress(KeyError):
            uid = pwd.getpwnam(user).pw_uid
    elif path.suffix in {".toml", ".npz"}:
        with suppress(KeyError):
            gid = pwd.getpwnam(GROUPS.get(path.name, "nursery")).pw_gid
    if os.geteuid() == 0:
        os.chown(fresh, uid, gid)
    fresh.chmod(mode)

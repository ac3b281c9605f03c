"""Small files in the page's state directory: JSON, mode 0600, replaced as a whole.

Both the page and ``nursery page --pair`` write them, so a change is made under a lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from monitor.errors import ConfigError

T = TypeVar("T", bound=msgspec.Struct)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Nobody else changes a file in this directory meanwhile.

    Raises:
        ConfigError: the directory cannot be written.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        number = os.open(directory / "lock", flags, 0o600)
    except OSError as error:
        raise ConfigError(
            f'"page.state_dir": cannot write in {directory}: {error.strerror or error}'
        ) from error
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def load(path: Path, kind: type[T]) -> T | None:
    """What is in the file; None when there is none, or it makes no sense."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def save(path: Path, value: msgspec.Struct) -> None:
    """Replace the file.

    Raises:
        ConfigError: it cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(msgspec.json.encode(value))
        new.replace(path)
    except OSError as error:
        raise ConfigError(
            f'"page.state_dir": cannot write {path}: {error.strerror or error}'
        ) from error


def stamp(path: Path) -> tuple[int, int, int] | None:
    """Changes whenever the file does; None when there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size

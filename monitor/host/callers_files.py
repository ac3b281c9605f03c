"""Reports and calibrations are written where the caller says, with the caller's rights and no more.

The command line gives root up before it works (``privileges``), so as root a process is kept that
still may write: it takes whole files, only at the places named at its start, and writes each as
the user who decides where that place leads. A report below ``/home/ann`` is Ann's, and a link that
somebody else laid there leads nowhere Ann may not write.
"""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from monitor.errors import InputError
from monitor.host.ownership import owner_on_the_way
from monitor.host.privileges import become

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Write = Callable[[Path, bytes], None]
"""writes a whole file or raises an InputError with one sentence"""


def write_file(path: Path, content: bytes) -> None:
    """Write a file, over one that is there.

    A new name is never followed if it becomes a link meanwhile.

    Raises:
        InputError: it cannot be written.
    """
    try:
        with os.fdopen(_open(path), "wb") as file:
            file.write(content)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error


def callers_writer(*places: Path) -> Write:
    """What writes files at ``places`` or directly inside them, whoever this process becomes.

    Call it before root is given up; without root it is ``write_file``.
    """
    if os.geteuid() != 0:
        return write_file
    from multiprocessing.connection import Pipe

    ours, theirs = Pipe()
    allowed = [Path(os.path.abspath(place)) for place in places]  # noqa: PTH100 - resolves no link
    if os.fork() == 0:
        ours.close()
        _serve(theirs, allowed)
    theirs.close()

    def write(path: Path, content: bytes) -> None:
        ours.send_bytes(os.fsencode(os.path.abspath(path)))  # noqa: PTH100 - resolves no link
        ours.send_bytes(content)
        if problem := ours.recv_bytes().decode():
            raise InputError(problem)

    return write


def _open(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CLOEXEC
    try:
        there = path.lstat()
    except FileNotFoundError:
        return os.open(path, flags | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    if not stat.S_ISREG(there.st_mode):
        return os.open(path, flags | os.O_TRUNC)  # /dev/stdout, or a link of the caller's own
    try:
        return os.open(path, flags | os.O_TRUNC | os.O_NOFOLLOW)
    except PermissionError:  # an older one of root's in a directory of ours
        path.unlink()
        return os.open(path, flags | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)


def _serve(requests: Connection, allowed: list[Path]) -> NoReturn:
    """In the process that keeps root: one file at a time, each by a process of its owner's."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends when the command does
    try:
        while True:
            path, content = Path(os.fsdecode(requests.recv_bytes())), requests.recv_bytes()
            if path not in allowed and path.parent not in allowed:
                requests.send_bytes(f"cannot write {path}: it was not asked for".encode())
                continue
            requests.send_bytes(_write_as_its_owner(path, content).encode())
    except (EOFError, OSError):
        os._exit(0)
    finally:
        os._exit(1)


def _write_as_its_owner(path: Path, content: bytes) -> str:
    """Why it could not be written, or nothing."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        problem = f"cannot write {path}"
        try:
            if (owner := owner_on_the_way(path)) is not None:
                become(owner.st_uid, owner.st_gid)
                os.umask(0o022)
            write_file(path, content)
            problem = ""
        except (OSError, InputError) as error:
            problem = str(error)
        finally:
            os.write(writer, problem.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        problem = answer.read().decode()
    os.waitpid(child, 0)
    return problem

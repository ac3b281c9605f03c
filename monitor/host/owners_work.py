"""Work in a directory of another user's, done by a process that has become that user.

Root packs and unpacks a box whose parts belong to several users, and follows no path below a
directory of another user's: each part is read and written by a process of its owner's. What the
caller had open before stays open there, so whole files are handed over without a name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from monitor import errors
from monitor.errors import NurseryError
from monitor.host.privileges import become_owner

MOST_TEXT = 65_536
"""of what the work returns or says"""
_DONE, _REFUSED = b"0", b"1"


def as_owner(path: str | Path, work: Callable[[], str]) -> str:
    """Do ``work`` with the rights of whoever decides where ``path`` leads; returns what it does.

    Without root, and where all of the path is root's, it has the rights that this process has.

    Raises:
        NurseryError: the work's own, or that it ended without a word.
        OSError: as the work's own, without its file name.
    """
    if os.geteuid() != 0:
        return work()
    sys.stdout.flush()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _do(writer, path, work)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        answer = said.read(MOST_TEXT)
    os.waitpid(child, 0)
    if answer[:1] == _DONE:
        return answer[1:].decode()
    kind, _, sentence = answer[1:].decode(errors="replace").partition("\0")
    found = getattr(errors, kind, None)
    raise (found or NurseryError)(sentence or f"the work in {path} ended without a word")


def _do(writer: int, path: str | Path, work: Callable[[], str]) -> NoReturn:
    answer = _REFUSED
    try:
        become_owner(path)
        answer = _DONE + work().encode()
    except NurseryError as error:
        answer = _REFUSED + f"{type(error).__name__}\0{error}".encode()
    except OSError as error:
        sentence = f"{error.filename or path}: {error.strerror or error}"
        answer = _REFUSED + f"NurseryError\0{sentence}".encode()
    finally:
        os.write(writer, answer[:MOST_TEXT])
        os._exit(0)

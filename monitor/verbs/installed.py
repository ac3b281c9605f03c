"""How this program came onto this machine, and commands of the system that change that."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TextIO

import monitor
from monitor.errors import NurseryError
from monitor.host.ownership import owner_on_the_way
from monitor.verbs.install import InstallError, package_source

PACKAGE = "nursery-monitor"
PACKAGE_HOME = "/usr/lib/nursery-monitor/"
"""where the Debian package has the program"""
COMMAND_S = 1_800.0
"""a Zero 2 W unpacks and compiles for minutes"""

Way = Literal["package", "checkout", "index"]
Ask = Callable[[str], bool]


def way() -> Way:
    """As a Debian package, from a checkout of the repository, or from a package index."""
    if monitor.__file__.startswith(PACKAGE_HOME):
        return "package"
    return "index" if checkout() is None else "checkout"


def checkout() -> Path | None:
    """The repository that it was installed from, if that is still here."""
    source = package_source().removeprefix("file://")
    path = Path(source)
    return path if path.is_absolute() and (path / ".git").exists() else None


def need_root(deed: str) -> None:
    """Refuse without root.

    Raises:
        InstallError: says what to type.
    """
    if os.geteuid() != 0:
        raise InstallError(f'this needs root: put "sudo" before the command to {deed}')


def run(words: Sequence[str], out: TextIO, *, owner_of: Path | None = None) -> str:
    """Run a command and return what it says; with ``owner_of``, as whoever owns that directory.

    Raises:
        InstallError: it is not here or failed; its last line says why.
    """
    out.write(f"  {shlex.join(words)}\n")
    out.flush()
    return quietly(words, owner_of=owner_of)


def quietly(words: Sequence[str], *, owner_of: Path | None = None) -> str:
    """Like ``run``, without naming it."""
    if shutil.which(words[0]) is None:
        raise InstallError(f"{words[0]} is not here")
    owner = owner_on_the_way(owner_of) if owner_of is not None and os.geteuid() == 0 else None
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=COMMAND_S,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "GIT_TERMINAL_PROMPT": "0"},
            user=None if owner is None else owner.st_uid,
            group=None if owner is None else owner.st_gid,
            extra_groups=None if owner is None else [],
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(f"{shlex.join(words)} failed: {error}") from error
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no reason given").splitlines()
        raise InstallError(f"{shlex.join(words)} failed: {said[-1]}")
    return done.stdout


class NotDoneError(NurseryError):
    """A person did not say yes: nothing was changed."""

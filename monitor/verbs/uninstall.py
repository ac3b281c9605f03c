"""``nursery uninstall``: the program goes, and what is known of the babies stays.

Unless a person says otherwise (``--purge``).
"""

from __future__ import annotations

import os
import shlex
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from monitor.errors import CommandError
from monitor.verbs import installed
from monitor.verbs.install import OWN_PLACE, PAGE_FILES, PROGRAM_FILES, InstallError
from monitor.verbs.installed import Ask, NotDoneError

UNITS = ("nursery-page.service", "nursery.service")
LINK = "usr/local/bin/nursery"
KEPT = ("etc/nursery", "var/lib/nursery", "var/lib/nursery-page")
"""configuration and passwords, the journal, the paired phones"""
PURGE_ANSWER = "nursery-monitor nursery-monitor/purge-journal boolean true"
"""what the package asks (debconf): a person has just said so here"""
USERS = ("nursery-page", "nursery")


def uninstall(
    root: str, out: TextIO, ask: Ask, *, purge: bool = False, dry_run: bool = False
) -> int:
    """Stop the services and remove the program; with ``purge`` all that it has written, too.

    Returns:
        0

    Raises:
        CommandError: below another root there is no package to remove.
        NotDoneError: a person did not say yes.
        InstallError: not root, or a step failed.
    """
    base = Path(root)
    live = base.resolve() == Path("/")
    if live and not dry_run:
        installed.need_root("uninstall")
    question = (
        "Remove the monitor AND the journal, configuration, passwords and paired phones?"
        if purge
        else "Remove the monitor? Journal and configuration stay."
    )
    if not dry_run and not ask(question):
        raise NotDoneError("nothing was changed: say yes, or add --yes")
    if installed.way() == "package":
        if not live:
            raise CommandError("a package is removed from the running system only")
        return _package(out, purge=purge, dry_run=dry_run)
    work = _Work(base, out, dry_run=dry_run)
    for unit in UNITS:
        if live and (base / "etc/systemd/system" / unit).exists():
            work.run(["systemctl", "disable", "--now", unit])
    for target in PROGRAM_FILES | PAGE_FILES:
        work.remove(base / target)
    link = base / LINK
    if link.is_symlink() and str(link.readlink()).startswith(OWN_PLACE):
        work.remove(link)
    for target in KEPT if purge else ():
        work.remove(base / target)
    if live:
        work.run(["systemctl", "daemon-reload"])
        for user in USERS if purge else ():
            work.run(["userdel", user])
    work.remove(base / OWN_PLACE.lstrip("/"))
    if not dry_run:
        _say(out, base, purge=purge)
    return 0


def _package(out: TextIO, *, purge: bool, dry_run: bool) -> int:
    commands = [["apt-get", "purge" if purge else "remove", "--yes", "--quiet", installed.PACKAGE]]
    if purge:
        commands.insert(0, ["sh", "-c", f"echo '{PURGE_ANSWER}' | debconf-set-selections"])
    for words in commands:
        if dry_run:
            out.write(f"  would run: {shlex.join(words)}\n")
        else:
            installed.run(words, out)
    if dry_run:
        return 0
    _say(out, Path("/"), purge=purge)
    return 0


class _Work:
    """Does each step, or only names it."""

    def __init__(self, root: Path, out: TextIO, *, dry_run: bool) -> None:
        self._root, self._out, self._dry_run = root, out, dry_run

    def run(self, words: list[str]) -> None:
        if self._dry_run:
            self._out.write(f"  would run: {' '.join(words)}\n")
            return
        with suppress(InstallError):  # what is not there needs no removing
            installed.run(words, self._out)

    def remove(self, path: Path) -> None:
        if not path.exists() and not path.is_symlink():
            return
        if self._dry_run:
            self._out.write(f"  would be removed: {path}\n")
            return
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:
            self._out.write(f"  not removed: {path}: {error.strerror or error}\n")
            return
        self._out.write(f"  removed: {path}\n")


def _say(out: TextIO, base: Path, *, purge: bool) -> None:
    kept = [str(base / name) for name in KEPT if os.path.lexists(base / name)]
    if kept and not purge:
        out.write(f"Kept: {', '.join(kept)}. Install again, and the box goes on.\n")
    out.write(
        "Home Assistant shows its entities as unavailable: delete the devices there when the box "
        "does not come back.\n"
    )

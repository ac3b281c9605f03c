"""``nursery install``: user, directories, configuration skeleton and unit, from one command.

It may be run twice, and after every update: what a person may have edited (configuration,
password) is never touched, what belongs to the program is brought up to date. Below another root
(an image, a test) files are written and nothing of the running system is asked to reload.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.resources import files
from pathlib import Path
from typing import TextIO

import monitor
from monitor.errors import NurseryError
from monitor.host.extras import PACKAGED, install_command
from monitor.host.ownership import owner_on_the_way, user_name

SKELETON = """\
# Configuration of the nursery monitor. Every key: nursery.example.toml and the documentation.
box = "nursery"

[microphone]
source = "sounddevice"       # "none" without a microphone
device = "USB"               # part of its name, as "nursery check" shows it

[scale]
source = "hx711"             # "none" without a scale
dout_pin = 5
sck_pin = 6
# calibrate with "nursery calibrate scale", which keeps the result itself

[mqtt]
host = "localhost"
"""
PROGRAM_FILES = {
    "etc/systemd/system/nursery.service": "nursery.service",
    "usr/lib/sysusers.d/nursery.conf": "sysusers.conf",
    "usr/lib/tmpfiles.d/nursery.conf": "tmpfiles.conf",
}
PAGE_FILES = {
    "etc/systemd/system/nursery-page.service": "nursery-page.service",
    "usr/lib/sysusers.d/nursery-page.conf": "page-sysusers.conf",
    "usr/lib/tmpfiles.d/nursery-page.conf": "page-tmpfiles.conf",
}
PAGE_PACKAGE = "starlette"
"""of the extra "page": when it is here, all of it is"""
HIDDEN = ("/home/", "/root/")
"""the service cannot see these (ProtectHome)"""
OWN_PLACE = "/opt/nursery"
"""where the program goes when it was started from a hidden place"""

COMMAND_S = 900.0
"""a Zero 2 W installs numpy in minutes"""


class InstallError(NurseryError, OSError):
    """The system cannot be set up; says what to do first."""


def install(root: str, dry_run: bool, out: TextIO, *, page: bool = False) -> int:
    """Set up the service below ``root``; with ``dry_run`` only say what would be done.

    ``page``: the page for phones as well, a service of its own.

    Returns:
        0; after it the service starts at every boot.

    Raises:
        InstallError: not root, or a command that failed; or the Debian package did it.
    """
    base = Path(root)
    live = base.resolve() == Path("/")
    if live and sys.prefix == PACKAGED:
        raise InstallError("the Debian package has installed it: there is nothing left to do")
    if live and not dry_run and os.geteuid() != 0:
        raise InstallError(f"this needs root: sudo {_nursery()} install")
    work = _Work(base, dry_run, out)
    program = _nursery()
    if live and sys.prefix.startswith(HIDDEN):
        program = f"{OWN_PLACE}/bin/nursery"
        for command in own_place(package_source(), extra="page" if page else None):
            work.run(command)
    elif page and importlib.util.find_spec(PAGE_PACKAGE) is None:
        raise InstallError(f"the page needs more packages: {install_command('page')}")
    for target, name in (PROGRAM_FILES | (PAGE_FILES if page else {})).items():
        text = program_file(name)
        if name.endswith(".service"):
            text = with_program(text, program)
        work.bring_up_to_date(target, text)
    work.create("etc/nursery/nursery.toml", SKELETON, 0o640)
    work.create("etc/nursery/mqtt-password", "", 0o600)
    if page:
        work.create("etc/nursery/page-mqtt-password", "", 0o600)
    if live:
        for command in _commands(page):
            work.run(command)
        if page:
            work.show(f"{program} page --pair --config /etc/nursery/nursery.toml")
    out.write(_next_steps(live, program))
    return 0


def _commands(page: bool) -> list[str]:
    """What makes the users and enables the services."""
    found = [
        "systemd-sysusers nursery.conf",
        "systemd-tmpfiles --create nursery.conf",
        "systemctl daemon-reload",
        "systemctl enable nursery.service",
    ]
    if page:
        found[2:2] = [
            "systemd-sysusers nursery-page.conf",
            "systemd-tmpfiles --create nursery-page.conf",
        ]
        found.append("systemctl enable --now nursery-page.service")
    return found


def program_file(name: str) -> str:
    """A file of the ``systemd`` directory, from the installed package or from a checkout."""
    packaged = files("monitor").joinpath("data", "systemd", name)
    if packaged.is_file():
        return packaged.read_text()
    return (Path(monitor.__file__).parent.parent / "systemd" / name).read_text()


def with_program(unit: str, program: str) -> str:
    """The unit with ``program`` as what it runs."""
    return re.sub(r"(?m)^ExecStart=\S+", lambda _: f"ExecStart={program}", unit)


def _nursery() -> str:
    """The command beside this Python, or this Python with the module."""
    script = Path(sys.prefix) / "bin" / "nursery"
    return str(script) if script.exists() else f"{sys.executable} -m monitor"


def own_place(source: str, extra: str | None = None) -> list[str]:
    """Commands that install ``source``, with an extra of it, where the service can see it.

    Debian's packages stay visible in there: on Trixie lgpio comes from apt.
    """
    wanted = shlex.quote(with_extra(source, extra) if extra else source)
    return [
        f"python3 -m venv --system-site-packages {OWN_PLACE}",
        f"{OWN_PLACE}/bin/pip install --quiet --upgrade {wanted}",
    ]


def with_extra(source: str, extra: str) -> str:
    """What pip takes (PEP 508): ``path[extra]``, ``name[extra]==1.0``, ``name[extra] @ url``."""
    if "://" in source:
        return f"nursery-monitor[{extra}] @ {source}"
    name, equals, version = source.partition("==")
    return f"{name}[{extra}]{equals}{version}"


def package_source() -> str:
    """What this program was installed from: a directory, or the package by name and version."""
    checkout = Path(monitor.__file__).parent.parent
    if (checkout / "pyproject.toml").exists():
        return str(checkout)
    try:
        origin = distribution("nursery-monitor").read_text("direct_url.json")
    except PackageNotFoundError:
        origin = None
    url = str(json.loads(origin).get("url", "")) if origin else ""
    return url or f"nursery-monitor=={monitor.__version__}"


class _Work:
    """Does each step, or only names it, and says which."""

    def __init__(self, root: Path, dry_run: bool, out: TextIO) -> None:
        self._root, self._dry_run, self._out = root, dry_run, out

    def bring_up_to_date(self, target: str, text: str) -> None:
        """Write a file of the program's own."""
        path = self._root / target
        self._refuse_others(path)
        if path.exists() and path.read_text() == text:
            self._say("is up to date", path)
            return
        self._say("updated" if path.exists() else "written", path)
        self._write(path, text, 0o644)

    def create(self, target: str, text: str, mode: int) -> None:
        """Write a file that afterwards belongs to its user."""
        path = self._root / target
        self._refuse_others(path)
        if path.exists():
            self._say("kept as it is", path)
            return
        self._say("written, edit it", path)
        self._write(path, text, mode)

    def run(self, command: str) -> None:
        """Run a command of the system."""
        words = shlex.split(command)
        if self._dry_run or shutil.which(words[0]) is None:
            self._out.write(f"  {'would run' if self._dry_run else 'not here'}: {command}\n")
            return
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, check=False, timeout=COMMAND_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InstallError(f"{command} failed: {error}") from error
        if done.returncode:
            raise InstallError(f"{command} failed: {done.stderr.strip()}")
        self._out.write(f"  done: {command}\n")

    def show(self, command: str) -> None:
        """Run a command whose words are for the person who installs."""
        if self._dry_run:
            self._out.write(f"  would run: {command}\n")
            return
        self._out.flush()
        if subprocess.run(shlex.split(command), check=False, timeout=COMMAND_S).returncode:
            self._out.write(f"  did not work, try it again later: sudo {command}\n")

    def _say(self, what: str, path: Path) -> None:
        self._out.write(f"  {'would be ' if self._dry_run else ''}{what}: {path}\n")

    def _refuse_others(self, path: Path) -> None:
        """Raise InstallError where root would follow a link that another user may change."""
        owner = owner_on_the_way(path) if os.geteuid() == 0 else None
        if owner is not None:
            raise InstallError(
                f"root writes nothing to {path}, because {user_name(owner.st_uid)} decides where "
                "that leads: give the directory to root, or do it without sudo"
            )

    def _write(self, path: Path, text: str, mode: int) -> None:
        if self._dry_run:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(path.name + ".new")
            new.unlink(missing_ok=True)
            number = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
            with os.fdopen(number, "w") as file:
                os.fchmod(number, mode)
                file.write(text)
            new.replace(path)
        except OSError as error:
            raise InstallError(f"cannot write {path}: {error.strerror}") from error


def _next_steps(live: bool, program: str) -> str:
    if not live:
        return "Enable nursery.service in the image; systemd makes the user at the first boot.\n"
    return (
        "Next:\n"
        "  1. edit /etc/nursery/nursery.toml; put the broker's password into\n"
        "     /etc/nursery/mqtt-password\n"
        f"  2. sudo {program} check --config /etc/nursery/nursery.toml\n"
        "  3. sudo systemctl start nursery, and follow it: journalctl -u nursery -f\n"
    )

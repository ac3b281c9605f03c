"""``nursery install``: user, directories, configuration skeleton and unit, from one command.

It may be run twice, and after every update: what a person may have edited (configuration,
password) is never touched, what belongs to the program is brought up to date. Below another root
(an image, a test) files are written and nothing of the running system is asked to reload.
"""

from __future__ import annotations

import json
import os
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
HIDDEN = ("/home/", "/root/")
"""the service cannot see these (ProtectHome)"""
OWN_PLACE = "/opt/nursery"
"""where the program goes when it was started from a hidden place"""

COMMAND_S = 900.0
"""a Zero 2 W installs numpy in minutes"""


class InstallError(NurseryError, OSError):
    """The system cannot be set up; says what to do first."""


def install(root: str, dry_run: bool, out: TextIO) -> int:
    """Set up the service below ``root``; with ``dry_run`` only say what would be done.

    Returns:
        0; after it the service starts at every boot.

    Raises:
        InstallError: not root, or a command that failed.
    """
    base = Path(root)
    live = base.resolve() == Path("/")
    if live and not dry_run and os.geteuid() != 0:
        raise InstallError(f"this needs root: sudo {_nursery()} install")
    work = _Work(base, dry_run, out)
    program = _nursery()
    if live and sys.prefix.startswith(HIDDEN):
        program = f"{OWN_PLACE}/bin/nursery"
        for command in own_place(package_source()):
            work.run(command)
    for target, name in PROGRAM_FILES.items():
        text = program_file(name)
        if name == "nursery.service":
            text = with_program(text, program)
        work.bring_up_to_date(target, text)
    work.create("etc/nursery/nursery.toml", SKELETON, 0o640)
    work.create("etc/nursery/mqtt-password", "", 0o600)
    if live:
        for command in (
            "systemd-sysusers nursery.conf",
            "systemd-tmpfiles --create nursery.conf",
            "systemctl daemon-reload",
            "systemctl enable nursery.service",
        ):
            work.run(command)
    out.write(_next_steps(live, program))
    return 0


def program_file(name: str) -> str:
    """A file of the ``systemd`` directory, from the installed package or from a checkout."""
    packaged = files("monitor").joinpath("data", "systemd", name)
    if packaged.is_file():
        return packaged.read_text()
    return (Path(monitor.__file__).parent.parent / "systemd" / name).read_text()


def with_program(unit: str, program: str) -> str:
    """The unit with ``program`` as what it runs."""
    lines = [
        f"ExecStart={program} run --config /etc/nursery/nursery.toml"
        if line.startswith("ExecStart=")
        else line
        for line in unit.splitlines()
    ]
    return "\n".join(lines) + "\n"


def _nursery() -> str:
    """The command beside this Python, or this Python with the module."""
    script = Path(sys.prefix) / "bin" / "nursery"
    return str(script) if script.exists() else f"{sys.executable} -m monitor"


def own_place(source: str) -> list[str]:
    """Commands that install ``source`` where the service can see it.

    Debian's packages stay visible in there: on Trixie lgpio comes from apt.
    """
    return [
        f"python3 -m venv --system-site-packages {OWN_PLACE}",
        f"{OWN_PLACE}/bin/pip install --quiet --upgrade {shlex.quote(source)}",
    ]


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

"""``nursery restore FILE``: this card is that box from now on.

All of the file is verified before anything is written; what it replaces is kept in dated folders.
The state directory takes its new content over in one step, under its lock: at once, or, while a
monitor runs on it, when that starts again.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec

from monitor.config_file import find_config
from monitor.errors import ConfigError, InputError, JournalError, NurseryError
from monitor.host.owners_work import as_owner
from monitor.host.privileges import SERVICE_USERS
from monitor.mqtt import identity
from monitor.store import taking_over
from monitor.store.backup import Backup, Part
from monitor.store.journal import Journal
from monitor.store.lock import StateLock
from monitor.store.secrets import SERVICE_CONFIG
from monitor.times import parse_rfc3339
from monitor.verbs import backup_places as places
from monitor.verbs.restored_config import Placed, Plan, plan
from monitor.verbs.restored_files import Written, undo, write_all, write_part

MONITOR = "nursery.service"
SERVICES = ("mosquitto.service", "nursery-broker.service", MONITOR, "nursery-page.service")
RESTART_S = 120.0


def configuration_of(path: str | None) -> str:
    """The configuration to write: the one named or found, else the service's."""
    try:
        return str(find_config(path))
    except ConfigError:
        return SERVICE_CONFIG


def restore_backup(file: str, config_path: str, out: TextIO) -> int:
    """Restore a box from ``file``, with ``config_path`` as its configuration; returns 0.

    Raises:
        InputError: the file is damaged, foreign, or cannot be used here.
        NurseryError: this card refuses. In both cases nothing has changed.
    """
    target = Path(config_path).absolute()
    with _opened(Path(file)) as source, Backup(source, file) as backup:
        planned = plan(backup, target)
        state_dir = Path(planned.config.state_dir)
        as_owner(state_dir, lambda: _lay_beside(backup, state_dir))
        written = _write_files(backup, planned, target, state_dir)
        try:
            kept = as_owner(state_dir, lambda: _take_over(state_dir))
        except (NurseryError, OSError):
            as_owner(target, lambda: _undo(written))
            raise
        notes = [_restore_page(backup, Path(planned.config.page.state_dir))]
        if backup.named("broker") and not _broker_fits(backup, target):
            notes.append("the broker's passwords and certificates were not: set it up again")
        _say(out, backup, [*kept.splitlines(), *filter(None, [written.kept])], notes)
    _start_again(target, state_dir, out)
    return 0


def _opened(path: Path) -> BinaryIO:
    """Without a buffer: owners' processes read on, and share the position in the file."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise InputError(f"{path} is no ordinary file")
    return os.fdopen(number, "rb", buffering=0)


# ------------------------------------------------------------------ the state directory


def _lay_beside(backup: Backup, state_dir: Path) -> str:
    """Write the state beside its place and see that it can be used."""
    files: dict[str, Callable[[Path], None]] = {}
    for part in backup.named("state"):
        name = Path(part.name).name
        if name not in taking_over.OWN_FILES and not _is_calibration(name):
            raise InputError(f"{name} is no file of a box: nothing was restored")
        files[name] = _writer(backup, part)
    try:
        taking_over.lay_beside(state_dir, files)
    except OSError as error:
        if isinstance(error, NurseryError):
            raise
        raise _refused(state_dir, error) from error
    return ""


def _writer(backup: Backup, part: Part) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        write_part(backup, part, path)
        if path.name in taking_over.JOURNALS:
            taking_over.refuse_unsound(path, _live_here)

    return write


def _live_here(journal: Journal) -> None:
    """The identity lives on this computer from now on: that is what restoring means."""
    identity.keep(journal)


def _take_over(state_dir: Path) -> str:
    """Make it final; the folder that keeps what was there, or nothing while a monitor runs."""
    kept: Path | None = None
    with StateLock(state_dir) as lock:
        is_ours = lock.acquire()
        try:
            taking_over.settle(state_dir)
        except OSError as error:
            raise _refused(state_dir, error) from error
        if is_ours:
            with suppress(OSError):  # from here on the next start goes on with it
                kept = taking_over.take_over(state_dir)
    return str(kept) if kept is not None else ""


def _refused(state_dir: Path, error: OSError) -> JournalError:
    todo = (
        'it belongs to the service, so put "sudo" before the command'
        if isinstance(error, PermissionError)
        else "nothing was restored"
    )
    return JournalError(f"cannot write into {state_dir}: {error.strerror or error}; {todo}")


def _is_calibration(name: str) -> bool:
    return any(Path(name).match(pattern) for pattern in places.CALIBRATIONS)


# ------------------------------------------------------------------ configuration, broker, page


def _write_files(backup: Backup, planned: Plan, target: Path, state_dir: Path) -> Written:
    """Configuration, what it names, and the broker's files; or nothing is left of the restore."""
    files = list(planned.files)
    if _broker_fits(backup, target):
        files += [
            Placed(part, place)
            for part in backup.named("broker")
            if (place := places.broker_place(Path(part.name).name)) is not None
        ]
    files.append(Placed(backup.parts[places.CONFIG], target))
    texts = {target: planned.text}

    def work() -> str:
        return msgspec.json.encode(write_all(backup, files, texts, target.parent)).decode()

    try:
        return msgspec.json.decode(as_owner(target, work), type=Written)
    except BaseException:
        with suppress(NurseryError, OSError):
            as_owner(state_dir, lambda: _forget(state_dir))
        raise


def _broker_fits(backup: Backup, target: Path) -> bool:
    """Whether the broker's files of the backup harm nobody here: no other box's, no other's."""
    was_own = any(part.name.startswith("broker/own-") for part in backup.named("broker"))
    return (
        places.is_service(target)
        and Path(places.BROKER).is_dir()
        and (was_own or not places.serves_others())
    )


def _undo(written: Written) -> str:
    undo(written)
    return ""


def _forget(state_dir: Path) -> str:
    taking_over.forget(state_dir)
    return ""


def _restore_page(backup: Backup, folder: Path) -> str:
    """What became of the paired phones, in a sentence; nothing when there are none."""
    parts = [part for part in backup.named("page") if part.name.endswith(".json")]
    if not parts:
        return ""

    def work() -> str:
        if str(folder) not in SERVICE_USERS:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for part in parts:
            path = folder / Path(part.name).name
            fresh = path.with_name(f"{path.name}.new")
            fresh.unlink(missing_ok=True)
            write_part(backup, part, fresh)
            fresh.replace(path)
        return "the phones that were paired are paired again"

    try:
        return as_owner(folder, work)
    except (NurseryError, OSError) as error:
        return f"the paired phones were not restored ({error}): pair them again"


# ------------------------------------------------------------------ what is said


def _say(out: TextIO, backup: Backup, kept: list[str], notes: list[str]) -> None:
    made = backup.manifest
    when = time.strftime("%d %b %Y %H:%M", time.localtime(parse_rfc3339(made.made_at)))
    out.write(f"This is {made.box} now, as it was on {when} (monitor {made.program}).\n")
    out.writelines(f"  {note}\n" for note in notes if note)
    for folder in kept:
        out.write(f"  what was here before is kept in {folder}\n")
    out.write(
        "Home Assistant and the phones take it for the same box: nothing is shown twice.\n"
        f"If the computer that it comes from ({made.host}) still watches, switch that one off, or\n"
        "make it a box of its own there: sudo nursery identity --new\n"
    )


def _start_again(target: Path, state_dir: Path, out: TextIO) -> None:
    """Restart the services that run, so that they use what was restored."""
    if places.is_service(target) and os.geteuid() == 0 and shutil.which("systemctl"):
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(
                ["systemctl", "try-restart", *SERVICES],
                check=False, capture_output=True, timeout=RESTART_S,
            )  # fmt: skip
            active = subprocess.run(
                ["systemctl", "is-active", "--quiet", MONITOR], check=False, timeout=RESTART_S
            )
            if active.returncode == 0:
                out.write("The monitor has started again with it. Look: sudo nursery check\n")
                return
    if as_owner(state_dir, lambda: "waits" if taking_over.waits(state_dir) else ""):
        out.write(
            "It is put in place when the monitor starts: one that runs still uses what was here, "
            "so stop it and start it again.\n"
        )
    else:
        out.write("Now: sudo nursery check, then sudo systemctl start nursery\n")

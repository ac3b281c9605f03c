"""``nursery backup FILE``: all that makes a box this box, in one file, while the monitor runs.

Each part is read with the rights of its owner. The file is written beside its place, read again
and compared, and only then has its name.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, NamedTuple, TextIO

import msgspec

import monitor
from monitor.errors import CommandError, InputError, JournalError
from monitor.host.owners_work import as_owner
from monitor.store import card, copies
from monitor.store.backup import Backup, Manifest, Packing, is_backup
from monitor.store.journal import Journal
from monitor.store.opening import connect_for_reading
from monitor.store.settings import BoxSettings
from monitor.store.taking_over import JOURNALS, OWN_FILES
from monitor.times import rfc3339
from monitor.verbs import backup_places as places
from monitor.verbs.backup_places import Found

MOST_FILE_BYTES = 200_000_000
"""of a file beside the journal: a cry model has three megabytes"""


class Content(NamedTuple):
    """What was found, for the sentence at the end."""

    babies: int
    weighings: int
    left_out: list[str]


def write_backup(settings: BoxSettings, file: str, out: TextIO) -> int:
    """Write the backup; returns 0.

    Raises:
        CommandError: ``file`` is something else that must not be lost.
        NurseryError: a part cannot be read, or the file not be written; an older one is unharmed.
    """
    target = Path(file).absolute()
    _refuse_other_files(target)
    config_file, left_out = Path(settings.origin), list[str]()
    with tempfile.TemporaryFile() as packed:
        with Packing(packed) as packing:
            _pack(packing, Found(places.CONFIG, config_file), config_file, left_out)
            for found in places.beside_configuration(config_file, settings.file):
                _pack(packing, found, config_file, left_out)
            for found in places.of_the_broker(config_file):
                _pack(packing, found, Path(places.BROKER), left_out)
            content = _pack_state(packing, Path(settings.file.state_dir), left_out)
            phones = _pack_page(packing, settings, left_out)
            manifest = packing.finish(
                program=monitor.__version__,
                box=settings.load().box,
                made_at=rfc3339(time.time()),
                host=socket.gethostname(),
                config=str(config_file.absolute()),
            )
        Backup(packed, str(target))
        as_owner(target, lambda: _put(packed, target))
        size = os.fstat(packed.fileno()).st_size
    _say(out, target, size, manifest, content, phones)
    return 0


def _refuse_other_files(target: Path) -> None:
    if target.is_dir():
        raise CommandError(f"{target} is a directory: name a file in it")
    if target.exists() and not is_backup(target):
        raise CommandError(f"{target} is there and is no backup: name another file")


# ------------------------------------------------------------------ reading


def _pack(packing: Packing, found: Found, owner: Path, left_out: list[str]) -> None:
    """Add a file, read with the rights of whoever owns ``owner``; a missing one is told."""
    with tempfile.TemporaryFile() as read:
        try:
            as_owner(owner, lambda: _read(found.path, read))
        except InputError as error:
            left_out.append(str(error))
            return
        packing.add(found.name, read, key=found.key, path=str(found.path.absolute()))


def _read(path: Path, into: IO[bytes]) -> str:
    try:
        with path.open("rb") as source:
            if os.fstat(source.fileno()).st_size > MOST_FILE_BYTES:
                raise InputError(f"{path} is too large")
            shutil.copyfileobj(source, into)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    into.flush()
    return ""


def _pack_state(packing: Packing, state_dir: Path, left_out: list[str]) -> Content:
    babies = weighings = 0
    names = as_owner(state_dir, lambda: "\n".join(_names(state_dir)))
    for name in names.splitlines():
        path = state_dir / name
        with tempfile.TemporaryFile() as read:
            copy = _copy_journal if name in JOURNALS else _read_own
            said = as_owner(state_dir, _bound(copy, path, read))
            packing.add(f"state/{name}", read, path=str(path.absolute()))
        if name == JOURNALS[0]:
            babies, weighings = map(int, said.split())
    if JOURNALS[0] not in names:
        left_out.append(f"{state_dir / JOURNALS[0]}: the monitor has not run here yet")
    return Content(babies, weighings, left_out)


def _bound(
    work: Callable[[Path, IO[bytes]], str], path: Path, file: IO[bytes]
) -> Callable[[], str]:
    return lambda: work(path, file)


def _names(state_dir: Path) -> list[str]:
    try:
        found = {path.name for path in state_dir.iterdir()}
    except FileNotFoundError:
        return []
    except OSError as error:
        raise JournalError(
            f"cannot look into {state_dir}: {error.strerror}; it belongs to the service, so put "
            '"sudo" before the command'
        ) from error
    own = [name for name in OWN_FILES if name in found]
    if JOURNALS[0] not in own and _spare(state_dir / JOURNALS[0]) is not None:
        own.append(JOURNALS[0])
    drawn = (path.name for each in places.CALIBRATIONS for path in sorted(state_dir.glob(each)))
    return [*own, *drawn]


def _read_own(path: Path, into: IO[bytes]) -> str:
    from monitor.host.ownership import open_own

    with os.fdopen(open_own(path, os.O_RDONLY), "rb") as source:
        shutil.copyfileobj(source, into)
    into.flush()
    return ""


def _spare(journal: Path) -> Path | None:
    """The journal in memory of a service whose card refuses."""
    is_the_services = str(journal) == "/var/lib/nursery/journal.sqlite"
    return places.SPARE_JOURNAL if is_the_services and places.SPARE_JOURNAL.exists() else None


def _copy_journal(path: Path, into: IO[bytes]) -> str:
    """A copy as of one moment, checked; returns how many babies and weighings are in it.

    Commands that wait to be carried out are left out: the monitor that runs carries them out.
    """
    shared = os.access(tempfile.gettempdir(), os.W_OK | os.X_OK)  # root's own may be closed
    place = None if shared else path.parent
    with tempfile.TemporaryDirectory(prefix="nursery-", dir=place) as scratch:
        copy = Path(scratch) / path.name
        try:
            with closing(connect_for_reading(_spare(path) or path)) as source:
                card.write_beside(source, copy)
            copies.forget_copy(copy)
            with closing(sqlite3.connect(copy)) as opened, opened:
                opened.execute("DELETE FROM inbox WHERE done_s IS NULL")
        except sqlite3.Error as error:
            raise JournalError(
                f"cannot copy {path}: {error}; an update of the monitor, or its next start, "
                "may mend it"
            ) from error
        reader = Journal.open_for_reading(copy)
        try:
            said = f"{len(reader.babies())} {len(reader.weighings())}"
        finally:
            reader.close()
        with copy.open("rb") as source_file:
            shutil.copyfileobj(source_file, into)
    into.flush()
    return said


def _pack_page(packing: Packing, settings: BoxSettings, left_out: list[str]) -> int:
    """Add what the page keeps; returns how many phones are paired."""
    folder, phones = Path(settings.file.page.state_dir), 0
    try:
        paths = as_owner(folder, lambda: "\n".join(map(str, places.of_the_page(settings.file))))
    except OSError as error:
        left_out.append(f"{folder}: {error.strerror or error}")
        return 0
    for line in paths.splitlines():
        path = Path(line)
        with tempfile.TemporaryFile() as read:
            as_owner(folder, _bound(_read, path, read))
            packing.add(f"page/{path.name}", read, path=line)
            if path.name == "sessions.json":
                read.seek(0)
                phones = _paired(read.read())
    return phones


def _paired(content: bytes) -> int:
    with suppress(msgspec.MsgspecError, TypeError, KeyError):
        return len(msgspec.json.decode(content)["sessions"])
    return 0


# ------------------------------------------------------------------ writing


def _put(packed: IO[bytes], target: Path) -> str:
    """Write the file beside its place, read it again, and give it its name."""
    fresh = target.with_name(f".{target.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        number = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(number, "w+b") as file:
            packed.seek(0)
            shutil.copyfileobj(packed, file)
            file.flush()
            os.fsync(number)
            file.seek(0)
            Backup(file, str(target))
        fresh.replace(target)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise InputError(f"cannot write {target}: {error.strerror or error}") from error
    return ""


def _say(
    out: TextIO, target: Path, size: int, manifest: Manifest, content: Content, phones: int
) -> None:
    size_kb = size / 1000
    held = {part.name for part in manifest.parts}
    journal = f"journal: {content.babies} babies here, {content.weighings} weighings"
    lines = [
        (f"state/{JOURNALS[0]}", journal),
        ("state/" + JOURNALS[1], "the journal of practice"),
        (places.CONFIG, "configuration"),
        ("state/settings.toml", "what was set on the page or by command"),
        ("config/microphone.model", "the cry model in use"),
        ("page/sessions.json", f"{phones} paired phones"),
        ("broker/broker-nursery.passwd", "the broker's passwords, rights and certificates"),
    ]  # fmt: skip
    out.write(f"{target} ({size_kb:,.0f} kB): {manifest.box}\n")
    out.writelines(f"  {said}\n" for name, said in lines if name in held)
    out.writelines(f"  not in it: {sentence}\n" for sentence in content.left_out)
    out.write(
        "Read again and compared. It holds passwords: keep it where only you can read it,\n"
        "and not on this card.\n"
    )

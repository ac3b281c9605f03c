"""Where settings lie: ``settings.toml`` in the state directory, and a file of mode 0600 a secret.

Each file is written beside its place, synced and renamed, so that a power cut leaves the old one or
the new one. One that cannot be understood is set aside under another name.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from monitor.errors import CARD_ERRNOS, CommandError, InputError, JournalError
from monitor.host.ownership import open_own, trust
from monitor.store.secrets import read_secret
from monitor.written.settings import SECRETS, as_toml

SETTINGS = "settings.toml"
DAMAGED = "settings.toml.damaged"
MENDED = "settings.toml.old"
"""a damaged one that a person has seen: they have set something since"""
HEAD = '# What was set by "nursery set" or on the page, over the configuration file.\n\n'
MOST_BYTES = 65_536

Fingerprint = tuple[tuple[int, int, int], ...]


class SettingsFiles:
    """Of one state directory."""

    def __init__(self, state_dir: str | Path) -> None:
        self._folder = Path(state_dir)

    @property
    def damaged(self) -> Path | None:
        """The file that was set aside and waits for a person."""
        path = self._folder / DAMAGED
        return path if path.exists() else None

    def fingerprint(self) -> Fingerprint | None:
        """Another one when somebody has written a file; ``None``: the card says nothing."""
        seen = []
        try:
            self._folder.lstat()
            for name in (SETTINGS, *SECRETS.values()):
                try:
                    status = (self._folder / name).lstat()
                    seen.append((status.st_ino, status.st_size, status.st_mtime_ns))
                except FileNotFoundError:
                    seen.append((0, 0, 0))
        except OSError:
            return None
        return tuple(seen)

    # ------------------------------------------------------------------ reading

    def read(self) -> dict[str, Any]:
        """The values by dotted key; nothing while there is no file.

        Raises:
            InputError: the content is none; it can be set aside.
            OSError, JournalError: it cannot be read.
        """
        try:
            number = self._open_to_read(self._folder / SETTINGS)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        with os.fdopen(number, "rb") as file:
            content = file.read(MOST_BYTES + 1)
        try:
            if len(content) > MOST_BYTES:
                raise ValueError("it is longer than any settings")
            return dict(_flat(msgspec.toml.decode(content)))
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise InputError(f"{SETTINGS} is damaged: {error}") from error

    def _open_to_read(self, path: Path) -> int:
        """Open; for root, who only looks, a file that is nobody's but the directory's owner's."""
        owner = self._folder.stat().st_uid
        if os.geteuid() != 0 or owner == 0:
            return open_own(path, os.O_RDONLY)
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or status.st_uid != owner:
            os.close(number)
            raise JournalError(f"{path} is not the file of the directory's owner")
        return number

    def secret(self, key: str) -> Path | None:
        """The file that holds this secret; ``None``: it was not set here."""
        path = self._folder / SECRETS[key]
        return path if os.path.lexists(path) else None

    def addresses(self, key: str) -> list[str] | None:
        """Push addresses that were set here; ``None``: none were, and the configuration's hold.

        Raises:
            ConfigError: the file cannot be used; nothing of it is repeated.
        """
        path = self.secret(key)
        return None if path is None else read_secret(path, f'"{key}"').splitlines()

    def text(self, key: str) -> str | None:
        """The whole content of a secret's file, to put it back; ``None``: there is none."""
        content = self._content(SECRETS[key])
        return None if content is None else content.decode(errors="replace")

    # ------------------------------------------------------------------ writing

    @contextmanager
    def alone(self) -> Iterator[None]:
        """While it lasts no other process changes a setting.

        Raises:
            CommandError: the state directory cannot be written; says why.
        """
        path = self._folder / "settings.lock"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            number = open_own(path, os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise CommandError(_unkept(error)) from error
        try:
            fcntl.flock(number, fcntl.LOCK_EX)
            yield
        finally:
            os.close(number)

    def write(self, values: dict[str, Any], secrets: dict[str, str | None]) -> None:
        """Write all of it, or leave everything as it was.

        Args:
            values: by dotted key; ``None``: a person wants none.
            secrets: those that change; ``None``: the file goes.

        Raises:
            CommandError: the card refuses; says why.
        """
        before = {key: self._content(SECRETS[key]) for key in secrets}
        try:
            for key, text in secrets.items():
                self._replace(SECRETS[key], None if text is None else text.encode())
            plain = {key: "" if value is None else value for key, value in values.items()}
            self._replace(SETTINGS, (HEAD + as_toml(plain)).encode() if plain else None)
        except OSError as error:
            for key, content in before.items():
                with suppress(OSError):
                    self._replace(SECRETS[key], content)
            raise CommandError(_unkept(error)) from error

    def seen(self) -> None:
        """A person has set something since: the file that was set aside waits for nobody."""
        with suppress(OSError):
            if self.damaged is not None:
                self.damaged.replace(self._folder / MENDED)

    def set_aside(self) -> Path | None:
        """Keep what cannot be understood under another name; ``None``: the card refuses even that.

        What lies there from before is given up.
        """
        path = self._folder / DAMAGED
        try:
            (self._folder / SETTINGS).replace(path)
        except OSError:
            return None
        return path

    def keep_a_copy(self) -> Path | None:
        """The same for a file that is used in part: it stays."""
        content = self._content(SETTINGS)
        try:
            self._replace(DAMAGED, content)
        except OSError:
            return None
        return self._folder / DAMAGED

    def _content(self, name: str) -> bytes | None:
        try:
            number = open_own(self._folder / name, os.O_RDONLY)
        except (OSError, JournalError):
            return None
        with os.fdopen(number, "rb") as file:
            return file.read(MOST_BYTES)

    def _replace(self, name: str, content: bytes | None) -> None:
        """Put a whole file in place, or take it away.

        Raises:
            OSError: the card refuses; the old one is still there.
        """
        path, fresh = self._folder / name, self._folder / f"{name}.new"
        trust(self._folder)
        if content is None:
            path.unlink(missing_ok=True)
        else:
            fresh.unlink(missing_ok=True)
            number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                fresh.replace(path)
            except OSError:
                with suppress(OSError):
                    fresh.unlink()
                raise
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _flat(tables: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _unkept(error: OSError) -> str:
    """That nothing was kept, and why."""
    why = error.strerror or str(error)
    if error.errno == errno.ENOSPC:
        why = "the card is full: free some space"
    elif error.errno in CARD_ERRNOS:
        why = f"the card cannot be written ({why.lower()}): check it, or replace it"
    elif isinstance(error, PermissionError):
        why = 'it belongs to the service, so put "sudo" before the command'
    return f"the setting could not be kept and nothing was changed: {why}"

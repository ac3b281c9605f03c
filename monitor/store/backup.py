"""A backup: one ZIP file with what makes a box this box, and a manifest with a checksum for each.

Any tool opens it; this module reads it strictly. The whole file is compared with its manifest
before anything of it is used, and once more while it is: a damaged, cut off, foreign or newer file
is refused in a sentence.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Annotated

import msgspec
from msgspec import Meta

from monitor.errors import InputError

FORMAT = "nursery-backup"
VERSION = 1
MANIFEST = "manifest.json"
MOST_PARTS = 200
MOST_MANIFEST = 1_000_000
MOST_BYTES = 4_000_000_000
"""of one part: years of a journal are some hundred megabytes"""
CHUNK = 1 << 20
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""ZIP knows no time before; the manifest has the right one"""

Name = Annotated[
    str,
    Meta(
        pattern=r"^(config|service|broker|state|page)/[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=120
    ),
]
"""room of the box, and a plain name in it"""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the box."""

    name: Name
    size: Annotated[int, Meta(ge=0, le=MOST_BYTES)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
    key: str | None = None
    """the setting that names it, of a file that the configuration names"""
    path: str | None = None
    """where that setting, or the system, had it"""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds, and of which box."""

    format: str
    version: int
    program: str
    """the version of the monitor that wrote it"""
    box: str
    made_at: str
    """RFC 3339"""
    host: str
    config: str
    """where the configuration was"""
    parts: Annotated[list[Part], Meta(max_length=MOST_PARTS)]


class Packing:
    """Writes parts into a new backup; ``finish`` adds the manifest. Use as a context manager."""

    def __init__(self, file: IO[bytes]) -> None:
        """``file``: open for writing and reading, and empty."""
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False)
        self._parts: list[Part] = []

    def add(self, name: str, source: IO[bytes], *, key: str | None = None, path: str = "") -> None:
        """Add a whole file from its beginning."""
        digest, size = hashlib.sha256(), 0
        source.seek(0)
        with self._zip.open(_entry(name), "w", force_zip64=True) as target:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
        self._parts.append(
            Part(name=name, size=size, sha256=digest.hexdigest(), key=key, path=path or None)
        )

    def finish(self, *, program: str, box: str, made_at: str, host: str, config: str) -> Manifest:
        """Write the manifest and the directory of the file; returns the manifest."""
        manifest = Manifest(
            format=FORMAT, version=VERSION, program=program, box=box, made_at=made_at, host=host,
            config=config, parts=self._parts,
        )  # fmt: skip
        content = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        with self._zip.open(_entry(MANIFEST), "w") as target:
            target.write(content)
        self._zip.close()
        return manifest

    def __enter__(self) -> Packing:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


class Backup:
    """A backup that has been compared with its checksums; use as a context manager."""

    def __init__(self, file: IO[bytes], origin: str) -> None:
        """Read and verify all of it; ``origin`` names it in errors.

        Raises:
            InputError: it is none, damaged, or of a newer version.
        """
        self._origin = origin
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise InputError(
                f"{origin} is no backup of a nursery monitor, or it was cut off"
            ) from error
        self.manifest = self._manifest()
        self.parts = {part.name: part for part in self.manifest.parts}
        self._compare_names()
        for name in self.parts:
            self.copy(name, lambda _chunk: None)

    def copy(self, name: str, write: Callable[[bytes], object]) -> None:
        """Hand a part on, chunk by chunk.

        Raises:
            InputError: it is damaged; what was handed on is to be thrown away.
        """
        part, digest, left = self.parts[name], hashlib.sha256(), self.parts[name].size
        for chunk in self._chunks(name):
            digest.update(chunk)
            left -= len(chunk)
            if left < 0:
                break
            write(chunk)
        if left != 0 or digest.hexdigest() != part.sha256:
            raise self._damaged(name)

    def content(self, name: str) -> bytes:
        """A small part as a whole.

        Raises:
            InputError: it is damaged.
        """
        chunks: list[bytes] = []
        self.copy(name, chunks.append)
        return b"".join(chunks)

    def named(self, room: str) -> list[Part]:
        """The parts of one room, by its name."""
        return [part for part in self.manifest.parts if part.name.startswith(f"{room}/")]

    def _manifest(self) -> Manifest:
        foreign = f"{self._origin} is no backup of a nursery monitor"
        try:
            entry = self._zip.getinfo(MANIFEST)
        except KeyError as error:
            raise InputError(foreign) from error
        if entry.file_size > MOST_MANIFEST:
            raise InputError(foreign)
        raw = b"".join(self._chunks(MANIFEST, MOST_MANIFEST))
        try:
            head = msgspec.json.decode(raw, type=_Head)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(foreign) from error
        if head.format != FORMAT:
            raise InputError(foreign)
        if head.version > VERSION:
            raise InputError(
                f"{self._origin} was written by a newer monitor ({head.program}): update this one "
                "first, then restore"
            )
        try:
            return msgspec.json.decode(raw, type=Manifest)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._damaged(MANIFEST) from error

    def _compare_names(self) -> None:
        stored = [entry.filename for entry in self._zip.infolist()]
        if sorted(stored) != sorted([MANIFEST, *self.parts]):
            raise InputError(
                f"{self._origin} is damaged: it does not hold what its manifest says; nothing was "
                "restored"
            )

    def _chunks(self, name: str, most: int = MOST_BYTES) -> Iterator[bytes]:
        try:
            with self._zip.open(name) as source:
                while most > 0 and (chunk := source.read(min(CHUNK, most))):
                    most -= len(chunk)
                    yield chunk
        except (
            zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError,
            RuntimeError,
        ) as error:  # fmt: skip
            raise self._damaged(name) from error

    def _damaged(self, name: str) -> InputError:
        return InputError(f"{self._origin} is damaged ({name}): nothing was restored")

    def __enter__(self) -> Backup:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()


class _Head(msgspec.Struct):
    format: str
    version: int
    program: str = ""


def is_backup(path: Path) -> bool:
    """Whether a file begins like a backup and names itself one; its content is not judged."""
    try:
        with zipfile.ZipFile(path) as opened:
            return MANIFEST in opened.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def plain(name: str) -> str:
    """A file's name as a part may be called."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip("._-")[:100] or "file"

"""Builds the preloadable clock and card and steers them through their shared file."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

FIELDS = {"ahead_ms": "q", "unsynced": "i", "card_errno": "i", "kill_at": "i"}
SOURCE = Path(__file__).with_name("fake_host.c")
SIZE = struct.calcsize("=qiii") + 4  # the compiler rounds the struct up to its widest field


def missing() -> str | None:
    """What this machine lacks for it, as the reason of a skip."""
    return None if shutil.which("cc") else "no C compiler: apt-get install gcc libc6-dev"


class FakeHost:
    """The wall clock and the card as seen by every process started with ``environment``."""

    def __init__(self, folder: Path, card: Path) -> None:
        library = folder / "fake_host.so"
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"],
            check=True,
        )
        shared = folder / "host"
        shared.write_bytes(bytes(SIZE))
        descriptor = os.open(shared, os.O_RDWR)
        self._memory = mmap.mmap(descriptor, SIZE)
        os.close(descriptor)
        self.preload = library
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKE_HOST": str(shared),
            "FAKE_CARD": str(card),
        }

    def set(self, **values: int) -> None:
        for name, value in values.items():
            struct.pack_into("=" + FIELDS[name], self._memory, self._at(name), value)

    def get(self, name: str) -> int:
        return int(struct.unpack_from("=" + FIELDS[name], self._memory, self._at(name))[0])

    @staticmethod
    def _at(name: str) -> int:
        before = list(FIELDS)[: list(FIELDS).index(name)]
        return struct.calcsize("=" + "".join(FIELDS[field] for field in before))

    # ------------------------------------------------------------------ the clock

    def show_1970(self) -> None:
        """A start without a battery clock; nobody has synchronised it.

        A month beyond the monotonic clock, so that ``fake_host.c`` can tell the two apart.
        """
        unix_s = time.monotonic() + 30 * 86_400
        self.set(ahead_ms=round((unix_s - time.time()) * 1000), unsynced=1)

    def jump(self, seconds: float) -> None:
        """A time daemon, or a person, moves the clock."""
        self.set(ahead_ms=self.get("ahead_ms") + round(seconds * 1000))

    def synchronise(self) -> None:
        """The clock is right, and the kernel knows it."""
        self.set(ahead_ms=0, unsynced=0)

    @property
    def ahead_s(self) -> float:
        return self.get("ahead_ms") / 1000

"""Builds the preloadable GPIO chip and steers it through its shared file."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
from importlib.util import find_spec
from pathlib import Path

FIELDS = (
    "code", "stuck", "dead", "open_errno", "line_errno", "hang", "pause_us", "pause_every", "noise",
    "chip", "held_line", "frames", "resets", "opens", "longest_high_us", "led_rises",
    "buzzer_rises",
)  # fmt: skip
SOURCE = Path(__file__).with_name("fake_gpiochip.c")


def missing() -> str | None:
    """What this machine lacks for it, as the reason of a skip."""
    if shutil.which("cc") is None:
        return "no C compiler: apt-get install gcc libc6-dev"
    for name in ("lgpio", "RPi"):
        if find_spec(name) is None:
            return f"no {name} in this Python: it has wheels up to Python 3.12 only"
    return None


class FakeChip:
    """An HX711 on DOUT 5, SCK 6, seen by every process started with ``environment``.

    An LED on pin 17 and a buzzer on 27 count how often they are switched on.
    """

    def __init__(self, folder: Path) -> None:
        library = folder / "fake_gpiochip.so"
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl",
             "-lpthread"],
            check=True,
        )  # fmt: skip
        shared = folder / "control"
        shared.write_bytes(bytes(4 * len(FIELDS)))
        descriptor = os.open(shared, os.O_RDWR)
        self._memory = mmap.mmap(descriptor, 4 * len(FIELDS))
        os.close(descriptor)
        self.set(stuck=-1, code=84_000, held_line=-1)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKE_HX711": str(shared),
            "LG_WD": str(folder),
        }

    def set(self, **values: int) -> None:
        for name, value in values.items():
            struct.pack_into("=i", self._memory, 4 * FIELDS.index(name), value)

    def get(self, name: str) -> int:
        return struct.unpack_from("=i", self._memory, 4 * FIELDS.index(name))[0]

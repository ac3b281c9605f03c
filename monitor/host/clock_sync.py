"""Whether the wall clock is synchronised.

The kernel keeps the largest error the clock may have, whichever program sets it: 16 s when it was
never set, and again after it was set by hand. (systemd asks the same question of the same field;
the flag STA_UNSYNC is no answer, because chrony leaves it set unless told "rtcsync".) The service's
sandbox forbids that system call, so there we ask systemd-timedated, which may make it; without a
bus, the file that systemd-timesyncd leaves is what remains.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

UNSET_ERROR_US = 16_000_000
"""NTP_PHASE_LIMIT of the kernel: an error this large means that nothing disciplines the clock"""
ASK_EVERY_S = 60.0
"""the bus is asked by a child process: half a second of a Zero 2 W"""
STEPPED_S = 0.5
"""a step of the wall clock against the steady one from which the answer is asked for again"""


class _Timex(ctypes.Structure):
    """The beginning of struct timex, adjtimex(2)."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_byte * 512),
    )


class ClockSync:
    """Call it for the answer, which is kept until the clock is stepped."""

    def __init__(
        self,
        *,
        kernel: Callable[[], bool | None] | None = None,
        bus: Callable[[], bool | None] | None = None,
        file: Path = Path("/run/systemd/timesync/synchronized"),
    ) -> None:
        self._kernel = kernel or ask_kernel
        self._bus = bus or ask_bus
        self._file = file
        self._asked_s = float("-inf")
        self._answered: bool | None = None
        self._set_once = False
        """timesyncd's file was there when we last looked"""
        self._good_at: float | None = None
        """wall clock minus steady clock when it was last known to be synchronised"""

    def __call__(self) -> bool:
        """Whether the wall clock can be trusted now."""
        known = self._kernel()
        if known is not None:
            return known
        ahead_s = time.time() - time.monotonic()
        if self._good_at is not None and abs(ahead_s - self._good_at) < STEPPED_S:
            return True
        synced = self._ask(stepped=self._good_at is not None)
        self._good_at = ahead_s if synced else None
        return synced

    def _ask(self, *, stepped: bool) -> bool:
        """Ask the bus once a minute, at once after a step, and when timesyncd's file appears."""
        set_once = self._file.exists()
        news = stepped or set_once != self._set_once
        self._set_once = set_once
        now_s = time.monotonic()
        if news or now_s - self._asked_s >= ASK_EVERY_S:
            self._asked_s, self._answered = now_s, self._bus()
        return set_once if self._answered is None else self._answered


def ask_kernel() -> bool | None:
    """What adjtimex(2) says; ``None`` where it may not be called."""
    timex = _Timex()
    try:
        state: int = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else int(timex.maxerror) < UNSET_ERROR_US


def ask_bus() -> bool | None:
    """What systemd-timedated says; ``None`` where there is none."""
    program = shutil.which("timedatectl")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "show", "--property=NTPSynchronized", "--value"],
            capture_output=True, text=True, timeout=10.0, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return {"yes": True, "no": False}.get(done.stdout.strip())

"""The computer's own health: supply voltage, heat, free disk.

The kernel's hwmon driver "raspberrypi_hwmon" shows under-voltage without any privilege; vcgencmd
tells more (bits 0 to 3 of get_throttled: under-voltage, frequency capped, throttled, soft limit;
Raspberry Pi documentation) where it may be run. What a machine cannot tell is ``None``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from monitor.config import Config
from monitor.events import HostReport

UNDER_VOLTAGE, THROTTLED = 0x1, 0x4
"""bits of get_throttled that say "now" """


class HostProbe:
    """Reads the machine; never raises, never takes longer than a second or two."""

    def __init__(
        self,
        config: Config,
        root: Path = Path("/"),
        find: Callable[[str], str | None] = shutil.which,
    ) -> None:
        self._state_dir = Path(config.state_dir)
        self._sys = root / "sys"
        self._vcgencmd = find("vcgencmd")

    def report(self, now_s: float) -> HostReport:
        """The state of the machine at ``now_s``."""
        under_voltage, throttled = self._power()
        return HostReport(
            now_s,
            under_voltage=under_voltage,
            throttled=throttled,
            temperature_c=self._temperature_c(),
            disk_free_bytes=self._disk_free_bytes(),
        )

    def _power(self) -> tuple[bool | None, bool | None]:
        flags = self._throttled_flags()
        alarm = self._hwmon_alarm()
        if flags is None:
            return alarm, None
        return bool(flags & UNDER_VOLTAGE) or bool(alarm), bool(flags & THROTTLED)

    def _hwmon_alarm(self) -> bool | None:
        for folder in sorted((self._sys / "class/hwmon").glob("hwmon*")):
            if _text(folder / "name") == "rpi_volt":
                alarm = _text(folder / "in0_lcrit_alarm")
                return None if alarm is None else alarm == "1"
        return None

    def _throttled_flags(self) -> int | None:
        text = _text(self._sys / "devices/platform/soc/soc:firmware/get_throttled")
        if text is None and self._vcgencmd is not None:
            try:
                done = subprocess.run(
                    [self._vcgencmd, "get_throttled"],
                    capture_output=True, text=True, timeout=1.0, check=True,
                )  # fmt: skip
                text = done.stdout.strip().partition("=")[2]
            except (OSError, subprocess.SubprocessError):
                self._vcgencmd = None  # forbidden in the service's sandbox: do not ask again
        try:
            return int(text, 16) if text else None
        except ValueError:
            return None

    def _temperature_c(self) -> float | None:
        text = _text(self._sys / "class/thermal/thermal_zone0/temp")
        try:
            return int(text) / 1000 if text else None
        except ValueError:
            return None

    def _disk_free_bytes(self) -> int | None:
        try:
            disk = os.statvfs(self._state_dir)
        except OSError:
            return None
        return disk.f_bavail * disk.f_frsize


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None

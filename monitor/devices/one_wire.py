"""A DS18B20 on the kernel's 1-wire bus: files, no library.

Below ``/sys/bus/w1/devices`` each device is a folder by its id (family ``28`` is the DS18B20). Each
read of ``w1_slave`` measures, which takes most of a second, and gives two lines; the first ends in
``YES`` when the checksum was right. When it ends in ``NO`` the second line repeats an *older* value
(Linux, Documentation/w1/slaves/w1_therm.rst), so it is no reading. Without that file
``temperature`` has the value alone.
"""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path

from monitor.config import ProbeConfig
from monitor.devices import Put
from monitor.events import ProbeReading
from monitor.host.timeline import Timeline
from monitor.names import SourceName

EVERY_S = 10.0
"""a nest changes within minutes, and each reading warms the chip"""
FAMILIES = ("28-", "10-", "22-", "3b-", "42-")
"""of the thermometers that the kernel's driver knows: DS18B20, DS18S20, DS1822, DS1825, DS28EA00"""
LONGEST = 4096
"""bytes; the kernel writes about eighty"""


class OneWireProbe:
    """``[probe] source = "onewire"``."""

    name: SourceName = "probe"

    def __init__(self, config: ProbeConfig, timeline: Timeline, every_s: float = EVERY_S) -> None:
        """Nothing is read before ``start``."""
        self._config, self._timeline, self._every_s = config, timeline, every_s
        self._stop = threading.Event()
        self._beat_s = time.monotonic()
        self._thread: threading.Thread | None = None

    def start(self, put: Put) -> None:
        """Read from now on; returns at once."""
        self._thread = threading.Thread(target=self._run, args=(put,), name="probe", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End within two seconds; a read that hangs in the kernel is left behind."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(1.5)

    def heartbeat_s(self) -> float:
        """Now: a probe that hangs is told as dead, and must not end the whole monitor."""
        return time.monotonic()

    def _run(self, put: Put) -> None:
        while not self._stop.is_set():
            temperature_c, fault = read_probe(self._config)
            put(ProbeReading(self._timeline.now_s(), temperature_c, fault))
            self._stop.wait(self._every_s)


def read_probe(config: ProbeConfig) -> tuple[float | None, str]:
    """One reading in °C, or ``None`` and why there is none, to follow "Probe"."""
    try:
        found = devices(config)
    except OSError as error:
        return None, (
            f"is not there: {config.directory}: {error.strerror}; add dtoverlay=w1-gpio to "
            "config.txt and restart the Pi"
        )
    if len(found) > 1:
        names = ", ".join(path.name for path in found[:4])
        return None, f"is one of {len(found)}: name yours as probe.device ({names})"
    if not found:
        wanted = config.device or "no thermometer"
        return None, (
            f"is not connected ({wanted} in {config.directory})" if not config.device
            else f"is not connected ({wanted} is not in {config.directory})"
        )  # fmt: skip
    return read_device(found[0])


def devices(config: ProbeConfig) -> list[Path]:
    """The folders of the thermometers that may be meant.

    Raises:
        OSError: the directory cannot be read.
    """
    directory = Path(config.directory)
    names = sorted(path.name for path in directory.iterdir())
    if config.device:
        return [directory / name for name in names if name == config.device]
    return [directory / name for name in names if name.lower().startswith(FAMILIES)]


def read_device(folder: Path) -> tuple[float | None, str]:
    """The temperature of one device in °C, or ``None`` and why there is none."""
    try:
        if (folder / "w1_slave").exists():
            return _parsed(_text(folder / "w1_slave"))
        return _milli(_text(folder / "temperature").strip())
    except OSError as error:
        return None, f"cannot be read: {error.strerror or error}"


def _text(path: Path) -> str:
    with path.open("rb") as stream:
        return stream.read(LONGEST).decode("ascii", "replace")


def _parsed(text: str) -> tuple[float | None, str]:
    lines = text.splitlines()
    if len(lines) < 2:
        return None, "answers nothing"
    if not lines[0].rstrip().endswith("YES"):
        return None, "answers with errors (checksum): its wires are loose or too long"
    found = re.search(r"\bt=(-?\d{1,6})\s*$", lines[1])
    return _milli(found[1] if found else lines[1])


def _milli(text: str) -> tuple[float | None, str]:
    if not re.fullmatch(r"-?\d{1,6}", text):
        return None, "answers with no number"
    return int(text) / 1000.0, ""

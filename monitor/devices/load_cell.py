"""The load cell as a source: a child process reads the chip, this thread judges and restarts it.

The thread never blocks for longer than half a second: it waits on a pipe, never on a pin. No valid
value for two seconds is reported as a stalled scale, with the wire to check; a child that sends
nothing at all is killed; one that ended is started again with back-off. Only valid frames become
values, so a fault never becomes a weight.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path

import numpy as np

import monitor
from monitor.config import ScaleConfig
from monitor.devices import Put
from monitor.devices.load_cell_process import RECORD
from monitor.devices.source import Reporter
from monitor.events import ScaleBlock
from monitor.host.backoff import Backoff
from monitor.host.timeline import Timeline
from monitor.names import SourceName

STALL_S = 1.8
"""without a sound value: 18 in a row were refused. With a batch and a turn of 0.5 s each on top it
is told within three seconds"""
SILENT_S = 3.0
"""without any record: a chip without power gives a fault every 0.6 s, so the child itself hangs"""
OPEN_S = 20.0
"""to start Python and claim the pins: 0.5 s on a PC, ten times that on a Zero 2 W"""
TURN_S = 0.5
_SHARE_WINDOW = 600
"""frames over which the share of refused ones is told, a minute at 10 a second"""

_WHY = {
    "n": "does not answer (DOUT stays high): check the converter's power, and its DOUT and SCK "
    "wires on pins {dout} and {sck}",
    "p": "cannot be read in time: the computer is too busy or too slow, stop other programs",
    "m": "answers nonsense (DOUT on pin {dout} stays low): look for a short to ground, or an "
    "unpowered converter",
    "s": "is at the end of its range: it is overloaded, or one of the cell's four wires "
    "(E+ E- A+ A-) is loose",
    "u": "keeps being reset: check the converter's power and the SCK wire on pin {sck}",
}


class LoadCell:
    """``[scale] source = "hx711"``."""

    name: SourceName = "scale"

    def __init__(
        self,
        config: ScaleConfig,
        timeline: Timeline,
        popen: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen,
    ) -> None:
        self._config, self._timeline, self._popen = config, timeline, popen
        self._stop = threading.Event()
        self._paused = threading.Event()
        self._beat_s = time.monotonic()
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._backoff = Backoff()
        self._opened = False
        self._last_record_s = self._last_value_s = 0.0
        self._faults: Counter[str] = Counter()
        self._recent: deque[bool] = deque(maxlen=_SHARE_WINDOW)
        self._reporter = Reporter(self.name, timeline)

    def start(self, put: Put) -> None:
        """Begin; returns at once."""
        self._reporter.begin(put)
        self._thread = threading.Thread(target=self._run, args=(put,), name="scale", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Kill the child and end."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(1.0)
        self._kill()

    def pause(self) -> None:
        """Read nothing until ``resume``: the child ends and costs nothing."""
        self._paused.set()

    def resume(self) -> None:
        """Read again."""
        self._paused.clear()

    def heartbeat_s(self) -> float:
        """When the thread last turned."""
        return self._beat_s

    @property
    def rejected_share(self) -> float | None:
        """Part of the recent frames that were refused; ``None`` before the first."""
        recent = tuple(self._recent)
        return 1 - sum(recent) / len(recent) if recent else None

    def metrics(self) -> dict[str, float | None]:
        """What the retained health shows besides the state."""
        share = self.rejected_share
        return {"scale_rejected_share": None if share is None else round(share, 4)}

    # ------------------------------------------------------------------ the thread

    def _run(self, put: Put) -> None:
        self._reporter.retrying("is being opened")
        while not self._stop.is_set():
            if self._paused.is_set():
                self._rest(TURN_S)
                continue
            try:
                self._spawn()
                why = self._follow(put)
            except OSError as error:  # no memory, no process left
                why = f"has no reader: its process cannot be started ({error})"
            self._kill()
            if not self._stop.is_set() and not self._paused.is_set():
                self._reporter.retrying(why)
                self._rest(self._backoff.next_s())

    def _spawn(self) -> None:
        """Start the child; it shares only the pipe with the monitor."""
        config = self._config
        package = str(Path(monitor.__file__).parent.parent)
        path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
        module = "monitor.devices.load_cell_process"
        pins = (str(config.dout_pin), str(config.sck_pin))
        self._child = self._popen(
            [sys.executable, "-P", "-m", module, config.driver, *pins],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": path},
        )
        self._opened = False
        self._last_record_s = self._last_value_s = time.monotonic()
        self._faults.clear()

    def _follow(self, put: Put) -> str:
        """Hand on what the child reads until it must be replaced; returns why."""
        child = self._child
        if child is None or child.stdout is None:
            return "has no reader: its process did not start"
        pipe, pending = child.stdout.fileno(), b""
        while not self._stop.is_set() and not self._paused.is_set():
            self._beat_s = time.monotonic()
            if select.select([pipe], [], [], TURN_S)[0]:
                data = os.read(pipe, 65_536)
                if not data:
                    return "lost its reader: the process ended by itself"
                self._last_record_s = time.monotonic()
                pending, error = self._unpack(pending + data, put)
                if error is not None:
                    return error
            now_s = time.monotonic()
            if now_s - self._last_record_s > (SILENT_S if self._opened else OPEN_S):
                return "lost its reader: the process hung and was ended"
            if self._opened and now_s - self._last_value_s > STALL_S:
                self._recent.clear()  # a dead wire says nothing about the share refused in life
                self._reporter.stalled(self._blame())
        return "stopped"

    def _unpack(self, data: bytes, put: Put) -> tuple[bytes, str | None]:
        """Unpack whole records: (the torn rest, an error of the child)."""
        times_s: list[float] = []
        counts: list[int] = []
        error = None
        at = 0
        while at + RECORD.size <= len(data) and error is None:
            kind, t_s, value = RECORD.unpack_from(data, at)
            if kind == b"v":
                times_s.append(t_s)
                counts.append(value)
                self._recent.append(True)
            elif kind in b"oe":
                if at + RECORD.size + value > len(data):
                    break
                text = data[at + RECORD.size :][:value].decode("utf-8", "replace")
                at += value
                if kind == b"e":
                    error = text
                else:
                    self._opened = True
                    self._last_value_s = time.monotonic()
            else:
                self._faults[kind.decode()] += 1
                self._recent.append(False)
            at += RECORD.size
        if times_s:
            self._hand_on(times_s, counts, put)
        return data[at:], error

    def _hand_on(self, times_s: list[float], counts: list[int], put: Put) -> None:
        self._last_value_s = times_s[-1]
        self._faults.clear()
        self._backoff.healthy()
        self._reporter.healthy(self._quality())
        stamped = np.array([self._timeline.at_s(t_s) for t_s in times_s])
        put(ScaleBlock(stamped, np.array(counts, np.float64)))

    # ------------------------------------------------------------------ words

    def _blame(self) -> str:
        """The commonest fault since the last valid value, as something to check."""
        if not self._faults:
            return "sends nothing"
        code = self._faults.most_common(1)[0][0]
        return _WHY[code].format(dout=self._config.dout_pin, sck=self._config.sck_pin)

    def _quality(self) -> str:
        """The share of refused frames in coarse steps, so that noise changes no report."""
        share = self.rejected_share
        if share is None or len(self._recent) < _SHARE_WINDOW // 4 or share < 0.1:
            return "reads the load cell"
        step = "half" if share >= 0.5 else "a quarter" if share >= 0.25 else "a tenth"
        return f"reads the load cell; more than {step} of the readings had to be discarded"

    # ------------------------------------------------------------------ the child

    def _kill(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        if child.stdout is not None:
            child.stdout.close()
        try:
            child.wait(0.5)
        except subprocess.TimeoutExpired:  # stuck in the kernel: its pins stay taken until it ends
            self._backoff.next_s()

    def _rest(self, span_s: float) -> None:
        end_s = time.monotonic() + span_s
        while not self._stop.is_set() and time.monotonic() < end_s:
            self._beat_s = time.monotonic()
            self._stop.wait(TURN_S)

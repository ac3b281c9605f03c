"""Recordings as sources: the same code paths as live devices, from a CSV or an audio file.

Each plays a file at the pace of the timeline, as if the device were there now. A recording that
ends or is faulty reports the source as failed: an ended recording is not a quiet box.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

from monitor.devices import Put
from monitor.devices.source import Reporter
from monitor.errors import NurseryError
from monitor.events import (
    AUDIO_RATE_HZ,
    AudioBlock,
    Observation,
    ProbeReading,
    ScaleBlock,
)
from monitor.host.timeline import Timeline
from monitor.names import SourceName
from monitor.recordings.audio import read_audio
from monitor.recordings.probe_csv import read_probe_csv
from monitor.recordings.scale_csv import read_scale_csv

_TURN_S = 0.25
"""longest sleep, so that stop and heartbeat stay prompt"""
_SCALE_BATCH_S = 0.5


class _Replayed(ABC):
    """Plays timed observations from a thread, each when the timeline reaches its end."""

    name: SourceName

    def __init__(self, path: str | Path, timeline: Timeline) -> None:
        self._path = Path(path)
        self._timeline = timeline
        self._stop = threading.Event()
        self._beat_s = time.monotonic()
        self._thread: threading.Thread | None = None

    def start(self, put: Put) -> None:
        """Begin playing at the timeline's present."""
        self._thread = threading.Thread(target=self._play, args=(put,), name=f"replay {self.name}")
        self._thread.daemon = True
        self._thread.start()

    def stop(self) -> None:
        """End within two seconds."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2.0)

    def heartbeat_s(self) -> float:
        """When the player last turned."""
        return self._beat_s

    @abstractmethod
    def _observations(self, start_s: float) -> Iterator[Observation]:
        """The recording with its first value at ``start_s`` on the timeline."""

    def _play(self, put: Put) -> None:
        reporter = Reporter(self.name, self._timeline)
        reporter.begin(put)
        why = f"has reached the end of the recording {self._path}"
        try:
            reporter.healthy(f"plays the recording {self._path}")
            for observation in self._observations(self._timeline.now_s()):
                end_s = observation.end_s if isinstance(observation, AudioBlock) else None
                if not self._wait_until(observation.t_s if end_s is None else end_s):
                    return
                put(observation)
        except NurseryError as error:
            why = f"cannot go on: {error}"
        reporter.failed(why)
        while not self._stop.wait(_TURN_S):  # ended, but not hung
            self._beat_s = time.monotonic()

    def _wait_until(self, t_s: float) -> bool:
        while not self._stop.is_set():
            self._beat_s = time.monotonic()
            left_s = (t_s - self._timeline.now_s()) / self._timeline.speed
            if left_s <= 0:
                return True
            self._stop.wait(min(left_s, _TURN_S))
        return False


class ReplayedMicrophone(_Replayed):
    """``[microphone] source = "wav"``."""

    name: SourceName = "microphone"

    def _observations(self, start_s: float) -> Iterator[Observation]:
        samples = 0
        for block in read_audio(self._path):
            yield AudioBlock(start_s + samples / AUDIO_RATE_HZ, block)
            samples += len(block)


class ReplayedScale(_Replayed):
    """``[scale] source = "csv"``."""

    name: SourceName = "scale"

    def _observations(self, start_s: float) -> Iterator[Observation]:
        offset_s: float | None = None
        for chunk in read_scale_csv(self._path, chunk=4096):
            if offset_s is None:
                offset_s = start_s - float(chunk.times_s[0])
            yield from batches(ScaleBlock(chunk.times_s + offset_s, chunk.counts))


class ReplayedProbe(_Replayed):
    """``[probe] source = "csv"``."""

    name: SourceName = "probe"

    def _observations(self, start_s: float) -> Iterator[Observation]:
        readings = read_probe_csv(self._path)
        for time_s, temperature_c in readings:
            yield ProbeReading(start_s + time_s - readings[0][0], temperature_c)


def batches(block: ScaleBlock, span_s: float = _SCALE_BATCH_S) -> Iterator[ScaleBlock]:
    """Cut a long block into blocks that span at most ``span_s``, as a live scale sends them."""
    start = 0
    while start < len(block.times_s):
        end_s = float(block.times_s[start]) + span_s
        stop = max(start + 1, int(block.times_s.searchsorted(end_s)))
        yield ScaleBlock(block.times_s[start:stop], block.counts[start:stop])
        start = stop

"""What a source delivers in some seconds: what a diagnostic or a calibration works on."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.config import Config
from monitor.devices import Source, open_sources
from monitor.errors import ConfigError
from monitor.events import AudioBlock, Observation, ScaleBlock, SourceReport
from monitor.host.timeline import Timeline
from monitor.names import SourceName


class Collected(msgspec.Struct):
    """Everything one source gave."""

    times_s: NDArray[np.float64]
    """shape (n,), of the counts"""
    counts: NDArray[np.float64]
    """shape (n,)"""
    samples: NDArray[np.float32]
    """shape (m,), 16 kHz"""
    report: SourceReport | None
    """the source's last report of its state"""

    def reason(self, otherwise: str) -> str:
        """Why the source is in its state, to follow its name; ``otherwise`` without a report."""
        return otherwise if self.report is None else self.report.why


class Tap:
    """A source that runs, and whose observations are collected in stretches."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._queue: SimpleQueue[Observation] = SimpleQueue()
        self._report: SourceReport | None = None
        source.start(self._queue.put)

    def collect(self, seconds: float, waiting_s: float = 0.0) -> Collected:
        """Listen for ``seconds`` from the first value on, which may take ``waiting_s``."""
        scale: list[ScaleBlock] = []
        sound: list[AudioBlock] = []
        start_s = time.monotonic()
        end_s = start_s + seconds + waiting_s
        while (left_s := end_s - time.monotonic()) > 0:
            try:
                item = self._queue.get(timeout=left_s)
            except Empty:
                break
            if isinstance(item, SourceReport):
                self._report = item
                continue
            if not scale and not sound:
                end_s = min(end_s, time.monotonic() + seconds)
            if isinstance(item, ScaleBlock):
                scale.append(item)
            elif isinstance(item, AudioBlock):
                sound.append(item)
        return Collected(
            np.concatenate([np.zeros(0), *(block.times_s for block in scale)]),
            np.concatenate([np.zeros(0), *(block.counts for block in scale)]),
            np.concatenate([np.zeros(0, np.float32), *(block.samples for block in sound)]),
            self._report,
        )

    def skip(self) -> None:
        """Discard what has arrived meanwhile, so that the next stretch begins now."""
        while not self._queue.empty():
            item = self._queue.get()
            if isinstance(item, SourceReport):
                self._report = item

    def close(self) -> None:
        """Stop the source."""
        self._source.stop()


def open_tap(config: Config, name: SourceName) -> Tap:
    """The source of this name, started.

    Raises:
        ConfigError: the configuration has none; says which key to set.
    """
    sources = open_sources(config, Timeline.from_wall_clock())
    source = next((source for source in sources if source.name == name), None)
    if source is None:
        raise ConfigError(f'there is no {name}: set "{name}.source" in the configuration')
    return Tap(source)

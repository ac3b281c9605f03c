"""The daemon's loop over seconds in which nothing happens: no source, no broker, no clock."""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path

from monitor.config import Config, MicrophoneConfig, MqttConfig, ScaleConfig
from monitor.daemon.loop import Loop
from monitor.events import AUDIO_RATE_HZ, AudioBlock, Tick
from monitor.simulation.cell import GOOD_CELL
from monitor.simulation.sounds import Room
from monitor.store.journal import Journal
from tests.demo_box import demo_box

TURNS = 20
"""of the loop in a second without news: it waits 0.05 s for each"""
BLOCK_S = 0.1
"""of sound, as PortAudio hands it over"""


class IdleDaemon:
    """One box with two babies asleep; a second is sound, weights, a tick and the turns between.

    The process's own seconds are those of the story: the retained state is refreshed as often as
    on a box, however long the counting takes. An attempt to reach the broker ends before the
    story goes on: how many there are does not depend on what else the machine does.
    """

    def __init__(self, start_s: float, seconds: int) -> None:
        self._passed_s = 0.0
        time.monotonic = lambda: self._passed_s
        self._scratch = tempfile.TemporaryDirectory()
        config = Config(
            box="idle",
            state_dir=self._scratch.name,
            scale=ScaleConfig(
                source="simulated",
                counts_per_gram=GOOD_CELL.counts_per_gram,
                zero_counts=GOOD_CELL.zero_counts,
            ),
            microphone=MicrophoneConfig(source="simulated"),
            mqtt=MqttConfig(port=9, tls=False),
        )
        self._journal = Journal.open(Path(config.journal_path))
        self._loop = Loop(config, self._journal, [], start_s=start_s)
        box, room = demo_box(1, start_s, 0.2), Room(1, noise_db=-60.0)
        self._seconds = []
        weights = box.blocks(start_s, start_s + seconds, 1.0)
        for second, block in zip(range(seconds), weights, strict=False):
            at_s = start_s + second
            sound = room.render(second * AUDIO_RATE_HZ, AUDIO_RATE_HZ)
            pieces = sound.reshape(round(1 / BLOCK_S), -1)
            blocks = [AudioBlock(at_s + k * BLOCK_S, piece) for k, piece in enumerate(pieces)]
            self._seconds.append([*blocks, block, Tick(at_s + 1.0)])

    def run(self) -> None:
        """Live through all of it."""
        for observations in self._seconds:
            for observation in observations:
                self._loop.put(observation)
            while self._loop.backlog:
                self._loop.turn()
            for _ in range(TURNS):
                self._loop.turn(0.0)
                _wait_for_attempts()
                self._passed_s += 1 / TURNS
        self._journal.close()


def _wait_for_attempts() -> None:
    for thread in threading.enumerate():
        if thread.name == "mqtt":
            thread.join(60)

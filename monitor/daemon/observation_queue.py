"""The one queue between the devices' threads and the one consumer.

Bounded, because a daemon that falls behind must not use up the memory. When it is full the oldest
audio is dropped, and nothing else: a second of sound matters less than a weight or a command. Every
drop is counted.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from monitor.events import AudioBlock, Observation


class ObservationQueue:
    """First in, first out; ``put`` never blocks, ``get`` waits at most ``timeout_s``."""

    def __init__(self, max_audio_blocks: int = 300) -> None:
        """300 blocks of 250 ms, as the microphone sends them: 75 s of sound, 5 MB."""
        self._audio_limit = max_audio_blocks
        self._items: deque[tuple[float, Observation]] = deque()
        self._audio_waiting = 0
        self._ready = threading.Condition()
        self.audio_drops = 0
        """audio blocks dropped since the start"""
        self.lag_s = 0.0
        """how long the observation taken last had waited; 0 when nothing waits"""

    def put(self, observation: Observation) -> None:
        """Add one observation; over the limit the oldest audio block is dropped and counted."""
        with self._ready:
            self._items.append((time.monotonic(), observation))
            if isinstance(observation, AudioBlock):
                self._audio_waiting += 1
                if self._audio_waiting > self._audio_limit:
                    self._drop_oldest_audio()
            self._ready.notify()

    def get(self, timeout_s: float) -> Observation | None:
        """The oldest observation, or None when nothing came within ``timeout_s``."""
        with self._ready:
            if not self._items:
                self.lag_s = 0.0
                self._ready.wait(timeout_s)
            if not self._items:
                return None
            since_s, observation = self._items.popleft()
            self.lag_s = time.monotonic() - since_s
            if isinstance(observation, AudioBlock):
                self._audio_waiting -= 1
            return observation

    def __len__(self) -> int:
        return len(self._items)

    def _drop_oldest_audio(self) -> None:
        for position, (_, item) in enumerate(self._items):
            if isinstance(item, AudioBlock):
                del self._items[position]
                self._audio_waiting -= 1
                self.audio_drops += 1
                return

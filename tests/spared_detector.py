"""A cry detector whose network hears only the stretches that a test is about."""

from __future__ import annotations

from collections.abc import Callable

from monitor.core.cry.detector import CryDetector, CryModel, Heard
from monitor.events import AudioBlock


class SparedDetector(CryDetector):
    """The real detector; blocks for which ``awake`` is false do not reach its network."""

    def __init__(self, model: CryModel, awake: Callable[[float], bool]) -> None:
        super().__init__(model)
        self._awake = awake

    def observe(self, block: AudioBlock) -> Heard:
        """As the real one; after a spared stretch the next block begins a new one."""
        return super().observe(block) if self._awake(block.t_s) else Heard([], [], [])

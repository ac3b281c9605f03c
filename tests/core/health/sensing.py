"""Sources as they deliver, second by second, and the health that is told of them."""

from __future__ import annotations

import numpy as np

from monitor.core.health.sources import Health
from monitor.events import (
    AudioBlock,
    ScaleBlock,
    Tick,
)

T = 1_000_000.0
RNG = np.random.default_rng(7)


def room(t_s: float, rms: float = 2e-4) -> AudioBlock:
    return AudioBlock(t_s, RNG.normal(0, rms, 1600).astype(np.float32))


def flat(t_s: float, value: float = 0.0) -> AudioBlock:
    return AudioBlock(t_s, np.full(1600, value, np.float32))


def counts(t_s: float, values=None) -> ScaleBlock:
    times = t_s + np.arange(10) / 10
    if values is None:
        values = 400_000 + RNG.normal(0, 60, 10).round()
    return ScaleBlock(times, np.broadcast_to(np.asarray(values, float), 10))


class Box:
    """Health fed second by second, with everything it said."""

    def __init__(self, *sources: str) -> None:
        self.health = Health(sources or ("microphone", "scale"), T)
        self.t_s = T
        self.told: list[tuple[str, str, float]] = []

    def run(self, seconds: int, audio=room, scale=counts) -> Box:
        for _ in range(seconds):
            for i in range(10):
                if audio is not None:
                    self.health.observe(audio(self.t_s + i / 10))
            if scale is not None:
                self.health.observe(scale(self.t_s))
            self.t_s += 1
            for event in self.health.observe(Tick(self.t_s)):
                self.told.append((event.source, event.state, event.t_s - T))
        return self

    @property
    def blind(self) -> list[str]:
        return [c.key for c in self.health.conditions(self.t_s) if c.kind == "monitor_blind"]

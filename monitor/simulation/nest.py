"""A nest that is not there: a heat source with a thermostat, a room, a box that is opened, a probe.

First order, as a small box is: without heat it falls to the room with one time constant, the heat
lifts it by so many degrees, the thermostat switches with a hysteresis, an open box exchanges its
air faster. The probe (a DS18B20) follows with a minute's lag, has steps of 1/16 °C and half a step
of noise; out of the nest it follows the room.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
import numpy as np

from monitor.times import DAY_S, MINUTE_S

STEP_S = 10.0
"""between two readings"""
PROBE_LAG_S = 60.0
OPEN_TIMES = 3.0
"""so much faster an open box loses its warmth"""


class NestEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happens to it, from ``at_s`` for ``lasts_s``."""

    at_s: float
    lasts_s: float = math.inf
    what: Literal["open", "probe_out", "heat_off", "heat_on"]


class SimulatedNest(msgspec.Struct, kw_only=True):
    """One nest; ``readings`` plays it."""

    seed: int = 1
    tau_s: float = 25 * MINUTE_S
    room_c: float = 19.0
    room_swing_c: float = 1.0
    """up and down within a day"""
    set_c: float = 30.5
    """what the thermostat holds; it switches half of its hysteresis above and below"""
    hysteresis_c: float = 0.8
    heat_c: float = 20.0
    """how much warmer than the room it would become with the heat always on"""
    events: Sequence[NestEvent] = ()

    def readings(self, duration_s: float, step_s: float = STEP_S) -> Iterator[tuple[float, float]]:
        """Time in seconds from the start and what the probe says, in °C."""
        random = np.random.default_rng([self.seed, 31])
        nest_c = probe_c = self.set_c
        heating = False
        for step in range(int(duration_s / step_s)):
            t_s = step * step_s
            now = {each.what for each in self.events if 0 <= t_s - each.at_s < each.lasts_s}
            room_c = self.room_c + self.room_swing_c * math.sin(2 * math.pi * t_s / DAY_S)
            if nest_c < self.set_c - self.hysteresis_c / 2:
                heating = True
            elif nest_c > self.set_c + self.hysteresis_c / 2:
                heating = False
            on = (heating or "heat_on" in now) and "heat_off" not in now
            towards_c = room_c + (self.heat_c if on else 0.0)
            tau_s = self.tau_s / (OPEN_TIMES if "open" in now else 1.0)
            nest_c += (towards_c - nest_c) * -math.expm1(-step_s / tau_s)
            felt_c = room_c if "probe_out" in now else nest_c
            probe_c += (felt_c - probe_c) * -math.expm1(-step_s / PROBE_LAG_S)
            yield t_s, round(16 * (probe_c + random.normal(0.0, 0.03))) / 16

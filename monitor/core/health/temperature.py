"""Which readings of the probe can be temperatures of a nest.

A DS18B20 says 85.0 °C when it lost its power and has not measured since (its data sheet); drivers
say -127 °C of one that is not there; a wire that touches now and then gives single
wild values; a dead one may repeat its last value for ever. What is no temperature is nothing: it
neither warms nor cools the nest, and after ``FAULTS`` in a row the probe is told to be dead.
"""

from __future__ import annotations

import math

import msgspec

from monitor.events import ProbeReading
from monitor.times import HOUR_S, spoken_hours
from monitor.timeshift import Moment

POWER_UP_C, SHORTED_C = 85.0, 0.0
"""what the memory of a DS18B20 holds before it has measured; and what is read from a data wire that
touches ground: zeros, whose checksum is right. A nest at 0 °C has come through all values above"""
COLDEST_C, HOTTEST_C = -20.0, 75.0
"""of any nest, a burning one too; -127 is what drivers say of a device that is gone"""
STEP_C, SLOPE_C_PER_S = 3.0, 0.2
"""more than both together between two readings is no nest: in still air a DS18B20 follows with a
time constant of one to two minutes, so from a hand to a cold room it falls by 0.1 to 0.2 °C/s"""
FAULTS = 3
"""readings in a row that are none before it counts as dead; and so many that agree about a jump are
believed: the probe lies in another place now"""
AGREE_C = 2.0
STUCK_S = 4 * HOUR_S
"""One and the same value for so long is no living nest: a probe of 0.06 °C steps beside a
thermostat changes within minutes, in a room at night within the hour"""
STUCK_COARSE_S = 12 * HOUR_S
"""... for a thermometer of the house, which rounds, and speaks when something has changed"""


class TemperatureWatch(msgspec.Struct):
    """What was read last; ``observe`` each reading."""

    fine: bool = True
    """the probe is read itself, to its last digit"""
    last: tuple[Moment, float] | None = None
    """the last one believed"""
    same_since_s: Moment | None = None
    """since when it has not changed"""
    odd_c: list[float] = []
    """readings after a jump that agree with one another"""
    faults: int = 0
    """readings in a row that were none"""
    doubt: str = ""
    """why the probe is not believed, to follow its name; empty while it is"""

    def observe(self, reading: ProbeReading) -> float | None:
        """The temperature in °C, or ``None`` when this cannot be one."""
        value = reading.temperature_c
        why = self._wrong(reading)
        if why or value is None:
            self.faults += 1
            if self.faults >= FAULTS:
                self.doubt = why
                self.last = None  # what comes next is no jump from what was before
            return None
        self.faults, self.odd_c = 0, []
        if self.last is None or self.last[1] != value or self.same_since_s is None:
            self.same_since_s = reading.t_s
        self.last = (reading.t_s, value)
        stuck_s = STUCK_S if self.fine else STUCK_COARSE_S
        if reading.t_s - self.same_since_s >= stuck_s:
            self.doubt = f"has said {value:.1f} °C for {spoken_hours(stuck_s)} without any change"
            return None
        self.doubt = ""
        return value

    def _wrong(self, reading: ProbeReading) -> str:
        """Why this is no temperature; empty when it can be one."""
        value = reading.temperature_c
        if value is None:
            return reading.fault or "cannot be read"
        if not math.isfinite(value) or not COLDEST_C <= value <= HOTTEST_C:
            if value == POWER_UP_C:
                return "says 85.0 °C, as after power-up: its supply wire may be loose"
            return f"says {value:.1f} °C, which no nest has: look at its wires"
        if value == SHORTED_C:
            return "says 0.0 °C to the last digit: its data wire may touch ground"
        if self.last is None:
            return ""
        since_s, before = self.last
        if abs(value - before) <= STEP_C + SLOPE_C_PER_S * (reading.t_s - since_s):
            return ""
        self.odd_c = [c for c in self.odd_c if abs(c - value) <= AGREE_C] + [value]
        return "" if len(self.odd_c) >= FAULTS else f"jumps: {before:.1f} °C, then {value:.1f} °C"

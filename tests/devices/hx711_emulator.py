"""A bit-accurate HX711 in virtual time, and the ways of reaching its two pins.

From the data sheet (Avia Semiconductor): 24 bits, most significant first, each put on DOUT by a
rising PD_SCK; 25, 26, 27 pulses choose channel and gain of the next conversion; DOUT is high while
converting; PD_SCK high for more than 60 us powers down, its fall resets to channel A, gain 128;
four conversions to settle. The data sheet is silent on a frame that is still open when the next
conversion ends: ``tears`` chooses the nasty answer (the register is replaced under the reader),
``unsettled`` makes the chip signal ready for values that are not yet valid.
"""

from __future__ import annotations

import types
from collections.abc import Callable

POWER_DOWN_S = 60e-6
GARBAGE = 0x2AAAAA


class VirtualTime(types.ModuleType):
    """A clock that only moves when told; can stand in for the ``time`` module."""

    def __init__(self) -> None:
        super().__init__("time")
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s

    perf_counter = monotonic

    def sleep(self, span_s: float) -> None:
        self.now_s += max(span_s, 0.0)


class Chip:
    def __init__(
        self, clock: VirtualTime, code: int = 300_000, rate_hz: float = 11.7, *,
        tears: bool = False, unsettled: bool = False,
    ) -> None:  # fmt: skip
        self.clock, self.code, self.period_s = clock, code, 1 / rate_hz
        self.tears, self.unsettled = tears, unsettled
        self.stuck: int | None = None
        self.dead = False
        self.resets = -1
        self._sck = 0
        self._reset()

    def _reset(self) -> None:
        self.resets += 1
        self.gain, self.pulses, self.register = 128, 0, None
        self._settled_s = self.clock.now_s + 4 * self.period_s
        self._ready_s = self.clock.now_s + self.period_s * (1 if self.unsettled else 4)

    def _value(self, t_s: float) -> int:
        if t_s < self._settled_s - 1e-9:
            return GARBAGE
        code = self.code * self.gain // 128
        return max(-0x800000, min(0x7FFFFF, code)) & 0xFFFFFF

    def _convert(self) -> None:
        now_s = self.clock.now_s
        if self.dead or now_s < self._ready_s:
            return
        open_frame = 0 < self.pulses < 25
        if open_frame and not self.tears:
            return
        done_s = self._ready_s + int((now_s - self._ready_s) / self.period_s) * self.period_s
        self._ready_s = done_s + self.period_s
        if open_frame:
            self._shift = self._value(done_s) ^ 0x1F0F0F  # a later value: other bits
            return
        self.pulses = 0
        self.register = self._value(done_s)

    def clock_pin(self, level: int) -> None:
        if level == self._sck:
            return
        self._convert()
        self._sck = level
        if not level:
            if self.clock.now_s - self._rose_s > POWER_DOWN_S:
                self._reset()
            return
        self._rose_s = self.clock.now_s
        if self.register is None and self.pulses == 0:
            return
        self.pulses += 1
        if self.pulses == 1:
            self._shift = self.register
        if self.pulses == 25:
            self.register, self.gain = None, 128
        elif self.pulses in {26, 27}:
            self.gain = {26: 32, 27: 64}[self.pulses]

    def data_pin(self) -> int:
        if self.stuck is not None:
            return self.stuck
        if self._sck and self.clock.now_s - self._rose_s > POWER_DOWN_S:
            return 1
        self._convert()
        if self.pulses == 0:
            return 0 if self.register is not None else 1
        return (self._shift >> (24 - self.pulses)) & 1 if self.pulses <= 24 else 1


class Pins:
    """The two pins as functions; every call costs time, and ``stall`` may add a pre-emption."""

    def __init__(
        self, chip: Chip, call_s: float = 4e-6, stall: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.chip, self._call_s, self._stall = chip, call_s, stall
        self.calls = 0

    def let_time_pass(self) -> None:
        self.calls += 1
        self.chip.clock.now_s += self._call_s / 2 + self._stall()

    def write(self, level: int) -> None:
        self.let_time_pass()
        self.chip.clock_pin(level)
        self.let_time_pass()

    def read(self) -> int:
        self.let_time_pass()
        level = self.chip.data_pin()
        self.let_time_pass()
        return level


def rpi_gpio(pins: Pins, sck_pin: int) -> types.ModuleType:
    """The part of RPi.GPIO that the hx711 package uses."""
    gpio = types.ModuleType("RPi.GPIO")
    gpio.BCM, gpio.OUT, gpio.IN = 11, 0, 1
    gpio.setmode = lambda mode: None
    gpio.setup = lambda pin, direction: None
    gpio.output = lambda pin, level: pins.write(int(level)) if pin == sck_pin else None
    gpio.input = lambda pin: pins.read()
    return gpio

"""Reads one HX711 frame over two pins, and refuses every frame that could be wrong.

The chip shifts out 24 bits on PD_SCK pulses; the 25th selects channel A at gain 128 for the next
conversion and must leave DOUT high. A pulse longer than 60 us powers the chip down (HX711
datasheet, Avia Semiconductor, p. 5), and a Linux process can be paused anywhere. So every pulse and
every frame is timed; one that took too long raises a typed fault and resets the chip, after which
values are discarded until the chip has settled. Only channel A at gain 128 is used, the chip's own
choice after any reset, so a reset cannot change the meaning of a value.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from monitor.errors import DeviceError
from monitor.units import HIGHEST_CODE, LOWEST_CODE

PULSE_LIMIT_S = 50e-6
"""longest PD_SCK high time the datasheet allows (T3); at 60 us the chip powers down"""
READY_LIMIT_S = 0.6
"""longest wait for DOUT: 400 ms to settle after a reset, and half as much again"""
RESET_S = 1e-3
"""PD_SCK high to reset the chip: 60 us would do"""
SETTLING_CONVERSIONS = 4
"""conversions until the output is valid after power-up or reset (datasheet, settling time)"""
SLOWEST_PERIOD_S = 0.1
"""10 values a second; the internal oscillator is often 15 % faster"""
FASTEST_PERIOD_S = 0.0107
"""80 values a second nominal; 93 measured on the internal oscillator (olkal/HX711_ADC #81)"""
_POLL_S = 2e-3
_FRESH_PART = 0.8
"""of a conversion: allowed from DOUT's fall to the end of the frame"""


class FrameError(DeviceError):
    """A reading that is not to be trusted; ``code`` names the kind in the pipe to the monitor."""

    code = "?"


class NotReadyError(FrameError):
    """DOUT stayed high: no chip, no power, or a broken wire."""

    code = "n"


class SlowPulseError(FrameError):
    """The process was paused inside the frame."""

    code = "p"


class MisframedError(FrameError):
    """DOUT was low after the last pulse: stuck low, or the frame was out of step."""

    code = "m"


class SaturatedError(FrameError):
    """The converter is at the end of its range."""

    code = "s"


class UnsettledError(FrameError):
    """A sound frame too soon after a reset."""

    code = "u"


class Reader(Protocol):
    """One of the two ways to read the chip."""

    ready_s: float
    """clock reading when the last value was seen to be ready"""

    def read(self) -> int:
        """One signed 24-bit value.

        Raises:
            FrameError: within about a second, whatever the chip does.
        """


def signed(code: int) -> int:
    """A 24-bit two's complement code as a number; raises SaturatedError at both ends."""
    value = code - 0x1000000 if code & 0x800000 else code
    if value in {HIGHEST_CODE, LOWEST_CODE}:
        raise SaturatedError("the converter is at the end of its range")
    return value


class Pace:
    """The chip's own rate, learned from the times at which values were ready."""

    def __init__(self) -> None:
        self._gaps_s: deque[float] = deque(maxlen=9)
        self._last_s: float | None = None

    def mark(self, ready_s: float | None) -> None:
        """A value was ready at ``ready_s``; ``None`` breaks the chain (a reset, a fault)."""
        if ready_s is not None and self._last_s is not None:
            gap_s = ready_s - self._last_s
            self._gaps_s.append(min(max(gap_s, FASTEST_PERIOD_S), SLOWEST_PERIOD_S))
        self._last_s = ready_s

    @property
    def shortest_s(self) -> float:
        """The shortest time to the next value: sleeping for as long misses none."""
        return min(self._gaps_s, default=FASTEST_PERIOD_S)

    @property
    def settling_s(self) -> float:
        """Time after a reset until a value is valid, with a tenth off for jitter.

        The datasheet does not say whether the chip signals "ready" before that.
        """
        gaps_s = sorted(self._gaps_s)
        typical_s = gaps_s[len(gaps_s) // 2] if gaps_s else SLOWEST_PERIOD_S
        return 0.9 * SETTLING_CONVERSIONS * typical_s


class FrameReader:
    """Bit-bangs the frame on any pair of pins.

    ``write(0|1)`` drives PD_SCK, ``dout()`` gives DOUT; both must return within microseconds.
    """

    def __init__(
        self,
        write: Callable[[int], object],
        dout: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._write, self._dout, self._clock, self._sleep = write, dout, clock, sleep
        self._pace = Pace()
        self.ready_s = -1e9
        self.reset()

    def reset(self) -> None:
        """Power-cycle the chip, which resets its pulse counter."""
        self._write(1)
        self._sleep(RESET_S)
        self._high_s = self._clock()
        self._write(0)
        self._settled_s = self._clock() + self._pace.settling_s
        self._pace.mark(None)

    def read(self) -> int:
        """See ``Reader.read``."""
        try:
            self._wait_ready()
            code = self._clock_out()
        except FrameError:
            self.reset()
            raise
        self._pace.mark(self.ready_s)
        if self.ready_s < self._settled_s:
            raise UnsettledError("the chip has not settled since its reset")
        return signed(code)

    def _wait_ready(self) -> None:
        """Sleep through most of the conversion, then poll; notes when DOUT was last high."""
        give_up_s = self._clock() + READY_LIMIT_S
        wake_s = self.ready_s + self._pace.shortest_s - _POLL_S
        if (left_s := wake_s - self._clock()) > _POLL_S:
            self._sleep(left_s)
            self._high_s = wake_s
        while True:
            look_s = self._clock()
            if not self._dout():
                self.ready_s = look_s
                return
            self._high_s = look_s
            if look_s > give_up_s:
                raise NotReadyError("DOUT stays high")
            self._sleep(_POLL_S)

    def _clock_out(self) -> int:
        """25 pulses, 24 bits; every pulse timed as a whole, which bounds its high part."""
        clock, write, dout = self._clock, self._write, self._dout
        code = 0
        for bit in range(25):
            rise_s = clock()
            write(1)
            write(0)
            if clock() - rise_s > PULSE_LIMIT_S:
                raise SlowPulseError("paused inside a clock pulse")
            if bit < 24:
                code = (code << 1) | (1 if dout() else 0)
        end_s = clock()
        if end_s - self._high_s > _FRESH_PART * self._pace.shortest_s:
            raise SlowPulseError("the chip may have replaced the value while it was read")
        if not dout():
            raise MisframedError("DOUT is low after the frame")
        self._high_s = end_s
        return code

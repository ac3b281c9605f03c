"""Reads the HX711 through the PyPI package ``hx711`` (1.1.2), one frame at a time.

Left alone, the package waits for ever on a dead or saturated chip, drops the readings 0 and -1
(``data not in [False, -1]``), and after a pause inside a frame returns the rest of that frame as
the next value. So only its ``_read`` is used: one frame, at most 40 polls of 10 ms. ``_read``
says ``False`` for not ready, paused and saturated alike; what was seen on the way tells them
apart. It times both halves of a pulse against 60 us, so it needs less than 30 us per GPIO call:
a Pi Zero is likely too slow for it, and the driver "gpiozero" is the default.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from monitor.devices import gpio
from monitor.devices.hx711_frame import (
    MisframedError,
    NotReadyError,
    Pace,
    SaturatedError,
    SlowPulseError,
    UnsettledError,
)
from monitor.errors import DeviceError

_FRESH_S = 0.02
"""the package polls DOUT every 10 ms only, so a value is allowed to be this old"""


def package_reader(
    dout_pin: int,
    sck_pin: int,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> PackageReader:
    """Open the package on two BCM pins; raises DeviceError when it cannot run here."""
    try:
        import hx711
    except (ImportError, RuntimeError) as error:  # rpi-lgpio: RuntimeError when not on a Pi
        raise DeviceError(
            f'cannot be opened by the driver "hx711-package" ({error}): '
            'install rpi-lgpio, or set scale.driver = "gpiozero"'
        ) from error

    what = f"cannot be opened on pins {dout_pin} (DOUT) and {sck_pin} (SCK)"
    pins = (dout_pin, sck_pin)
    one_frame = _one_frame(hx711.HX711, clock)
    chip = gpio.opened(lambda: one_frame(*pins), what, pins, gpiozero=False)
    return PackageReader(chip, lambda: int(hx711.GPIO.input(dout_pin)), clock, sleep)


def _one_frame(package: Any, clock: Callable[[], float]) -> Any:
    """The package's class without its waits and without its recursion, and with times."""

    class OneFrame(package):  # type: ignore[misc]  # the package has no types
        ready_s: float | None = None
        high_s = 0.0
        clocked_24 = False

        def _apply_setting(self) -> bool:
            return True  # reading and sleeping 0.5 s per setting; A128 is the chip's default

        def _ready(self) -> bool:
            now_s = clock()
            if super()._ready():
                self.ready_s = now_s
                return True
            self.high_s = now_s
            return False

        def _set_channel_gain(self, num: int) -> bool:
            self.clocked_24 = True
            return bool(super()._set_channel_gain(num))

        def get_raw_data(self, times: int = 5) -> list[int]:  # noqa: ARG002 - the package's name
            # called from _set_channel_gain only
            raise SlowPulseError("paused inside the gain pulse")

    return OneFrame


class PackageReader:
    """One bounded reading at a time; see ``hx711_frame.Reader``."""

    def __init__(
        self,
        chip: Any,
        dout: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._chip, self._dout, self._clock, self._sleep = chip, dout, clock, sleep
        self._pace = Pace()
        self.ready_s = -1e9
        self.reset()

    def reset(self) -> None:
        """Power-cycle the chip, 20 ms."""
        self._chip.power_down()
        self._chip.power_up()
        self._chip.high_s = self._clock()
        self._settled_s = self._chip.high_s + self._pace.settling_s
        self._pace.mark(None)

    def read(self) -> int:
        """See ``hx711_frame.Reader.read``."""
        try:
            value = self._frame()
        except (NotReadyError, SlowPulseError, MisframedError):
            self.reset()
            raise
        self._pace.mark(self.ready_s)
        if self.ready_s < self._settled_s:
            raise UnsettledError("the chip has not settled since its reset")
        if value is None:
            raise SaturatedError("the converter is at the end of its range")
        return value

    def _frame(self) -> int | None:
        """A value, or ``None`` for a complete frame that the package refused: saturation."""
        chip = self._chip
        chip.ready_s, chip.clocked_24 = None, False
        wake_s = self.ready_s + self._pace.shortest_s - _FRESH_S
        if (left_s := wake_s - self._clock()) > 0:
            self._sleep(left_s)  # fewer polls
        value = chip._read()  # the only entry that is bounded
        end_s = self._clock()
        if chip.ready_s is None:
            raise NotReadyError("DOUT stays high")
        self.ready_s = chip.ready_s
        if not chip.clocked_24:
            raise SlowPulseError("paused inside a clock pulse")
        if end_s - chip.high_s > max(0.8 * self._pace.shortest_s, _FRESH_S):
            raise SlowPulseError("the chip may have replaced the value while it was read")
        if not self._dout():
            raise MisframedError("DOUT is low after the frame")
        chip.high_s = end_s
        return None if value is False else int(value)

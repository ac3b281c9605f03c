"""Claims pins through gpiozero on lgpio, the one back end that works from a Zero 2 W to a Pi 5.

lgpio creates a FIFO in the current directory when it is imported and fails where that is read-only
(joan2937/lg #12), so ``LG_WD`` is set first. gpiozero would fall back to other back ends with a
warning when lgpio is missing; here that is an error with a name.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from monitor.errors import DeviceError


def prepare() -> None:
    """Set the environment that lgpio and gpiozero read when they are imported."""
    if "LG_WD" not in os.environ:
        import tempfile  # a megabyte that the service, whose unit sets LG_WD, can do without

        os.environ["LG_WD"] = os.environ.get("RUNTIME_DIRECTORY", tempfile.gettempdir())
    os.environ.setdefault("GPIOZERO_PIN_FACTORY", "lgpio")


def opened(build: Callable[[], Any], what: str) -> Any:
    """Run ``build``, which claims pins; every failure becomes one sentence in a DeviceError."""
    prepare()
    try:
        return build()
    except Exception as error:
        # lgpio.error derives from Exception alone; gpiozero has a family of its own
        reason = str(error).strip("'\"") or type(error).__name__
        raise DeviceError(f"{what}: {reason}; {_advice(reason)}") from error


def _advice(reason: str) -> str:
    text = reason.lower()
    if "busy" in text or "in use" in text:
        return "another program holds the pin, perhaps the monitor itself"
    if "permission" in text:
        return "add this user to the group gpio"
    if "not allowed" in text or "can not open gpiochip" in text or "no such file" in text:
        return "this computer has no GPIO chip that this user may use (group gpio)"
    return "check the pin numbers, and that python3-lgpio is installed"


def converter_pins(
    dout_pin: int, sck_pin: int
) -> tuple[Callable[[int], object], Callable[[], int]]:
    """Claim DOUT (pulled up, so that a broken wire reads high) and PD_SCK (low).

    Returns:
        ``write(0|1)`` for PD_SCK and ``read()`` for DOUT, as fast as the back end allows.

    Raises:
        DeviceError: a pin is taken, missing or forbidden.
    """

    def build() -> Any:
        from gpiozero import InputDevice, OutputDevice

        return OutputDevice(sck_pin, initial_value=False), InputDevice(dout_pin, pull_up=True)

    sck, dout = opened(build, f"cannot be opened on pins {dout_pin} (DOUT) and {sck_pin} (SCK)")
    handle = getattr(sck.pin_factory, "_handle", None)
    if type(sck.pin_factory).__name__ == "LGPIOFactory" and handle is not None:
        from lgpio import gpio_read, gpio_write

        # four times faster than pin.state (0.8 against 3 us on a PC): a Zero 2 W is ten times
        # slower still and must keep the whole pulse under 50 us
        return (
            lambda level: gpio_write(handle, sck_pin, level),
            lambda: int(gpio_read(handle, dout_pin)),
        )
    sck_line, dout_line = sck.pin, dout.pin
    return (lambda level: setattr(sck_line, "state", level), lambda: int(dout_line.state))

"""Claims pins through gpiozero on lgpio, the one back end that works from a Zero 2 W to a Pi 5.

lgpio creates FIFOs (``.lgd-nfy0``) in ``LG_WD`` when it is imported, and fails where it may not or
where another user has left one (joan2937/lg #12): so each user has a directory of its own for
them. gpiozero would fall back to other back ends with a warning when lgpio is missing; here that
is an error with a name.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from monitor.devices import gpio_chip
from monitor.errors import DeviceError

NOTIFICATION_FILE = ".lgd-nfy"


def prepare() -> None:
    """Set the environment that lgpio and gpiozero read when they are imported.

    Raises:
        DeviceError: there is no directory for lgpio's notification files.
    """
    base = os.environ.get("LG_WD") or os.environ.get("RUNTIME_DIRECTORY")
    os.environ["LG_WD"] = private_directory(base or os.environ.get("TMPDIR") or "/tmp")  # noqa: S108 - a directory of its own is made there
    os.environ.setdefault("GPIOZERO_PIN_FACTORY", "lgpio")


def private_directory(base: str) -> str:
    """A directory of this user's alone below ``base``.

    Raises:
        DeviceError: it cannot be made, or somebody else's is in its place.
    """
    name = f"nursery-gpio-{os.getuid()}"
    base = base.rstrip("/")
    path = base if base.rpartition("/")[2] == name else f"{base}/{name}"
    try:
        with suppress(FileExistsError):
            os.mkdir(path, 0o700)  # noqa: PTH102 - pathlib is not for the scale's reader
        found = os.lstat(path)
    except OSError as error:
        raise DeviceError(
            f"lgpio needs a directory for its notification files, and {path} cannot be made "
            f"({error.strerror}): set LG_WD to one that this user may write"
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise DeviceError(
            f"{path} is not a directory of this user's alone: remove it, or set LG_WD to another"
        )
    return path


def opened(
    build: Callable[[], Any], what: str, pins: tuple[int, ...] = (), *, gpiozero: bool = True
) -> Any:
    """Run ``build``, which claims pins; every failure becomes one sentence in a DeviceError.

    Args:
        build: claims the pins.
        what: cannot be opened, and how it is called in the configuration.
        pins: their BCM numbers, to say who holds one.
        gpiozero: ``build`` goes through it; otherwise through rpi-lgpio.
    """
    try:
        prepare()
        _choose_chip(gpiozero=gpiozero)
        return build()
    except DeviceError as error:
        raise DeviceError(f"{what}: {error}") from error
    except Exception as error:
        # lgpio.error derives from Exception alone; gpiozero has a family of its own
        reason = _without_quotes(str(error)) or type(error).__name__
        if isinstance(error, ModuleNotFoundError):
            raise DeviceError(f"{what}: {_missing(error.name or reason)}") from error
        raise DeviceError(f"{what}: {_advice(reason, pins)}") from error


def _without_quotes(reason: str) -> str:
    """Errors of lgpio are quoted as a whole; a quoted word at the end keeps both its marks."""
    is_quoted = len(reason) > 1 and reason[0] == reason[-1] and reason[0] in "'\""
    return reason[1:-1] if is_quoted else reason


def _missing(module: str) -> str:
    """What to install for a library that is not here."""
    if module in {"lgpio", "RPi", "rpi_lgpio"}:
        return (
            f'{module} is not installed: "sudo apt install python3-lgpio" on Raspberry Pi OS, and '
            "the program in an environment that sees it (--system-site-packages)"
        )
    return f"the Python package {module} is not installed"


def _choose_chip(*, gpiozero: bool) -> None:
    """Let the library use the chip that carries the header, whatever its number is.

    Raises:
        DeviceError: there is none.
    """
    if os.environ["GPIOZERO_PIN_FACTORY"] != "lgpio":
        return
    if gpiozero:
        from gpiozero import Device

        if Device.pin_factory is not None:
            return
    elif "RPI_LGPIO_CHIP" in os.environ:  # somebody has chosen
        return
    number = gpio_chip.header_chip()
    if number is None:
        raise DeviceError(gpio_chip.why_no_chip())
    os.environ["RPI_LGPIO_CHIP"] = str(number)
    if gpiozero:
        from gpiozero.pins.lgpio import LGPIOFactory

        Device.pin_factory = LGPIOFactory(chip=number)


def _advice(reason: str, pins: tuple[int, ...]) -> str:
    text = reason.lower()
    if NOTIFICATION_FILE in text:
        return (
            f"lgpio cannot use its notification file ({reason}): another user has left one in "
            f"{os.environ['LG_WD']}; remove it, or set LG_WD to a directory of this user's"
        )
    if "busy" in text or "in use" in text:
        return f"{reason}; {gpio_chip.holder(pins)}"
    if "permission" in text:
        return f"{reason}; add this user to the group gpio"
    if "not allowed" in text or "can not open gpiochip" in text or "no such file" in text:
        return f"{reason}; this computer has no GPIO chip that this user may use (group gpio)"
    return f"{reason}; check the pin numbers, and that python3-lgpio is installed"


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

    what = f"cannot be opened on pins {dout_pin} (DOUT) and {sck_pin} (SCK)"
    sck, dout = opened(build, what, (dout_pin, sck_pin))
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

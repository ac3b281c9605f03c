"""Which GPIO chip carries the pins of the header, and who holds one of them.

Its number is not fixed: on a Pi 5 the header was gpiochip4 with older kernels and is gpiochip0 with
newer ones (endail/hx711 #85), and the other boards have more than one chip, too. The label says
what a chip is, so it is looked for by that.
"""

from __future__ import annotations

HEADER_LABEL = "pinctrl-"
"""pinctrl-bcm2835 (Zero to Pi 3), pinctrl-bcm2711 (Pi 4), pinctrl-rp1 (Pi 5)"""
MOST_CHIPS = 16
OWN_CONSUMER = "lg"
"""what lgpio writes beside the lines it claims, for every program that uses it"""
DEVICES = "/dev"


def header_chip() -> int | None:
    """The number of the chip that carries the header; ``None`` when there is none to be opened."""
    labels = _labels()
    found = [number for number, label in labels.items() if label.startswith(HEADER_LABEL)]
    if found:
        return found[0]
    return next(iter(labels)) if len(labels) == 1 else None


def why_no_chip() -> str:
    """What to say where there is no header chip."""
    labels = _labels()
    if labels:
        seen = ", ".join(f"gpiochip{number} is {label}" for number, label in labels.items())
        return (
            f"no GPIO chip of this computer carries the header's pins ({seen}): update its system"
        )
    from pathlib import Path  # with what it loads a megabyte that the scale's reader does without

    present = sorted(Path(DEVICES).glob("gpiochip*"))
    if present:
        return (
            f"this user may not open {present[0]}: add it to the group gpio "
            "(sudo usermod -aG gpio USER) and log in again"
        )
    return (
        "this computer has no GPIO chip that can be opened: it takes a Raspberry Pi, and a user in "
        "the group gpio"
    )


def holder(pins: tuple[int, ...]) -> str:
    """Who holds one of these BCM pins, as a sentence that says what to do."""
    for pin, user in _users(pins):
        if user != OWN_CONSUMER:
            return (
                f'GPIO {pin} is held by "{user}": stop that program, or remove its dtoverlay line '
                "from config.txt, or wire another pin and change the configuration"
            )
    named = " or ".join(f"GPIO {pin}" for pin in pins) or "the pin"
    return f"another program holds {named}, perhaps the monitor itself: stop it first"


def _labels() -> dict[int, str]:
    """Number and label of every chip that can be opened."""
    import lgpio

    found = {}
    for number in range(MOST_CHIPS):
        try:
            handle = lgpio.gpiochip_open(number)
        except lgpio.error:
            continue
        try:
            found[number] = str(lgpio.gpio_get_chip_info(handle)[3])
        finally:
            lgpio.gpiochip_close(handle)
    return found


def _users(pins: tuple[int, ...]) -> list[tuple[int, str]]:
    """The pins that somebody has claimed, with the name beside each."""
    import lgpio

    number = header_chip()
    if number is None:
        return []
    handle = lgpio.gpiochip_open(number)
    try:
        named = [(pin, str(lgpio.gpio_get_line_info(handle, pin)[4])) for pin in pins]
    finally:
        lgpio.gpiochip_close(handle)
    return [(pin, user) for pin, user in named if user]

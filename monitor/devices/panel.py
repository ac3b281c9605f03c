"""LED, buzzer and button on the box: for whoever stands beside it, and when nothing else works.

A dark LED means no power, so every state shows light: alive is a short flash every three seconds,
blind an even slow blink, alert a fast flicker, waiting for a weigh-in steady with a short wink. The
buzzer is a last resort: a critical alert that nobody has acknowledged, or any alert while the
broker is gone. The button: a short press acknowledges everything open. A long one tares an empty
box; with babies about it says "I am weighing one baby now", and once more takes that back. The
answer is the core's: one long flash and beep for yes, two when the baby has been weighed, three
quick ones for no. Five short presses within four seconds ask for a pairing code (``blinked_code``),
which gives way to an alert.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from monitor.commands import Acknowledge, ExpectWeighIn, Request, Tare
from monitor.config import PanelConfig
from monitor.devices import Put, blinked_code, gpio
from monitor.events import Alert, Command
from monitor.host.timeline import Timeline

Shown = Literal["alive", "alert", "blind", "weighing"]
Reply = Literal["yes", "weighed", "no"]

LONG_PRESS_S = 2.0
"""long enough that a press by mistake stays short"""
BOUNCE_S = 0.02
"""cheap switches bounce for up to 10 ms"""
PAIRING_PRESSES = 5
PAIRING_WITHIN_S = 4.0
"""nobody acknowledges that often and that fast"""
WAITING = frozenset({"raised", "reminded"})
"""states of an alert that nobody has reacted to"""


class Rhythm(NamedTuple):
    """Seconds on and off, repeated."""

    on_s: float
    off_s: float


LIGHT: dict[Shown, Rhythm] = {
    "alive": Rhythm(0.05, 2.95),
    "blind": Rhythm(1.0, 1.0),
    "alert": Rhythm(0.12, 0.12),
    "weighing": Rhythm(1.8, 0.2),
}
BUZZ = Rhythm(0.2, 4.8)
REPLY: dict[Reply, tuple[Rhythm, int]] = {
    "yes": (Rhythm(0.6, 0.2), 1),
    "weighed": (Rhythm(0.6, 0.2), 2),
    "no": (Rhythm(0.08, 0.08), 3),
}
"""rhythm and number of times; long and quick can be told apart without looking closely"""


class Panel:
    """What is fitted of LED, buzzer and button; a part without a pin is simply not there.

    Raises:
        DeviceError: a pin cannot be claimed.
    """

    def __init__(self, config: PanelConfig, timeline: Timeline, put: Put) -> None:
        self._timeline, self._put = timeline, put
        self._shown: Shown | None = None
        self._buzzing = False
        self._in_box: Sequence[str] | None = None
        self._weighing = False
        self._reply_ends_s = 0.0
        self._held = False
        self._presses: deque[float] = deque(maxlen=PAIRING_PRESSES)
        self._wants_code = False
        self._blinks_code = False
        self._led = _claim("led_pin", config.led_pin, _led)
        self._buzzer = _claim("buzzer_pin", config.buzzer_pin, _buzzer)
        self._button = _claim("button_pin", config.button_pin, _button)
        if self._button is not None:
            self._button.when_held = self._long_press
            self._button.when_released = self._released

    def show(
        self,
        *,
        open_alerts: Sequence[Alert],
        blind: bool,
        linked: bool,
        in_box: Sequence[str] | None = None,
        weighing: bool = False,
    ) -> None:
        """Light and sound for what is open; ``in_box`` (``None``: unknown) is for the button.

        ``weighing``: a weigh-in is waited for.
        """
        self._in_box, self._weighing = in_box, weighing
        waiting = [a for a in open_alerts if a.state in WAITING and a.severity != "info"]
        urgent = any(alert.severity == "critical" for alert in waiting)
        loud = [a for a in waiting if a.kind != "monitor_blind"]
        if loud and self._blinks_code:
            self._reply_ends_s = 0.0
        otherwise: Shown = "weighing" if weighing else "alive"
        self._set_shown("alert" if loud else "blind" if blind else otherwise)
        self._set_buzzing(urgent or (bool(waiting) and not linked))

    def take_code(self) -> str | None:
        """The pairing code that somebody has just asked for at the button; the LED blinks it."""
        if not self._wants_code or self._led is None:
            return None
        self._wants_code = False
        code = blinked_code.draw()
        self._reply_ends_s = time.monotonic() + blinked_code.lasts_s(code)
        self._led.off()
        self._led.source_delay = blinked_code.FLASH_S
        self._led.source = blinked_code.flashes(code)
        self._shown, self._blinks_code = None, True
        return code

    def reply(self, reply: Reply) -> None:
        """Answer the button; what was shown before comes back with the next ``show``."""
        if self._blinks_code:
            return
        rhythm, times = REPLY[reply]
        self._reply_ends_s = time.monotonic() + times * (rhythm.on_s + rhythm.off_s)
        if self._buzzer is not None and not self._buzzing:
            self._buzzer.beep(*rhythm, n=times)
        if self._led is not None:
            self._led.blink(*rhythm, n=times)
        self._shown = None

    @property
    def shown(self) -> Shown | None:
        """What the LED shows; None while it answers the button."""
        return self._shown

    def close(self) -> None:
        """Everything off, pins given back."""
        for part in (self._button, self._buzzer, self._led):
            if part is not None:
                part.close()

    # ------------------------------------------------------------------ light and sound

    def _set_shown(self, shown: Shown) -> None:
        if shown == self._shown or time.monotonic() < self._reply_ends_s:
            return
        if self._led is not None:
            if self._blinks_code:
                self._led.source, self._blinks_code = None, False
            self._led.blink(*LIGHT[shown])
        self._shown = shown

    def _set_buzzing(self, buzzing: bool) -> None:
        if self._buzzer is not None and buzzing != self._buzzing:
            if buzzing:
                self._buzzer.beep(*BUZZ)
            else:
                self._buzzer.off()
        self._buzzing = buzzing

    # ------------------------------------------------------------------ the button, in its thread

    def _long_press(self) -> None:
        """The core decides whether it can be done, and answers (``reply``)."""
        self._held = True
        if self._in_box is not None and not self._in_box and not self._weighing:
            self._emit(Tare())
        elif self._weighing:
            self._emit(ExpectWeighIn(cancel=True))
        else:
            self._emit(ExpectWeighIn())

    def _released(self) -> None:
        if not self._held:
            self._emit(Acknowledge())
            self._presses.append(time.monotonic())
            if len(self._presses) == PAIRING_PRESSES:
                self._wants_code |= self._presses[-1] - self._presses[0] <= PAIRING_WITHIN_S
            if self._wants_code:
                self._presses.clear()
        self._held = False

    def _emit(self, request: Request) -> None:
        self._put(Command(self._timeline.now_s(), request, origin="panel"))


def _claim(key: str, pin: int | None, build: Callable[[int], Any]) -> Any:
    if pin is None:
        return None
    return gpio.opened(lambda: build(pin), f'"panel.{key}", pin {pin}', (pin,))


def _led(pin: int) -> Any:
    from gpiozero import LED

    return LED(pin)


def _buzzer(pin: int) -> Any:
    from gpiozero import Buzzer

    return Buzzer(pin)


def _button(pin: int) -> Any:
    from gpiozero import Button

    return Button(pin, hold_time=LONG_PRESS_S, bounce_time=BOUNCE_S)

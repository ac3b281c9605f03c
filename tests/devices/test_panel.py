"""The panel on gpiozero's mock pins."""

import itertools
import time

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from monitor.commands import Acknowledge, ExpectWeighIn, Tare
from monitor.config import PanelConfig
from monitor.devices import blinked_code
from monitor.devices import panel as panel_module
from monitor.devices.panel import LIGHT, Panel, Rhythm
from monitor.errors import DeviceError
from monitor.events import Alert, Command
from monitor.host.timeline import Timeline

PINS = PanelConfig(led_pin=17, buzzer_pin=27, button_pin=22)


@pytest.fixture
def factory(monkeypatch):
    mock = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", mock)
    monkeypatch.setattr(panel_module, "LONG_PRESS_S", 0.7)
    monkeypatch.setattr(panel_module, "BOUNCE_S", None)
    yield mock
    mock.reset()


@pytest.fixture
def said():
    return []


@pytest.fixture
def panel(factory, said):
    made = Panel(PINS, Timeline(1000.0), said.append)
    yield made
    made.close()


def alert(severity="warning", state="raised", kind="crying"):
    return Alert(
        t_s=0.0, id="a", kind=kind, state=state, severity=severity, baby=None, since=0.0,
        title="", message="", why="", box="box",
    )  # fmt: skip


def until(true, limit_s=30.0):
    end_s = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.005)


def phases(factory, pin_number, count):
    """What a pin did next: (state, for how long), the shortest of each state.

    A busy machine only makes phases longer.
    """
    pin = factory.pin(pin_number)
    begin = len(pin.states)
    until(lambda: len(pin.states) >= begin + count + 1)
    states = list(pin.states)[begin - 1 :]
    found = {}
    for before, after in itertools.pairwise(states):
        held_s = after.timestamp
        found[before.state] = min(held_s, found.get(before.state, held_s))
    return found


def calm(panel, **more):
    panel.show(**{"open_alerts": [], "blind": False, "linked": True} | more)


def test_the_light_shows_each_state_by_a_rhythm_of_its_own(panel, factory, monkeypatch):
    tenth = {shown: Rhythm(r.on_s / 10, r.off_s / 10) for shown, r in LIGHT.items()}
    monkeypatch.setattr(panel_module, "LIGHT", tenth)
    shown = {
        "alive": {},
        "blind": {"blind": True},
        "weighing": {"weighing": True},
        "alert": {"open_alerts": [alert()], "weighing": True, "blind": True},
    }
    for what, how in shown.items():
        calm(panel, **how)
        held = phases(factory, 17, 4)
        assert held[1] >= 0.9 * tenth[what].on_s
        assert held[0] >= 0.9 * tenth[what].off_s
    assert len(set(LIGHT.values())) == len(LIGHT)


def test_showing_the_same_again_does_not_restart_the_rhythm(panel, factory):
    calm(panel, blind=True)
    pin = factory.pin(17)
    until(lambda: pin.state == 1)

    def dark():  # refreshed faster than the rhythm: it must still go off in time
        calm(panel, blind=True)
        return pin.state == 0

    until(dark)


def test_blindness_is_shown_as_blindness_though_it_is_an_alert(panel, factory):
    calm(panel, open_alerts=[alert(kind="monitor_blind")], blind=True)
    assert panel.shown == "blind"


@pytest.mark.parametrize(
    ("alerts", "linked", "buzzes"),
    [
        ([], True, False),
        ([], False, False),
        ([alert("warning")], True, False),
        ([alert("warning")], False, True),
        ([alert("info")], False, False),
        ([alert("critical")], True, True),
        ([alert("critical", "acknowledged")], True, False),
        ([alert("critical", "snoozed")], False, False),
    ],
)
def test_buzzer_is_the_last_resort(panel, factory, alerts, linked, buzzes):
    calm(panel, open_alerts=alerts, linked=linked)
    until(lambda: factory.pin(27).state == buzzes)


def press(factory, said, *, long=False):
    """Press the button, long enough for a long press to be told, or let go at once."""
    pin, before = factory.pin(22), len(said)
    pin.drive_low()
    if long:
        until(lambda: len(said) > before)
    pin.drive_high()
    if not long:
        until(lambda: len(said) > before)


def requests(said):
    assert all(isinstance(item, Command) and item.origin == "panel" for item in said)
    return [item.request for item in said]


def test_short_press_acknowledges(panel, factory, said):
    press(factory, said)
    assert requests(said) == [Acknowledge()]


@pytest.mark.parametrize(
    ("shown", "asked"),
    [
        ({"in_box": []}, Tare()),
        ({"in_box": ["Possum"]}, ExpectWeighIn()),
        ({"in_box": None}, ExpectWeighIn()),  # the core refuses it, in words
        ({"in_box": ["Possum"], "weighing": True}, ExpectWeighIn(cancel=True)),
        ({"in_box": [], "weighing": True}, ExpectWeighIn(cancel=True)),
    ],
)
def test_long_press_says_what_makes_sense_now(panel, factory, said, shown, asked):
    calm(panel, **shown)
    press(factory, said, long=True)
    press(factory, said)
    assert requests(said) == [asked, Acknowledge()]  # letting go is no short press


@pytest.mark.parametrize(("reply", "times"), [("yes", 1), ("weighed", 2), ("no", 3)])
def test_the_answer_is_seen_and_heard_and_then_the_state_again(panel, factory, reply, times):
    calm(panel, blind=True)
    sounds = factory.pin(27)
    before = len(sounds.states)
    panel.reply(reply)
    calm(panel, blind=True)  # too early: the answer is not cut short
    assert panel.shown is None
    until(lambda: len(sounds.states) >= before + 2 * times)
    rhythm, _ = panel_module.REPLY[reply]
    on = [after.timestamp for before, after in itertools.pairwise(sounds.states) if before.state]
    assert len(on) == times
    assert all(held_s >= 0.9 * rhythm.on_s for held_s in on)

    def shown_again():
        calm(panel, blind=True)
        return panel.shown == "blind"

    until(shown_again)


def test_an_alert_that_buzzes_is_not_silenced_by_an_answer(panel, factory):
    calm(panel, open_alerts=[alert("critical")])
    panel.reply("no")
    sounds = factory.pin(27)
    until(lambda: [change.state for change in list(sounds.states)[-2:]] == [1, 0])
    assert list(sounds.states)[-1].timestamp >= 0.9 * panel_module.BUZZ.on_s


def test_parts_without_a_pin_are_not_there(factory):
    panel = Panel(PanelConfig(led_pin=17), Timeline(0.0), print)
    calm(panel, open_alerts=[alert("critical")])
    panel.close()


def test_a_pin_in_use_names_its_key(factory, panel):
    with pytest.raises(DeviceError, match=r'"panel\.led_pin", pin 17'):
        Panel(PanelConfig(led_pin=17), Timeline(0.0), print)


class TestPairing:
    @pytest.fixture(autouse=True)
    def quick(self, monkeypatch):
        monkeypatch.setattr(blinked_code, "FLASH_S", 0.01)

    def press(self, factory, times):
        pin = factory.pin(22)
        for _ in range(times):
            pin.drive_low()
            time.sleep(0.02)
            pin.drive_high()
            time.sleep(0.02)

    def asked(self, panel):
        found = []
        until(lambda: found or found.extend(filter(None, [panel.take_code()])))
        return found[0]

    def test_five_quick_presses_blink_a_code_that_can_be_counted(self, panel, factory, monkeypatch):
        monkeypatch.setattr(blinked_code, "ROUNDS", 1)
        calm(panel)
        self.press(factory, 4)
        assert panel.take_code() is None
        self.press(factory, 1)
        begin = len(factory.pin(17).states)
        code = self.asked(panel)
        assert len(code) == 8
        assert set(code) <= set("123456")
        assert panel.take_code() is None, "it is asked for once"
        flashes = sum(map(int, code))
        until(lambda: sum(s.state for s in factory.pin(17).states[begin:]) >= flashes)
        until(lambda: calm(panel) or panel.shown == "alive")

    def test_slow_presses_are_five_acknowledgements(self, panel, factory, said, monkeypatch):
        monkeypatch.setattr(panel_module, "PAIRING_WITHIN_S", 0.0)
        self.press(factory, 5)
        until(lambda: len(said) == 5)
        assert all(isinstance(each.request, Acknowledge) for each in said)
        assert panel.take_code() is None

    def test_an_alert_goes_before_a_code(self, panel, factory):
        self.press(factory, 5)
        self.asked(panel)
        calm(panel)
        assert panel.shown is None, "the code is being blinked"
        calm(panel, open_alerts=[alert()])
        assert panel.shown == "alert"


def test_a_code_blinks_as_many_times_as_its_digits_say():
    signal = "".join(map(str, blinked_code.flashes("12345612")))
    gap = "0" * blinked_code.BETWEEN_DIGITS
    once = signal[: len(signal) // blinked_code.ROUNDS]
    assert signal == once * blinked_code.ROUNDS
    counted = [part.count("1") for part in once.split(gap) if "1" in part]
    assert counted == [1, 2, 3, 4, 5, 6, 1, 2]
    assert blinked_code.lasts_s("66666666") < 180

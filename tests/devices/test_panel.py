"""The panel on gpiozero's mock pins."""

import time

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from monitor.config import PanelConfig
from monitor.devices import panel as panel_module
from monitor.devices.panel import Panel
from monitor.errors import DeviceError
from monitor.events import Alert, Command
from monitor.timeline import Timeline

PINS = PanelConfig(led_pin=17, buzzer_pin=27, button_pin=22)


@pytest.fixture
def factory(monkeypatch):
    mock = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", mock)
    monkeypatch.setattr(panel_module, "LONG_PRESS_S", 0.15)
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


def changes(factory, pin_number, span_s):
    """How often a pin changes within a time."""
    pin = factory.pin(pin_number)
    before = len(pin.states)
    time.sleep(span_s)
    return len(pin.states) - before


def calm(panel, **more):
    panel.show(**{"open_alerts": [], "blind": False, "linked": True} | more)


def test_light_tells_alive_blind_and_alert_apart(panel, factory):
    calm(panel)
    alive = changes(factory, 17, 0.5)
    calm(panel, blind=True)
    blind = factory.pin(17).state, changes(factory, 17, 0.5)
    calm(panel, open_alerts=[alert()])
    alerted = changes(factory, 17, 0.6)
    assert alive <= 2
    assert blind == (1, 0)
    assert alerted >= 4


def test_showing_the_same_again_does_not_restart_the_rhythm(panel, factory):
    calm(panel, blind=True)
    for _ in range(12):  # refreshed faster than the rhythm: it must still go off in time
        calm(panel, blind=True)
        time.sleep(0.1)
    assert factory.pin(17).state == 0


def test_blindness_is_shown_as_blindness_though_it_is_an_alert(panel, factory):
    calm(panel, open_alerts=[alert(kind="monitor_blind")], blind=True)
    assert changes(factory, 17, 0.5) <= 1


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
    time.sleep(0.05)
    assert factory.pin(27).state == buzzes


def press(factory, seconds):
    pin = factory.pin(22)
    pin.drive_low()
    time.sleep(seconds)
    pin.drive_high()
    time.sleep(0.05)


def verbs(said):
    assert all(isinstance(item, Command) and item.origin == "panel" for item in said)
    return [(item.verb, item.args) for item in said]


def test_short_press_acknowledges(panel, factory, said):
    press(factory, 0.03)
    assert verbs(said) == [("acknowledge", {})]


def test_long_press_tares_an_empty_scale(panel, factory, said):
    calm(panel, in_box=[])
    press(factory, 0.3)
    assert verbs(said) == [("tare", {})]


@pytest.mark.parametrize("in_box", [["Possum"], None])
def test_long_press_is_refused_with_babies_in_or_unknown(panel, factory, said, in_box):
    calm(panel, in_box=in_box)
    press(factory, 0.6)
    assert not said
    press(factory, 0.03)
    assert verbs(said) == [("acknowledge", {})]


def test_parts_without_a_pin_are_not_there(factory):
    panel = Panel(PanelConfig(led_pin=17), Timeline(0.0), print)
    calm(panel, open_alerts=[alert("critical")])
    panel.close()


def test_a_pin_in_use_names_its_key(factory, panel):
    with pytest.raises(DeviceError, match=r'"panel\.led_pin", pin 17'):
        Panel(PanelConfig(led_pin=17), Timeline(0.0), print)

"""Both readers against the emulated chip: right values, typed faults, never a wrong value."""

import importlib
import random
import sys
import types
from collections import Counter

import pytest

from monitor.devices.hx711_frame import (
    FrameError,
    FrameReader,
    MisframedError,
    NotReadyError,
    SaturatedError,
    SlowPulseError,
    UnsettledError,
)
from tests.devices.hx711_emulator import GARBAGE, Chip, Pins, VirtualTime, rpi_gpio

CODES = [0, -1, 1, 123_456, -123_456, 0x555555, -0x555555, 8_388_606, -8_388_607]


def own_reader(pins, monkeypatch):
    time = pins.chip.clock
    return FrameReader(pins.write, pins.read, time.monotonic, time.sleep)


def package_reader(pins, monkeypatch):
    time = pins.chip.clock
    gpio = rpi_gpio(pins, sck_pin=6)
    parent = types.ModuleType("RPi")
    parent.GPIO = gpio
    monkeypatch.setenv("RPI_LGPIO_CHIP", "0")
    monkeypatch.setitem(sys.modules, "RPi", parent)
    monkeypatch.setitem(sys.modules, "RPi.GPIO", gpio)
    monkeypatch.delitem(sys.modules, "hx711", raising=False)
    package = importlib.import_module("hx711")
    monkeypatch.setattr(package, "time", time)
    from monitor.devices import hx711_package

    return hx711_package.package_reader(5, 6, time.monotonic, time.sleep)


both = pytest.mark.parametrize("build", [own_reader, package_reader], ids=["gpiozero", "package"])


def first_value(reader, tries=12):
    for _ in range(tries):
        try:
            return reader.read()
        except FrameError as error:
            last = error
    raise last


@both
@pytest.mark.parametrize("code", CODES)
def test_reads_the_true_value(build, code, monkeypatch):
    reader = build(Pins(Chip(VirtualTime(), code)), monkeypatch)
    assert first_value(reader) == code
    assert [reader.read() for _ in range(20)] == [code] * 20


@both
@pytest.mark.parametrize("code", [0x7FFFFF, -0x800000])
def test_saturation_is_typed(build, code, monkeypatch):
    reader = build(Pins(Chip(VirtualTime(), code)), monkeypatch)
    faults = {type(fault(reader)) for _ in range(10)}
    assert SaturatedError in faults
    assert faults <= {SaturatedError, UnsettledError}


def fault(reader):
    with pytest.raises(FrameError) as caught:
        reader.read()
    return caught.value


@both
@pytest.mark.parametrize(
    ("break_it", "kind"),
    [
        (lambda chip: setattr(chip, "stuck", 1), NotReadyError),
        (lambda chip: setattr(chip, "stuck", 0), MisframedError),
        (lambda chip: setattr(chip, "dead", True), NotReadyError),
    ],
    ids=["stuck high", "stuck low", "dead"],
)
def test_a_broken_chip_is_a_fault_within_a_second_and_heals(build, break_it, kind, monkeypatch):
    chip = Chip(VirtualTime())
    reader = build(Pins(chip), monkeypatch)
    first_value(reader)
    break_it(chip)
    for _ in range(5):
        before_s = chip.clock.now_s
        assert isinstance(fault(reader), kind)
        assert chip.clock.now_s - before_s < 1.0
    chip.stuck, chip.dead = None, False
    assert first_value(reader) == chip.code


@both
@pytest.mark.parametrize("rate_hz", [10.0, 11.7])
@pytest.mark.parametrize("per_call", [1e-4, 1e-3, 5e-3])
@pytest.mark.parametrize("nasty", [False, True])
def test_no_wrong_value_at_any_rate_of_preemption(build, rate_hz, per_call, nasty, monkeypatch):
    rng = random.Random(round(per_call * 1e6) + nasty)

    def stall():
        if rng.random() >= per_call / 2:
            return 0.0
        return rng.uniform(20e-6, 400e-6) if rng.random() < 0.9 else rng.uniform(1e-3, 0.2)

    chip = Chip(VirtualTime(), 300_000, rate_hz, tears=nasty, unsettled=nasty)
    reader = build(Pins(chip, stall=stall), monkeypatch)
    seen = Counter(attempt(reader) for _ in range(1500))
    wrong = {key: n for key, n in seen.items() if isinstance(key, int) and key != 300_000}
    assert not wrong
    assert seen[300_000] > 100


def attempt(reader):
    try:
        return reader.read()
    except FrameError as error:
        return type(error).__name__


def test_no_wrong_value_from_the_fast_converter():
    rng = random.Random(3)
    chip = Chip(VirtualTime(), 300_000, 93.0, tears=True, unsettled=True)
    pins = Pins(chip, stall=lambda: rng.uniform(1e-3, 30e-3) if rng.random() < 2e-4 else 0.0)
    reader = own_reader(pins, None)
    seen = Counter(attempt(reader) for _ in range(3000))
    assert {key for key in seen if isinstance(key, int)} == {300_000}
    assert seen[300_000] > 1500


def test_values_before_the_chip_has_settled_are_discarded():
    chip = Chip(VirtualTime(), unsettled=True)
    reader = own_reader(Pins(chip), None)
    assert isinstance(fault(reader), UnsettledError)
    assert first_value(reader) == chip.code != GARBAGE


@pytest.mark.parametrize(("call_s", "works"), [(2e-6, True), (20e-6, True), (40e-6, False)])
def test_too_slow_a_pin_is_a_fault_not_a_value(call_s, works):
    reader = own_reader(Pins(Chip(VirtualTime()), call_s), None)
    if works:
        assert first_value(reader) == 300_000
    else:
        assert {attempt(reader) for _ in range(20)} == {SlowPulseError.__name__}


def test_most_of_the_wait_is_slept_not_polled():
    pins = Pins(Chip(VirtualTime()))
    reader = own_reader(pins, None)
    first_value(reader)
    for _ in range(10):
        reader.read()
    before = pins.calls
    for _ in range(50):
        reader.read()
    operations = (pins.calls - before) / 2 / 50
    assert operations < 50 + 24 + 1 + 5  # pulses, bits, one check, at most five polls

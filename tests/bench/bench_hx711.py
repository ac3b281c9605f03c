"""Three ways to read an HX711 while the process is paused at random, in virtual time.

The reference is the PyPI package as it is used by its own documentation (``get_raw_data``); beside
it the same package fenced in, and the project's own frame reader. A wrong value is one that the
emulated chip never measured.

    python tests/bench/bench_hx711.py [--values 3000]
"""

from __future__ import annotations

import argparse
import importlib
import logging
import random
import sys
import types
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from monitor.devices import hx711_package
from monitor.devices.hx711_frame import FrameError, FrameReader
from tests.devices.hx711_emulator import Chip, Pins, VirtualTime, rpi_gpio

TRUE = 300_000
PAUSE_S = (20e-6, 400e-6)
RATES = (1e-4, 1e-3, 5e-3)
"""pauses per GPIO call; a frame takes 75 calls"""
CALLS_PER_VALUE = 300
"""a reader that needs more than this for a value has hung (75 and some polls are normal)"""


class HungError(Exception):
    """The reader does not come back."""


class LimitedPins(Pins):
    """Pins that give out after a number of calls, so that a hang ends."""

    limit = 1 << 60

    def let_time_pass(self) -> None:
        super().let_time_pass()
        if self.calls > self.limit:
            raise HungError


def make_pins(per_call: float, nasty: bool) -> LimitedPins:
    rng = random.Random(1)  # the same pauses for everybody
    chip = Chip(VirtualTime(), TRUE, 11.7, tears=nasty, unsettled=nasty)
    return LimitedPins(
        chip, stall=lambda: rng.uniform(*PAUSE_S) if rng.random() < per_call / 2 else 0.0
    )


def load_package(pins: Pins) -> types.ModuleType:
    parent = types.ModuleType("RPi")
    gpio = rpi_gpio(pins, sck_pin=6)
    parent.GPIO = gpio  # type: ignore[attr-defined]  # a stand-in
    sys.modules |= {"RPi": parent, "RPi.GPIO": gpio}
    sys.modules.pop("hx711", None)
    package = importlib.import_module("hx711")
    package.time = pins.chip.clock  # type: ignore[attr-defined]
    return package


def bare(pins: Pins) -> Callable[[], list[int]]:
    chip = load_package(pins).HX711(5, 6)
    return lambda: list(chip.get_raw_data(2))


def fenced(pins: Pins) -> Callable[[], list[int]]:
    load_package(pins)
    clock = pins.chip.clock
    reader = hx711_package.package_reader(5, 6, clock.monotonic, clock.sleep)
    return lambda: [reader.read()]


def own(pins: Pins) -> Callable[[], list[int]]:
    clock = pins.chip.clock
    reader = FrameReader(pins.write, pins.read, clock.monotonic, clock.sleep)
    return lambda: [reader.read()]


def run(build: Callable[[Pins], Callable[[], list[int]]], pins: LimitedPins, values: int) -> str:
    pins.limit = values * CALLS_PER_VALUE
    read, seen = build(pins), Counter[str]()
    try:
        while seen["right"] + seen["wrong"] + seen["refused"] < values:
            try:
                for value in read():
                    seen["right" if value == TRUE else "wrong"] += 1
            except FrameError:
                seen["refused"] += 1
    except (HungError, RecursionError) as error:
        seen["hung"] += 1
        return f"{seen['wrong']:5} wrong   {type(error).__name__} after {seen.total() - 1} values"
    share = 100 * seen["refused"] / seen.total()
    each_s = pins.chip.clock.now_s / max(seen["right"], 1)
    return f"{seen['wrong']:5} wrong  {share:5.1f} % refused  {each_s:.3f} s a value"


def main(values: int) -> None:
    logging.disable(logging.CRITICAL)
    readers = {"package alone (reference)": bare, "package, fenced in": fenced, "own reader": own}
    for nasty in (False, True):
        print(f"chip that {'tears and signals unsettled values' if nasty else 'is well behaved'}:")
        for per_call in RATES:
            for name, build in readers.items():
                outcome = run(build, make_pins(per_call, nasty), values)
                print(f"  {per_call:7.0e}  {name:26} {outcome}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--values", type=int, default=3000, help="to read in each case (3000)")
    main(parser.parse_args().values)

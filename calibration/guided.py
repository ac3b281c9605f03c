"""The three steps of a scale's calibration with a person at it, in the terminal.

By the device itself while no monitor runs, or by the running one, which has it open: then each step
is the command that a phone sends. What is refused is asked again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, TextIO, TypeVar

from monitor.config import ScaleConfig
from monitor.core.scale_fit import (
    Plateau,
    ScaleFit,
    diagnose,
    fit,
    rest,
    said_of_check,
    said_of_empty,
    said_of_mass,
)
from monitor.devices.collect import Tap
from monitor.errors import CalibrationError, CommandError
from monitor.written.masses import parse_mass

T = TypeVar("T")
Ask = Callable[[str], str]
Step = Callable[[Literal["empty", "mass", "check", "accept", "cancel"], float | None], str]
"""has the running monitor take a step; returns what it understood, or raises a CommandError"""

DIAGNOSE_S = 10.0
REST_S = 6.0
"""60 values at 10 a second: the error of the mean is an eighth of one value's noise"""
SETTLE_S = 3.0
"""after a hand has left: the platform rings for less than a second, creep is fastest at first"""
START_S = 10.0
EMPTY_PROMPT = "Step 1 of 3: nothing on the scale, box and babies off. Press Enter."
MASS_PROMPT = "Step 2 of 3: what will you put on it (1kg, 500, 20x2eur)? "
CHECK_PROMPT = "Step 3 of 3: a second mass as check, alone (Enter to skip): "
ATTEMPTS = 4
"""at each step; what was typed wrongly counts apart from a mass that cannot be"""


def guided(
    tap: Tap,
    scale: ScaleConfig,
    *,
    mass: str | None = None,
    check_mass: str | None = None,
    ask: Ask,
    settle_s: float = SETTLE_S,
    out: TextIO,
) -> ScaleFit:
    """The three steps with a person at the scale; see ``calibrate_scale`` for the arguments.

    Raises:
        CalibrationError: one sentence.
    """
    out.write("Ten seconds of diagnosis: take everything off and do not touch the scale.\n")
    heard = tap.collect(DIAGNOSE_S, START_S)
    if not len(heard.counts):
        raise CalibrationError(f"the scale {heard.reason('sends no values')}")
    rate_hz, noise = diagnose(heard.times_s, heard.counts)
    out.write(f"  {rate_hz:.1f} values a second, noise {noise:.0f} counts: fine.\n")

    def still(prompt: str) -> Plateau:
        return _still(tap, prompt, ask, settle_s, out)

    out.write(picture(""))
    empty = still(EMPTY_PROMPT)
    out.write(f"  {said_of_empty(empty)}.\n")

    def with_mass(mass_g: float) -> tuple[ScaleFit, Plateau, float]:
        out.write(picture(f"{mass_g:.15g} g"))
        loaded = still(f"Put the {mass_g:.15g} g on the middle, hands off, press Enter.")
        found = fit(empty, loaded, mass_g, scale.capacity_g)
        out.write(f"  {said_of_mass(found, mass_g)}.\n")
        return found, loaded, mass_g

    def with_check(check_g: float) -> ScaleFit:
        out.write(picture(f"{check_g:.15g} g"))
        check = still(f"Only the {check_g:.15g} g on the scale, hands off, press Enter.")
        found = fit(empty, loaded, mass_g, scale.capacity_g, (check, check_g))
        out.write(f"  {said_of_check(check_g, found.check_error or 0.0)}.\n")
        return found

    first, loaded, mass_g = asked_for_mass(MASS_PROMPT, mass, with_mass, ask, out)
    typed = ask(CHECK_PROMPT) if check_mass is None else check_mass
    if not typed.strip():
        return first
    return asked_for_mass(CHECK_PROMPT, check_mass, with_check, ask, out, typed=typed)


def picture(load: str) -> str:
    """The scale from the side with ``load`` on the middle of it; "": nothing lies on it."""
    rows = [f".{'-' * (len(load) + 2)}.", f"| {load} |"] if load else ["(nothing)"]
    note = "on the middle, touching nothing else" if load else "box and babies off"
    rows[-1] = f"{rows[-1]:^26}  {note}"
    rows += ["=" * 26, "[ cell ]", "=" * 26]
    return "".join(f"      {row:^26}".rstrip() + "\n" for row in rows)


def asked_for_mass(
    prompt: str,
    given: str | None,
    take: Callable[[float], T],
    ask: Ask,
    out: TextIO,
    *,
    typed: str | None = None,
) -> T:
    """What ``take`` makes of a mass: the one that was given, or one typed until it makes sense.

    ``typed``: what has been typed at the prompt already.

    Raises:
        CalibrationError: refused once too often, or what was given is refused.
    """
    mistyped = refused = 0
    while True:
        text = given if given is not None else typed if typed is not None else ask(prompt)
        typed = None
        try:
            grams = grams_of(text)
        except CalibrationError as error:
            mistyped += 1
            if given is not None or mistyped >= ATTEMPTS:
                raise
            out.write(f"  {error}\n")
            continue
        try:
            return take(grams)
        except (CalibrationError, CommandError) as error:
            refused += 1
            if given is not None or refused >= ATTEMPTS:
                raise
            out.write(f"  {error}\n")


def _still(tap: Tap, prompt: str, ask: Ask, settle_s: float, out: TextIO) -> Plateau:
    """Ask until the scale rests; the last attempt's refusal stands."""
    for attempt in range(1, ATTEMPTS + 1):
        ask(f"{prompt} ")
        time.sleep(settle_s)
        tap.skip()
        heard = tap.collect(REST_S, settle_s)
        try:
            return rest(heard.counts)
        except CalibrationError as error:
            if attempt == ATTEMPTS:
                raise
            out.write(f"  {error}\n")
    raise CalibrationError("the scale does not come to rest")


def grams_of(text: str) -> float:
    """Grams of a mass as it was typed.

    Raises:
        CalibrationError: it is none; says what to write.
    """
    try:
        return parse_mass(text)
    except ValueError as error:
        raise CalibrationError(f'"{text.strip()}" {error}') from error


def guided_by_monitor(
    step: Step,
    *,
    mass: str | None = None,
    check_mass: str | None = None,
    ask: Ask,
    settle_s: float = SETTLE_S + REST_S,
    out: TextIO,
) -> None:
    """The same three steps, each taken by the monitor that runs; it keeps the calibration itself.

    Raises:
        CalibrationError, CommandError: one sentence; the monitor goes on as before.
    """

    def still(prompt: str, name: Literal["empty", "mass", "check"], grams: float | None) -> None:
        out.write(picture("" if grams is None else f"{grams:.15g} g"))
        ask(f"{prompt} ")
        time.sleep(settle_s)
        out.write(f"  {step(name, grams)}.\n")

    def empty(attempt: int) -> bool:
        try:
            still(EMPTY_PROMPT, "empty", None)
        except CommandError as error:
            if attempt >= ATTEMPTS:
                raise
            out.write(f"  {error}\n")
            return False
        return True

    def with_mass(grams: float) -> None:
        put = f"Put the {grams:.15g} g on the middle, hands off, press Enter."
        still(put, "mass", grams)

    def with_check(grams: float) -> None:
        still(f"Only the {grams:.15g} g on the scale, hands off, press Enter.", "check", grams)

    begun = False
    try:
        for attempt in range(1, ATTEMPTS + 1):
            if begun := empty(attempt):
                break
        asked_for_mass(MASS_PROMPT, mass, with_mass, ask, out)
        typed = ask(CHECK_PROMPT) if check_mass is None else check_mass
        if typed.strip():
            asked_for_mass(CHECK_PROMPT, check_mass, with_check, ask, out, typed=typed)
        out.write(f"{step('accept', None)}.\n")
    except BaseException:
        if begun:
            with suppress(CommandError):
                step("cancel", None)
        raise

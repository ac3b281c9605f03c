"""``nursery calibrate scale``: empty, a known mass, a second one as check; under three minutes.

Guided in the terminal, or from a recording of the same three steps (``from_csv``). What is
doubtful is refused in one sentence (after Klipper's load-cell calibration). What comes out is
a dated artefact with the measured quality, and the two lines for the configuration; nothing is
changed in place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from calibration.drift import draw, sketch, soak
from calibration.recorded_steps import plateaus
from monitor.config import Config, ScaleConfig
from monitor.core.scale_fit import (
    Plateau,
    ScaleFit,
    diagnose,
    fit,
    rest,
)
from monitor.devices.collect import Tap, open_tap
from monitor.errors import CalibrationError, ConfigError
from monitor.events import ScaleBlock
from monitor.host.callers_files import Write, write_file
from monitor.host.extras import install_command
from monitor.recordings.scale_csv import read_scale_csv
from monitor.times import HOUR_S, local_stamp
from monitor.written.masses import parse_mass

DIAGNOSE_S = 10.0
REST_S = 6.0
"""60 values at 10 a second: the error of the mean is an eighth of one value's noise"""
SETTLE_S = 3.0
"""after a hand has left: the platform rings for less than a second, creep is fastest at first"""
START_S = 10.0
ATTEMPTS = 4

Ask = Callable[[str], str]
Stretch = tuple[NDArray[np.float64], NDArray[np.float64]]


def calibrate_scale(
    config: Config,
    *,
    mass: str | None = None,
    check_mass: str | None = None,
    from_csv: str | None = None,
    soak_h: float | None = None,
    out_dir: str = ".",
    ask: Ask = input,
    write: Write = write_file,
    out: TextIO,
) -> int:
    """Calibrate, or with ``soak_h`` measure the drift; writes an artefact into ``out_dir``.

    Args:
        config: names the scale's driver and pins, and the capacity.
        mass: what will lie on the scale, e.g. "1kg" or "20x2eur"; asked for when absent.
        check_mass: a second one; "" to do without.
        from_csv: a recording of empty, mass and check mass, instead of the live scale.
        soak_h: hours to watch the untouched scale; with ``from_csv`` any number.
        out_dir: where the artefact goes.
        ask: shows a prompt and returns what was typed.
        write: writes the artefact, with the rights of whoever asked for it.
        out: where everything is told.

    Returns:
        0.

    Raises:
        CalibrationError, DeviceError, InputError, ConfigError: one sentence; nothing was written.
    """
    if soak_h is not None:
        return _soak(config, from_csv, soak_h, Path(out_dir), write, out)
    if from_csv is not None:
        found = _from_recording(config.scale, from_csv, mass, check_mass)
    else:
        found = _live(config, mass, check_mass, ask, out)
    _conclude(found, config.scale, Path(out_dir), write, out)
    return 0


def _conclude(
    found: ScaleFit, scale: ScaleConfig, out_dir: Path, write: Write, out: TextIO
) -> None:
    path = out_dir / f"scale-{local_stamp()}.toml"
    write(path, artefact(found, scale).encode())
    out.write(summary(found))
    out.write(f"\nPut these two lines under [scale] in the configuration:\n\n{_lines(found)}\n")
    out.write(f"Kept with the measurements in {path}\n")


# --------------------------------------------------------------------------- live


def _live(
    config: Config, mass: str | None, check_mass: str | None, ask: Ask, out: TextIO
) -> ScaleFit:
    tap = open_tap(config, "scale")
    try:
        return guided(tap, config.scale, mass=mass, check_mass=check_mass, ask=ask, out=out)
    finally:
        tap.close()


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

    empty = still("Step 1 of 3: nothing on the scale. Press Enter.")
    mass_g = _grams(mass or ask("Step 2 of 3: what will you put on it (1kg, 500, 20x2eur)? "))
    loaded = still(f"Put the {mass_g:.0f} g on the middle, hands off, press Enter.")
    first = fit(empty, loaded, mass_g, scale.capacity_g)
    out.write(f"  {first.counts_per_gram:.2f} counts per gram.\n")
    if check_mass is None:
        check_mass = ask("Step 3 of 3: a second mass as check, alone (Enter to skip): ")
    if not check_mass.strip():
        return first
    check_g = _grams(check_mass)
    check = still(f"Only the {check_g:.0f} g on the scale, hands off, press Enter.")
    return fit(empty, loaded, mass_g, scale.capacity_g, (check, check_g))


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


def _grams(text: str) -> float:
    try:
        return parse_mass(text)
    except ValueError as error:
        raise CalibrationError(f'"{text.strip()}" {error}') from error


# --------------------------------------------------------------------------- from a recording


def _from_recording(
    scale: ScaleConfig, path: str, mass: str | None, check_mass: str | None
) -> ScaleFit:
    if not mass:
        raise CalibrationError("a recording needs the mass that was put on: give it, e.g. 1kg")
    mass_g, check_g = _grams(mass), _grams(check_mass) if check_mass else None
    times_s, counts = _whole(path)
    diagnose(times_s, counts)
    found = plateaus(times_s, counts)
    wanted = 3 if check_mass else 2
    if len(found) < wanted:
        raise CalibrationError(
            f"{path} holds {len(found)} still stretch(es), {wanted} are needed: empty, mass"
            f"{', check mass' if check_mass else ''}, each for ten seconds. If the mass was on it, "
            "the reading did not change: check the wiring of the cell"
        )
    # hands and an empty platform may come between: the heaviest other levels are the masses
    empty = found[0]
    loads = [p for p in found[1:] if abs(p.mean_counts - empty.mean_counts) > 20 * p.noise_counts]
    if len(loads) < wanted - 1:
        raise CalibrationError(f"{path}: after the empty scale no mass is seen: check the wiring")
    check = (loads[1], check_g) if check_g is not None else None
    return fit(empty, loads[0], mass_g, scale.capacity_g, check)


def _whole(path: str) -> Stretch:
    blocks = list(read_scale_csv(path))
    return (
        np.concatenate([block.times_s for block in blocks]),
        np.concatenate([block.counts for block in blocks]),
    )


# --------------------------------------------------------------------------- drift


def _soak(
    config: Config, path: str | None, hours: float, out_dir: Path, write: Write, out: TextIO
) -> int:
    factor = config.scale.counts_per_gram
    if factor is None:
        raise ConfigError('"scale.counts_per_gram" is missing: calibrate first, then soak')
    blocks = read_scale_csv(path) if path else _live_minutes(config, hours, out)
    found = soak(blocks, factor)
    picture = out_dir / f"soak-{local_stamp()}.png"
    out.write(
        f"{found.hours:.1f} h: drift {found.drift_g_per_h:+.2f} g/h, "
        f"wander {found.wander_g:.1f} g\n{sketch(found)}\n"
    )
    drawn = draw(found)
    if drawn is not None:
        write(picture, drawn)
        out.write(f"Drawn in {picture}\n")
    else:
        out.write(f"For a picture: {install_command('report')}\n")
    return 0


def _live_minutes(config: Config, hours: float, out: TextIO) -> Iterator[ScaleBlock]:
    tap = open_tap(config, "scale")
    end_s = time.monotonic() + hours * HOUR_S
    try:
        out.write(f"Watching the scale for {hours:g} h; leave it alone. Ctrl-C ends it early.\n")
        while time.monotonic() < end_s:
            heard = tap.collect(min(60.0, end_s - time.monotonic()))
            if len(heard.counts):
                yield ScaleBlock(heard.times_s, heard.counts)
    except KeyboardInterrupt:
        out.write("\n")
    finally:
        tap.close()


# --------------------------------------------------------------------------- words


def artefact(found: ScaleFit, scale: ScaleConfig) -> str:
    """The dated record: the configuration's lines and how good they are."""
    check = "" if found.check_error is None else f"check_error = {found.check_error:.5f}\n"
    return (
        f"# nursery calibrate scale, {datetime.now().astimezone():%Y-%m-%d %H:%M %z}\n"
        f"[scale]\n{_lines(found)}\n"
        f"[measured]\ndriver = {scale.driver!r}\nnoise_g = {found.noise_g:.4f}\n"
        f"precision = {found.precision:.6f}\nused_range = {found.used_range:.4f}\n{check}"
    )


def _lines(found: ScaleFit) -> str:
    return f"counts_per_gram = {found.counts_per_gram:.4f}\nzero_counts = {found.zero_counts:.0f}\n"


def summary(found: ScaleFit) -> str:
    """How good the calibration is, in sentences."""
    lines = [
        f"Noise {found.noise_g:.2f} g a reading.",
        f"Factor good to {100 * found.precision:.2f} %.",
        f"{100 * found.used_range:.0f} % of the converter's range at full load.",
    ]
    if found.check_error is None:
        lines.append("No second mass: a mass typed wrongly would go unnoticed.")
    else:
        lines.append(f"The check mass agrees within {100 * abs(found.check_error):.2f} %.")
    return "\n".join(lines) + "\n"

"""``nursery calibrate scale``: empty, a known mass, a second one as check; under three minutes.

Guided in the terminal, or from a recording of the same three steps (``from_csv``). What is
doubtful is refused in one sentence (after Klipper's load-cell calibration) and asked again. What
comes out is a dated artefact with the measured quality; it is kept among the settings, or, from a
recording, printed as the two lines for the configuration.
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
from calibration.guided import Ask, grams_of, guided
from calibration.recorded_steps import plateaus
from monitor.config import Config, ScaleConfig
from monitor.core.scale_fit import (
    ScaleFit,
    diagnose,
    fit,
)
from monitor.devices.collect import open_tap
from monitor.errors import CalibrationError, ConfigError
from monitor.events import ScaleBlock
from monitor.host.callers_files import Write, write_file
from monitor.host.extras import install_command
from monitor.recordings.scale_csv import read_scale_csv
from monitor.times import HOUR_S, local_stamp

Keep = Callable[[float, float], None]
"""takes over counts per gram and at zero, or raises a CommandError"""
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
    keep: Keep | None = None,
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
        keep: takes the two values over; None, or a recording: they are printed for the file.
        out: where everything is told.

    Returns:
        0.

    Raises:
        CalibrationError, DeviceError, InputError, ConfigError: one sentence; nothing was written.
    """
    if soak_h is not None:
        return _soak(config, from_csv, soak_h, Path(out_dir), write, out)
    if from_csv is not None:
        found, keep = _from_recording(config.scale, from_csv, mass, check_mass), None
    else:
        found = _live(config, mass, check_mass, ask, out)
    _conclude(found, config.scale, Path(out_dir), write, keep, out)
    return 0


def _conclude(
    found: ScaleFit,
    scale: ScaleConfig,
    out_dir: Path,
    write: Write,
    keep: Keep | None,
    out: TextIO,
) -> None:
    path = out_dir / f"scale-{local_stamp()}.toml"
    write(path, artefact(found, scale).encode())
    out.write(summary(found))
    if keep is None:
        out.write(f"\nPut these two lines under [scale] in the configuration:\n\n{_lines(found)}\n")
    else:
        keep(round(found.counts_per_gram, 4), round(found.zero_counts))
        out.write("The box uses it from now on (nursery get scale shows it).\n")
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


# --------------------------------------------------------------------------- from a recording


def _from_recording(
    scale: ScaleConfig, path: str, mass: str | None, check_mass: str | None
) -> ScaleFit:
    if not mass:
        raise CalibrationError("a recording needs the mass that was put on: give it, e.g. 1kg")
    mass_g, check_g = grams_of(mass), grams_of(check_mass) if check_mass else None
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

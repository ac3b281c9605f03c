"""``calibrate``: scale, room, cry."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import (
    become_owner,
    box_config,
    box_settings,
    callers_config,
    callers_files,
    config_option,
)

if TYPE_CHECKING:
    from monitor.config import Config


@click.group()
def calibrate() -> None:
    """Guided calibration; each writes a dated artefact and the lines for the configuration."""


@calibrate.command("scale")
@click.option("--mass", metavar="GRAMS", help="The known mass: 1000, 1kg, 2lb, or coins: 10x2eur.")
@click.option("--check-mass", metavar="GRAMS", help="A second mass, to check with.")
@click.option("--from-csv", metavar="CSV", help="Work from a recording: header time_s,counts.")
@click.option("--soak", "soak_h", type=click.FloatRange(0.1, 72), metavar="HOURS",
              help="Measure the drift of an untouched scale instead, and draw it.")  # fmt: skip
@click.option("--out-dir", metavar="DIR", default=".", show_default=True)
@config_option
def calibrate_scale(config_path: str | None, **options: Any) -> int:
    """Guided, three minutes: a diagnostic, the empty scale, a known mass, a second one.

    A sealed 1 kg bag of sugar will do. Refuses in plain words what would be wrong later, and keeps
    the calibration itself. A running monitor goes on listening meanwhile.
    """
    write = callers_files(options["out_dir"])
    if options["from_csv"] is not None:
        from calibration.scale import calibrate_scale as run_calibration

        config = callers_config(config_path)
        return run_calibration(config, **options, write=write, out=sys.stdout)
    settings = box_settings(config_path)
    from monitor.store.lock import is_held

    if options["soak_h"] is None and is_held(settings.file.state_dir):
        return _by_the_running_monitor(settings.config, options["mass"], options["check_mass"])
    from calibration.scale import calibrate_scale as run_calibration

    return run_calibration(
        settings.config, **options, write=write, keep=settings.accept_calibration, out=sys.stdout
    )


def _by_the_running_monitor(config: Config, mass: str | None, check_mass: str | None) -> int:
    """It has the scale open: it takes the steps, as it does for a phone."""
    from calibration.guided import guided_by_monitor
    from monitor.verbs.local import submit
    from monitor.written.setup_requests import CalibrateScale, CalibrationStep

    def step(name: CalibrationStep, grams: float | None) -> str:
        return submit(config, CalibrateScale(step=name, grams=grams)) or "done"

    guided_by_monitor(step, mass=mass, check_mass=check_mass, ask=input, out=sys.stdout)
    return 0


@calibrate.command("room")
@click.option("--from-audio", metavar="FILE", help="Work from a recording without crying.")
@click.option("--night", "night_h", type=click.FloatRange(0.1, 72), metavar="HOURS",
              help="Listen while nobody cries and find this room's threshold.")  # fmt: skip
@click.option("--out-dir", metavar="DIR", default=".", show_default=True)
@config_option
def calibrate_room(config_path: str | None, **options: Any) -> int:
    """Level, clipping, noise floor and hum; then a quiet night's false alarms."""
    write = callers_files(options["out_dir"])
    live = options["from_audio"] is None
    config = box_config(config_path) if live else callers_config(config_path)
    from calibration.room import calibrate_room as run_calibration

    return run_calibration(config, **options, write=write, out=sys.stdout)


@calibrate.command("cry")
@click.argument("cries", metavar="CRIES_DIR")
@click.argument("room", metavar="ROOM_DIR")
@click.option("--species", type=click.Choice(["kitten", "puppy"]), required=True,
              help="Who cries in the recordings.")  # fmt: skip
@click.option("--refused", metavar="DIR",
              help='Bouts answered "not a cry"; by default not-a-cry beside them.')  # fmt: skip
@click.option("--model", metavar="NPZ", help="Start from this model, not from the one that ships.")
@click.option("--journal", metavar="SQLITE",
              help='Without kept bouts: learn from answers "not a cry".')  # fmt: skip
@click.option("--out-dir", metavar="DIR", default=".", show_default=True)
def calibrate_cry(
    cries: str,
    room: str,
    refused: str | None,
    species: str,
    model: str | None,
    journal: str | None,
    out_dir: str,
) -> int:
    """Tune the detector to your babies (a folder of cries) and your room (a folder without).

    Shows the accuracy on recordings left out, before and after, and on made sounds, so that
    nothing grows deaf to faint cries or fires at every bird. Refuses to make things worse, and
    never touches the model that ships.
    """
    from pathlib import Path
    from typing import cast

    from monitor.data.shipped import cry_model_bytes

    given = cry_model_bytes(model)  # the caller's own file
    write = callers_files(out_dir)
    become_owner(cries)
    from calibration.cry import calibrate_cry as run_calibration
    from monitor.core.cry.model import CryModel
    from monitor.events import Species

    run_calibration(
        Path(cries),
        Path(room),
        refused=None if refused is None else Path(refused),
        model=CryModel.from_bytes(given),
        species=cast("Species", species),
        out_dir=Path(out_dir),
        write=write,
        journal=None if journal is None else Path(journal),
        out=sys.stdout,
        err=sys.stderr,
    )
    return 0

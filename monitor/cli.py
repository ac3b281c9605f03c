"""The ``nursery`` command. Heavy parts are imported by the verb that needs them.

Exit codes: 0 done, 1 a check or the job failed, 2 usage or configuration. Whatever goes wrong is
one sentence on standard error, never a traceback.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from monitor import __version__
from monitor.errors import CommandError, ConfigError, NurseryError

CONFIG_HELP = "The configuration (default: $NURSERY_CONFIG, ./nursery.toml, /etc/nursery/)."


def config_option(function: Any) -> Any:
    """``--config PATH`` for every verb that works on one box."""
    return click.option("--config", "config_path", metavar="PATH", help=CONFIG_HELP)(function)


def json_option(function: Any) -> Any:
    """``--json``: JSON Lines on standard output and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="JSON Lines on standard output.")(
        function
    )


class Grams(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.5
    """A weight with an optional unit: 412, 412g, 0.412kg, 14.5oz."""

    name = "grams"
    _units = {"kg": 1000.0, "g": 1.0, "oz": 28.349523125, "lb": 453.59237, "": 1.0}  # noqa: RUF012 - constant

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Grams as a float; fails with a sentence."""
        if isinstance(value, float):
            return value
        import re

        match = re.fullmatch(r"\s*([0-9]*[.,]?[0-9]+)\s*(kg|g|oz|lb|)\s*", str(value).lower())
        if match is None:
            self.fail(f"{value!r} is no weight: write grams (412) or a unit (14.5oz)", param, ctx)
        grams = float(match[1].replace(",", ".")) * self._units[match[2]]
        if not 0 < grams < 100_000:
            self.fail(f"{value!r} is no weight a baby can have", param, ctx)
        return grams


GRAMS = Grams()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="nursery")
def cli() -> None:
    """Watch over a box of hand-raised kittens and puppies.

    A load cell under the box names and weighs each baby as it is lifted out for its bottle; a
    microphone hears crying; alerts go out over MQTT. See it without any hardware: nursery demo.
    This is no medical device.
    """


# --------------------------------------------------------------------------- the daemon


@cli.command()
@click.option("--hours", type=click.FloatRange(0.1, 96), default=6.0, show_default=True,
              help="Nursery hours to live through.")  # fmt: skip
@click.option("--speed", type=click.FloatRange(1, 20_000), default=360.0, show_default=True,
              help="Nursery seconds per second.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another night.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default="a free one",
              help="Port of the embedded broker, on loopback.")  # fmt: skip
def demo(hours: float, speed: float, seed: int, port: int) -> int:
    """Live through a simulated night: no hardware, broker, config or root needed.

    The real daemon watches a simulated box (a kitten, Kangaroo, and a runt puppy, Possum) and
    publishes to a broker inside this process; what you see is what a subscribed phone would show.
    """
    from monitor.simulation.demo import run_demo

    return run_demo(hours=hours, speed=speed, seed=seed, port=port)


@cli.command()
@config_option
def run(config_path: str | None) -> int:
    """Run the daemon: watch, weigh, listen and alert until stopped."""
    config = _config(config_path)
    from monitor.daemon.run import run_daemon

    return run_daemon(config)


@cli.command()
@config_option
@json_option
@click.option("--push", is_flag=True, help="Also send a push to everybody under [notify].")
def check(config_path: str | None, as_json: bool, push: bool) -> int:
    """Ten-second diagnostic: microphone, scale, broker, push, journal, clock, power.

    One line each, with what to do. Exit code 1 if anything fails.
    """
    from monitor.config import find_config
    from monitor.store.secrets import handed_over

    path = find_config(config_path)
    password = handed_over(path)
    config = _config(str(path))
    from monitor.verbs.check import run_check

    return run_check(config, as_json, sys.stdout, password=password, push=push)


@cli.command()
@click.argument("audio", nargs=-1, required=True, metavar="AUDIO...")
@json_option
@click.option("--windows", is_flag=True, help="Also print every window's probabilities.")
@click.option("--plot", metavar="OUT.PNG", help="Draw spectrogram, scores and bouts.")
def listen(audio: Sequence[str], as_json: bool, windows: bool, plot: str | None) -> int:
    """Run the cry detector over WAV, FLAC or OGG files."""
    write = _writer(*([plot] if plot else []))
    _become_owner(audio[0])
    from monitor.verbs.listen import listen as run_listen

    return run_listen(
        list(audio), as_json=as_json, windows=windows, plot=plot, write=write,
        out=sys.stdout, err=sys.stderr,
    )  # fmt: skip


@cli.command()
@click.option("--config", "config_path", metavar="PATH", required=True,
              help="Calibration of the scale and alert settings.")  # fmt: skip
@click.option("--babies", metavar="JSON", help="Who is in the box at the start.")
@click.option("--scale", metavar="CSV", help="Raw converter values: header time_s,counts.")
@click.option("--audio", metavar="FILE", help="WAV, FLAC or OGG; begins at --start.")
@click.option("--weights", metavar="CSV", help="Typed weighings: header time,baby,weight_g.")
@click.option(
    "--start", metavar="TIME", help="Begin of the recording, such as 2026-01-31T02:14:05Z."
)
@json_option
def replay(config_path: str, as_json: bool, **inputs: str | None) -> int:
    """Run the whole pipeline over recorded inputs and print every event.

    The same inputs give the same events, byte for byte.
    """
    from monitor.verbs.replay import ReplayInputs
    from monitor.verbs.replay import replay as run_replay

    return run_replay(
        _callers_config(config_path), ReplayInputs(**inputs), as_json=as_json,
        out=sys.stdout, err=sys.stderr,
    )  # fmt: skip


# --------------------------------------------------------------------------- who is here


@cli.group()
def baby() -> None:
    """Who is in the nursery."""


@baby.command("add")
@click.argument("name")
@click.option("--species", type=click.Choice(["kitten", "puppy"]), required=True)
@click.option("--born", metavar="DATE", help="Date of birth, a guess will do: 2026-01-31.")
@click.option("--weight", "weight_g", type=GRAMS, help="Weight now.")
@click.option("--adult-weight", "adult_weight_kg", type=click.FloatRange(0.5, 100), metavar="KG",
              help="Expected adult weight: picks a puppy's growth band.")  # fmt: skip
@config_option
def baby_add(config_path: str | None, **args: Any) -> int:
    """Register a baby; it is in the box from now on."""
    return _command(config_path, "baby_add", args, f"{args['name']} is in the nursery")


@baby.command("edit")
@click.argument("name")
@click.option("--rename", metavar="NAME")
@click.option("--species", type=click.Choice(["kitten", "puppy"]))
@click.option("--born", metavar="DATE")
@click.option("--adult-weight", "adult_weight_kg", type=click.FloatRange(0.5, 100), metavar="KG")
@config_option
def baby_edit(config_path: str | None, **args: Any) -> int:
    """Change what is known about a baby; its history stays with it."""
    return _command(config_path, "baby_edit", args, f"{args['name']} changed")


@baby.command("retire")
@click.argument("name")
@config_option
def baby_retire(config_path: str | None, name: str) -> int:
    """A baby has left; its history is kept."""
    return _command(config_path, "baby_retire", {"name": name}, f"{name} has left the nursery")


@baby.command("list")
@click.option("--all", "everyone", is_flag=True, help="Also those who left.")
@json_option
@config_option
def baby_list(config_path: str | None, everyone: bool, as_json: bool) -> int:
    """Who is in the nursery, and the last weight of each."""
    config = _config(config_path)
    from monitor.verbs.local import list_babies

    return list_babies(config, everyone=everyone, as_json=as_json, out=sys.stdout)


@cli.command()
@click.argument("name", required=False)
@click.argument("grams", type=GRAMS, required=False)
@click.option("--at", metavar="TIME", help="When it was weighed, if not now.")
@click.option("--confirm", is_flag=True, help="Yes, it really weighs that.")
@click.option("--csv", "csv_path", metavar="FILE", help="Import a list: header time,baby,weight_g.")
@click.option("--next", "announce", is_flag=True,
              help="The next baby lifted out or put back is being weighed, not fed.")  # fmt: skip
@config_option
def weigh(
    config_path: str | None,
    name: str | None,
    grams: float | None,
    at: str | None,
    confirm: bool,
    csv_path: str | None,
    announce: bool,
) -> int:
    """Note a weighing done by hand: nursery weigh Possum 112."""
    if announce:
        if name is not None or csv_path is not None:
            raise click.UsageError("--next stands alone: the scale finds out who it was")
        done = "the next baby lifted out or put back within five minutes is weighed, not fed"
        return _command(config_path, "weigh_in", {}, done)
    if csv_path is not None:
        if name is not None:
            raise click.UsageError("give either NAME and GRAMS or --csv, not both")
        from monitor.recordings.spreadsheet import read_weights
        from monitor.verbs.local import import_weights

        weighings = read_weights(csv_path)  # the caller's own file
        config = _config(config_path)
        return import_weights(config, csv_path, weighings, confirm=confirm, out=sys.stdout)
    if name is None or grams is None:
        raise click.UsageError("name the baby and its weight: nursery weigh Possum 112")
    args = {"baby": name, "grams": grams, "at": at, "confirm": confirm or None}
    return _command(config_path, "weigh", args, f"{name} weighed {grams:.1f} g")


@cli.command()
@click.argument("step_id", metavar="STEP")
@click.argument("name")
@config_option
def assign(config_path: str | None, step_id: str, name: str) -> int:
    """Answer "who was this?"; the original time is kept."""
    args = {"step_id": step_id, "baby": name}
    return _command(config_path, "assign", args, f"{step_id} was {name}")


@cli.command()
@click.argument("step_id", metavar="ID")
@click.option("--baby", "name", metavar="NAME", help="It was this baby.")
@click.option("--grams", type=GRAMS, help="It weighed this.")
@click.option("--void", is_flag=True, help="It never happened.")
@config_option
def correct(
    config_path: str | None, step_id: str, name: str | None, grams: float | None, void: bool
) -> int:
    """Correct a weighing; the old value stays in the history."""
    if not (name or grams or void):
        raise click.UsageError("say what was wrong: --baby NAME, --grams G or --void")
    args = {"step_id": step_id, "baby": name, "grams": grams, "void": void or None}
    return _command(config_path, "correct", args, f"{step_id} corrected")


# --------------------------------------------------------------------------- looking


@cli.command()
@click.option("--baby", "name", metavar="NAME", help="Only this one.")
@click.option("--days", type=click.FloatRange(0.1, 400), default=14.0, show_default=True)
@click.option("--out", metavar="FILE", default="report.html", show_default=True,
              help="HTML or PNG, by the file's ending.")  # fmt: skip
@click.option("--csv", "csv_path", metavar="FILE", help="Also a table for spreadsheets.")
@config_option
def report(
    config_path: str | None, name: str | None, days: float, out: str, csv_path: str | None
) -> int:
    """Growth against the reference band, feeds and cries, as one page that prints well."""
    write = _writer(out, *([csv_path] if csv_path else []))
    config = _config(config_path)
    from monitor.report.write import write_report

    return write_report(config, baby=name, days=days, out=out, csv_path=csv_path, write=write)


@cli.command()
@click.option("--host", metavar="HOST", help="Broker to watch, instead of a configuration's.")
@click.option("--port", type=int, help="Its port.")
@click.option("--username", metavar="NAME")
@click.option("--password-file", metavar="PATH")
@click.option("--ca-file", metavar="PATH")
@config_option
def watch(config_path: str | None, **broker: Any) -> int:
    """A live view of every box on the broker; acknowledge alerts with a key."""
    config, password = _broker(config_path, broker)
    from monitor.verbs.watch import run_watch

    return run_watch(config, password)


# --------------------------------------------------------------------------- setting up


@cli.group()
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

    A sealed 1 kg bag of sugar will do. Refuses in plain words what would be wrong later.
    """
    write = _writer(options["out_dir"])
    live = options["from_csv"] is None
    config = _config(config_path) if live else _callers_config(config_path)
    from calibration.scale import calibrate_scale as run_calibration

    return run_calibration(config, **options, write=write, out=sys.stdout)


@calibrate.command("room")
@click.option("--from-audio", metavar="FILE", help="Work from a recording without crying.")
@click.option("--night", "night_h", type=click.FloatRange(0.1, 72), metavar="HOURS",
              help="Listen while nobody cries and find this room's threshold.")  # fmt: skip
@click.option("--out-dir", metavar="DIR", default=".", show_default=True)
@config_option
def calibrate_room(config_path: str | None, **options: Any) -> int:
    """Level, clipping, noise floor and hum; then a quiet night's false alarms."""
    write = _writer(options["out_dir"])
    live = options["from_audio"] is None
    config = _config(config_path) if live else _callers_config(config_path)
    from calibration.room import calibrate_room as run_calibration

    return run_calibration(config, **options, write=write, out=sys.stdout)


@calibrate.command("cry")
@click.argument("cries", metavar="CRIES_DIR")
@click.argument("room", metavar="ROOM_DIR")
@click.option("--species", type=click.Choice(["kitten", "puppy"]), required=True,
              help="Who cries in the recordings.")  # fmt: skip
@click.option("--model", metavar="NPZ", help="Start from this model, not from the one that ships.")
@click.option("--journal", metavar="SQLITE", help='Also learn from answers "not a cry".')
@click.option("--out-dir", metavar="DIR", default=".", show_default=True)
def calibrate_cry(
    cries: str, room: str, species: str, model: str | None, journal: str | None, out_dir: str
) -> int:
    """Tune the detector to your babies (a folder of cries) and your room (a folder without).

    Shows the accuracy on recordings left out, before and after. Refuses to make things worse, and
    never touches the model that ships.
    """
    from pathlib import Path
    from typing import cast

    from monitor.data.shipped import cry_model_bytes

    given = cry_model_bytes(model)  # the caller's own file
    write = _writer(out_dir)
    _become_owner(cries)
    from calibration.cry import calibrate_cry as run_calibration
    from monitor.core.cry.model import CryModel
    from monitor.events import Species

    run_calibration(
        Path(cries),
        Path(room),
        model=CryModel.from_bytes(given),
        species=cast("Species", species),
        out_dir=Path(out_dir),
        write=write,
        journal=None if journal is None else Path(journal),
        out=sys.stdout,
    )
    return 0


@cli.command()
@click.option("--root", metavar="DIR", default="/", show_default=True,
              help="Install below this directory (for images and tests).")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
def install(root: str, dry_run: bool) -> int:
    """Set up the service on a Pi: user, unit, configuration skeleton. Can be run twice."""
    from monitor.verbs.install import install as run_install

    return run_install(root=root, dry_run=dry_run, out=sys.stdout)


@cli.command()
@click.option("--new", "renew", is_flag=True, help="Draw a new one: this is the copy.")
@click.option("--keep", is_flag=True, help="It lives on this computer now: the other one is gone.")
@config_option
def identity(config_path: str | None, renew: bool, keep: bool) -> int:
    """Who this box is, and what to do after copying a card.

    A box has an identity of its own, drawn once and kept in the state directory. The broker and
    Home Assistant know it by that, whatever its name. Copy the card, and two boxes have the same:
    the broker lets only one in at a time, and Home Assistant takes them for one.

    \b
    nursery identity          show it, and whether this card comes from another computer
    nursery identity --new    on the COPY: from now on it is a box of its own. The original
                              keeps its devices and history in Home Assistant. Give the copy
                              another name, too (box = in the configuration).
    nursery identity --keep   the card was MOVED, or a backup restored, and the other computer
                              no longer watches: go on, and stop asking.

    Babies, weights and settings stay as they are. A running monitor follows within seconds.
    """  # noqa: D301 - click's mark for lines that are kept as they are
    from monitor.verbs import identity as identity_desk

    if renew and keep:
        raise click.UsageError("give --new (this is the copy) or --keep (this was moved), not both")
    config = _config(config_path)
    if renew:
        return identity_desk.renew_identity(config, sys.stdout)
    if keep:
        return identity_desk.keep_identity(config, sys.stdout)
    return identity_desk.show_identity(config, sys.stdout)


@cli.command()
@click.option("--remove", is_flag=True, help="Have the earlier card's entities removed instead.")
@click.option("--show", is_flag=True, help="Only show what was found.")
@config_option
def adopt(config_path: str | None, remove: bool, show: bool) -> int:
    """Go on as the earlier card of this box (after a card has died).

    A fresh card has a new identity. If the broker still announces a box of the same name from an
    earlier card, Home Assistant would show every entity twice. So the monitor says so, announces
    nothing, and waits for one of these:

    \b
    nursery adopt             take over the earlier identity: the entities, their history and
                              your automations go on. Babies are matched by name; those not
                              registered here yet are matched when you add them.
    nursery adopt --remove    the earlier card's entities are removed from Home Assistant, and
                              this box appears as a new one.
    nursery adopt --show      what was found, and nothing else.

    Alerts are sent all the while. A running monitor follows within seconds.
    """  # noqa: D301 - click's mark for lines that are kept as they are
    from monitor.verbs.identity import adopt_found

    if remove and show:
        raise click.UsageError("--show changes nothing and --remove does: give one of them")
    return adopt_found(_config(config_path), remove=remove, show=show, out=sys.stdout)


# --------------------------------------------------------------------------- inside


def _config(path: str | None) -> Any:
    """The configuration of a box, whose state directory's owner we are from here on.

    What a verb needs the caller's own rights for comes before: files of the caller's are read, a
    ``_writer`` is made, and only then this is called.
    """
    config = _callers_config(path)
    _become_owner(config.state_dir)
    return config


def _callers_config(path: str | None) -> Any:
    """The same for a verb that touches no state directory and keeps the caller's rights."""
    from monitor.config import find_config, load_config

    return load_config(find_config(path))


def _become_owner(path: str) -> None:
    from monitor.host.privileges import become_owner

    become_owner(path)


def _writer(*places: str) -> Any:
    """What writes the caller's own files; to be asked for before root is given up."""
    from pathlib import Path

    from monitor.host.callers_files import callers_writer

    return callers_writer(*(Path(place) for place in places))


def _broker(path: str | None, broker: dict[str, Any]) -> tuple[Any, str | None]:
    """Whom to watch, and the password that root reads for the service's own configuration."""
    from monitor.config import broker as named
    from monitor.config import find_config
    from monitor.store.secrets import handed_over

    if broker["host"] is not None:
        return named(**broker), None
    found = find_config(path)
    password = handed_over(found)
    return _config(str(found)).mqtt, password


def _command(path: str | None, verb: str, args: dict[str, Any], done: str) -> int:
    config = _config(path)
    from monitor.commands import request
    from monitor.verbs.local import submit

    submit(config, request(verb, args))
    click.echo(done)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    # Before numpy is loaded: the matrices here are small, and a second BLAS thread that spins
    # beside a busy core made the detector 18 times slower (measured on two loaded cores).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        result = cli.main(args=argv, prog_name="nursery", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.Abort:
        click.echo("nursery: interrupted", err=True)
        return 1
    except click.ClickException as error:
        click.echo(f"nursery: {' '.join(error.format_message().split())}", err=True)
        return 2
    except (ConfigError, CommandError) as error:
        click.echo(f"nursery: {error}", err=True)
        return 2
    except NurseryError as error:
        click.echo(f"nursery: {error}", err=True)
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; there is nobody to tell
        return 1
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        click.echo(f"nursery: {name}{error.strerror or error}", err=True)
        return 1
    return result if isinstance(result, int) else 0

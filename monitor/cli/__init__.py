"""The ``nursery`` command: options in, one verb called, an exit code out.

0 done, 1 a check or the job failed, 2 usage or configuration. Whatever goes wrong is one sentence
on standard error, never a traceback. The verbs are imported when they are called.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from monitor import __version__
from monitor.cli.babies import assign, baby, correct, feed, note, thing, undo, weigh
from monitor.cli.calibrating import calibrate
from monitor.cli.identity import adopt, identity
from monitor.cli.keeping import backup, restore, uninstall, update
from monitor.cli.moving import baby_move
from monitor.cli.paging import page
from monitor.cli.recordings import listen, replay
from monitor.cli.running import check, demo, install, run
from monitor.cli.settings import get, look, push, set_, set_up
from monitor.cli.shelter import records
from monitor.cli.showing import dashboard, log, report, summary, watch
from monitor.errors import CommandError, ConfigError, NurseryError

VERBS: tuple[click.Command, ...] = (
    run, page, records, demo, check, install,
    listen, replay, report, watch, dashboard,
    baby, weigh, feed, note, assign, thing, correct, undo, log, summary,
    set_, get, push, look, set_up, calibrate, identity, adopt,
    backup, restore, update, uninstall,
)  # fmt: skip


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="nursery")
def cli() -> None:
    """Watch over a box of hand-raised kittens and puppies.

    A load cell under the box names and weighs each baby as it is lifted out for its bottle; a
    microphone hears crying; alerts go out over MQTT. See it without any hardware: nursery demo.
    This is no medical device.
    """


for verb in VERBS:
    cli.add_command(verb)
baby.add_command(baby_move)


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

"""``backup``, ``restore``, ``update``, ``uninstall``: a box outlives its card and its program."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option

if TYPE_CHECKING:  # ``--help`` loads none of it
    from monitor.verbs.installed import Ask


@click.command()
@click.argument("file", metavar="FILE")
@config_option
def backup(config_path: str | None, file: str) -> int:
    """Write all that makes this box this box into one FILE, while the monitor runs.

    Journal, configuration, what was set on the page, passwords, calibrations, the cry model in use,
    the paired phones and, where it runs here, the broker's passwords and certificates. Put it on a
    stick or another computer: it holds passwords.
    """
    from monitor.config_file import find_config
    from monitor.store.settings import BoxSettings
    from monitor.verbs.backup import write_backup

    return write_backup(BoxSettings.of(find_config(config_path)), file, sys.stdout)


@click.command()
@click.argument("file", metavar="FILE")
@config_option
def restore(config_path: str | None, file: str) -> int:
    """Make this card the box of a backup: the same name, babies, weights, phones and settings.

    The whole FILE is checked before anything is written; a damaged one or another kind of file
    changes nothing. What was here before is kept in folders named "replaced-...".
    """
    from monitor.verbs.restore import configuration_of, restore_backup

    return restore_backup(file, configuration_of(config_path), sys.stdout)


@click.command()
@click.argument("file", metavar="[FILE]", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
def update(file: str | None, yes: bool) -> int:
    """Say what is new, and bring it when you say yes. Never by itself.

    Installed as a package: FILE is the newer package. From a checkout: the repository is asked,
    followed and installed, and the services are restarted.
    """
    from monitor.verbs.update import update as run_update

    return run_update(file, _asking(yes), sys.stdout)


@click.command()
@click.option("--purge", is_flag=True,
              help="Also journal, configuration, passwords and paired phones.")  # fmt: skip
@click.option("--root", metavar="DIR", default="/", show_default=True,
              help="Below this directory (for images and tests).")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def uninstall(purge: bool, root: str, dry_run: bool, yes: bool) -> int:
    """Stop the services and remove the program; what is known of the babies stays."""
    from monitor.verbs.uninstall import uninstall as run_uninstall

    return run_uninstall(root, sys.stdout, _asking(yes), purge=purge, dry_run=dry_run)


def _asking(yes: bool) -> Ask:
    """Ask at the terminal; without one nobody has said yes."""

    def ask(question: str) -> bool:
        return yes or (sys.stdin.isatty() and click.confirm(question))

    return ask

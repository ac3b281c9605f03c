"""``backup`` and ``restore``: a box outlives its card."""

from __future__ import annotations

import sys

import click

from monitor.cli.options import config_option


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

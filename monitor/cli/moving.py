"""``baby move``: from box to box."""

from __future__ import annotations

import sys

import click

from monitor.cli.options import box_config, config_option


@click.command("move")
@click.argument("name")
@click.option("--to", metavar="BOX", help="The name of the other box.")
@click.option("--cancel", is_flag=True, help="It stays after all.")
@config_option
def baby_move(config_path: str | None, name: str, to: str | None, cancel: bool) -> int:
    """A baby goes to another box, with its weighings, bottles and notes.

    A page on the same broker carries them over; the baby is retired here when all are there.
    """
    if (to is None) == (not cancel):
        raise click.UsageError(f"say where: nursery baby move {name} --to BOX, or --cancel")
    config = box_config(config_path)
    from monitor.verbs.local import submit
    from monitor.verbs.moving import move_baby
    from monitor.written.requests import request

    if to is None:
        click.echo(submit(config, request("baby_move", {"name": name, "cancel": True})))
        return 0
    return move_baby(config, name, to, sys.stdout, sys.stderr)

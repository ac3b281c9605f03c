"""``page``: the page on the phone."""

from __future__ import annotations

import importlib.util
import sys

import click

from monitor.cli.options import become_owner, config_option


@click.command()
@config_option
@click.option("--host", metavar="ADDRESS", help="Listen here instead of on the home network.")
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of 8080; 0: a free one.")
@click.option("--pair", is_flag=True, help="Make a code that pairs a phone, and end.")
@click.option("--look-only", is_flag=True,
              help="With --pair: it may see everything and change nothing.")  # fmt: skip
@click.option("--name", "carer", metavar="NAME", default="",
              help="With --pair: whose phone it is; what she does bears this name.")  # fmt: skip
@click.option("--phones", is_flag=True, help="List the paired phones, and end.")
@click.option(
    "--revoke", metavar="ID", help='Let this phone in no more ("all": every one), and end.'
)
def page(
    config_path: str | None,
    host: str | None,
    port: int | None,
    pair: bool,
    look_only: bool,
    carer: str,
    phones: bool,
    revoke: str | None,
) -> int:
    """Serve the page for phones: a process of its own beside the box, or for many boxes.

    A phone is let in with the code that --pair prints; it holds for ten minutes.
    """
    if pair + phones + (revoke is not None) > 1 or ((look_only or carer) and not pair):
        raise click.UsageError(
            "--pair (with or without --look-only, --name), --phones or --revoke ID"
        )
    from monitor.config_file import find_config, load_page_config, load_shelter_config, rooms_beside

    if importlib.util.find_spec("starlette") is None:
        from monitor.host.extras import install_command

        raise click.UsageError(f"the page needs more packages: {install_command('page')}")
    mqtt, settings = load_page_config(find_config(config_path), host=host, port=port)
    become_owner(settings.state_dir)
    if pair or phones or revoke is not None:
        from monitor.page import commands

        if pair:
            return commands.open_pairing(
                settings, "look" if look_only else "carer", sys.stdout, carer
            )
        if revoke is not None:
            return commands.revoke(settings, revoke, sys.stdout)
        return commands.list_phones(settings, sys.stdout)
    from monitor.page.serve import serve

    path = find_config(config_path)
    shelter = rooms_beside(path, load_shelter_config(path)[1])
    return serve(mqtt, settings, sys.stdout, shelter)

"""``identity`` and ``adopt``: what to do about copied cards and fresh ones."""

from __future__ import annotations

import sys

import click

from monitor.cli.options import box_config, config_option


@click.command()
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
    nursery identity --keep   the card was MOVED, and the other computer
                              no longer watches: go on, and stop asking.

    Babies, weights and settings stay as they are. A running monitor follows within seconds.
    """  # noqa: D301 - click's mark for lines that are kept as they are
    from monitor.verbs import identity as identity_desk

    if renew and keep:
        raise click.UsageError("give --new (this is the copy) or --keep (this was moved), not both")
    config = box_config(config_path)
    if renew:
        return identity_desk.renew_identity(config, sys.stdout)
    if keep:
        return identity_desk.keep_identity(config, sys.stdout)
    return identity_desk.show_identity(config, sys.stdout)


@click.command()
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
    return adopt_found(box_config(config_path), remove=remove, show=show, out=sys.stdout)

"""``run``, ``demo``, ``check``, ``install``: the daemon, and what it needs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from monitor.cli.options import (
    box_settings,
    box_settings_and_password,
    config_option,
    json_option,
)
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.simulation.demo import OpenPage


@click.command()
@config_option
def run(config_path: str | None) -> int:
    """Run the daemon: watch, weigh, listen and alert until stopped."""
    settings = box_settings(config_path)
    from monitor.daemon.run import run_daemon

    return run_daemon(settings)


@click.command()
@click.option("--hours", type=click.FloatRange(0.1, 96), default=6.0, show_default=True,
              help="Nursery hours to live through.")  # fmt: skip
@click.option("--speed", type=click.FloatRange(1, 20_000), default=360.0, show_default=True,
              help="Nursery seconds per second.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another night.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default="a free one",
              help="Port of the embedded broker, on loopback.")  # fmt: skip
@click.option("--page", is_flag=True, help="Also serve the page over it, for a real phone.")
def demo(hours: float, speed: float, seed: int, port: int, page: bool) -> int:
    """Live through a simulated night: no hardware, broker, config or root needed.

    The real daemon watches a simulated box (a kitten, Kangaroo, and a runt puppy, Possum) and
    publishes to a broker inside this process; what you see is what a subscribed phone would show.
    With --page it goes on afterwards, in real time, for as long as somebody has the page open.
    """
    from monitor.simulation.demo import run_demo

    if not page:
        return run_demo(hours=hours, speed=speed, seed=seed, port=port)
    open_page = _page_over_it()
    return run_demo(hours=hours, speed=speed, seed=seed, port=port, open_page=open_page)


def _page_over_it() -> OpenPage:
    try:
        from monitor.page.beside import PageBeside
    except ImportError as error:
        from monitor.host.extras import install_command

        raise ConfigError(f"the page needs more: {install_command('page')}") from error
    return PageBeside


@click.command()
@config_option
@json_option
@click.option("--push", is_flag=True, help="Also send a push to everybody under [notify].")
def check(config_path: str | None, as_json: bool, push: bool) -> int:
    """Ten-second diagnostic: microphone, scale, probe, broker, push, journal, clock, power.

    One line each, with what to do. Exit code 1 if anything fails.
    """
    settings, password = box_settings_and_password(config_path)
    from monitor.verbs.check import run_check

    return run_check(
        settings.config, as_json, sys.stdout, password=password, push=push, settings=settings
    )


@click.command()
@click.option("--root", metavar="DIR", default="/", show_default=True,
              help="Install below this directory (for images and tests).")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
@click.option("--page", is_flag=True, help="Also the page for phones, and pair the first one.")
def install(root: str, dry_run: bool, page: bool) -> int:
    """Set up the service on a Pi: user, unit, configuration skeleton. Can be run twice."""
    from monitor.verbs.install import install as run_install

    return run_install(root=root, dry_run=dry_run, out=sys.stdout, page=page)

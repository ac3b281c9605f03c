"""``set`` and ``get``: what a person may change, without an editor and without a restart."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, cast, get_args

import click

from monitor.cli.options import (
    box_settings,
    box_settings_and_password,
    config_option,
    json_option,
)
from monitor.names import SetUpStep

if TYPE_CHECKING:
    from monitor.config import PageConfig
    from monitor.written.setup_requests import SubscribePhone

FROM_INPUT = "-"
"""in place of a value: it is read where nobody looks over a shoulder"""


@click.command("set", context_settings={"ignore_unknown_options": True})  # -84213 is a value
@click.argument("words", metavar="[KEY [VALUE]]", nargs=-1)
@click.option("--default", "take_back", is_flag=True,
              help="Take KEY back: the configuration file holds again.")  # fmt: skip
@click.option("--list", "only_list", is_flag=True, help="Show every setting, as without KEY.")
@json_option
@config_option
def set_(
    config_path: str | None,
    words: tuple[str, ...],
    take_back: bool,
    only_list: bool,
    as_json: bool,
) -> int:
    """Change a setting: nursery set alerts.night.from 22:30. Nothing needs to be restarted.

    Without VALUE it is shown, without KEY all of them are, each with where it comes from. Several
    that belong together are set at once: KEY VALUE KEY VALUE. For a password or push addresses
    write "-" as VALUE and type it when asked: what stands in a command line others can read.
    """
    if only_list and words:
        raise click.UsageError("--list stands alone")
    if take_back and len(words) != 1:
        raise click.UsageError("--default takes one KEY: nursery set alerts.night.from --default")
    settings, password = box_settings_and_password(config_path)
    from monitor.verbs.settings import change, requests, show
    from monitor.written.setup_requests import Configure

    if take_back:
        return change(settings, [Configure(key=words[0], default=True)], sys.stdout)
    if len(words) < 2:
        key = words[0] if words else None
        return show(settings, password, key, as_json=as_json, out=sys.stdout)
    if words[-1] == FROM_INPUT:
        words = (*words[:-1], _typed(words[0]))
    return change(settings, requests(words), sys.stdout)


@click.command()
@click.argument("key", required=False)
@json_option
@config_option
def get(config_path: str | None, key: str | None, as_json: bool) -> int:
    """Show a setting, those of a table, or all, each with where it comes from."""
    settings, password = box_settings_and_password(config_path)
    from monitor.verbs.settings import show

    return show(settings, password, key, as_json=as_json, out=sys.stdout)


@click.command()
@click.argument("seconds", type=float, default=60.0, required=False)
@config_option
def look(config_path: str | None, seconds: float) -> int:
    """Have the running box say twice a second what scale and microphone read (topic live).

    For SECONDS, 60 if left out and 300 at most; 0 ends it.
    """
    settings = box_settings(config_path)
    from monitor.mqtt.topics import Topics
    from monitor.verbs.local import submit
    from monitor.written.requests import request

    submit(settings.config, request("look", {"seconds": seconds}))
    click.echo(f"on {Topics(settings.config.box).live} for {seconds:g} s")
    return 0


@click.command("set-up")
@click.argument("step", type=click.Choice(get_args(SetUpStep)), required=False)
@click.option("--again", is_flag=True, help="Open the step again.")
@config_option
def set_up(config_path: str | None, step: str | None, again: bool) -> int:
    """Say what is set up and what is left; with STEP: that one is done, or left out.

    The page goes through them one by one, with pictures: it is the easier way.
    """
    if again and step is None:
        raise click.UsageError("--again takes a STEP")
    settings = box_settings(config_path)
    from monitor.verbs.local import submit
    from monitor.written.requests import request

    asked = {"step": step, "done": not again} if step else {}
    click.echo(submit(settings.config, request("set_up", asked)))
    return 0


@click.command()
@click.option("--new", is_flag=True,
              help="Make a new topic; the one made before gets nothing any more.")  # fmt: skip
@click.option("--server", metavar="URL", default="",
              help="An ntfy server of your own instead of ntfy.sh.")  # fmt: skip
@json_option
@config_option
def push(config_path: str | None, new: bool, server: str, as_json: bool) -> int:
    """Show how a phone gets pushes by the app ntfy; a secret topic is made at the first time.

    Other services (Pushover, Telegram, mail and a hundred more): nursery set notify.urls -
    """
    settings, _ = box_settings_and_password(config_path)
    from monitor.verbs.push import show_push
    from monitor.written.requests import request

    fields = {"new": new, "server": server, "page_url": _page_url(settings.config.page)}
    given = {name: value for name, value in fields.items() if value}
    asked = cast("SubscribePhone", request("push", given))
    return show_push(settings, asked, as_json=as_json, out=sys.stdout)


def _page_url(settings: PageConfig) -> str | None:
    """Where phones would open the page of this machine; None where it is not installed."""
    if importlib.util.find_spec("starlette") is None:
        return None
    from monitor.page.links import lasting_url

    return lasting_url(settings)


def _typed(key: str) -> str:
    if sys.stdin.isatty():
        return str(click.prompt(key, hide_input=True))
    return sys.stdin.read().strip()

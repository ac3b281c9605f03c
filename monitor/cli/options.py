"""Options that verbs share, and the rights that a verb works with.

What needs the rights of the caller comes first: files of the caller's are read, ``callers_files``
is called. Then ``box_config`` or ``become_owner`` gives root up for good.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:  # ``--help`` loads none of it
    from monitor.config import Config
    from monitor.host.callers_files import Write
    from monitor.store.settings import BoxSettings

CONFIG_HELP = "The configuration (default: $NURSERY_CONFIG, ./nursery.toml, /etc/nursery/)."


def config_option(function: Any) -> Any:
    """``--config PATH`` for every verb that works on one box."""
    return click.option("--config", "config_path", metavar="PATH", help=CONFIG_HELP)(function)


SHARED_LOGINS = frozenset({"root", "pi", "nursery", "admin"})
"""accounts that are nobody's name"""


def logged_in() -> str | None:
    """The login name of whoever types at a terminal; None in a script, and for shared accounts."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    name = os.environ.get("SUDO_USER") or os.environ.get("LOGNAME")
    return None if name in SHARED_LOGINS else name


def by_option(function: Any) -> Any:
    """``--by NAME`` for verbs whose author is kept; a script's word is nobody's."""
    help_text = "Who says so; at a terminal your login name."
    return click.option("--by", metavar="NAME", default=logged_in, help=help_text)(function)


def json_option(function: Any) -> Any:
    """``--json``: JSON Lines on standard output and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="JSON Lines on standard output.")(
        function
    )


class Grams(click.ParamType):  # type: ignore[type-arg]  # generic only since click 8.5
    """A weight as people write it: 412, 412g, 0.412kg, 14.5oz, 1 lb 2 oz."""

    name = "grams"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Grams as a float; fails with a sentence."""
        if isinstance(value, float):
            return value
        from monitor.written.grams import parse_grams

        try:
            grams = parse_grams(str(value))
        except ValueError as error:
            self.fail(f"it {error}", param, ctx)
        if not 0 < grams < 100_000:
            self.fail(f"{value!r} is no weight a baby can have", param, ctx)
        return grams


GRAMS = Grams()


def callers_config(path: str | None) -> Config:
    """What holds, for a verb that writes no state directory and keeps the caller's rights.

    What was set is read over the file where the caller may read it.

    Raises:
        ConfigError: there is no configuration, or it is wrong.
    """
    from monitor.config_file import find_config
    from monitor.store.settings import BoxSettings

    return BoxSettings.of(find_config(path)).load()


def box_settings(path: str | None) -> BoxSettings:
    """The settings; from here on the process has the rights of the state directory's owner.

    Raises:
        ConfigError: there is no configuration, or it is wrong.
    """
    from monitor.config_file import find_config
    from monitor.store.settings import BoxSettings

    settings = BoxSettings.of(find_config(path))
    become_owner(settings.file.state_dir)
    settings.load()
    return settings


def box_config(path: str | None) -> Config:
    """What holds; the process has the rights of the state directory's owner from here on.

    Raises:
        ConfigError: there is no configuration, or it is wrong.
    """
    return box_settings(path).config


def box_settings_and_password(path: str | None) -> tuple[BoxSettings, str | None]:
    """Like ``box_settings``, with the broker's password that only root can read; None without root.

    A password that a person has set is used instead.

    Raises:
        ConfigError: there is no configuration, or it is wrong.
    """
    from monitor.config_file import find_config
    from monitor.store.secrets import handed_over

    found = find_config(path)
    password = handed_over(found)
    settings = box_settings(str(found))
    return settings, None if settings.has_own_password else password


def become_owner(path: str) -> None:
    """Give up root for the rights of the owner of ``path``; nothing for anybody else."""
    from monitor.host import privileges

    privileges.become_owner(path)


def callers_files(*places: str) -> Write:
    """What writes files of the caller's at these places, whatever rights the process has later."""
    from pathlib import Path

    from monitor.host.callers_files import callers_writer

    return callers_writer(*(Path(place) for place in places))

"""Options that verbs share, and the rights that a verb works with.

What needs the rights of the caller comes first: files of the caller's are read, ``callers_files``
is called. Then ``box_config`` or ``become_owner`` gives root up for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:  # ``--help`` loads none of it
    from monitor.config import Config
    from monitor.host.callers_files import Write

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
    """The configuration, for a verb that touches no state directory and keeps the caller's rights.

    Raises:
        ConfigError: there is none, or it is wrong.
    """
    from monitor.config_file import find_config, load_config

    return load_config(find_config(path))


def box_config(path: str | None) -> Config:
    """The configuration; from here on the process has the rights of the state directory's owner.

    Raises:
        ConfigError: there is none, or it is wrong.
    """
    config = callers_config(path)
    become_owner(config.state_dir)
    return config


def box_config_and_password(path: str | None) -> tuple[Config, str | None]:
    """Like ``box_config``, with the broker's password that only root can read; None without root.

    Raises:
        ConfigError: there is no configuration, or it is wrong.
    """
    from monitor.config_file import find_config
    from monitor.store.secrets import handed_over

    found = find_config(path)
    password = handed_over(found)
    return box_config(str(found)), password


def become_owner(path: str) -> None:
    """Give up root for the rights of the owner of ``path``; nothing for anybody else."""
    from monitor.host import privileges

    privileges.become_owner(path)


def callers_files(*places: str) -> Write:
    """What writes files of the caller's at these places, whatever rights the process has later."""
    from pathlib import Path

    from monitor.host.callers_files import callers_writer

    return callers_writer(*(Path(place) for place in places))

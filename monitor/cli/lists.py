"""``weigh --csv``: what is asked of the person who brings a list of weighings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import box_config
from monitor.errors import InputError

if TYPE_CHECKING:
    from monitor.recordings.weight_list import Choices


def list_options(function: Any) -> Any:
    """The options of ``weigh`` that concern lists."""
    for option in reversed((
        click.option("--csv", "csv_path", metavar="FILE",
                     help="Import a list: CSV, TSV, .xlsx or .ods; it shows what it understood."),
        click.option("--yes", is_flag=True, help="Import what was understood without asking."),
        click.option("--undo", is_flag=True, help="Take the weighings of the list out again."),
        click.option("--day-first/--month-first", "day_first", default=None,
                     help="What 3/4 means in the list: 3 April or March 4."),
        click.option("--unit", type=click.Choice(["g", "kg", "oz", "lb"]),
                     help="Of weights in the list without one."),
    )):  # fmt: skip
        function = option(function)
    return function


def import_weights(
    config_path: str | None,
    csv_path: str,
    choices: Choices,
    *,
    yes: bool,
    confirm: bool,
    undo: bool,
    by: str | None,
) -> int:
    """Read the caller's own file, then import it with the rights of the state directory's owner."""
    from monitor.recordings.tables import LONGEST_FILE
    from monitor.verbs.list_import import import_list
    from monitor.verbs.list_source import Consent, ListFile
    from monitor.verbs.list_undo import take_back
    from monitor.written.requests import carer

    try:
        with Path(csv_path).open("rb") as opened:
            data = opened.read(LONGEST_FILE + 1)
    except OSError as error:
        raise InputError(f"cannot read {csv_path}: {error.strerror or error}") from error
    config = box_config(config_path)
    asking = Consent(agree=_agree, day_first=_day_first)
    silent = Consent(agree=lambda _question: True, day_first=None)
    file, consent = ListFile(csv_path, data), silent if yes else asking
    if undo:
        return take_back(config, file, choices, consent, out=sys.stdout, err=sys.stderr)
    by = carer("weigh", by)
    return import_list(
        config, file, choices, consent, confirm=confirm, by=by, out=sys.stdout, err=sys.stderr
    )


def _agree(question: str) -> bool:
    try:
        return click.confirm(question, default=False)
    except click.Abort:  # nobody is there to answer
        click.echo('\nanswer "y", or add --yes')
        return False


def _day_first(question: str) -> bool:
    try:
        said: str = click.prompt(
            f"{question}. Which comes first, day or month?",
            type=click.Choice(["day", "month"], case_sensitive=False),
        )
    except click.Abort:  # nobody is there to answer
        raise InputError(f"{question}: add --day-first or --month-first") from None
    return said.lower() == "day"

"""``report``, ``log``, ``summary``, ``watch``, ``dashboard``: what is known, for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import (
    box_config,
    box_settings_and_password,
    callers_files,
    config_option,
    json_option,
)

if TYPE_CHECKING:
    from monitor.config import MqttConfig


@click.command()
@click.option("--baby", "name", metavar="NAME", help="Only this one.")
@click.option("--days", type=click.FloatRange(0.1, 400), default=14.0, show_default=True)
@click.option("--out", metavar="FILE", default="report.html", show_default=True,
              help="HTML or PNG, by the file's ending.")  # fmt: skip
@click.option("--csv", "csv_path", metavar="FILE", help="Also a table for spreadsheets.")
@json_option
@config_option
def report(
    config_path: str | None,
    name: str | None,
    days: float,
    out: str,
    csv_path: str | None,
    as_json: bool,
) -> int:
    """Growth against the reference band, feeds and cries, as one page that prints well."""
    write = callers_files(out, *([csv_path] if csv_path else []))
    config = box_config(config_path)
    from monitor.report.write import write_report

    return write_report(
        config, baby=name, days=days, out=out, csv_path=csv_path, as_json=as_json, write=write
    )


@click.command()
@click.option("--baby", "name", metavar="NAME", help="Only what concerns this one.")
@click.option("--days", type=click.FloatRange(0.01, 400), default=2.0, show_default=True)
@json_option
@config_option
def log(config_path: str | None, name: str | None, days: float, as_json: bool) -> int:
    """Weighings, feeds, cries, notes and alerts, with the ids that correct and undo take."""
    config = box_config(config_path)
    from monitor.verbs.log import print_log

    return print_log(config, baby=name, days=days, as_json=as_json, out=sys.stdout)


@click.command()
@click.option("--hours", type=click.FloatRange(1, 168), default=12.0, show_default=True,
              help="Back from now.")  # fmt: skip
@json_option
@config_option
def summary(config_path: str | None, hours: float, as_json: bool) -> int:
    """What happened, in words, for the next carer: the night, or any hours until now."""
    config = box_config(config_path)
    from monitor.verbs.summary import print_summary

    return print_summary(config, hours=hours, as_json=as_json, out=sys.stdout)


@click.command()
@click.option("--host", metavar="HOST", help="Broker to watch, instead of a configuration's.")
@click.option("--port", type=int, help="Its port.")
@click.option("--username", metavar="NAME")
@click.option("--password-file", metavar="PATH")
@click.option("--ca-file", metavar="PATH")
@config_option
def watch(config_path: str | None, **broker: Any) -> int:
    """A live view of every box on the broker; acknowledge alerts with a key."""
    config, password = _broker(config_path, broker)
    from monitor.verbs.watch import run_watch

    return run_watch(config, password)


@click.command()
@config_option
def dashboard(config_path: str | None) -> int:
    """A dashboard for Home Assistant, with a section for each baby: YAML to paste there."""
    config = box_config(config_path)
    from monitor.verbs.dashboard import print_dashboard

    return print_dashboard(config, sys.stdout)


def _broker(path: str | None, given: dict[str, Any]) -> tuple[MqttConfig, str | None]:
    """Whom to watch, and the password that root reads for the service's own configuration."""
    from monitor.config_file import broker

    if given["host"] is not None:
        return broker(**given), None
    settings, password = box_settings_and_password(path)
    return settings.config.mqtt, password

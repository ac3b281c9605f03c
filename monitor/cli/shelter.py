"""``records``: what a shelter keeps of many boxes."""

from __future__ import annotations

import sys

import click

from monitor.cli.options import config_option
from monitor.errors import ConfigError


@click.command()
@config_option
@click.option("--to", "url", metavar="URL", help="VictoriaMetrics, if not shelter.records_url.")
@click.option("--forget", is_flag=True, help="Records shall not be kept here any more: end that.")
def records(config_path: str | None, url: str | None, *, forget: bool) -> int:
    """Keep years of weights, bottles, cries and alerts of every box in VictoriaMetrics.

    A process of its own beside the broker. It keeps nothing itself: while the database is down,
    alerts wait at the broker. How it stands is retained there, for the page and Home Assistant.
    The file needs [mqtt] and [shelter], and no box.
    """
    import msgspec

    from monitor.config import ShelterConfig
    from monitor.config_file import find_config, load_shelter_config

    mqtt, shelter = load_shelter_config(find_config(config_path))
    if forget:
        from monitor.records.keep import forget_records

        return forget_records(mqtt, sys.stdout)
    if url is not None:
        try:
            shelter = msgspec.convert(
                msgspec.structs.asdict(shelter) | {"records_url": url}, ShelterConfig
            )
        except msgspec.ValidationError as error:
            raise click.UsageError(
                f'--to {url}: give an address such as "http://127.0.0.1:8428"'
            ) from error
    if not shelter.records_url:
        raise ConfigError(
            'where shall the records go? write records_url = "http://127.0.0.1:8428" under '
            "[shelter], or give --to"
        )
    from monitor.records.keep import keep_records

    return keep_records(mqtt, shelter, sys.stdout)

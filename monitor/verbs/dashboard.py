"""``nursery dashboard``: a dashboard for Home Assistant, from who is really here."""

from __future__ import annotations

from typing import TextIO

from monitor.config import Config
from monitor.errors import CommandError
from monitor.events import Baby, slug
from monitor.host.ownership import is_there
from monitor.mqtt.dashboard import DashboardBaby, dashboard
from monitor.mqtt.discovery import device_names
from monitor.mqtt.identity import announced_names
from monitor.mqtt.topics import Topics
from monitor.store.reading import JournalReader
from monitor.verbs.yaml_text import yaml_text

_HOW = """\
# Home Assistant: Settings > Dashboards > Add dashboard > New dashboard from scratch. Open it, Edit,
# then in the menu "Raw configuration editor": replace what is there by all of this, and save.
# Print it again when a baby has come or left, or the box has another name.
"""
_NOBODY = '# Nobody is registered yet: nursery baby add "Possum" --species puppy --weight 112\n'


def print_dashboard(config: Config, out: TextIO) -> int:
    """Print it as YAML, with a remark on where it goes; returns 0.

    Raises:
        CommandError: this box announces nothing to Home Assistant.
        JournalError: the journal cannot be read.
    """
    if config.mqtt.discovery == "off":
        raise CommandError(
            "Home Assistant does not know this box: mqtt.discovery is off; set it to device"
        )
    topics = Topics(config.box, practice=config.practice)
    box, babies = _names(config, topics)
    out.write(_HOW + ("" if babies else _NOBODY) + yaml_text(dashboard(box, babies, topics)))
    return 0


def _names(config: Config, topics: Topics) -> tuple[str, list[DashboardBaby]]:
    """What the ids of the box's entities begin with, and who gets a section."""
    if not is_there(config.journal_path):
        ((_, name),) = device_names(topics, "", [])
        return slug(name), []
    journal = JournalReader.open_for_reading(config.journal_path)
    try:
        babies = journal.babies()
        box, *names = announced_names(journal, topics, babies).values()
    finally:
        journal.close()
    return box, [_section(baby, ids) for baby, ids in zip(babies, names, strict=True)]


def _section(baby: Baby, ids: str) -> DashboardBaby:
    return DashboardBaby(name=baby.name, species=baby.species, ids=ids)

"""The page on MQTT has a line for every topic of a box, and for every command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.commands import VERBS
from monitor.documents import (
    BabyStatus,
    CalibrationStatus,
    CryStatus,
    LiveStatus,
    NestStatus,
    ScaleStatus,
    SettingsStatus,
    SettingStatus,
    SetUpStatus,
    SourceHealth,
    Summary,
)
from monitor.events import Alert
from monitor.mqtt.publisher_status import PublisherStatus
from monitor.mqtt.topics import Topics

PAGE = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text()
SAYS, TOLD = PAGE.split("\n## What you can tell it\n")
NAMES = {
    topic.removeprefix("nursery/b/")
    for topic in vars(Topics("b")).values()
    if isinstance(topic, str)
}
DOCUMENTS = {
    "`cry`": [CryStatus],
    "`scale`": [ScaleStatus, CalibrationStatus],
    "`nest`": [NestStatus],
    "`baby/<slug>`": [BabyStatus],
    "`health`": [SourceHealth, PublisherStatus, SetUpStatus],
    "`summary`": [Summary],
    "`settings`": [SettingsStatus, SettingStatus],
    "`live`": [LiveStatus],
    "Alert": [Alert],
}
"""what is sent on a topic, by the heading above its fields"""
NAMES -= {"b", "nursery/b", "cmd/+", "setup/+"}  # the box, the base, and what comes in


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_page_has_a_line_for_the_topic(name: str) -> None:
    written = re.escape(name.replace("+", "<verb>"))
    assert re.search(rf"^\| `{written}` \|", SAYS, re.MULTILINE), name


@pytest.mark.parametrize("verb", VERBS)
def test_the_page_has_a_line_for_the_command_with_everything_it_takes(verb: str) -> None:
    (line,) = re.findall(rf"^\| `{verb}` \| .*$", TOLD, re.MULTILINE)
    assert [name for name in VERBS[verb].__struct_fields__ if f"`{name}`" not in line] == []


@pytest.mark.parametrize("heading", DOCUMENTS)
def test_the_page_has_a_word_for_every_field(heading: str) -> None:
    section = SAYS.split(f"\n### {heading}\n")[1].split("\n### ")[0]
    said = set(re.findall(r"[`\"](\w+)[`\"]", section))
    fields = {name for kind in DOCUMENTS[heading] for name in kind.__struct_encode_fields__}
    assert fields - said <= {"t_s"}  # sent as ``at``

"""What a person pastes into Home Assistant; ``tests/system/test_dashboard.py`` opens it there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from monitor.alert_kinds import BABY_KINDS, BOX_KINDS
from monitor.commands import Acknowledge
from monitor.events import Baby
from monitor.mqtt.dashboard import DashboardBaby, dashboard
from monitor.mqtt.discovery import discovery
from monitor.mqtt.topics import Topics, parse_command

BOX = "nursery_den"
TOPICS = Topics("den")
BABIES = [
    DashboardBaby(name="Possum", species="puppy", ids="possum"),
    DashboardBaby(name='O"Hara {{ x }}', species="kitten", ids="o_hara_x"),
]


def sections() -> list[dict[str, Any]]:
    (view,) = dashboard(BOX, BABIES, TOPICS)["views"]
    return list(view["sections"])


def cards() -> Iterator[dict[str, Any]]:
    for section in sections():
        yield from section["cards"]


def test_each_baby_has_a_section_and_they_stand_before_the_box() -> None:
    headings = [section["cards"][0]["heading"] for section in sections()]
    assert headings == [
        "Not set up yet", "Alerts", "Who was it?", "Possum", 'O"Hara {{ x }}', "The box",
        "The last days",
    ]  # fmt: skip
    hidden = [section["cards"][0]["heading"] for section in sections() if "visibility" in section]
    assert hidden == ["Not set up yet", "Alerts", "Who was it?"]


def test_every_tile_has_a_name_of_its_own_that_a_phone_can_show() -> None:
    tiles = [card for card in cards() if card["type"] == "tile"]
    assert len(tiles) > 30
    for tile in tiles:
        whole_row = tile.get("grid_options") == {"columns": "full"}
        of_a_baby = tile["name"] in {baby.name for baby in BABIES}
        assert whole_row or of_a_baby or len(tile["name"]) <= 16, tile["name"]


def test_a_button_shows_no_state_and_is_pressed_wherever_it_is_touched() -> None:
    buttons = [card for card in cards() if card.get("entity", "").startswith("button.")]
    assert len(buttons) > 5
    for button in buttons:
        assert button["hide_state"]
        assert button["tap_action"] == button["icon_tap_action"]
        assert button["tap_action"]["target"] == {"entity_id": button["entity"]}


def test_with_several_open_each_can_be_answered_by_itself() -> None:
    each = [card for card in cards() if "I'm on it: " in card.get("name", "")]
    assert len(each) == len(BOX_KINDS) + len(BABY_KINDS) * len(BABIES)
    asked = {}
    for card in each:
        action = card["tap_action"]
        assert action["perform_action"] == "mqtt.publish"
        assert action["data"]["topic"] == "nursery/den/cmd/acknowledge"
        payload = action["data"]["payload"].encode()
        command = parse_command(action["data"]["topic"], payload, TOPICS, retain=False, now_s=0.0)
        asked[card["entity"]] = command.request
        several, on = card["visibility"]
        assert several["above"] == 1
        assert on["entity"] == card["entity"]
    assert asked["binary_sensor.nursery_den_problem_crying"] == Acknowledge(kind="crying")
    assert asked["binary_sensor.possum_problem_losing_weight"] == Acknowledge(
        kind="losing_weight", baby="Possum"
    )


def test_every_entity_is_announced_by_the_box() -> None:
    text = json.dumps(dashboard(BOX, BABIES, TOPICS))
    named = set(re.findall(r"\b(?:sensor|binary_sensor|button|select|image)\.[a-z0-9_]+", text))
    babies = [Baby(id=baby.ids, name=baby.name, species="puppy") for baby in BABIES]
    documents = discovery(Topics("den"), identity="0f", babies=babies, mode="device", version="1")
    announced = {
        row["default_entity_id"]
        for message in documents
        for row in json.loads(message.payload)["components"].values()
    }
    assert named - {"button.press", "select.select_option"} <= announced


def test_red_is_for_what_needs_a_person() -> None:
    coloured = {(card["name"], card["color"]) for card in cards() if "color" in card}
    assert {name for name, colour in coloured if colour == "red"} == {
        "Crying", "Growth", "Wellbeing", "Warm up before feeding",
    }  # fmt: skip
    assert {name for name, colour in coloured if colour == "amber"} == {"Wellbeing"}


def test_without_babies_there_is_the_box() -> None:
    (view,) = dashboard(BOX, [], TOPICS)["views"]
    assert [s["cards"][0]["heading"] for s in view["sections"]][-2:] == ["The box", "The last days"]

"""Discovery documents, checked against Home Assistant's rules.

``tests/system/test_home_assistant.py`` shows the same documents to the real thing.
"""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from jinja2 import Environment
from msgspec.structs import replace

from monitor.commands import FeedByHand, Undo
from monitor.events import Baby
from monitor.mqtt.discovery import discovery
from monitor.mqtt.packet_size import packet_bytes
from monitor.mqtt.topics import Topics, parse_command

TOPICS = Topics("kangaroo-and-possum")
DEVICE = "homeassistant/device/nursery-kangaroo-and-possum"
KANGAROO = Baby(id="aa11", name="Kangaroo", species="kitten")
POSSUM = Baby(id="bb22", name="Possum", species="puppy")
ID = re.compile(r"^[a-zA-Z0-9_-]+$")


def documents(babies=(KANGAROO, POSSUM), mode="device", prefix="homeassistant"):
    messages = discovery(
        TOPICS, identity="0f0f", babies=babies, mode=mode, prefix=prefix, version="1.2.3"
    )
    assert len({m.topic for m in messages}) == len(messages)
    assert all(m.retain and m.qos == 1 and m.expiry_s is None for m in messages)
    return {m.topic: json.loads(m.payload) for m in messages}


def test_one_device_for_the_box_and_one_for_each_baby():
    found = documents()
    assert set(found) == {
        f"{DEVICE}/nursery_0f0f/config",
        f"{DEVICE}/nursery_baby_aa11/config",
        f"{DEVICE}/nursery_baby_bb22/config",
    }
    box = found[f"{DEVICE}/nursery_0f0f/config"]["device"]
    possum = found[f"{DEVICE}/nursery_baby_bb22/config"]["device"]
    assert possum["name"] == "Possum"
    assert possum["via_device"] == box["identifiers"][0]


def test_home_assistant_says_what_is_missing_before_anybody_is_watched():
    row = documents()[f"{DEVICE}/nursery_0f0f/config"]["components"]["set_up"]
    template = Environment(autoescape=True).from_string(row["value_template"])

    def said(**set_up):
        return unescape(template.render(value_json={"set_up": set_up}))

    assert said(missing=["calibration", "babies"]) == (
        "Missing: the scale's calibration, who is here"
    )
    assert said(missing=[]) == said() == "Done"


def test_what_is_open_can_be_read_aloud_within_255_characters():
    row = documents()[f"{DEVICE}/nursery_0f0f/config"]["components"]["alerts_text"]
    assert row["state_topic"] == TOPICS.alerts_text
    template = Environment(autoescape=True).from_string(row["value_template"])
    assert template.render(value="attic: nothing is open.") == "attic: nothing is open."
    assert len(template.render(value="long words " * 100)) <= 255


def test_only_keys_every_core_knows_at_the_root_and_in_the_device():
    """Home Assistant rejects a whole document for one unknown key in either place."""
    for body in documents().values():
        assert set(body) == {
            "device", "origin", "components", "availability_topic", "payload_available",
            "payload_not_available", "qos",
        }  # fmt: skip
        assert set(body["device"]) <= {
            "identifiers", "name", "manufacturer", "model", "sw_version", "via_device",
        }  # fmt: skip
        assert body["origin"]["name"]


def test_unique_ids_are_unique_and_come_from_stored_identities():
    ids = [c["unique_id"] for body in documents().values() for c in body["components"].values()]
    assert len(set(ids)) == len(ids)
    assert all(
        i.startswith(("nursery_0f0f_", "nursery_baby_aa11_", "nursery_baby_bb22_")) for i in ids
    )
    renamed = documents(babies=(KANGAROO, replace(POSSUM, name="Poppy")))
    assert sorted(ids) == sorted(
        c["unique_id"] for body in renamed.values() for c in body["components"].values()
    )


@pytest.mark.parametrize("name", ["Little Joey", "🐾", "a/b #+", 'O"Hara'])
def test_no_name_reaches_a_discovery_topic(name):
    for mode in ("device", "entity"):
        for topic in documents(babies=[replace(POSSUM, name=name)], mode=mode):
            assert all(ID.match(part) for part in topic.split("/")[:-1])


def test_numbers_have_units_and_go_stale():
    for body in documents().values():
        for key, row in body["components"].items():
            if row["platform"] == "sensor" and "unit_of_measurement" in row:
                assert row["state_class"] == "measurement", key
                assert row["expire_after"] in {60, 180}, key
            if row.get("device_class") == "weight":
                assert row["unit_of_measurement"] == "g"
            if row["platform"] == "button":
                json.loads(row["payload_press"])
                assert not row.get("retain")
            assert row["default_entity_id"].startswith(row["platform"] + ".")


def test_a_difference_is_no_weight():
    rows = documents()[f"{DEVICE}/nursery_baby_aa11/config"]["components"]
    assert "device_class" not in rows["gain_24h_g"]
    assert "device_class" not in rows["last_feed_g"]


def test_who_was_it_offers_everybody_here():
    rows = documents()[f"{DEVICE}/nursery_0f0f/config"]["components"]
    options = rows["who"]["options"]
    assert options == ["No question", "Who was it?", "Kangaroo", "Possum", "A thing"]


def test_the_buttons_send_commands_that_the_box_knows():
    pressed = {}
    for body in documents().values():
        for row in body["components"].values():
            if row["platform"] == "button":
                topic, payload = row["command_topic"], row["payload_press"].encode()
                command = parse_command(topic, payload, TOPICS, retain=False, now_s=5.0)
                pressed[row["unique_id"]] = command.request
    assert pressed["nursery_baby_bb22_fed"] == FeedByHand(baby="possum", usual=True)
    assert pressed["nursery_0f0f_undo"] == Undo()


def test_every_entity_once_in_entity_mode():
    device = [row for body in documents().values() for row in body["components"].values()]
    entity = documents(mode="entity", prefix="ha/x")
    assert len(entity) == len(device)
    assert {b["unique_id"] for b in entity.values()} == {r["unique_id"] for r in device}
    for topic, body in entity.items():
        assert topic.startswith("ha/x/")
        assert body["device"]["identifiers"]
        assert body["availability_topic"] == TOPICS.status
        assert "platform" not in body


def test_off_means_nothing():
    assert documents(mode="off") == {}


def test_a_retired_baby_is_not_announced():
    gone = replace(POSSUM, retired_s=5.0)
    assert f"{DEVICE}/nursery_baby_bb22/config" not in documents(babies=(KANGAROO, gone))


def test_a_document_too_long_for_the_broker_is_told_entity_by_entity():
    def told(most_bytes):
        return discovery(
            TOPICS, identity="0f0f", babies=[KANGAROO], mode="device", version="1.2.3",
            most_bytes=most_bytes,
        )  # fmt: skip

    box, baby = told(None)
    assert told(packet_bytes(box, "5")) == [box, baby]
    split = told(packet_bytes(box, "5") - 1)
    assert split[-1] == baby, "what is short enough stays as it is"
    assert all(packet_bytes(message, "5") < 2048 for message in split[:-1])
    whole = json.loads(box.payload)["components"]
    ids = {json.loads(message.payload)["unique_id"] for message in split[:-1]}
    assert ids == {component["unique_id"] for component in whole.values()}

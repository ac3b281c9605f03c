import json

import pytest

from monitor.config import MqttConfig
from monitor.mqtt.topics import RECORDS
from monitor.records.device import discovery, topics


def test_home_assistant_is_told_in_the_form_that_it_takes():
    (whole,) = discovery(MqttConfig())
    assert whole.topic == "homeassistant/device/nursery-records/records/config"
    assert whole.retain
    body = json.loads(whole.payload)
    assert {row["state_topic"] for row in body["components"].values()} == {RECORDS}
    single = discovery(MqttConfig(discovery="entity"))
    assert [json.loads(each.payload)["unique_id"] for each in single] == [
        row["unique_id"] for row in body["components"].values()
    ]
    assert discovery(MqttConfig(discovery="off")) == []


@pytest.mark.parametrize("mode", ["device", "entity"])
def test_whatever_is_announced_can_be_taken_back(mode):
    config = MqttConfig(discovery=mode, discovery_prefix="house/ha")
    assert {each.topic for each in discovery(config)} <= set(topics(config))

"""The records as a device of Home Assistant: whether they are kept, and which rules apply."""

from __future__ import annotations

from typing import Any

import monitor
from monitor.codec import encode
from monitor.config import MqttConfig
from monitor.mqtt.discovery import MANUFACTURER, ORIGIN_NAME
from monitor.mqtt.topics import RECORDS, Message

NODE, DEVICE = "nursery-records", "nursery_records"
SILENT_S = 300
"""without news: then nobody knows"""

_STATE = {"platform": "binary_sensor", "state_topic": RECORDS, "device_class": "problem",
          "json_attributes_topic": RECORDS, "expire_after": SILENT_S}  # fmt: skip
COMPONENTS: dict[str, dict[str, Any]] = {
    "not_kept": _STATE
    | {
        "name": "Not kept",
        "value_template": "{{ 'OFF' if value_json.online and value_json.keeping is not false"
        " and value_json.rules is not false else 'ON' }}",
        "json_attributes_template": "{{ {'why': value_json.why or value_json.rules_why,"
        " 'waiting': value_json.waiting} | tojson }}",
    },
    "rules": _STATE
    | {
        "name": "Rules",
        "value_template": "{{ 'ON' if value_json.firing else 'OFF' }}",
        "json_attributes_template": "{{ {'firing': value_json.firing |"
        " map(attribute='text') | list} | tojson }}",
    },
}


def discovery(config: MqttConfig) -> list[Message]:
    """The retained documents, in the form that the configuration asks for."""
    device = {"identifiers": [DEVICE], "name": "Nursery records", "manufacturer": MANUFACTURER,
              "model": "Records of all boxes", "sw_version": monitor.__version__}  # fmt: skip
    shared = {
        "device": device,
        "origin": {"name": ORIGIN_NAME, "sw_version": monitor.__version__},
        "qos": 1,
    }
    rows = {
        key: row | {"unique_id": f"{DEVICE}_{key}", "default_entity_id":
                    f"binary_sensor.{DEVICE}_{key}", "object_id": f"{DEVICE}_{key}"}
        for key, row in COMPONENTS.items()
    }  # fmt: skip
    whole, *single = topics(config)
    if config.discovery == "device":
        return [Message(topic=whole, payload=encode(shared | {"components": rows}), retain=True)]
    if config.discovery == "off":
        return []
    return [
        Message(topic=topic, retain=True,
                payload=encode(shared | {k: v for k, v in row.items() if k != "platform"}))
        for topic, row in zip(single, rows.values(), strict=True)
    ]  # fmt: skip


def topics(config: MqttConfig) -> list[str]:
    """Every topic that may hold one of them."""
    prefix = config.discovery_prefix
    return [
        f"{prefix}/device/{NODE}/records/config",
        *(f"{prefix}/binary_sensor/{NODE}/{key}/config" for key in COMPONENTS),
    ]

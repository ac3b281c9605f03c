"""Home Assistant discovery: the documents that make a box and its babies appear by themselves.

One device per box, one per baby linked to it with ``via_device``. Unique ids come from stored
identities, so a rename changes a name and nothing else. Topics carry the box's name, so that a
broker can hold each box to its own documents. Unknown keys at the root or inside
``device`` make Home Assistant reject a whole document, and a component that is merely left out
stays behind, so both are avoided here (its MQTT documentation, and tests/system).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from monitor.codec import encode
from monitor.events import Baby
from monitor.mqtt.entities import Component, baby_components, box_components
from monitor.mqtt.entity_names import entity_names
from monitor.mqtt.packet_size import packet_bytes
from monitor.mqtt.topics import Message, Topics

Mode = Literal["device", "entity", "off"]

ORIGIN_NAME = "nursery-monitor"
MANUFACTURER = "Nursery Monitor"
BOX_DEVICE, BABY_DEVICE = "nursery_", "nursery_baby_"
"""before the identity, in the identifiers of devices in Home Assistant"""


def discovery(
    topics: Topics,
    *,
    identity: str,
    babies: Sequence[Baby],
    things: Sequence[str] = (),
    mode: Mode,
    version: str,
    prefix: str = "homeassistant",
    entity_id: Callable[[Baby], str] = lambda baby: baby.id,
    kept_names: Mapping[str, str] | None = None,
    most_bytes: int | None = None,
) -> list[Message]:
    """The retained documents for a box and everybody in it.

    Args:
        topics: of the box.
        identity: the box's stored identity, ``[a-zA-Z0-9_-]+``.
        babies: who is in the nursery; retired ones are left out.
        things: names of the known things, which may be the answer to "who was it?".
        mode: one document per device, one per entity (old cores, openHAB), or none.
        version: of this software.
        prefix: Home Assistant's discovery prefix.
        entity_id: what Home Assistant knows a baby by (``identity.BoxIdentity``).
        kept_names: what ``entity_names`` gave when the devices were first announced.
        most_bytes: the longest packet that the broker takes. A device whose document is longer
            is told entity by entity.
    """
    here = [baby for baby in babies if baby.retired_s is None]
    documents = partial(_documents, topics=topics, prefix=prefix, version=version)
    names = entity_names(device_names(topics, identity, here, entity_id), kept_names or {})
    found: list[Message] = []
    for device, plain in _devices(topics, identity, here, version, entity_id, things):
        components = _named(device["identifiers"][0], plain, names)
        made = documents(device, components, mode)
        if mode == "device" and most_bytes is not None and packet_bytes(made[0], "5") > most_bytes:
            made = documents(device, components, "entity")
        found += made
    return found


def device_names(
    topics: Topics,
    identity: str,
    babies: Sequence[Baby],
    entity_id: Callable[[Baby], str] = lambda baby: baby.id,
) -> list[tuple[str, str]]:
    """Identifier and name of the box's device, and of each baby that is here."""
    practice = " (practice)" if topics.practice else ""
    box = (f"{BOX_DEVICE}{identity}", f"Nursery {topics.box}{practice}")
    here = [baby for baby in babies if baby.retired_s is None]
    return [box, *((f"{BABY_DEVICE}{entity_id(baby)}", baby.name) for baby in here)]


def _devices(
    topics: Topics,
    identity: str,
    babies: Sequence[Baby],
    version: str,
    entity_id: Callable[[Baby], str],
    things: Sequence[str],
) -> Iterator[tuple[dict[str, Any], dict[str, Component]]]:
    (identifier, name), *_ = device_names(topics, identity, babies)
    box = {
        "identifiers": [identifier],
        "name": name,
        "manufacturer": MANUFACTURER,
        "model": "Nursery box",
        "sw_version": version,
    }
    yield box, box_components(topics, babies, things)
    for baby in babies:
        device = _baby_device(topics, identity, baby, version, entity_id(baby))
        yield device, baby_components(topics, baby)


def _baby_device(
    topics: Topics, identity: str, baby: Baby, version: str, entity_id: str
) -> dict[str, Any]:
    return {
        "identifiers": [f"{BABY_DEVICE}{entity_id}"],
        "name": baby.name,
        "manufacturer": MANUFACTURER,
        "model": f"{baby.species.capitalize()} in {topics.box}",
        "sw_version": version,
        "via_device": f"{BOX_DEVICE}{identity}",
    }


def _documents(
    device: dict[str, Any],
    components: dict[str, Component],
    mode: Mode,
    *,
    topics: Topics,
    prefix: str,
    version: str,
) -> list[Message]:
    """What announces a device, in the form ``mode`` asks for."""
    device_id = device["identifiers"][0]
    node = f"nursery-{topics.box}"
    shared = {
        "availability_topic": topics.status,
        "payload_available": "online",
        "payload_not_available": "offline",
        "qos": 1,
    }
    origin = {"name": ORIGIN_NAME, "sw_version": version}
    if mode == "device":
        topic = f"{prefix}/device/{node}/{device_id}/config"
        body = {"device": device, "origin": origin, "components": components} | shared
        return [Message(topic=topic, payload=encode(body), retain=True)]
    if mode == "off":
        return []
    announced = {"device": device, "origin": origin} | shared
    return [
        Message(
            topic=f"{prefix}/{row['platform']}/{node}/{device_id}_{key}/config",
            payload=encode(announced | {k: v for k, v in row.items() if k != "platform"}),
            retain=True,
        )
        for key, row in components.items()
    ]


def _named(
    device_id: str, components: dict[str, Component], names: Mapping[str, str]
) -> dict[str, Component]:
    """With ids that no rename changes, and names for a first installation."""
    return {
        key: row
        | {
            "unique_id": f"{device_id}_{key}",
            "default_entity_id": f"{row['platform']}.{names[device_id]}_{key}",
            "object_id": f"{names[device_id]}_{key}",  # the same for cores before 2025.10
        }
        for key, row in components.items()
    }

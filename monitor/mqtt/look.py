"""A look at the broker before a box announces itself: who stood here before?

A fresh card has a new identity. Were it to announce itself where an earlier card of the same name
is still announced, Home Assistant would show every entity twice. So before its first discovery a
box looks, by a short connection of its own, at the documents under its name. Where the broker's
rules forbid reading them (rules older than this) nothing is found, and nothing is worse than
without looking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from monitor.config import MqttConfig
from monitor.events import slug
from monitor.mqtt.connecting import Connect
from monitor.mqtt.connection_events import Connected, Ended, Received, Refused
from monitor.mqtt.connection_settings import Intake, VersionChoice
from monitor.mqtt.discovery import BABY_DEVICE, BOX_DEVICE
from monitor.mqtt.identity import Found

if TYPE_CHECKING:
    from monitor.mqtt.connection import Connection

Outcome = Literal["looking", "done", "failed"]
"""``failed``: there was no connection"""

QUIET_S = 1.0
"""a broker sends what is retained at once; this long without another document is the end"""
INTAKE = Intake(most_waiting=2000, most_bytes=400_000, kept_s=0)
"""a discovery document has 12 kB; one of this length is nobody's"""


class Device(msgspec.Struct):
    """As a discovery document names it."""

    identifiers: list[str] = []
    name: str = ""


class _Document(msgspec.Struct):
    device: Device


class BrokerLook:
    """``pump`` it until it is over; times are monotonic seconds."""

    def __init__(
        self,
        config: MqttConfig,
        box: str,
        *,
        connect: Connect,
        client_id: str,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._config = config
        self._filters = discovery_filters(config.discovery_prefix, box)
        self._connect, self._client_id = connect, f"{client_id}-look"
        self._version = VersionChoice(config.protocol)
        self._quiet_s = quiet_s
        self._connection: Connection | None = None
        self._heard_s: float | None = None
        self.documents: dict[str, bytes] = {}
        """what was seen, by topic"""

    def pump(self, now_s: float) -> Outcome:
        """``failed``: there was no connection; the next call tries again."""
        if self._connection is None:
            return self._open()
        connection = self._connection
        while connection.events:
            event = connection.events.popleft()
            if isinstance(event, Connected):
                connection.subscribe(self._filters)
                self._heard_s = now_s
            elif isinstance(event, Received):
                self.documents[event.topic] = event.payload
                self._heard_s = now_s
            elif isinstance(event, Refused | Ended):
                return self._failed(isinstance(event, Refused) and event.wrong_protocol)
        if connection.is_ignored:
            return self._failed(True)
        if self._heard_s is None or now_s - self._heard_s < self._quiet_s:
            return "looking"
        self.close()
        return "done"

    def close(self) -> None:
        """Break it off."""
        if self._connection is not None:
            self._connection.close(0.0)
        self._connection, self._heard_s = None, None

    def _open(self) -> Outcome:
        self._connection = self._connect(self._version.current, self._client_id, intake=INTAKE)
        self._connection.open()
        return "looking"

    def _failed(self, wrong_version: bool) -> Outcome:
        self.close()
        return "looking" if self._version.over(wrong_version=wrong_version) else "failed"


def discovery_filters(prefix: str, box: str) -> list[str]:
    """Every discovery document of boxes of this name, whatever their identity."""
    return [f"{prefix}/+/nursery-{box}/+/config"]


def strangers(
    documents: dict[str, bytes], *, own_devices: set[str], own_topics: set[str]
) -> Found | None:
    """Whose documents were seen, other than the own ones; ``None`` when nobody's.

    Args:
        documents: by topic.
        own_devices: identifiers of this box and its babies in Home Assistant.
        own_topics: where they are announced now, or were and are about to be emptied.
    """
    identity: str | None = None
    babies: dict[str, str] = {}
    names: dict[str, str] = {}
    topics: list[str] = []
    for topic, payload in documents.items():
        device = read_device(payload)
        if device is None or topic in own_topics or device.identifiers[0] in own_devices:
            continue
        identifier = device.identifiers[0]
        if identifier.startswith(BABY_DEVICE):
            baby_slug = slug(device.name)
            babies[baby_slug] = identifier.removeprefix(BABY_DEVICE)
            names[baby_slug] = device.name
        elif identifier.startswith(BOX_DEVICE):
            identity = identifier.removeprefix(BOX_DEVICE)
        else:
            continue
        topics.append(topic)
    return Found(identity=identity, babies=babies, names=names, topics=topics) if topics else None


def read_device(payload: bytes) -> Device | None:
    """The device of a discovery document; ``None`` when it is no such document."""
    try:
        device = msgspec.json.decode(payload, type=_Document).device
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return device if device.identifiers else None

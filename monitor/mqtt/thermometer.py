"""A thermometer of the house, on a topic of its own: what it publishes becomes readings.

A plain number, or JSON with a field that the configuration names (Zigbee2MQTT: ``{"temperature":
29.6, "battery": 80, ...}``). Whoever may write there is not trusted: a payload is bounded, what is
no number is said in a sentence that quotes nothing of it, and a flood is no longer listened to for
a while. A retained message is a value of nobody knows when: it is left out, and the next one waited
for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.config import ProbeConfig
from monitor.events import ProbeReading
from monitor.mqtt.connection_events import Received
from monitor.mqtt.flood_gate import CommandGate

UNHEARD_S = 10.0
LONGEST = 4096
"""bytes; a chatty device of Zigbee2MQTT sends a few hundred"""
_NUMBER = re.compile(r"[+-]?\d{1,6}(?:[.,]\d{1,12})?")


class Thermometer:
    """``received`` each message on its topic."""

    def __init__(self, config: ProbeConfig, gate: CommandGate | None = None) -> None:
        """``gate`` decides how many messages are too many."""
        self._config = config
        self._gate = gate or CommandGate()
        self._unheard_s = -math.inf

    @property
    def topics(self) -> list[str]:
        """What is to be listened to; nothing where the probe is no thermometer of the house."""
        return [self._config.topic] if self._config.source == "mqtt" else []

    def is_flooded(self, now_s: float) -> bool:
        """Whether it is not listened to; to be asked at every turn."""
        self._gate.complaint(now_s)
        return self._gate.is_flooded(now_s)

    def unheard(self, refused: Mapping[str, str], t_s: float) -> ProbeReading | None:
        """Every ten seconds that the broker does not let the box hear it: that, as a reading."""
        why = next((refused[topic] for topic in self.topics if topic in refused), None)
        if why is None or 0.0 <= t_s - self._unheard_s < UNHEARD_S:
            return None
        self._unheard_s = t_s
        return ProbeReading(t_s, None, f"on {self._config.topic} {why}")

    def received(self, message: Received, now_s: float, t_s: float) -> ProbeReading | None:
        """The reading in a message that came in at ``now_s`` (monotonic), ``t_s`` (timeline).

        ``None``: it says nothing about now, or there are too many.
        """
        if message.retain or not self._gate.admit(now_s):
            return None
        value = number(message.payload, self._config.field)
        if value is None:
            what = f'"{self._config.field}"' if self._config.field else "number"
            return ProbeReading(t_s, None, f"sends no {what} on {self._config.topic}")
        return ProbeReading(t_s, (value - 32.0) / 1.8 if self._config.unit == "F" else value)


def number(payload: bytes, field: str) -> float | None:
    """The number that a payload is, or that its JSON has under this name; ``None``: there is none.

    ``field`` may be a path with dots into objects within; a name with dots in it comes first.
    """
    if len(payload) > LONGEST:
        return None
    if not field:
        return _number(payload.decode("utf-8", "replace"))
    try:
        found: Any = msgspec.json.decode(payload)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    if isinstance(found, dict) and field in found:
        return _number(found[field])
    for part in field.split("."):
        if not isinstance(found, dict):
            return None
        found = found.get(part)
    return _number(found)


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e6 else None
    if isinstance(value, str) and _NUMBER.fullmatch(text := value.strip()):
        return float(text.replace(",", "."))
    return None

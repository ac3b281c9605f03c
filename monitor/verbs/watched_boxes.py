"""What ``nursery watch`` knows: every box on the broker, from its retained topics. Pure data.

A value is shown only while its box is online; of an offline box nothing is current. Alerts belong
to the box whose topic they came on, whatever name they carry, and control characters are replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from monitor.names import has_control


class BoxView(msgspec.Struct):
    """The newest document of each topic of one box."""

    name: str
    online: bool | None = None
    cry: dict[str, Any] = {}
    scale: dict[str, Any] = {}
    health: dict[str, Any] = {}
    alerts: list[dict[str, Any]] = []
    babies: dict[str, dict[str, Any]] = {}


class WatchedBoxes:
    """All boxes, as their messages came in, and which alert is selected."""

    def __init__(self) -> None:
        self.by_name: dict[str, BoxView] = {}
        self._selected: str | None = None

    def observe(self, topic: str, payload: bytes) -> None:
        """Fold in one message; what is no topic of a box is ignored."""
        parts = topic.split("/")
        if len(parts) < 3 or parts[0] != "nursery":
            return
        name, rest = parts[1], parts[2:]
        if rest == ["status"]:
            self._box(name).online = {b"online": True, b"offline": False}.get(payload)
        elif rest[0] == "baby" and len(rest) == 2:
            self._baby(name, rest[1], payload)
        elif rest in (["cry"], ["scale"], ["health"]):
            setattr(self._box(name), rest[0], _read(payload, dict, {}))
        elif rest == ["alerts"]:
            found = _read(payload, list, [])
            alerts = [alert for alert in found if isinstance(alert, dict) and "id" in alert]
            self._box(name).alerts = [alert | {"box": name} for alert in alerts]

    def open_alerts(self) -> list[dict[str, Any]]:
        """Every open alert of every box that is online, the most severe and oldest first."""
        rank = {"critical": 0, "warning": 1, "info": 2}
        found = [a for box in self.by_name.values() if box.online for a in box.alerts]
        return sorted(
            found, key=lambda a: (rank.get(str(a.get("severity")), 3), str(a.get("since")))
        )

    def selected(self) -> dict[str, Any] | None:
        """The alert the keys act on: the one chosen, else the first; None when none is open."""
        alerts = self.open_alerts()
        chosen = [alert for alert in alerts if _key(alert) == self._selected]
        found = chosen or alerts
        return found[0] if found else None

    def select(self, step: int) -> None:
        """Move the selection down (1) or up (-1)."""
        alerts = self.open_alerts()
        if not alerts:
            return
        now = self.selected()
        index = alerts.index(now) if now in alerts else 0
        self._selected = _key(alerts[(index + step) % len(alerts)])

    def _box(self, name: str) -> BoxView:
        return self.by_name.setdefault(name, BoxView(strip_control(name)))

    def _baby(self, name: str, baby_slug: str, payload: bytes) -> None:
        babies = self._box(name).babies
        document = _read(payload, dict, {})
        if document:
            babies[baby_slug] = document
        else:
            babies.pop(baby_slug, None)


def answers(alert: dict[str, Any] | None) -> dict[str, str]:
    """The keys that answer "who was it?", and the name that each stands for; empty for others.

    ``1`` to ``9`` are the babies and known things that it may have been, likeliest first.
    """
    if alert is None or alert.get("kind") != "who_is_it" or not alert.get("step_id"):
        return {}
    found = [(_share(c), str(c[key])) for key, c in _candidates(alert) if c.get(key)]
    names = [name for _, name in sorted(found, key=lambda each: -each[0])]
    return {str(number): name for number, name in enumerate(names[:9], 1)} | {"t": "a thing"}


def _candidates(alert: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for field, key in (("candidates", "baby"), ("things", "thing")):
        listed = alert.get(field)
        for each in listed if isinstance(listed, list) else []:
            if isinstance(each, dict):
                yield key, each


def _share(candidate: dict[str, Any]) -> float:
    p = candidate.get("p")
    return float(p) if isinstance(p, int | float) else 0.0


def _key(alert: dict[str, Any]) -> str:
    return f"{alert.get('box')}/{alert.get('id')}"


def _read(payload: bytes, kind: type, otherwise: Any) -> Any:
    try:
        found = msgspec.json.decode(payload) if payload else otherwise
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return otherwise
    return strip_control(found) if isinstance(found, kind) else otherwise


def strip_control(value: Any) -> Any:
    """The same without characters that steer a terminal or turn text round."""
    if isinstance(value, str):
        return "".join("?" if has_control(c) else c for c in value)
    if isinstance(value, dict):
        return {strip_control(key): strip_control(item) for key, item in value.items()}
    return [strip_control(item) for item in value] if isinstance(value, list) else value

"""What the page knows of every box: its retained topics, folded into one document each.

Whatever comes from the broker is somebody else's: types are checked, characters that steer text are
taken out, and number, length and depth are bounded. What a box no longer says after a new
connection is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from monitor.names import has_control

BOX_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
BABY_SLUG = re.compile(r"[a-z0-9_]{1,64}")
MOST_BOXES = 256
MOST_BABIES = 64
"""of one box"""
MOST_ITEMS = 256
"""of one list or table inside a document"""
MOST_BYTES = 65_536
"""of one document; the longest of a real box is a list of alerts, some 10 kB"""
LONGEST_TEXT = 2000
DEEPEST = 8
EXACT = 2**53
"""a browser rounds larger whole numbers"""

TABLES = ("health", "cry", "scale", "question", "nest", "summary", "identity", "settings")
"""retained documents that are one JSON object"""
TOPICS = (
    "status", "alerts", "baby/+", "alert", "live", "event", "cmd/+/result", "setup/+/result",
    "setup/pairing/code", *TABLES,
)  # fmt: skip
"""what the page listens to below ``nursery/+/``; not the charts, which are megabytes"""


class BoxDocument(msgspec.Struct, kw_only=True):
    """One box, as ``GET /api/boxes/<box>`` shows it; ``None`` is unknown."""

    name: str
    online: bool | None = None
    """``None``: it has said nothing, or the page has no connection to the broker"""
    heard_s: float | None = None
    """Unix time when anything was last heard from it"""
    status: str | None = None
    health: dict[str, Any] | None = None
    cry: dict[str, Any] | None = None
    scale: dict[str, Any] | None = None
    babies: dict[str, dict[str, Any]] = {}
    """by slug"""
    alerts: list[dict[str, Any]] = []
    """those open now, oldest first; of a box that is not online, the last that it said"""
    question: dict[str, Any] | None = None
    nest: dict[str, Any] | None = None
    summary: dict[str, Any] | None = None
    identity: dict[str, Any] | None = None
    settings: dict[str, Any] | None = None
    received_s: dict[str, float] = {}
    """Unix time when each document came: ``cry``, ``scale``, ``baby/possum`` ..."""


class Boxes:
    """Every box by its name; times are Unix seconds."""

    def __init__(self) -> None:
        self._by_name: dict[str, BoxDocument] = {}
        self.changes = 0
        """how often anything has changed; what was read at the same number is the same"""
        self._renewed: set[tuple[str, str]] = set()
        """what was said since the connection began"""

    def __iter__(self) -> Iterator[BoxDocument]:
        return iter([self._by_name[name] for name in sorted(self._by_name)])

    def get(self, name: str) -> BoxDocument | None:
        """The box of this name, if it was ever heard from."""
        return self._by_name.get(name)

    def begin(self) -> None:
        """A connection begins: the broker now says again what it has kept."""
        self._renewed.clear()

    def settle(self) -> list[str]:
        """The broker has said all that it keeps: drop the rest; returns the boxes that changed."""
        changed = []
        for name, box in list(self._by_name.items()):
            gone = [key for key in box.received_s if (name, key) not in self._renewed]
            for key in gone:
                self._forget(box, key)
            if not box.received_s:
                del self._by_name[name]
            if gone:
                self.changes += 1
                changed.append(name)
        return changed

    def lost(self) -> None:
        """There is no connection to the broker: nobody knows who is online."""
        self.changes += 1
        for box in self._by_name.values():
            box.online = None

    def observe(self, topic: str, payload: bytes, now_s: float) -> str | None:
        """Fold in one retained document; returns the box's name when it may have changed."""
        parts = topic.split("/", 2)
        if len(parts) < 3 or parts[0] != "nursery" or not BOX_NAME.fullmatch(parts[1]):
            return None
        name, key = parts[1], parts[2]
        if key not in TABLES and key not in {"status", "alerts"} and not _baby(key):
            return None
        if not payload and name not in self._by_name:
            return None
        if (box := self._box(name)) is None or len(payload) > MOST_BYTES:
            return None
        if payload:
            changed = self._fold(box, key, payload)
            if changed:
                self._renewed.add((name, key))
                box.received_s[key] = box.heard_s = now_s
        else:
            changed = key in box.received_s
            self._forget(box, key)
        if not box.received_s:
            del self._by_name[name]
        self.changes += changed
        return name if changed else None

    def _box(self, name: str) -> BoxDocument | None:
        if name not in self._by_name:
            if len(self._by_name) >= MOST_BOXES:
                return None
            self._by_name[name] = BoxDocument(name=name)
        return self._by_name[name]

    def _fold(self, box: BoxDocument, key: str, payload: bytes) -> bool:
        if key == "status":
            said = {b"online": "online", b"offline": "offline"}.get(payload)
            if said is not None:
                box.status, box.online = said, said == "online"
            return said is not None
        if key == "alerts":
            listed = read(payload, list)
            if listed is not None:
                box.alerts = [a | {"box": box.name} for a in listed if _is_alert(a)]
            return listed is not None
        if (table := read(payload, dict)) is None:
            return False
        if slug := _baby(key):
            if slug not in box.babies and len(box.babies) >= MOST_BABIES:
                return False
            box.babies = dict(sorted((box.babies | {slug: table}).items()))
        else:
            setattr(box, key, table)
        return True

    def _forget(self, box: BoxDocument, key: str) -> None:
        box.received_s.pop(key, None)
        if key == "status":
            box.status, box.online = None, None
        elif key == "alerts":
            box.alerts = []
        elif slug := _baby(key):
            box.babies = {other: baby for other, baby in box.babies.items() if other != slug}
        else:
            setattr(box, key, None)


def _baby(key: str) -> str | None:
    """The slug in ``baby/<slug>``."""
    head, _, slug = key.partition("/")
    return slug if head == "baby" and BABY_SLUG.fullmatch(slug) else None


def _is_alert(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str)


def read(payload: bytes, kind: type) -> Any:
    """A JSON value of this type, cleaned; None when it is none."""
    if len(payload) > MOST_BYTES:
        return None
    try:
        found = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    return cleaned(found) if isinstance(found, kind) else None


def cleaned(value: Any, depth: int = 0) -> Any:
    """The same within all bounds, and without characters that steer a line or turn text round."""
    if depth > DEEPEST:
        return None
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        items = list(value.items())[:MOST_ITEMS]
        return {_text(str(key)): cleaned(item, depth + 1) for key, item in items}
    if isinstance(value, list):
        return [cleaned(item, depth + 1) for item in value[:MOST_ITEMS]]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT:
        return None
    return value


def _text(text: str) -> str:
    text = text[:LONGEST_TEXT]
    if not has_control(text):
        return text
    return "".join("?" if c != "\n" and has_control(c) else c for c in text)

"""How a shelter's records stand, as the broker has it: one retained document (docs/fleet.md).

Who keeps them renews it every minute and has a last will; what a broker that was started again
still holds is of nobody, so its age counts from when it came.
"""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.mqtt.topics import RECORDS
from monitor.page.boxes import read

NAME = "records"
"""in ``state`` of the stream, where boxes have theirs; no box may have it"""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a screen is given of them."""

    document: dict[str, Any] | None = None
    heard_s: float | None = None
    """when it came; Unix seconds"""
    wanted: bool = False
    """the page's own settings say that there are records"""


class Records:
    """Folds in the document; times are Unix seconds."""

    def __init__(self) -> None:
        self.document: dict[str, Any] | None = None
        self.heard_s: float | None = None
        self._renewed = False

    def begin(self) -> None:
        """A connection begins: the broker now says again what it has kept."""
        self._renewed = False

    def settle(self) -> None:
        """The broker has said all that it keeps."""
        if not self._renewed:
            self.document, self.heard_s = None, None

    def observe(self, topic: str, payload: bytes, now_s: float) -> bool:
        """Whether this was about them."""
        if topic != RECORDS:
            return False
        found = read(payload, dict) if payload else None
        if found is not None and found.get("online") is False and self.document is not None:
            found = found | {"kept_at": found.get("kept_at") or self.document.get("kept_at")}
        if found is not None or not payload:
            self.document, self.heard_s = found, None if found is None else now_s
            self._renewed = True
        return True

"""Where a box went that is known no more: to another name, with the same identity.

A phone that is open on the old name, a bookmark and the link of an old push lead to the new one.
A box that is merely off is still known, and leads nowhere.
"""

from __future__ import annotations

import logging
import math
import re
from pathlib import Path

import msgspec

from monitor.errors import ConfigError
from monitor.page import kept
from monitor.page.boxes import MOST_BOXES, BoxDocument, Boxes
from monitor.page.fields import text

log = logging.getLogger(__name__)

WRITE_EVERY_S = 60.0
"""a box says who it is once a minute; anybody at a broker without rules may do so more often"""
IDENTITY = re.compile(r"[0-9a-zA-Z_-]{1,64}")


class _Names(msgspec.Struct):
    identities: dict[str, str] = {}
    """by the name of the box, the one that was seen last at the end"""


class Moved:
    """What is remembered of names and identities; it outlives a restart of the page."""

    def __init__(self, state_dir: str | Path) -> None:
        self._dir = Path(state_dir)
        self._path = self._dir / "names.json"
        found = kept.load(self._path, _Names)
        self._written_s, self._unwritten = -math.inf, False
        self._by_name = {} if found is None else dict(list(found.identities.items())[-MOST_BOXES:])

    def saw(self, box: BoxDocument, now_s: float) -> None:
        """It has said who it is; ``now_s``: seconds of a clock that only goes forward."""
        identity = text(box.identity, "identity")
        if identity is None or IDENTITY.fullmatch(identity) is None:
            return
        if self._by_name.get(box.name) != identity:
            self._by_name.pop(box.name, None)
            self._by_name[box.name] = identity
            self._unwritten = True
        while len(self._by_name) > MOST_BOXES:
            del self._by_name[next(iter(self._by_name))]
        if self._unwritten and now_s - self._written_s >= WRITE_EVERY_S:
            self._written_s, self._unwritten = now_s, False
            self._write()

    def _write(self) -> None:
        try:
            with kept.locked(self._dir):
                kept.save(self._path, _Names(self._by_name))
        except ConfigError as error:  # it is remembered until the page ends
            log.warning("%s", error)

    def now(self, name: str, boxes: Boxes) -> BoxDocument | None:
        """The box that had this name; ``None``: it has it still, or nobody knows."""
        identity = self._by_name.get(name)
        if identity is None or boxes.get(name) is not None:
            return None
        same = [other for other, its in self._by_name.items() if its == identity and other != name]
        found = [box for other in reversed(same) if (box := boxes.get(other)) is not None]
        return found[0] if found else None

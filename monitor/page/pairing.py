"""Pairing: a code for ten minutes and five tries, that pairs one phone.

``nursery page --pair`` draws it and leaves it in the page's state directory; or a box has drawn it,
whose LED blinks it.
"""

from __future__ import annotations

import hmac
import logging
import re
import secrets
import time
from pathlib import Path
from typing import Literal

import msgspec

from monitor.errors import ConfigError
from monitor.page import kept
from monitor.page.seen import Right
from monitor.times import MINUTE_S

log = logging.getLogger(__name__)

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""without what is read as something else: 0 O 1 I L"""
LENGTH = 8
BLINKED = re.compile(r"[1-6]{8}")
"""what a box's LED can say"""
VALID_S = 10 * MINUTE_S
TRIES = 5

Outcome = Right | Literal["wrong", "used_up", "none"]
"""the right that the phone gets, or why it gets none"""


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """One code, as it lies in its file."""

    code: str
    """without the dash"""
    right: Right
    until_s: float
    tries_left: int = TRIES
    carer: str = ""
    """whose phone it pairs"""

    @property
    def written(self) -> str:
        """As people read it: ``XXXX-XXXX``."""
        return f"{self.code[:4]}-{self.code[4:]}"


class Pairing:
    """The code that is open, if there is one; times are Unix seconds."""

    def __init__(self, state_dir: str | Path) -> None:
        self._dir = Path(state_dir)
        self._path = self._dir / "pairing.json"

    def open(self, right: Right, now_s: float, drawn: str | None = None, carer: str = "") -> Code:
        """Draw a code, or take the one ``drawn`` by a box; the one before it holds no more.

        ``carer``: whose phone it pairs.

        Raises:
            ConfigError: the state directory cannot be written.
        """
        drawn = drawn or "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        code = Code(code=drawn, right=right, until_s=now_s + VALID_S, carer=carer)
        with kept.locked(self._dir):
            kept.save(self._path, code)
        return code

    def offer(self, box: str, drawn: str) -> None:
        """A box's LED blinks this code, since somebody stands at its button: it pairs a carer."""
        if BLINKED.fullmatch(drawn) is None:
            return
        try:
            self.open("carer", time.time(), drawn)
        except ConfigError as error:
            log.warning("%s offers to pair a phone: %s", box, error)
        else:
            log.warning("%s offers to pair a phone: its button was pressed five times", box)

    def current(self, now_s: float) -> Code | None:
        """The code that is open now."""
        code = kept.load(self._path, Code)
        if code is None or not now_s < code.until_s <= now_s + VALID_S or code.tries_left <= 0:
            return None
        return code

    def attempt(self, typed: str, now_s: float) -> Outcome:
        """Somebody typed a code; the right one is used up by it.

        Raises:
            ConfigError: the state directory cannot be written.
        """
        with kept.locked(self._dir):
            stored = kept.load(self._path, Code)
            code = self.current(now_s)
            if code is None:
                return "used_up" if stored is not None and stored.tries_left <= 0 else "none"
            if hmac.compare_digest(code.code.encode(), plain(typed).encode()):
                self._path.unlink(missing_ok=True)
                return code.right
            kept.save(self._path, msgspec.structs.replace(code, tries_left=code.tries_left - 1))
            return "wrong" if code.tries_left > 1 else "used_up"


def plain(typed: str) -> str:
    """What was typed, without spaces and dashes, in capitals."""
    return "".join(c for c in typed.upper() if c.isalnum())[: 2 * LENGTH]

"""A new broker or a new name has to prove itself, or what was before holds again.

Whoever sets it from a phone may cut the only line to the box: a broker that is not there, rights
that know the box by its old name. Without an answer in time the box goes back by itself, so that
alerts arrive again, and says why.
"""

from __future__ import annotations

import math

from monitor.config import Config
from monitor.events import LinkReport
from monitor.store.settings import BoxSettings, LinkSettings

PROBATION_S = 120.0
"""a broker that restarts, or a name that is not resolved yet, is there by then"""


class Probation:
    """``begin`` with a change that came over the broker, ``look`` once a second."""

    def __init__(self, settings: BoxSettings, patience_s: float = PROBATION_S) -> None:
        """Times are monotonic seconds."""
        self._settings, self._patience_s = settings, patience_s
        self._before: LinkSettings | None = None
        self._until_s = math.inf

    def begin(self, before: LinkSettings, held: Config, now_s: float) -> None:
        """A change was made to what ``held``: does the way to the broker depend on it?"""
        now = self._settings.config
        if (held.box, held.mqtt) != (now.box, now.mqtt):
            self._before = self._before or before
            self._until_s = now_s + self._patience_s

    def look(self, link: LinkReport, now_s: float) -> str | None:
        """Judge by how the connection is; returns what to log, when there is something."""
        if self._before is None:
            return None
        if link.connected and link.takes_alerts and link.hears_commands is not False:
            self._before = None
            return "the broker takes what this box says by its new settings"
        if now_s < self._until_s:
            return None
        before, self._before = self._before, None
        why = next((text for text in link.why.values() if text), "it does not answer")
        self._settings.go_back(before, f"the broker did not take them ({why})")
        return self._settings.problem

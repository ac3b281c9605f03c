"""Hands in the box: whoever is there hears the babies, so a warning can wait; but not for long.

What looks like a hand may be a platform that sways (a hammock, a lorry, a washing machine). So
hands hold something back for a few minutes at most, until they have been away; and nothing that
is critical.
"""

from __future__ import annotations

import math

import msgspec

from monitor.alert_kinds import KINDS, AlertKind, Severity
from monitor.timeshift import Moment

HANDS_GRACE_S = 60.0
"""somebody who has just put the babies down still hears them"""
HANDS_LONGEST_S = 300.0
"""... and has looked after a cry within five minutes, or is not there"""


class HandsState(msgspec.Struct):
    """When hands were in the box last, and since when without a longer pause."""

    since_s: Moment = -math.inf
    last_s: Moment = -math.inf


class HandsGate:
    """Is told at every tick whether hands are in the box."""

    def __init__(self, state: HandsState) -> None:
        self.state = state

    def observe(self, now_s: float, *, handled: bool) -> None:
        """Hands that come back within the grace have never been away."""
        if not handled:
            return
        if now_s - self.state.last_s >= HANDS_GRACE_S:
            self.state.since_s = now_s
        self.state.last_s = now_s

    def holds_back(self, kind: AlertKind, severity: Severity, now_s: float) -> bool:
        """Whether this is not said now, because somebody is there."""
        there = (
            now_s - self.state.last_s < HANDS_GRACE_S
            and now_s - self.state.since_s < HANDS_LONGEST_S
        )
        return there and KINDS[kind].held_back_by_hands and severity != "critical"

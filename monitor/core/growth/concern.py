"""A rule about growth that holds now, in numbers and with its reason."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from monitor.alert_kinds import AlertKind, Severity
from monitor.core.growth.averages import Mean


class Excuse(NamedTuple):
    """What a newborn may lose of the weight of another day."""

    loss_pct: float
    critical_pct: float
    """... and from how much on somebody must be called at once"""


class Concern(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that holds now."""

    kind: AlertKind
    severity: Severity
    text: str
    """the observation, in numbers"""
    why: str
    """the rule"""


def of_divisions(before: Mean, now: Mean) -> str:
    """What a coarse scale adds to the reason; nothing for a fine one."""
    division_g = max(before.resolution_g, now.resolution_g)
    if not division_g:
        return ""
    return f"; its scale shows steps of {division_g:.3g} g, and that is allowed for"

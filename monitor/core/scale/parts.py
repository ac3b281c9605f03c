"""The parts of the weigher that others read, built on one state."""

from __future__ import annotations

from typing import NamedTuple

from monitor.config import ScaleConfig
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.absence import Absences
from monitor.core.scale.claims import Claims
from monitor.core.scale.known_things import KnownThings
from monitor.core.scale.platform import Platform
from monitor.core.scale.roster import Roster
from monitor.core.scale.state import WeigherState
from monitor.core.scale.tracker import OccupancyTracker


class Parts(NamedTuple):
    """What ``requests``, ``status`` and ``findings`` are about."""

    config: ScaleConfig
    reference: GrowthReference
    state: WeigherState
    platform: Platform
    claims: Claims
    occupancy: OccupancyTracker
    roster: Roster
    absences: Absences
    things: KnownThings

    @classmethod
    def on(cls, state: WeigherState, config: ScaleConfig, reference: GrowthReference) -> Parts:
        """Each on its piece of ``state``."""
        occupancy, things = OccupancyTracker(state.occupancy), KnownThings(state.occupancy)
        claims = Claims(state.claims, reference, things.name)
        return cls(
            config=config,
            reference=reference,
            state=state,
            platform=Platform(config, state),
            claims=claims,
            occupancy=occupancy,
            roster=Roster(claims, occupancy, reference, state.care),
            absences=Absences(state.absence, state.claims, occupancy, reference),
            things=things,
        )

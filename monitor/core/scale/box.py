"""Is the box on the platform? A transition that takes it off or puts it back moves no baby."""

from __future__ import annotations

from typing import NamedTuple

from monitor.config import ScaleConfig
from monitor.core.scale.claims import Claims
from monitor.core.scale.converter import least_g
from monitor.core.scale.plateaus import Transition
from monitor.core.scale.state import WeigherState
from monitor.core.scale.tracker import OccupancyTracker
from monitor.events import BoxOff, BoxOn

MIN_BOX_G = 60.0
"""Less than this and box and babies cannot be told apart by the empty platform."""
EMPTY_G = 20.0
"""A platform this close to its zero at the start carries no box."""


class Change(NamedTuple):
    """What a transition means for the box."""

    events: list[BoxOff | BoxOn]
    from_g: float | None = None
    """the level from which the content of the box changed; ``None``: it did not, or nobody knows"""
    was_off: bool = False


class BoxWatch:
    """Takes transitions; remembers whether the box is off, and what it weighed before."""

    def __init__(
        self,
        config: ScaleConfig,
        state: WeigherState,
        claims: Claims,
        occupancy: OccupancyTracker,
    ) -> None:
        self._config = config
        self._state = state
        self._claims = claims
        self._occupancy = occupancy

    def observe(self, transition: Transition) -> Change:
        """Take one transition; the first of a recording (from nowhere) shows where it begins."""
        state = self._state
        if transition.from_g is None and state.box_off and state.off_from_g is None:
            return self._box_on(transition)  # off since a calibration
        if transition.from_g is None:
            babies_g = self._inside_g()
            empty = abs(transition.to_g) < EMPTY_G and babies_g > 2 * EMPTY_G
            state.box_off = empty or transition.to_g < least_g(self._config)
            return Change([])
        if state.box_off:
            return self._box_on(transition)
        if self._left_the_platform(transition.from_g, transition.to_g):
            state.box_off, state.off_from_g = True, transition.from_g
            return Change([BoxOff(t_s=transition.t_s)])
        return Change([], transition.from_g)

    def _inside_g(self) -> float:
        """What the babies and the known things in the box should weigh together."""
        best = self._occupancy.best()
        babies_g = sum(
            record.weight_g or 0.0
            for i, record in enumerate(self._claims.records)
            if best.inside >> i & 1
        )
        return babies_g + sum(thing.g for thing in best.things if thing.inside)

    def _left_the_platform(self, from_g: float, to_g: float) -> bool:
        """Lost more than all the babies weigh, and hardly anything is left, or less than that."""
        if to_g < least_g(self._config):
            return True
        babies_g = self._inside_g()
        box_g = from_g - babies_g
        lost_box = from_g - to_g > babies_g + 0.5 * max(box_g, MIN_BOX_G)
        return box_g > MIN_BOX_G and lost_box and abs(to_g) < 0.25 * from_g

    def _box_on(self, transition: Transition) -> Change:
        state = self._state
        known = state.off_from_g
        enough = MIN_BOX_G if known is None else max(MIN_BOX_G, 0.3 * known)
        if transition.to_g < enough:
            return Change([])
        state.box_off, state.off_from_g = False, None
        return Change([BoxOn(t_s=transition.t_s)], known, was_off=True)

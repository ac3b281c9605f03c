"""Weights typed by hand: put into a baby's record and the tracker's log, and taken out again."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from monitor.core.growth.resolution import FINE_SIGMA_G, resolutions_g, rounding_sd_g
from monitor.core.scale.claims import Claims
from monitor.core.scale.hypothesis import Typed
from monitor.core.scale.tracker import OccupancyTracker
from monitor.events import AnyEvent, Weighing
from monitor.times import DAY_S

ONE_SCALE_S = 2 * DAY_S
"""what was typed so close together came from one scale, as far as anybody can tell"""


class TypedWeights:
    """Keeps records and tracker agreed on what was typed."""

    def __init__(self, claims: Claims, occupancy: OccupancyTracker) -> None:
        self._claims, self._occupancy = claims, occupancy

    def find(self, key: str) -> tuple[int, Weighing] | None:
        """The weighing with this id and whose it is; ``None``: no such one was typed."""
        for i, record in enumerate(self._claims.records):
            for weighing in record.weighings:
                if weighing.step_id == key and weighing.move is None:
                    return i, weighing
        return None

    def put(self, i: int, weighing: Weighing, *, again: bool = False) -> list[AnyEvent]:
        """A new weight, or another value of one; ``again``: one that was there before."""
        record = self._claims.records[i]
        weighing = msgspec.structs.replace(weighing, sigma_g=self._sigma_g(i, weighing))
        typed = Typed(t_s=weighing.t_s, baby=i, g=weighing.weight_g, sigma_g=weighing.sigma_g)
        told = self._occupancy.amend(typed, typed)
        if told is None:
            told = []
            if again or record.latest is None or weighing.t_s >= record.latest.t_s:
                told = self._occupancy.insert(typed)
        named = msgspec.structs.replace(weighing, baby=record.baby.name)
        return [*self._claims.put(i, named), *self._claims.publish(told)]

    def _sigma_g(self, i: int, weighing: Weighing) -> float:
        """Error of a typed weight: a gram, or what the division of a coarse scale hides.

        The division is recognised from all that was typed for this baby, and from what was typed
        for the litter within days: one scale weighs them all.
        """
        records = self._claims.records
        own = _division_g(weighing, records[i].weighings)
        litter = _division_g(
            weighing,
            [w for r in records for w in r.weighings if abs(w.t_s - weighing.t_s) <= ONE_SCALE_S],
        )
        return max(FINE_SIGMA_G, rounding_sd_g(max(own, litter)))

    def drop(self, i: int, weighing: Weighing) -> list[AnyEvent]:
        """It was not so."""
        gone = self._claims.drop(i, weighing.step_id, weighing.t_s)
        typed = Typed(t_s=weighing.t_s, baby=i, g=weighing.weight_g)
        return [*gone, *self._claims.publish(self._occupancy.amend(typed, None) or [])]

    def correct(self, i: int, weighing: Weighing, target: int, g: float) -> list[AnyEvent]:
        """It was another baby's, or weighed something else."""
        changed = msgspec.structs.replace(weighing, weight_g=g)
        if target == i:
            return self.put(i, changed)
        self._claims.records[i].drop(weighing.step_id)
        typed = Typed(t_s=weighing.t_s, baby=i, g=weighing.weight_g)
        told = self._claims.publish(self._occupancy.amend(typed, None) or [])
        return [*self.put(target, changed, again=True), *told, *self._claims.refresh({i})]

    def put_back(self, i: int, key: str, weighing: Weighing | None) -> list[AnyEvent]:
        """As it was before; ``None``: it was not there."""
        if weighing is not None:
            return self.put(i, weighing, again=True)
        found = self.find(key)
        return [] if found is None else self.drop(i, found[1])


def _division_g(weighing: Weighing, others: Iterable[Weighing]) -> float:
    """Of the scale it was read on, by what else was typed."""
    typed = [w for w in others if w.move is None and w.step_id != weighing.step_id]
    ordered = sorted([*typed, weighing], key=lambda w: w.t_s)
    return resolutions_g([w.weight_g for w in ordered])[ordered.index(weighing)]

"""The retained documents of the scale and of every baby; what is not known is ``None``."""

from __future__ import annotations

from typing import Any

import msgspec

from monitor.codec import converted
from monitor.core.growth.ages import Age, age_of
from monitor.core.scale.decision import UNSURE_P
from monitor.core.scale.parts import Parts
from monitor.documents import BabyStatus, MovingStatus, ScaleStatus, ThingStatus
from monitor.events import Baby


class Status:
    """Reads the other parts; keeps nothing."""

    def __init__(self, parts: Parts) -> None:
        self._config = parts.config
        self._state = parts.state
        self._reference = parts.reference
        self._platform = parts.platform
        self._claims = parts.claims
        self._occupancy = parts.occupancy
        self._absences = parts.absences
        self._things = parts.things

    def scale(self, now_s: float) -> ScaleStatus:
        """The live numbers of the platform; unknown is ``None``."""
        total_g = self._platform.total_g(now_s)
        blind = total_g is None or self._state.box_off
        return ScaleStatus(
            total_g=total_g,
            still=None if total_g is None else self._platform.at_rest,
            activity=self._platform.liveliness(),
            in_box=None if blind else self.in_box(),
            weigh_in_ends_at=self._claims.weigh_in_ends_s(now_s),
            things=self._known_things(blind=blind),
            calibrated=self._config.calibrated,
        )

    def _known_things(self, *, blind: bool) -> list[ThingStatus]:
        things = self._things.known()
        return [msgspec.structs.replace(t, in_box=None) for t in things] if blind else things

    def in_box_at(self, now_s: float) -> list[str] | None:
        """Names of those inside, while the platform is seen and every one of them is certain."""
        if self._state.box_off or self._platform.total_g(now_s) is None:
            return None
        return self.in_box()

    def in_box(self) -> list[str] | None:
        """Names, when every one of them is certain; one doubtful baby makes the list a guess."""
        inside = []
        for i, record in enumerate(self._claims.records):
            if not record.here:
                continue
            p = self._occupancy.p_inside(i)
            if UNSURE_P < p < 1.0 - UNSURE_P:
                return None
            if p > 0.5:
                inside.append(record.baby.name)
        return inside

    def ages(self, now_s: float) -> list[Age]:
        """Of everybody in the nursery."""
        records = self._claims.records
        return [age_of(record, self._reference, now_s) for record in records if record.here]

    def babies(self, now_s: float) -> list[BabyStatus]:
        """One document per baby."""
        blind = self._platform.total_g(now_s) is None or self._state.box_off
        out = []
        for i, record in enumerate(self._claims.records):
            if not record.here:
                continue
            p = self._occupancy.p_inside(i)
            inside = None if blind or UNSURE_P < p < 1.0 - UNSURE_P else p > 0.5
            known = self._state.claims.clock_known
            status = record.status(now_s, self._reference, in_box=inside, clock_known=known)
            since_s = None if blind else self._absences.out_since(i)
            out.append(msgspec.structs.replace(status, out_since=since_s, **_identity(record.baby)))
        return out


def _identity(baby: Baby) -> dict[str, Any]:
    """Who it is, and from and to which box it goes."""
    moving = None if baby.moving is None else converted(MovingStatus, baby.moving)
    came_from = None if baby.arrival is None else baby.arrival.origin
    return {
        "id": baby.id,
        "registered_at": baby.registered_s,
        "moving": moving,
        "stayed": baby.stayed,
        "came_from": came_from,
    }

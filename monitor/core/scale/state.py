"""Everything the weigher remembers, in one struct."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.codec import converted
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.absence import AbsenceState
from monitor.core.scale.care_state import CareState
from monitor.core.scale.claims_state import ClaimsState
from monitor.core.scale.converter import ConverterState
from monitor.core.scale.liveliness import LivelinessState
from monitor.core.scale.occupancy import OccupancyState
from monitor.core.scale.plateaus import SegmenterState
from monitor.core.scale.roster import first_estimate
from monitor.core.scale.settled import SettledState
from monitor.core.scale.sight import SightState
from monitor.core.scale.steadiness import SteadinessState
from monitor.core.scale.tracker import OccupancyTracker
from monitor.core.scale.was import Entry
from monitor.core.scale.windows import WindowerState
from monitor.events import Baby, Feed, HandFeed, Weighing
from monitor.timeshift import Moment

_ENCODED = {
    "occupancy": "litter",
    "claims": "ledger",
    "liveliness": "movement",
    "disturbance_published": "said_disturbed",
}
"""names in the snapshots that lie in users' journals"""


class WeigherState(msgspec.Struct, rename=_ENCODED):
    """Everything the weigher remembers; bounded."""

    windower: WindowerState
    segmenter: SegmenterState
    occupancy: OccupancyState
    claims: ClaimsState
    converter: ConverterState
    liveliness: LivelinessState
    start_s: Moment
    now_s: Moment
    window_s: Moment | None = None
    level_g: float | None = None
    touched_s: Moment | None = None
    box_off: bool = False
    off_from_g: float | None = None
    disturbance_published: bool = False
    settled: bool = True
    """the last plateau was a long one"""
    still: SettledState = msgspec.field(default_factory=SettledState)
    steadiness: SteadinessState = msgspec.field(default_factory=SteadinessState)
    care: CareState = msgspec.field(default_factory=CareState)
    told_of_groups: dict[str, Moment] = {}
    """of which look-alikes something was last stated as a group, by ``group_key``"""
    absence: AbsenceState = msgspec.field(default_factory=AbsenceState)
    sight: SightState = msgspec.field(default_factory=SightState)
    entries: list[Entry] = []
    """what people entered lately, oldest first"""
    calibration: tuple[float, float] | None = None
    """counts per gram and at zero by which its grams were read; ``None``: nobody knows"""
    resumed_s: Moment = 0.0
    """where this run took up what an earlier one left; 0 for one that began anew"""

    def kept(self) -> WeigherState:
        """For a snapshot: without old weighings, which the journal has."""
        records = [record.light() for record in self.claims.records]
        claims = msgspec.structs.replace(self.claims, records=records)
        return msgspec.structs.replace(self, claims=claims)


def by_another_calibration(state: WeigherState) -> WeigherState:
    """``state`` after the scale was calibrated anew: who is here stays, every level is unknown.

    The box is off: it was taken off for the calibration, and no step leads from a level of before.
    """
    return msgspec.structs.replace(
        state,
        windower=WindowerState(),
        segmenter=SegmenterState(),
        converter=ConverterState(),
        liveliness=LivelinessState(),
        still=SettledState(),
        steadiness=SteadinessState(),
        window_s=None,
        level_g=None,
        off_from_g=None,
        box_off=True,
        settled=True,
    )


def begun(
    babies: Sequence[Baby],
    history: Sequence[Weighing],
    reference: GrowthReference,
    start_s: float,
    *,
    occupancy_known: bool,
    told: Sequence[Feed] = (),
) -> WeigherState:
    """What is known at ``start_s`` of these babies, their weighings by time, and their bottles."""
    records = [BabyRecord(baby=baby) for baby in babies]
    by_name = {record.baby.name: record for record in records}
    for weighing in history:
        if weighing.baby in by_name:
            by_name[weighing.baby].put(weighing)
    for feed in told:
        if feed.baby in by_name:
            by_name[feed.baby].tell(converted(HandFeed, feed, g=feed.net_g))
    for record in records:
        record.refresh(reference)
    occupancy = OccupancyTracker.start(
        [first_estimate(record, reference, start_s) for record in records],
        all_inside=occupancy_known,
    )
    return WeigherState(
        windower=WindowerState(),
        segmenter=SegmenterState(),
        occupancy=occupancy.state,
        claims=ClaimsState(records=records),
        converter=ConverterState(),
        liveliness=LivelinessState(),
        start_s=start_s,
        now_s=start_s,
    )

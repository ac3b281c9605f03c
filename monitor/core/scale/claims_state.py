"""What has been published about each step, and the records that follow from it."""

from __future__ import annotations

from typing import Literal

import msgspec

from monitor.core.growth.baby_record import BabyRecord
from monitor.events import Unassigned
from monitor.timeshift import Moment


class Published(msgspec.Struct, frozen=True, array_like=True):
    """What was published about one step."""

    kind: Literal["claim", "joint", "object", "unassigned", "nothing", "void"]
    baby: int | None
    thing: int | None = None
    """id of the thing that an "object" was said to be"""


class WeighInWait(msgspec.Struct, frozen=True, array_like=True):
    """Somebody said "I am weighing one baby now"; the next move of one baby ends it."""

    since_s: Moment
    ends_s: Moment


class ClaimsState(msgspec.Struct, rename={"records": "books", "published": "said"}):
    """The records, and what has been published. ``rename``: as in the snapshots of users."""

    records: list[BabyRecord]
    published: dict[str, Published] = {}
    pending: dict[str, Unassigned] = {}
    """questions nobody has answered"""
    clock_known: bool = True
    """the timeline is where the world's clocks are"""
    weigh_in: WeighInWait | None = None
    joint_s: dict[str, Moment] = {}
    """when a baby (by its id) was last put back together with another: who drank what is unknown"""
    only_weighed: list[str] = []
    """step ids of moves that were a weighing and no bottle"""

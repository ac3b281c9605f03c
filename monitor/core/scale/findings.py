"""What a person should know of the scale and the babies now, and what of it nobody can tell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from monitor.alert_kinds import AlertKind
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.conditions import ConcernWriter, Watch
from monitor.core.growth.low_intake import Finding
from monitor.core.scale import conditions, missing
from monitor.core.scale.decision import UNSURE_P
from monitor.core.scale.look_alikes import LookAlikes
from monitor.core.scale.parts import Parts
from monitor.core.scale.sight import Sight
from monitor.core.scale.status import Status
from monitor.events import CannotJudge, Closed, Condition
from monitor.times import HOUR_S

ASK_S = 12 * HOUR_S
"""After half a day nobody remembers which one it was."""
CONDITIONS_S = 15.0
"""Worries change with weighings, or slowly: they are worked out again this often."""

_OF_THE_PLATFORM: tuple[AlertKind, ...] = ("scale_overload", "scale_unsettled")


class Found(NamedTuple):
    """What was worked out at ``t_s``."""

    t_s: float
    blind: bool
    """nothing is read from the platform"""
    conditions: list[Condition]
    """what a person should know"""
    unjudged: list[CannotJudge]
    """what of it nobody can tell"""
    closed: list[Closed]
    """what is not looked for any more, with the reason"""

    @classmethod
    def of(cls, t_s: float, blind: bool, found: Sequence[Finding]) -> Found:
        """Each with its kind."""
        return cls(
            t_s,
            blind,
            [each for each in found if isinstance(each, Condition)],
            [each for each in found if isinstance(each, CannotJudge)],
            [each for each in found if isinstance(each, Closed)],
        )


class Findings:
    """Works out conditions; keeps the last ones until ``forget``, or a little while."""

    def __init__(self, parts: Parts, status: Status) -> None:
        self._parts = parts
        self._config = parts.config
        self._state = parts.state
        self._platform = parts.platform
        self._claims = parts.claims
        self._occupancy = parts.occupancy
        self._status = status
        self._writer = ConcernWriter(parts.reference)
        self._look_alikes = LookAlikes(parts)
        self._sight = Sight(parts.state.sight)
        self._last: Found | None = None

    def forget(self) -> None:
        """Something changed: work them out again."""
        self._last = None

    def at(self, now_s: float) -> Found:
        """What is so now; cheap to ask every second."""
        last, blind = self._last, self._platform.total_g(now_s) is None
        if last is None or last.blind != blind or not 0.0 <= now_s - last.t_s < CONDITIONS_S:
            self._last = last = self._judge(now_s, blind=blind)
        return last

    def _judge(self, now_s: float, *, blind: bool) -> Found:
        state, writer = self._state, self._writer
        self._sight.observe(now_s, seen=not blind and not state.box_off)
        found: list[Finding] = [
            finding
            for i, record in enumerate(self._claims.records)
            if record.here
            for finding in writer.baby(record, now_s, self._watch(i, record, blind=blind))
        ]
        found += self._look_alikes.findings(now_s, blind=blind)
        found += missing.findings(self._parts, now_s, blind=blind or state.box_off)
        found += conditions.who_is_it(list(state.claims.pending.values()), now_s, ASK_S)
        if blind:
            found += [CannotJudge(kind=k, why="the scale is not seen") for k in _OF_THE_PLATFORM]
            return Found.of(now_s, blind, found)
        found += conditions.overload(state.converter.overload_since_s, state.level_g, self._config)
        found += conditions.wanders(self._platform.wander)
        occupied = not state.box_off and self._status.in_box() != []
        found += self._platform.still.conditions(now_s, occupied=occupied)
        return Found.of(now_s, blind, found)

    def _watch(self, i: int, record: BabyRecord, *, blind: bool) -> Watch | None:
        """How this baby has been watched; ``None`` while it is not, or never was."""
        state = self._state
        if state.window_s is None:
            return None
        maybe_fed_s = self._maybe_fed(i, record.baby.name)
        since_s = max(state.start_s, record.baby.registered_s or state.start_s)
        return Watch(
            since_s=since_s,
            seen_from_s=self._seen_from_s(i, max(since_s, maybe_fed_s or since_s)),
            blind=blind,
            timed_since_s=-math.inf if state.claims.clock_known else state.resumed_s,
            maybe_fed_s=maybe_fed_s,
            away=self._parts.absences.is_away(i),
            out=not state.box_off and self._occupancy.p_inside(i) <= UNSURE_P,
        )

    def _seen_from_s(self, i: int, since_s: float) -> float | None:
        """Since when no bottle of this baby can have escaped notice, from ``since_s`` on."""
        claims, seen_s = self._state.claims, self._sight.since_s
        if seen_s is None or not claims.clock_known:
            return None
        joint_s = claims.joint_s.get(claims.records[i].baby.id, since_s)
        return max(since_s, seen_s, joint_s)

    def _maybe_fed(self, i: int, name: str) -> float | None:
        """When this baby may have had a bottle: an unnamed return, or the end of an absence."""
        back_s = self._parts.absences.back_s(i)
        returns = [
            event.t_s
            for event in self._state.claims.pending.values()
            if event.move == "return"
            and not event.gap
            and event.step_id not in self._state.claims.only_weighed
            and any(c.baby == name for c in event.candidates)
        ]
        return max([*returns, *([] if back_s is None else [back_s])], default=None)

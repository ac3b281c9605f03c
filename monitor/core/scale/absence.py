"""Who is out of the box, since when, and whether somebody has it.

A baby is out when the hypotheses agree that it is; when none can be named but one of several
look-alikes certainly is, that is known of the group. How long it may be out before somebody must
look is a matter of age; a hand that takes it out is a sign that somebody has it, for a while.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.claims_state import ClaimsState
from monitor.core.scale.decision import UNSURE_P
from monitor.core.scale.hypothesis import Hypothesis, Step, bits
from monitor.core.scale.tracker import OccupancyTracker
from monitor.times import MINUTE_S
from monitor.timeshift import Moment

LIMITS_MIN = ((28.0, 40.0), (35.0, 90.0), (math.inf, 240.0))
"""(age below, days; minutes out). A bottle takes 5 to 20 min in the first four weeks, up to 40 with
a slow drinker, cleaning and stimulation. Later they are out to play, and once they eat by
themselves no bottle says how long. Judgement."""
ABOUT_S = 10 * MINUTE_S
"""A hand in the box so recently: somebody is about and sees who is missing."""
LONGEST_TIMES = 2.0
"""... but what looks like hands may be a lively litter: after this many times the limit all the
same."""
EARLY_S = 15 * MINUTE_S
"""Somebody who says "away" may say so just before the baby is taken."""


class Away(msgspec.Struct, frozen=True, array_like=True):
    """Somebody said that they have it."""

    t_s: Moment
    early: bool = False
    """... or are about to take it, which it has not left for yet"""


class AbsenceState(msgspec.Struct):
    """Who is out and who is away on purpose, by id."""

    out: dict[str, Moment] = {}
    """since when"""
    away: dict[str, Away] = {}
    groups: dict[str, list[str]] = {}
    """ids of look-alikes of whom some are out, by ``group_key``, until every one is back"""
    back: dict[str, Moment] = {}
    """when somebody last brought it back who had said that they had it"""
    late: dict[str, Moment] = {}
    """who has been out for too long, and since when"""


class Missing(NamedTuple):
    """Who is certainly out though nobody said so: one baby, or so many of a group."""

    babies: tuple[int, ...]
    number: int
    left_s: float


class Absences:
    """``observe`` after every change of who is where; ``said`` when somebody speaks of a baby."""

    def __init__(
        self,
        state: AbsenceState,
        claims: ClaimsState,
        occupancy: OccupancyTracker,
        reference: GrowthReference,
    ) -> None:
        self.state = state
        self._claims = claims
        self._occupancy = occupancy
        self._reference = reference

    # ------------------------------------------------------------------ what happens

    def observe(self, now_s: float) -> None:
        """Who is where may have changed: note who has left, and forget who is back."""
        state, steps = self.state, self._steps()
        best = self._occupancy.best()
        here = {record.baby.id: i for i, record in enumerate(self._claims.records) if record.here}
        for key, i in here.items():
            if self.inside(i):
                state.out.pop(key, None)
                self._is_back(key, now_s)
            elif self._is_out(i) and (left_s := _left_s(best, i, steps)) is not None:
                state.out[key] = left_s
                self._has_left(key, left_s)
        state.out = {key: t_s for key, t_s in state.out.items() if key in here}
        state.away = {key: said for key, said in state.away.items() if key in here}
        state.back = {key: t_s for key, t_s in state.back.items() if key in here}
        state.groups = {
            key: ids
            for key, ids in state.groups.items()
            if any(each in here and not self.inside(here[each]) for each in ids)
        }
        found = self._group(steps)
        if found is not None:
            ids = self._ids(found.babies)
            state.groups[group_key(ids)] = ids
        known = state.out.keys() | state.groups.keys()
        state.late = {key: t_s for key, t_s in state.late.items() if key in known}

    def _is_back(self, key: str, now_s: float) -> None:
        said = self.state.away.get(key)
        if said is None or (said.early and now_s - said.t_s <= EARLY_S):
            return
        del self.state.away[key]
        if not said.early:
            self.state.back[key] = now_s

    def _has_left(self, key: str, left_s: float) -> None:
        """What was said of an earlier absence does not cover this one."""
        said = self.state.away.get(key)
        if said is None:
            return
        if left_s - said.t_s > (EARLY_S if said.early else 0.0):
            del self.state.away[key]
        elif said.early and left_s >= said.t_s:
            self.state.away[key] = Away(left_s)

    def said(self, i: int, t_s: float, *, leaves: bool = False) -> None:
        """Somebody spoke of this baby at ``t_s``: if it is, or may be, out, they have it.

        ``leaves``: they said that it is being taken away, which also counts just before.
        """
        key = self._claims.records[i].baby.id
        left_s = self.state.out.get(key)
        if self.inside(i):
            if leaves:
                self.state.away[key] = Away(t_s, early=True)
        elif left_s is None or t_s >= left_s:
            self.state.away[key] = Away(t_s)

    # ------------------------------------------------------------------ what is known

    def out_since(self, i: int) -> float | None:
        """Since when this baby has certainly been out; ``None``: it is in, or nobody knows."""
        if not self._is_out(i):
            return None
        return self.state.out.get(self._claims.records[i].baby.id)

    def back_s(self, i: int) -> float | None:
        """When somebody brought it back who had it, and may have fed it; ``None``: nobody did."""
        return self.state.back.get(self._claims.records[i].baby.id)

    def is_away(self, i: int) -> bool:
        """Whether it is, or may be, out, and somebody has said that they have it."""
        return not self.inside(i) and self._claims.records[i].baby.id in self.state.away

    def unsure(self, i: int) -> bool:
        """Whether nobody knows where it is."""
        return not self.inside(i) and not self._is_out(i)

    def missing(self) -> list[Missing]:
        """Who is certainly out, without those of whom somebody said that they have them."""
        found = []
        for i, record in enumerate(self._claims.records):
            left_s = self.state.out.get(record.baby.id)
            if record.here and left_s is not None and self._is_out(i) and not self.is_away(i):
                found.append(Missing((i,), 1, left_s))
        group = self._group(self._steps())
        if group is not None:
            found.append(group)
        return found

    def inside(self, i: int) -> bool:
        """Whether it is certainly in the box."""
        return self._occupancy.p_inside(i) >= 1.0 - UNSURE_P

    def _is_out(self, i: int) -> bool:
        return self._occupancy.p_inside(i) <= UNSURE_P

    def is_late(self, missing: Missing, now_s: float, touched_s: float | None) -> bool:
        """Whether they have been out for too long, with nobody about; so until they are back.

        ``touched_s``: when a hand was last seen in the box.
        """
        key, out_s = self.key_of(missing), now_s - missing.left_s
        if self.state.late.get(key) == missing.left_s:
            return True
        limit_s = min(self._limit_s(i, now_s) for i in missing.babies)
        alone = touched_s is None or now_s - touched_s >= ABOUT_S
        if out_s < limit_s or not (alone or out_s >= LONGEST_TIMES * limit_s):
            return False
        self.state.late[key] = missing.left_s
        return True

    def key_of(self, missing: Missing) -> str:
        """The key of a condition about them."""
        return group_key(self._ids(missing.babies))

    def _limit_s(self, i: int, now_s: float) -> float:
        age = self._claims.records[i].expected(self._reference, now_s).age_day
        return next(limit for below, limit in LIMITS_MIN if age < below) * MINUTE_S

    # ------------------------------------------------------------------ look-alikes

    def _group(self, steps: dict[str, Step]) -> Missing | None:
        """Those of whom some are certainly out, though nobody can say which."""
        unsure = [i for i, r in enumerate(self._claims.records) if r.here and self.unsure(i)]
        if not unsure:
            return None
        away = sum(1 << i for i in unsure if self.is_away(i))
        seen: dict[int, float] = {}
        counts: dict[int, float] = {}
        first_s: float | None = None
        for hypothesis in self._occupancy.state.hypotheses:
            p = math.exp(hypothesis.log_p)
            left = {i: _left_s(hypothesis, i, steps) for i in unsure}
            out = [i for i in unsure if left[i] is not None and not away >> i & 1]
            counts[len(out)] = counts.get(len(out), 0.0) + p
            for i in out:
                seen[i] = seen.get(i, 0.0) + p
            times = [left_s for i in out if (left_s := left[i]) is not None]
            first_s = min(times, default=None) if first_s is None else first_s
        count = max(n for n in counts if _at_least(counts, n) >= 1.0 - UNSURE_P)
        babies = tuple(i for i in unsure if seen.get(i, 0.0) > UNSURE_P)
        if not count or first_s is None or len(babies) <= count:
            return None
        return Missing(babies, count, first_s)

    def _ids(self, babies: tuple[int, ...]) -> list[str]:
        return [self._claims.records[i].baby.id for i in babies]

    def _steps(self) -> dict[str, Step]:
        return {e.step_id: e for e in self._occupancy.state.log if isinstance(e, Step)}


def group_key(ids: Sequence[str]) -> str:
    """The key of a condition about several babies."""
    return "-".join(sorted(ids))


def _at_least(counts: dict[int, float], n: int) -> float:
    return sum(p for count, p in counts.items() if count >= n)


def _left_s(hypothesis: Hypothesis, baby: int, steps: dict[str, Step]) -> float | None:
    """When the baby went out, where that is remembered and it is still out."""
    bit = 1 << baby
    if hypothesis.inside & bit:
        return None
    for explanation in reversed(hypothesis.explanations):
        if baby in bits(explanation.returned):
            return None
        if explanation.lifted & bit:
            step = steps.get(explanation.step_id)
            return None if step is None else step.t_s
    return None

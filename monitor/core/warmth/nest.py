"""The nest: what the probe has said, and what that means for babies of this age.

Only temperatures come in; what is none (a dead probe's words) was left out before. While the probe
is not alive nothing is judged, and nothing is raised: an alert that is open stays as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
from msgspec import field

from monitor.core.growth.ages import Age
from monitor.core.warmth import words
from monitor.core.warmth.chill import Chill, ChillState
from monitor.core.warmth.cooling import Cooling, CoolingState, Hands
from monitor.core.warmth.excess import LASTS_S, MARGIN_C, Excess, Limits
from monitor.core.warmth.wanted import BURNS_C, Span, hot_c, wanted, warmest_c
from monitor.documents import BabyStatus, NestStatus
from monitor.events import CannotJudge, Condition
from monitor.timeshift import Moment

FAR_COLD_S = 600.0
"""critically cold for so long: longer than a hand, shorter than a bottle"""
HOT_S, BURNS_S, WARM_S = 300.0, 60.0, 600.0
"""... hot, burning, and too warm: what cannot crawl away is told of sooner"""
UNSEEN_S = 300.0
"""nobody could see for longer: what had begun may have ended meanwhile"""
LONG_OUT_S = 1800.0
"""out of the box for longer: the nest does not tell how warm this baby is"""


class NestState(msgspec.Struct):
    """What a restart goes on with."""

    at_s: Moment | None = None
    """of the last temperature"""
    now_c: float = 0.0
    cold: Excess = field(default_factory=Excess)
    warm: Excess = field(default_factory=Excess)
    burns: Excess = field(default_factory=Excess)
    chill: ChillState = field(default_factory=ChillState)
    cooling: CoolingState = field(default_factory=CoolingState)
    seen_s: Moment | None = None
    """when the probe worked last"""
    handled_s: Moment = -math.inf
    """when hands were in the box last"""


class Nest:
    """``observe`` temperatures, ``look`` at every tick; then ask."""

    def __init__(self, *, probed: bool) -> None:
        """``probed``: the configuration has a probe."""
        self.probed = probed
        self._alive = False
        self._youngest: Age | None = None
        self.state = NestState()

    @property
    def state(self) -> NestState:
        """What a restart goes on with."""
        return self._state

    @state.setter
    def state(self, state: NestState) -> None:
        self._state, self._chill = state, Chill(state.chill)
        self._cooling = Cooling(state.cooling)

    # ------------------------------------------------------------------ what it sees

    def observe(self, t_s: float, temperature_c: float) -> None:
        """The probe has measured this."""
        self._state.at_s, self._state.now_c = t_s, temperature_c

    def look(
        self, now_s: float, ages: Sequence[Age], *, alive: bool, hands: bool | None = None
    ) -> None:
        """Time passes.

        Args:
            now_s: the time now.
            ages: of everybody in the nursery.
            alive: the probe works, so what it said last is so now.
            hands: whether hands are in the box; ``None``: nobody can tell.
        """
        self._alive = alive and self._state.at_s is not None
        self._youngest = _youngest(ages)
        state = self._state
        if hands:
            state.handled_s = now_s
        if not self._alive:
            return
        unseen = state.seen_s is not None and now_s - state.seen_s > UNSEEN_S
        state.seen_s = now_s
        if unseen:
            for excess in (state.cold, state.warm, state.burns):
                excess.begin_anew()
        if self._youngest is None:
            for excess in (state.cold, state.warm, state.burns):
                excess.forget()
            return
        wants = wanted(self._youngest.day)
        high_c = warmest_c(self._youngest.day)
        hot = Limits(hot_c(wants.span_c) - high_c, HOT_S, WARM_S)
        state.cold.observe(
            now_s, wants.span_c[0] - state.now_c, Limits(wants.far_below_c, FAR_COLD_S)
        )
        state.warm.observe(now_s, state.now_c - high_c, hot)
        state.burns.observe(now_s, state.now_c - BURNS_C + MARGIN_C, Limits(0.0, BURNS_S))
        self._chill.observe(now_s, state.now_c, wants.span_c[0])
        known = Hands(seen=hands is not None, last_s=state.handled_s)
        self._cooling.observe(now_s, state.now_c, wants.span_c[0], known)

    # ------------------------------------------------------------------ what it says

    def conditions(self, now_s: float) -> list[Condition]:
        """Too cold, or too warm."""
        if not self._alive or self._youngest is None:
            return []
        return [*self._too_cold(now_s, self._youngest), *self._too_warm(now_s, self._youngest)]

    def _too_cold(self, now_s: float, youngest: Age) -> list[Condition]:
        cold, span_c = self._state.cold, wanted(youngest.day).span_c
        if cold.level is None or cold.since_s is None:
            return self._cools_down(now_s, span_c)
        found = Condition(
            kind="too_cold",
            severity=cold.level,
            since_s=cold.since_s,
            title="Nest far too cold" if cold.far else "Nest too cold",
            message=words.too_cold(self._state.now_c, span_c, now_s - cold.since_s, far=cold.far),
            why=f"more than {MARGIN_C:g} °C below {span_c[0]:g} °C for {LASTS_S / 60:.0f} min; "
            f"{words.wanted_for(youngest)}",
            all_clear=words.ALL_CLEAR,
        )
        return [found]

    def _cools_down(self, now_s: float, span_c: Span) -> list[Condition]:
        """The same incident before the limit: it goes on as too cold, under the same id."""
        fall = self._cooling.fall
        if fall is None:
            return []
        found = Condition(
            kind="too_cold",
            severity="warning",
            since_s=fall.from_s,
            title="Nest cools down",
            message=words.cools_down(fall, self._state.now_c, span_c, now_s),
            why=words.COOLS_DOWN_WHY,
            all_clear=words.ALL_CLEAR,
        )
        return [found]

    def _too_warm(self, now_s: float, youngest: Age) -> list[Condition]:
        warm, burns, span_c = self._state.warm, self._state.burns, wanted(youngest.day).span_c
        far = warm.far or burns.far
        since_s = warm.since_s
        if since_s is None or (warm.level is None and not far):
            return []
        found = Condition(
            kind="too_warm",
            severity="critical" if far else "warning",
            since_s=since_s,
            title="Nest far too warm" if far else "Nest too warm",
            message=words.too_warm(self._state.now_c, span_c, now_s - since_s, far=far),
            why=f"more than {MARGIN_C:g} °C above {span_c[1]:g} °C for {WARM_S / 60:.0f} min, or "
            f"{hot_c(span_c):g} °C for {HOT_S / 60:.0f} min; {words.wanted_for(youngest)}",
            all_clear=words.ALL_CLEAR,
        )
        return [found]

    def unjudged(self) -> list[CannotJudge]:
        """Nobody knows how warm it is."""
        if not self.probed or self._alive:
            return []
        why = "the probe does not work"
        return [CannotJudge(kind="too_cold", why=why), CannotJudge(kind="too_warm", why=why)]

    def status(self, ages: Sequence[Age]) -> NestStatus:
        """The retained document; ``ages`` of everybody in the nursery."""
        youngest, known = _youngest(ages), self._alive
        return NestStatus(
            temperature_c=self._state.now_c if known else None,
            at=self._state.at_s if known else None,
            wanted_c=None if youngest is None else wanted(youngest.day).span_c,
            probe="none" if not self.probed else "healthy" if known else "stalled",
        )

    # ------------------------------------------------------------------ warm before milk

    def warm_first(self, baby: BabyStatus, now_s: float) -> bool | None:
        """Whether this baby must be warmed before it is fed; ``None``: nobody knows."""
        if not self._alive or self._chill.state.t_s is None:
            return None
        if baby.out_since is not None and now_s - baby.out_since > LONG_OUT_S:
            return None
        return self._chill.state.chilled

    def clause(self) -> str:
        """The same, at the end of a clause about a bottle."""
        chilled = self._alive and self._chill.state.chilled
        return f", and {words.WARM_FIRST}" if chilled else ""

    def advice(self, now_s: float) -> str:
        """What is said beside a bottle that is due; empty when the nest was warm, or is unknown."""
        chill = self._chill.state
        if not self._alive or not chill.chilled or chill.since_s is None:
            return ""
        end_s = now_s if chill.until_s is None else chill.until_s
        ago_s = None if chill.until_s is None else now_s - chill.until_s
        return words.warm_first(chill.coldest_c, end_s - chill.since_s, ago_s)


def _youngest(ages: Sequence[Age]) -> Age | None:
    return min(ages, key=lambda age: age.day, default=None)

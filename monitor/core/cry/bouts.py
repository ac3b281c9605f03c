"""From window scores to bouts of crying: patience to begin, patience to end.

One loud window is a door hinge; a hungry baby calls again and again. A bout opens when enough of
the last windows are hits, stays open over pauses, and closes when it has been quiet for a while.
Kittens and puppies are judged together (telling that somebody cries matters more than who), a
human baby apart: it is reported as such, and gives way when a pet starts to cry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from monitor.core.cry.features import STEP_S
from monitor.events import CryEnded, CryStarted, Voice
from monitor.times import HOUR_S
from monitor.timeshift import Moment

Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0, le=HOUR_S)]
Caller = Literal["pet", "human"]
BoutEvent = CryStarted | CryEnded

CALL_TAIL_S = STEP_S
"""a window looks back over two steps: a call still sounds in the window after its last one"""


LOOK_AGAIN_S = 4 * STEP_S
"""after a second look that found no bout; windows come in blocks of as many, one more call may
change it"""


class CryWindow(msgspec.Struct, frozen=True):
    """The model's opinion about the last second; ``t_s`` is the window's end."""

    t_s: Moment
    p: dict[str, float]
    """kitten, puppy, human, other; they sum to 1"""

    @property
    def pet(self) -> float:
        """Probability that a kitten or a puppy cries."""
        return self.p["kitten"] + self.p["puppy"]


class BoutRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When crying begins and ends; the numbers live in the model, beside what chose them."""

    on: Share
    """a window at or above this is a hit"""
    off: Share
    """an open bout is kept alive by windows at or above this"""
    hits: Annotated[int, Meta(ge=1, le=1000)]
    """so many hits open a bout ..."""
    span_s: Seconds
    """... within so many seconds ..."""
    spread_s: Seconds
    """... of which the first and last are at least so far apart: one long squeak is no bout"""
    hold_s: Seconds
    """a bout closes after so much quiet; shorter pauses are part of it"""
    refractory_s: Seconds
    """no new bout opens within this after the last one closed"""
    species_margin: Share
    """kitten and puppy closer than this: "unknown" """

    @property
    def least_windows(self) -> int:
        """A stream of fewer windows cannot hold a bout, whatever it holds."""
        return max(self.hits, math.ceil(self.spread_s / STEP_S) + 1)


class OpenBout(msgspec.Struct):
    """A bout under way."""

    caller: Caller
    started: CryStarted
    """as it was announced"""
    p_sum: dict[str, float]
    """of its windows, by name"""
    best: float
    last_s: Moment


class BoutsState(msgspec.Struct):
    """What is remembered of the stream; bounded by the rule's ``span_s``."""

    hits: dict[Caller, list[Moment]] = msgspec.field(
        default_factory=lambda: {"pet": [], "human": []}
    )
    recent: list[CryWindow] = []
    open: OpenBout | None = None
    closed_s: Moment = -math.inf
    doubted_s: Moment = -math.inf
    """when the second look last found no bout"""


Look = Callable[[Sequence[CryWindow]], bool]
"""the second look at a pet's bout that is about to open: its windows, from the first hit on"""


class Bouts:
    """Follows one stream of windows.

    ``look`` has the last word on whether a pet's bout opens; None: the windows alone decide.
    """

    def __init__(
        self, rule: BoutRule, state: BoutsState | None = None, look: Look | None = None
    ) -> None:
        self._rule, self._look = rule, look
        self.state = state or BoutsState()

    @property
    def crying(self) -> CryStarted | None:
        """The open bout as it was announced."""
        return self.state.open.started if self.state.open else None

    def observe(self, window: CryWindow) -> list[BoutEvent]:
        """Fold in the next window; what it made certain, in order."""
        state = self.state
        events = self._expire(window.t_s)
        self._remember(window)
        if state.open:
            if _score(window, state.open.caller) >= self._rule.off:
                _extend(state.open, window)
            if state.open.caller == "human" and self._ready("pet", window.t_s):
                events.append(self._close())
        if not state.open:
            caller = next((c for c in _CALLERS if self._ready(c, window.t_s)), None)
            if caller and window.t_s >= state.closed_s + self._rule.refractory_s:
                events.append(self._begin(caller, window.t_s))
        return events

    def flush(self) -> list[BoutEvent]:
        """The stream is over: an open bout ends with its last call."""
        return [self._close()] if self.state.open else []

    def _expire(self, now_s: float) -> list[BoutEvent]:
        bout = self.state.open
        if not bout or now_s <= bout.last_s + self._rule.hold_s:
            return []
        self.state.closed_s = bout.last_s + self._rule.hold_s
        return [self._close()]

    def _remember(self, window: CryWindow) -> None:
        horizon_s = window.t_s - self._rule.span_s
        recent = self.state.recent
        recent.append(window)
        while recent[0].t_s <= horizon_s:
            del recent[0]
        for caller, times in self.state.hits.items():
            if _score(window, caller) >= self._rule.on:
                times.append(window.t_s)
            while times and times[0] <= horizon_s:
                del times[0]

    def _ready(self, caller: Caller, now_s: float) -> bool:
        times = self.state.hits[caller]
        return (
            len(times) >= self._rule.hits
            and times[-1] == now_s
            and times[-1] - times[0] >= self._rule.spread_s
            and (caller == "human" or (self._is_pets() and self._stands_a_look(now_s)))
        )

    def _stands_a_look(self, now_s: float) -> bool:
        """Whether the second look agrees; it costs much more than a window, so it is rare."""
        state = self.state
        if self._look is None:
            return True
        if now_s < state.doubted_s + LOOK_AGAIN_S:
            return False
        if self._look([w for w in state.recent if w.t_s >= state.hits["pet"][0]]):
            return True
        state.doubted_s = now_s
        return False

    def _is_pets(self) -> bool:
        """Whether since the first hit a pet was heard at least as much as a human baby.

        A baby's crying has windows that sound like a kitten's. On stitched nights this took away
        a few false bouts, and none of the true ones.
        """
        state = self.state
        since = [w for w in state.recent if w.t_s >= state.hits["pet"][0]]
        return sum(w.pet for w in since) >= sum(w.p["human"] for w in since)

    def _begin(self, caller: Caller, now_s: float) -> CryStarted:
        rule, recent = self._rule, self.state.recent
        seen = [w for w in recent if _score(w, caller) >= rule.on]
        self.state.open = bout = _open_bout(caller, seen, now_s, rule.species_margin)
        return bout.started

    def _close(self) -> CryEnded:
        bout, self.state.open = self.state.open, None
        if bout is None:
            raise AssertionError("no bout is open")
        self.state.hits[bout.caller].clear()
        return _ended(bout, self._rule.species_margin)


_CALLERS: tuple[Caller, ...] = ("pet", "human")


def _open_bout(
    caller: Caller, windows: list[CryWindow], decided_s: float, margin: float
) -> OpenBout:
    """A bout of these windows, in all of which the caller is heard."""
    announced = CryStarted(t_s=windows[0].t_s - CALL_TAIL_S, species="unknown", score=0.0)
    bout = OpenBout(caller, announced, dict.fromkeys(windows[0].p, 0.0), best=0.0, last_s=0.0)
    for window in windows:
        _extend(bout, window)
    species, species_p = _species(bout, margin)
    bout.started = msgspec.structs.replace(
        announced, decided_s=decided_s, species=species, score=bout.best, species_p=species_p
    )
    return bout


def _extend(bout: OpenBout, window: CryWindow) -> None:
    """Another window in which the caller is heard."""
    for name, p in window.p.items():
        bout.p_sum[name] += p
    bout.best = max(bout.best, _score(window, bout.caller))
    bout.last_s = window.t_s


def _ended(bout: OpenBout, margin: float) -> CryEnded:
    """The whole bout, at its end."""
    species, species_p = _species(bout, margin)
    started_s = bout.started.t_s
    return CryEnded(
        t_s=max(bout.last_s - CALL_TAIL_S, started_s + CALL_TAIL_S),
        started_s=started_s,
        species=species,
        score=bout.best,
        species_p=species_p,
    )


def _species(bout: OpenBout, margin: float) -> tuple[Voice, dict[str, float]]:
    total = sum(bout.p_sum.values())
    species_p = {name: value / total for name, value in bout.p_sum.items()}
    if bout.caller == "human":
        return "human", species_p
    kitten, puppy = species_p["kitten"], species_p["puppy"]
    if abs(kitten - puppy) < margin * (kitten + puppy):
        return "unknown", species_p
    return ("kitten" if kitten > puppy else "puppy"), species_p


def _score(window: CryWindow, caller: Caller) -> float:
    return window.pet if caller == "pet" else window.p["human"]

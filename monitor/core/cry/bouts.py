"""From window scores to bouts of crying: patience to begin, patience to end.

One loud window is a door hinge; a hungry baby calls again and again. A bout opens when enough of
the last windows are hits, stays open over pauses, and closes when it has been quiet for a while.
Kittens and puppies are judged together (telling that somebody cries matters more than who), a
human baby apart: it is reported as such, and gives way when a pet starts to cry.
"""

from __future__ import annotations

from collections import deque
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from monitor.core.cry.features import STEP_S
from monitor.events import CryEnded, CryStarted, Voice
from monitor.timeshift import Moment, TimeShift, shifted

Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0, le=3600)]
Caller = Literal["pet", "human"]
BoutEvent = CryStarted | CryEnded

CALL_TAIL_S = STEP_S
"""a window looks back over two steps: a call still sounds in the window after its last one"""


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


class Bouts:
    """Follows one stream of windows."""

    def __init__(self, rule: BoutRule) -> None:
        self._rule = rule
        self._hits: dict[Caller, deque[float]] = {"pet": deque(), "human": deque()}
        self._recent: deque[CryWindow] = deque()
        self._open: _OpenBout | None = None
        self._closed_s = float("-inf")

    @property
    def crying(self) -> CryStarted | None:
        """The open bout as it was announced."""
        return self._open.started if self._open else None

    def observe(self, window: CryWindow) -> list[BoutEvent]:
        """Fold in the next window; what it made certain, in order."""
        events = self._expire(window.t_s)
        self._remember(window)
        if self._open:
            if _score(window, self._open.caller) >= self._rule.off:
                self._open.extend(window)
            if self._open.caller == "human" and self._ready("pet", window.t_s):
                events.append(self._close())
        if not self._open:
            caller = next((c for c in _CALLERS if self._ready(c, window.t_s)), None)
            if caller and window.t_s >= self._closed_s + self._rule.refractory_s:
                events.append(self._begin(caller, window.t_s))
        return events

    def flush(self) -> list[BoutEvent]:
        """The stream is over: an open bout ends with its last call."""
        return [self._close()] if self._open else []

    def shift(self, shift: TimeShift) -> None:
        """The timeline was shifted."""
        self._hits = {who: deque(map(shift.moment, times)) for who, times in self._hits.items()}
        self._recent = deque(shifted(window, shift) for window in self._recent)
        self._closed_s = shift.moment(self._closed_s)
        if self._open is not None:
            self._open.shift(shift)

    def _expire(self, now_s: float) -> list[BoutEvent]:
        bout = self._open
        if not bout or now_s <= bout.last_s + self._rule.hold_s:
            return []
        self._closed_s = bout.last_s + self._rule.hold_s
        return [self._close()]

    def _remember(self, window: CryWindow) -> None:
        horizon_s = window.t_s - self._rule.span_s
        self._recent.append(window)
        while self._recent[0].t_s <= horizon_s:
            self._recent.popleft()
        for caller, times in self._hits.items():
            if _score(window, caller) >= self._rule.on:
                times.append(window.t_s)
            while times and times[0] <= horizon_s:
                times.popleft()

    def _ready(self, caller: Caller, now_s: float) -> bool:
        times = self._hits[caller]
        return (
            len(times) >= self._rule.hits
            and times[-1] == now_s
            and times[-1] - times[0] >= self._rule.spread_s
            and (caller == "human" or self._is_pets())
        )

    def _is_pets(self) -> bool:
        """Whether since the first hit a pet was heard at least as much as a human baby.

        A baby's crying has windows that sound like a kitten's. On stitched nights this took away
        a few false bouts, and none of the true ones.
        """
        since = [w for w in self._recent if w.t_s >= self._hits["pet"][0]]
        return sum(w.pet for w in since) >= sum(w.p["human"] for w in since)

    def _begin(self, caller: Caller, now_s: float) -> CryStarted:
        rule = self._rule
        seen = [w for w in self._recent if _score(w, caller) >= rule.on]
        self._open = _OpenBout(caller, seen, now_s, rule.species_margin)
        return self._open.started

    def _close(self) -> CryEnded:
        bout, self._open = self._open, None
        if bout is None:
            raise AssertionError("no bout is open")
        self._hits[bout.caller].clear()
        return bout.ended()


_CALLERS: tuple[Caller, ...] = ("pet", "human")


class _OpenBout:
    """A bout under way."""

    def __init__(
        self, caller: Caller, windows: list[CryWindow], decided_s: float, margin: float
    ) -> None:
        self.caller = caller
        self._margin = margin
        self._sum = dict.fromkeys(windows[0].p, 0.0)
        self._best = 0.0
        self.last_s = 0.0
        for window in windows:
            self.extend(window)
        species, species_p = self._species()
        self.started = CryStarted(
            t_s=windows[0].t_s - CALL_TAIL_S,
            decided_s=decided_s,
            species=species,
            score=self._best,
            species_p=species_p,
        )

    def extend(self, window: CryWindow) -> None:
        """Another window in which the caller is heard."""
        for name, p in window.p.items():
            self._sum[name] += p
        self._best = max(self._best, _score(window, self.caller))
        self.last_s = window.t_s

    def shift(self, shift: TimeShift) -> None:
        """The timeline was shifted."""
        self.last_s = shift.moment(self.last_s)
        self.started = shifted(self.started, shift)

    def ended(self) -> CryEnded:
        """The whole bout, at its end."""
        species, species_p = self._species()
        started_s = self.started.t_s
        return CryEnded(
            t_s=max(self.last_s - CALL_TAIL_S, started_s + CALL_TAIL_S),
            started_s=started_s,
            species=species,
            score=self._best,
            species_p=species_p,
        )

    def _species(self) -> tuple[Voice, dict[str, float]]:
        total = sum(self._sum.values())
        species_p = {name: value / total for name, value in self._sum.items()}
        if self.caller == "human":
            return "human", species_p
        kitten, puppy = species_p["kitten"], species_p["puppy"]
        if abs(kitten - puppy) < self._margin * (kitten + puppy):
            return "unknown", species_p
        return ("kitten" if kitten > puppy else "puppy"), species_p


def _score(window: CryWindow, caller: Caller) -> float:
    return window.pet if caller == "pet" else window.p["human"]

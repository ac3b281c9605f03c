"""Since when the babies' platform has been seen without a gap in which somebody could be fed."""

from __future__ import annotations

import msgspec

from monitor.times import MINUTE_S
from monitor.timeshift import Moment

LOST_S = 10 * MINUTE_S
"""In less nobody is lifted, fed and put back."""


class SightState(msgspec.Struct):
    """When it was last seen, and since when without a gap; ``None``: not yet."""

    seen_s: Moment | None = None
    since_s: Moment | None = None


class Sight:
    """``observe`` often; a restart, a dead cell and a box taken off are gaps alike."""

    def __init__(self, state: SightState) -> None:
        self._state = state

    def observe(self, now_s: float, *, seen: bool) -> None:
        """Whether it is seen now."""
        state = self._state
        if not seen:
            return
        if state.seen_s is None or state.since_s is None or now_s - state.seen_s > LOST_S:
            state.since_s = now_s
        state.seen_s = now_s

    @property
    def since_s(self) -> float | None:
        """Since when there has been no gap; ``None``: it has never been seen."""
        return self._state.since_s

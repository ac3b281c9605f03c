"""What is left out when the processor does not keep up: telemetry, charts, weights, in this order.

Lag is how long the observation that is worked on now has waited in the queue. One stall (a slow
card, a long repair of old weighings) is worked off in a moment and changes nothing; lag that lasts
takes one more thing away every ``LASTING_S``, in this order, and calm gives them back one by one in
the opposite order. Cries and alerts are never left out.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Burden = Literal["telemetry", "charts", "weights"]

ORDER: tuple[Burden, ...] = ("telemetry", "charts", "weights")
"""From what is missed last to what is missed first: fresh numbers, pictures, weights (at the next
bottle)."""
LAG_S = (2.0, 4.0, 8.0)
"""Lag at which each of them goes. A healthy box waits milliseconds; a cry is told 2 to 4 s after it
began, and with 8 s more somebody is still there within a quarter of a minute."""
LASTING_S = 2.0
"""... when the lag has been above it for so long, the effect of the step before included"""
CALM_LAG_S = 1.0
CALM_S = 20.0
"""Caught up for this long: one of them is taken up again."""
RELAPSE_FACTOR = 3.0
CALMEST_FACTOR = 16.0
"""What overloads it again within three such times stays out twice as long each time, up to 16 of
them: five minutes."""


class SheddingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What topic ``health`` says about it."""

    level: int
    """0: everything is done"""
    lag_s: float
    shed: list[Burden]
    """what is left out now"""


class Shedding:
    """Observes the lag at every turn of the loop; says what is to be left out."""

    def __init__(self, patience: float = 1.0, calm_s: float = CALM_S) -> None:
        """``patience`` scales the lags, ``calm_s`` is the first calm: a test waits for less."""
        self._patience, self._first_calm_s = patience, calm_s
        self.level = 0
        self.lag_s = 0.0
        self._above_s: float | None = None
        self._calm_s: float | None = None
        self._calm_for_s = calm_s
        self._eased_s = float("-inf")

    def observe(self, now_s: float, lag_s: float) -> bool:
        """Take the lag at ``now_s``, any clock that only moves forward; True: the level changed."""
        self.lag_s = lag_s
        late, calm = self._is_late(lag_s), lag_s <= CALM_LAG_S * self._patience
        self._above_s = (self._above_s if self._above_s is not None else now_s) if late else None
        self._calm_s = (self._calm_s if self._calm_s is not None else now_s) if calm else None
        if self._above_s is not None and now_s - self._above_s >= LASTING_S * self._patience:
            self._worse(now_s)
            return True
        if self._calm_s is not None and now_s - self._calm_s >= self._calm_for_s:
            return self._better(now_s)
        return False

    def sheds(self, burden: Burden) -> bool:
        """Whether this is left out now."""
        return ORDER.index(burden) < self.level

    @property
    def exhausted(self) -> bool:
        """Everything that can be left out is."""
        return self.level == len(ORDER)

    def status(self) -> SheddingStatus:
        """For ``health``."""
        shed = list(ORDER[: self.level])
        return SheddingStatus(level=self.level, lag_s=round(self.lag_s, 1), shed=shed)

    def _is_late(self, lag_s: float) -> bool:
        return not self.exhausted and lag_s >= LAG_S[self.level] * self._patience

    def _worse(self, now_s: float) -> None:
        self.level += 1
        self._above_s = None
        if now_s - self._eased_s < RELAPSE_FACTOR * self._first_calm_s:
            self._calm_for_s = min(2 * self._calm_for_s, CALMEST_FACTOR * self._first_calm_s)

    def _better(self, now_s: float) -> bool:
        self._calm_s = now_s
        if self.level == 0:
            self._calm_for_s = self._first_calm_s
            return False
        self.level -= 1
        self._eased_s = now_s
        return True

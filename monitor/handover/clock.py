"""How a moment is spoken in a hand-over."""

from __future__ import annotations

from collections.abc import Callable

Clock = Callable[[float], str | None]
"""a moment as local time of day, ``07:30``; None: nobody knows the time"""


def spoken(minute_of: Callable[[float], int | None]) -> Clock:
    """A clock out of the minute of the local day of each moment."""

    def clock(t_s: float) -> str | None:
        minute = minute_of(t_s)
        return None if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"

    return clock

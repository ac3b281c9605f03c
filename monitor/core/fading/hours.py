"""Hours of each baby: how lively and how loud the box was with it in, and how lively without it.

Once a minute somebody says who is in the box, how lively it is and whether it is quiet; calls come
as they end. A minute with hands in the box, or in which the scale does not see, counts for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from monitor.times import HOUR_S, MINUTE_S
from monitor.timeshift import Moment

KEPT_H = 174
"""More than three days in which it may have begun and four of what is usual."""
MOST_VOICES = 3
"""Of more that may have called nobody can say whose call it was."""


class Hour(msgspec.Struct, array_like=True):
    """One baby in one hour; minutes and sums over minutes."""

    t_s: Moment
    company: int
    """babies in the nursery"""
    in_min: int = 0
    in_lively: float = 0.0
    """sum of the box's liveliness (0 to 1) over these minutes"""
    out_min: int = 0
    out_lively: float = 0.0
    still_min: int = 0
    """of ``in_min``: neither a movement nor a call"""
    heard_min: int = 0
    """with it in, and the microphone alive"""
    cry_min: float = 0.0
    """its share of the calls that may have been its own"""
    fed_cry_min: float = 0.0
    """of these just after its own full bottle"""


class Minute(msgspec.Struct, frozen=True, kw_only=True):
    """What the box was like just now."""

    t_s: float
    inside: Collection[str] | None
    """ids of the babies in it; ``None``: nobody knows, and the minute counts for nobody"""
    lively: float | None
    """``None``: the scale does not see, or hands are in the box"""
    quiet: bool
    """nothing has stirred or called for a minute"""
    heard: bool
    """the microphone is alive"""


class HourLog:
    """Adds minutes and calls up; ``hours`` are those that are over, oldest first."""

    def __init__(self, hours: dict[str, list[Hour]], now: dict[str, Hour]) -> None:
        """Goes on with these: full hours, and the one under way, by id."""
        self.hours, self._now = hours, now

    def note(self, minute: Minute, babies: Collection[str]) -> bool:
        """Take a minute of ``babies``; whether an hour has ended."""
        hour_s = minute.t_s - minute.t_s % HOUR_S
        ended = any(hour.t_s != hour_s for hour in self._now.values())
        for baby_id in babies:
            hour = self._hour(baby_id, hour_s, len(babies))
            if minute.inside is not None:
                self._add(minute, hour, baby_id in minute.inside)
        for gone in {*self._now, *self.hours} - {*babies}:
            self._now.pop(gone, None)
            self.hours.pop(gone, None)
        return ended

    def called(self, seconds: float, voices: Sequence[str], just_fed: Collection[str]) -> None:
        """Calls of one of ``voices`` have ended, each as likely; ``just_fed``: with a full bottle.

        Of more than three nobody can tell whose they were.
        """
        for baby_id in voices if len(voices) <= MOST_VOICES else ():
            hour = self._now.get(baby_id)
            if hour is not None:
                share = seconds / MINUTE_S / len(voices)
                hour.cry_min += share
                hour.fed_cry_min += share if baby_id in just_fed else 0.0

    def _hour(self, baby_id: str, hour_s: float, company: int) -> Hour:
        hour = self._now.get(baby_id)
        if hour is None or hour.t_s != hour_s or hour.company != company:
            if hour is not None and hour.in_min + hour.out_min:
                self.hours.setdefault(baby_id, []).append(_rounded(hour))
                del self.hours[baby_id][:-KEPT_H]
            self._now[baby_id] = hour = Hour(hour_s, company)
        return hour

    @staticmethod
    def _add(minute: Minute, hour: Hour, inside: bool) -> None:
        if inside and minute.heard:
            hour.heard_min += 1
        if minute.lively is None:
            return
        if inside:
            hour.in_min += 1
            hour.in_lively += minute.lively
            hour.still_min += minute.quiet
        else:
            hour.out_min += 1
            hour.out_lively += minute.lively


def _rounded(hour: Hour) -> Hour:
    """As short as it may be written down: 174 of each baby lie in a snapshot."""
    for name in ("in_lively", "out_lively", "cry_min", "fed_cry_min"):
        setattr(hour, name, round(getattr(hour, name), 2))
    return hour

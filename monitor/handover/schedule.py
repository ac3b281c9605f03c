"""When a night is over: the end of quiet hours, by the clock of the place."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from datetime import time as clock_time
from typing import NamedTuple

from monitor.config import NightConfig
from monitor.times import HOUR_S

LATEST_S = 12 * HOUR_S
"""a box that was off at the end of a night tells of it within so long, and then no more"""


class Span(NamedTuple):
    """A stretch of time."""

    from_s: float
    to_s: float


def last_night(config: NightConfig, now_s: float, zone: tzinfo | None) -> Span:
    """The quiet hours that ended last; with none in the configuration, those it would have.

    ``zone``: where the box stands; None: this machine's.
    """
    if config.from_ == config.to:
        config = NightConfig()
    today = datetime.fromtimestamp(now_s, zone).date()
    end_s = _local_s(today, config.to, zone)
    if end_s > now_s:
        today -= timedelta(days=1)
        end_s = _local_s(today, config.to, zone)
    evening = today if config.from_ < config.to else today - timedelta(days=1)
    return Span(_local_s(evening, config.from_, zone), end_s)


def is_sunday(t_s: float, zone: tzinfo | None) -> bool:
    """Whether it is one there."""
    return datetime.fromtimestamp(t_s, zone).isoweekday() == 7


def _local_s(day: date, clock: str, zone: tzinfo | None) -> float:
    hour, minute = clock.split(":")
    return datetime.combine(day, clock_time(int(hour), int(minute)), zone).timestamp()

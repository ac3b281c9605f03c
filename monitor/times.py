"""Times and durations as text and back, and the lengths of a minute, an hour and a day."""

from __future__ import annotations

import time
from datetime import UTC, datetime

MINUTE_S = 60.0
HOUR_S = 3600.0
DAY_S = 86_400.0
_EXAMPLE = "2026-01-31T02:14:05Z"


def rfc3339(unix_s: float) -> str:
    """Format as RFC 3339 in UTC with milliseconds dropped when they are zero: ``...T02:14:05Z``."""
    moment = datetime.fromtimestamp(round(unix_s, 3), UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    milliseconds = moment.microsecond // 1000
    return f"{text}.{milliseconds:03d}Z" if milliseconds else f"{text}Z"


def parse_rfc3339(text: str) -> float:
    """Unix seconds of an RFC 3339 time.

    Raises:
        ValueError: it has no zone or is no time; a phrase that follows what it is the time of.
    """
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00").replace("z", "+00:00"))
        seconds = moment.timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"is no time: {text!r}, write {_EXAMPLE}") from error
    if moment.tzinfo is None:
        raise ValueError(f"has no time zone: {text!r}, write {_EXAMPLE}")
    return seconds


def compact_utc(unix_s: float) -> str:
    """``20260131T021405Z``: safe in topics, file names and phone tags."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y%m%dT%H%M%SZ")


def local_stamp() -> str:
    """Now by this machine's time zone, ``20260131-021405``: for names of files that people keep."""
    return datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")


def utc_date(unix_s: float) -> str:
    """The date of a moment in UTC: ``2026-01-31``."""
    return datetime.fromtimestamp(unix_s, UTC).date().isoformat()


def midnight_utc_s(day: str) -> float:
    """Unix seconds of the beginning of a date (``2026-01-31``) in UTC.

    Raises:
        ValueError: it is no date.
    """
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()


def spoken_duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``3 h 20 min``, ``2 days``: as precise as a tired person needs."""
    if seconds < 60:
        return f"{max(0, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return f"{round(hours / 24)} days"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def spoken_hours(seconds: float) -> str:
    """``85 min``, ``3 h 20 min``, ``14 h``: as rough as a rhythm is."""
    minutes = round(seconds / 60.0)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest and hours < 12 else f"{round(minutes / 60)} h"


def position(seconds: float) -> str:
    """A place in a recording, or its length: ``1:02:03.4``, or ``2:03.4`` below an hour."""
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:04.1f}" if hours else f"{minutes}:{rest:04.1f}"


def local_minute(unix_s: float) -> int:
    """Minutes since local midnight, by this machine's time zone."""
    local = time.localtime(unix_s)
    return local.tm_hour * 60 + local.tm_min

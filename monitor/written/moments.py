"""Times: ``07:30``, ``7:15 PM``, ``yesterday 23:10``, ``2026-11-27 05:00``, RFC 3339."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, tzinfo
from datetime import time as clock_time

from monitor.times import HOUR_S, MINUTE_S
from monitor.written.days import MONTHS, LocalNow, parse_day, quoted

_EXAMPLES = "07:30, yesterday 23:10 or 2026-01-31 02:14"
_AHEAD_S = 600.0
"""how far a time without a date may lie ahead: clocks of phone, kitchen and Pi differ"""


def parse_moment(text: str, now: LocalNow, *, day_first: bool | None = None) -> float:
    """Unix seconds of a time as people write it; without a zone it is local.

    ``07:30``, ``7:15 PM``, ``yesterday 23:10``, ``Friday 7pm``, ``20 min ago``, ``now``,
    ``27.11. 05:00``, ``27 Nov 2026 05:00``, ``2026-11-27 05:00``, RFC 3339. Without a date it is
    the last time it was that o'clock; a date without a year is the last one.

    Args:
        text: the time.
        now: when and where it is written.
        day_first: what 3/4 means; None: it is refused.

    Raises:
        ValueError: a phrase that follows what it is the time of.
    """
    given = " ".join(text.lower().replace(",", " ").split())
    try:
        seconds = _iso_s(given, now)
        if seconds is None:
            seconds = _ago_s(given, now)
        return _spelled_s(given, now, day_first) if seconds is None else seconds
    except (OverflowError, OSError) as error:
        raise _no_time(text) from error


def spoken_moment(unix_s: float, now: LocalNow) -> str:
    """``today 07:30``, ``yesterday 23:10``, ``27 Nov 05:00``, ``27 Nov 2025 05:00``: local time."""
    try:
        moment = datetime.fromtimestamp(unix_s, now.zone)
    except (ValueError, OverflowError, OSError):  # the first and the last day of the calendar
        return "a time out of the calendar"
    clock = moment.strftime("%H:%M")
    days_ago = (now.day - moment.date()).days
    if now.clock_known and days_ago in {0, 1}:
        return f"{'yesterday' if days_ago else 'today'} {clock}"
    year = "" if now.clock_known and now.day.year == moment.year else f" {moment.year}"
    return f"{moment.day} {MONTHS[moment.month - 1].title()}{year} {clock}"


def _iso_s(given: str, now: LocalNow) -> float | None:
    """``2026-11-27 05:00``, with or without a zone; None for anything else."""
    if len(given) < len("20261127T0500") or not given[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(given.replace("z", "+00:00").upper())
    except ValueError:
        return None
    return _unix_s(moment, now.zone)


def _ago_s(given: str, now: LocalNow) -> float | None:
    """``now``, ``20 min ago``, ``1 h 20 min ago``; None for anything else."""
    span = r"(?:(\d{1,3}) ?(?:h|hours?|hrs?))? ?(?:(\d{1,4}) ?(?:m|mins?|minutes?))? ago"
    match = re.fullmatch(span, given)
    if given != "now" and (match is None or not any(match.groups())):
        return None
    hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0)
    return now.t_s - hours * HOUR_S - minutes * MINUTE_S


def _spelled_s(given: str, now: LocalNow, day_first: bool | None) -> float:
    clock = r"(\d{1,2})(?:[:.h](\d{2}))?(?::(\d{2}))? ?([ap]\.?m\.?|h|uhr)?"
    match = re.fullmatch(rf"(?:(.*?) (?:at )?)??{clock}", given)
    day = match[1] if match else None
    if match is None:  # "23:10 yesterday"
        match = re.fullmatch(rf"{clock}()(?: on)? (.*)", given)
        day = match[6] if match else None
        groups = match.groups()[:4] if match else None
    else:
        groups = match.groups()[1:]
    at = _clock(*groups) if groups is not None else None
    if at is None:
        if _is_day(given, now, day_first):
            raise ValueError(f"has no time of day: {quoted(given)}, write {_EXAMPLES}")
        raise _no_time(given)
    if day:
        return _unix_s(datetime.combine(parse_day(day, now, day_first=day_first), at), now.zone)
    today = now.day
    seconds = _unix_s(datetime.combine(today, at), now.zone)
    if seconds > now.t_s + _AHEAD_S:
        return _unix_s(datetime.combine(today - timedelta(days=1), at), now.zone)
    return seconds


def _is_day(given: str, now: LocalNow, day_first: bool | None) -> bool:
    try:
        parse_day(given, now, day_first=day_first)
    except ValueError:
        return False
    return True


def _clock(
    hour: str, minute: str | None, second: str | None, half: str | None
) -> clock_time | None:
    """The time of day; None when it is none, or a bare number."""
    if minute is None and half is None:
        return None
    h = int(hour)
    if half in {"h", "uhr", None}:
        pass
    elif not 1 <= h <= 12:
        return None
    else:
        h = h % 12 + (12 if half.startswith("p") else 0)
    try:
        return clock_time(h, int(minute or 0), int(second or 0))
    except ValueError:
        return None


def _unix_s(moment: datetime, zone: tzinfo | None) -> float:
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return moment.timestamp()


def _no_time(text: str) -> ValueError:
    return ValueError(f"is no time: {quoted(text)}, write {_EXAMPLES}")

"""Times: ``07:30``, ``7:15 PM``, ``yesterday 23:10``, ``2026-11-27 05:00``, RFC 3339."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from datetime import time as clock_time

from monitor.times import HOUR_S, MINUTE_S
from monitor.written.days import MONTHS, AmbiguousDayError, LocalNow, in_english, parse_day, quoted

_EXAMPLES = "07:30, yesterday 23:10 or 2026-01-31 02:14"
_CLOCK = (
    r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2}))?(?::(?P<second>\d{2}))?"
    r" ?(?P<half>[ap]\.?m\.?|[ap]|h|uhr)?"
)
_ZONED = (
    r"(?P<local>.+?) ?(?:gmt|utc)(?:(?P<sign>[+-])(?P<hours>\d|0\d|1[0-4]):?(?P<minutes>[0-5]\d)?)?"
)
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
    try:
        ago_s = _ago_s(_plain(text), now)
        if ago_s is not None:
            return ago_s
        day, clock, seconds = split_moment(text, now, day_first=day_first)
        if seconds is not None:
            return seconds
        if clock is None:
            raise ValueError(f"has no time of day: {quoted(text)}, write {_EXAMPLES}")
        seconds = local_s(day or now.day, clock, now)
        if day is None and seconds > now.t_s + _AHEAD_S:
            return local_s(now.day - timedelta(days=1), clock, now)
        return seconds
    except (OverflowError, OSError) as error:
        raise _no_time(text) from error


def split_moment(
    text: str, now: LocalNow, *, day_first: bool | None = None
) -> tuple[date | None, clock_time | None, float | None]:
    """The date and the time of day that a text names, or the Unix seconds of one with a zone.

    Raises:
        ValueError: a phrase that follows what it is the time of.
    """
    given = _plain(text)
    if zoned := re.fullmatch(_ZONED, given):
        return None, None, _zoned_s(zoned, now, day_first)
    if (moment := _iso(given)) is not None:
        if moment.tzinfo is not None:
            return None, None, moment.timestamp()
        return moment.date(), moment.time(), None
    match = re.fullmatch(rf"(?:(?P<day>.*?) (?:at )?)??{_CLOCK}", given)
    match = match or re.fullmatch(rf"{_CLOCK}(?: on)? (?P<day>.*)", given)  # "23:10 yesterday"
    clock = _clock(match) if match is not None else None
    if match is None or clock is None:
        try:
            return parse_day(given, now, day_first=day_first), None, None
        except AmbiguousDayError:
            raise
        except ValueError as error:
            raise _no_time(text) from error
    day = match["day"]
    return parse_day(day, now, day_first=day_first) if day else None, clock, None


def _zoned_s(match: re.Match[str], now: LocalNow, day_first: bool | None) -> float:
    """Unix seconds of ``11/26/2026 7:30 AM GMT+1``."""
    day, clock, seconds = split_moment(match["local"], now, day_first=day_first)
    if day is None or clock is None or seconds is not None:
        raise _no_time(match[0])
    ahead = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    zone = timezone(-ahead if match["sign"] == "-" else ahead)
    return datetime.combine(day, clock, zone).timestamp()


def parse_clock(text: str) -> clock_time:
    """The time of day of ``07:30``, ``7:15 PM``, ``7.30 Uhr``.

    Raises:
        ValueError: a phrase that follows what it is the time of.
    """
    match = re.fullmatch(_CLOCK, _plain(text))
    clock = _clock(match) if match is not None else None
    if clock is None:
        raise _no_time(text)
    return clock


def local_s(day: date, clock: clock_time, now: LocalNow) -> float:
    """Unix seconds of a local date and time of day.

    Raises:
        OverflowError, OSError, ValueError: it is out of the calendar.
    """
    return datetime.combine(day, clock, now.zone).timestamp()


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


def _plain(text: str) -> str:
    given = re.sub(r"\b(\d{1,2}) ?uhr ?(\d{2})\b", r"\1:\2", in_english(text))
    return re.sub(r"\b(\d{1,2})(\d{2}) ?([ap])(?=m?\b|\.)", r"\1:\2\3", given)  # 730p


def _iso(given: str) -> datetime | None:
    """``2026-11-27 05:00``, with or without a zone; None for anything else."""
    if len(given) < len("20261127T0500") or not given[:4].isdigit():
        return None
    try:
        return datetime.fromisoformat(given.replace("z", "+00:00").upper())
    except ValueError:
        return None


def _ago_s(given: str, now: LocalNow) -> float | None:
    """``now``, ``20 min ago``, ``1 h 20 min ago``; None for anything else."""
    span = r"(?:(\d{1,3}) ?(?:h|hours?|hrs?))? ?(?:(\d{1,4}) ?(?:m|mins?|minutes?))? ago"
    match = re.fullmatch(span, given)
    if given != "now" and (match is None or not any(match.groups())):
        return None
    hours, minutes = (int(part or 0) for part in match.groups()) if match else (0, 0)
    return now.t_s - hours * HOUR_S - minutes * MINUTE_S


def _clock(match: re.Match[str]) -> clock_time | None:
    """The time of day; None when it is none, or a bare number."""
    minute, half = match["minute"], match["half"]
    if minute is None and half is None:
        return None
    hour = int(match["hour"])
    if half is not None and half[0] in "ap":
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    try:
        return clock_time(hour, int(minute or 0), int(match["second"] or 0))
    except ValueError:
        return None


def _no_time(text: str) -> ValueError:
    return ValueError(f"is no time: {quoted(text)}, write {_EXAMPLES}")

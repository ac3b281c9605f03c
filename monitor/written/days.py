"""Dates: ``2026-11-27``, ``27.11.``, ``27 Nov``, ``11/27/2026``, ``yesterday``, ``Friday``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import NamedTuple

GERMAN: Mapping[str, str] = {
    "heute": "today", "gestern": "yesterday", "vorgestern": "2 days ago", "jetzt": "now",
    "montag": "monday", "dienstag": "tuesday", "mittwoch": "wednesday", "donnerstag": "thursday",
    "freitag": "friday", "samstag": "saturday", "sonnabend": "saturday", "sonntag": "sunday",
    "mo": "monday", "di": "tuesday", "mi": "wednesday", "do": "thursday", "fr": "friday",
    "sa": "saturday", "so": "sunday",
    "j\u00e4nner": "jan", "m\u00e4rz": "mar", "maerz": "mar", "m\u00e4r": "mar", "mrz": "mar",
    "mai": "may", "oktober": "oct", "okt": "oct", "dezember": "dec", "dez": "dec",
    "um": "at", "stunde": "h", "stunden": "h", "std": "h", "minute": "min", "minuten": "min",
    "tag": "day", "tage": "days", "tagen": "days", "einem": "1", "einer": "1",
}  # fmt: skip
"""words of a date or time, and what they are here"""
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class LocalNow(NamedTuple):
    """When and where somebody writes a time; known at the edge, never in the core."""

    t_s: float
    zone: tzinfo | None = None
    """None: this machine's"""
    clock_known: bool = True
    """False: nobody has set the clock, so the date is said back with every time"""

    @property
    def day(self) -> date:
        """Today there."""
        return datetime.fromtimestamp(self.t_s, self.zone).date()


class AmbiguousDayError(ValueError):
    """A date such as 3/4, whose day and month cannot be told apart."""


def parse_day(text: str, now: LocalNow, *, day_first: bool | None = None) -> date:
    """The date of ``2026-11-27``, ``27.11.``, ``27 Nov``, ``11/27/2026``, ``yesterday``.

    Raises:
        ValueError: a phrase that follows what it is the date of.
    """
    given = in_english(text)
    back = _days_back(given.rstrip("."), now.day)
    if back is not None:
        return now.day - timedelta(days=back)
    weekday, _, rest = given.partition(" ")
    if rest and _days_back(weekday.rstrip("."), now.day) is not None:  # "Fri 27 Nov"
        given = rest
    numbers = _day_numbers(given, day_first)
    try:
        if numbers is not None:
            return _dated(*numbers, now.day)
    except ValueError:  # no such day
        pass
    raise ValueError(f"is no date: {quoted(text)}, write 2026-01-31")


def in_english(text: str) -> str:
    """In lower case with single spaces, German words as English ones: ``gestern um 23:10``."""
    given = " ".join(text.lower().replace(",", " ").split())
    words = re.sub(r"[^\W\d_]+", lambda word: GERMAN.get(word[0], word[0]), given)
    return re.sub(r"^vor (\d+ days?\b|.+$)", r"\1 ago", words)


def _days_back(given: str, today: date) -> int | None:
    """Days since ``today``, ``yesterday``, ``Friday``, ``3 days ago``; None for anything else."""
    if given in {"today", "yesterday"}:
        return 0 if given == "today" else 1
    number, _, unit = given.partition(" ")
    if unit in {"day ago", "days ago"} and number.isdigit() and len(number) < 4:
        return int(number)
    for index, name in enumerate(WEEKDAYS):
        if len(given) >= 3 and name.startswith(given):
            return (today.weekday() - index) % 7
    return None


def _day_numbers(given: str, day_first: bool | None) -> tuple[int | None, int, int] | None:
    """Year (None: not said), month and day of a date; None when it is none."""
    month = rf"(?P<name>{'|'.join(MONTHS)})[a-z]*\.?"
    day = r"(?P<d>\d{1,2})(?:st|nd|rd|th|\.)?"
    year = r"(?P<y>\d{4}|\d{2})"
    for pattern in (
        r"(?P<y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})",
        rf"(?P<d>\d{{1,2}})\.(?P<m>\d{{1,2}})(?:\.{year}?)?",
        rf"(?P<a>\d{{1,2}})([-/])(?P<b>\d{{1,2}})(?:\2{year})?",
        rf"{day}[ /-]?(?:of )?{month}(?:[ /-]{year})?",
        rf"{month} {day}(?: {year})?",
    ):
        if match := re.fullmatch(pattern, given):
            return _numbers_of(match.groupdict(), given, day_first)
    return None


def _numbers_of(
    found: dict[str, str | None], given: str, day_first: bool | None
) -> tuple[int | None, int, int]:
    year = None if found.get("y") is None else int(found["y"] or 0)
    if year is not None and year < 100:
        year += 2000
    if (name := found.get("name")) is not None:
        return year, MONTHS.index(name) + 1, int(found["d"] or 0)
    if found.get("a") is None:
        month, day = int(found["m"] or 0), int(found["d"] or 0)
        return (year, day, month) if day <= 12 < month else (year, month, day)  # 11.27.2026
    first, second = int(found["a"] or 0), int(found["b"] or 0)
    if first <= 12 and second <= 12 and first != second and day_first is None:
        days = f"{first} {MONTHS[second - 1].title()} or {second} {MONTHS[first - 1].title()}"
        raise AmbiguousDayError(f"can be {days} ({quoted(given)}): write 2026-01-31")
    day_first = first > 12 if day_first is None else day_first
    return (year, second, first) if day_first else (year, first, second)


def _dated(year: int | None, month: int, day: int, today: date) -> date:
    """The last such day, tomorrow still counts; ValueError when there is none."""
    if year is not None:
        return date(year, month, day)
    for candidate in range(today.year + 1, today.year - 5, -1):
        try:
            found = date(candidate, month, day)
        except ValueError:  # 29 February
            continue
        if found <= today + timedelta(days=1):
            return found
    raise ValueError("no such day")


def quoted(text: str) -> str:
    """Foreign text in a sentence: short, printable, in quotes."""
    printable = "".join(c if c.isprintable() else "?" for c in text[:40])
    return f"'{printable}'"

"""What may stand in a field of a request: its limits, and how people may write it.

The description of a limit says what to give instead; it ends the sentence of a refusal. ``written``
says that text is read as people write it (``requests``).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from monitor.errors import CommandError
from monitor.times import parse_rfc3339

LONGEST_TEXT = 200
SNOOZE_LONGEST_MIN = 720.0
"""half a day: a snooze that was forgotten must not outlive the next feed by much"""

Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Filled = Annotated[str, Meta(max_length=LONGEST_TEXT, pattern=r"\S")]
BoxName = Annotated[
    str,
    Meta(
        max_length=48,
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description="a box is named with a to z, 0 to 9, - and _",
    ),
]
Grams = Annotated[
    float,
    Meta(
        gt=0,
        le=100_000,
        description="a weight in grams is above 0",
        extra={"written": "weight"},
    ),
]
MilkGrams = Annotated[
    float,
    Meta(
        gt=0,
        le=1000,
        description="an amount to drink is above 0 and at most 1000 g",
        extra={"written": "milk"},
    ),
]
"""an amount to drink; ``8 ml`` counts as 8 g"""
MassGrams = Annotated[
    float,
    Meta(
        gt=0,
        le=100_000,
        description="a mass is above 0 g and at most 100 kg",
        extra={"written": "mass"},
    ),
]
"""what is put on the scale to calibrate it; coins will do"""
PageItems = Annotated[float, Meta(ge=1, le=200, description="give 1 to 200")]
SummaryHours = Annotated[float, Meta(ge=1, le=168, description="give 1 to 168 hours (a week)")]
At = Annotated[str, Meta(max_length=LONGEST_TEXT, extra={"written": "moment"})]
Since = Annotated[str, Meta(max_length=LONGEST_TEXT, extra={"written": "since"})]
"""a moment, or a day: from its beginning"""
Until = Annotated[str, Meta(max_length=LONGEST_TEXT, extra={"written": "until"})]
"""a moment, or a day: to its end"""
"""RFC 3339 with a zone; at the edge also as people write it, in the box's own zone"""
Minutes = Annotated[
    float,
    Meta(gt=0, le=SNOOZE_LONGEST_MIN, description="give more than 0 and at most 720 (12 h)"),
]
AdultKg = Annotated[
    float,
    Meta(ge=0.5, le=120, description="it must be 0.5 to 120 kg", extra={"written": "adult"}),
]
Day = Annotated[date, Meta(description="write a date as 2026-01-31", extra={"written": "day"})]


def moment_s(at: str | None) -> float | None:
    """Unix seconds of a field ``at``; None when it was left out.

    Raises:
        CommandError: it is no RFC 3339 time.
    """
    try:
        return None if at is None else parse_rfc3339(at)
    except ValueError as error:
        raise CommandError(f'"at" {error}') from error

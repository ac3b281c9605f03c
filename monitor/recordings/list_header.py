"""What the columns of a list of weighings are, as their headings say.

Headings are words of several languages with a unit somewhere: ``Weight (g)``, ``weight_g``,
``Gewicht in Gramm``, ``oz``; or a baby's name: ``Possum``, ``Possum AM (oz)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from monitor.events import slug
from monitor.recordings.tables import Cell
from monitor.written.grams import UNIT_OF_WORD

Role = Literal["moment", "date", "time", "baby", "weight", "unit", "kind", "other", "unknown"]
Part = Literal["", "before", "after", "morning", "noon", "evening"]
"""which of a row's weighings a column holds"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ROLES: dict[Role, frozenset[str]] = {
    "date": _words("date day datum tag fecha data dato"),
    "time": _words("time zeit uhrzeit hour clock hora heure uur session"),
    "moment": _words("datetime timestamp when moment zeitpunkt"),
    "baby": _words(
        "baby babies name names kitten kittens puppy puppies pup pet animal cat dog who "
        "tier welpe katze kätzchen hund chat chaton chiot nom nombre gatito gatto cucciolo naam"
    ),
    "weight": _words(
        "weight weights wt wgt weighs weighed mass gewicht poids peso vikt vægt waga hmotnost"
    ),
    "unit": _words("unit units einheit unité unidad"),
    "kind": _words("what type kind event art"),
}
_ELSEWHERE = _words(
    "gain gained change diff difference delta loss lost pct percent goal target milk formula fed "
    "feed feeding intake drank bottle ml notes note comment comments remark temp temperature age "
    "born birth birthday dob zunahme bemerkung notiz differenz sigma net total average mean sum "
    "length id nr no number week species sex colour color by % Δ"
)
"""a heading with one of these is about something else, whatever its unit"""
_PARTS: dict[str, Part] = {
    "before": "before", "pre": "before", "vor": "before", "vorher": "before", "avant": "before",
    "after": "after", "post": "after", "nach": "after", "nachher": "after", "après": "after",
    "am": "morning", "morning": "morning", "morgens": "morning", "früh": "morning",
    "noon": "noon", "midday": "noon", "mittags": "noon",
    "pm": "evening", "evening": "evening", "abends": "evening", "abend": "evening",
}  # fmt: skip
_FEED = _words("feed feeding meal bottle")
_FILLER = _words("in of the at and a s um local") | _FEED


class Heading(NamedTuple):
    """What one column holds."""

    role: Role
    text: str
    baby: str = ""
    """for a column with the weighings of one baby"""
    unit: str = ""
    part: Part = ""


def heading(cell: Cell, names: Mapping[str, str]) -> Heading:
    """What a heading says; ``names`` are known babies by slug."""
    text = cell if isinstance(cell, str) else ""
    if text and slug(text) in names:
        return Heading("weight", text, baby=names[slug(text)])
    words = re.findall(r"[^\W\d_]+|[%Δ]", text.casefold())
    unit = next((UNIT_OF_WORD[word] for word in reversed(words) if word in UNIT_OF_WORD), "")
    part: Part = next((_PARTS[word] for word in words if word in _PARTS), "")
    rest = {word for word in words if word not in UNIT_OF_WORD and word not in _PARTS}
    if unit == "ml" or rest & (_ELSEWHERE - _FEED if part else _ELSEWHERE):
        return Heading("other", text)
    if baby := _baby(text, names):
        return Heading("weight", text, baby=baby, unit=unit, part=part)
    said = {role for role, known in _ROLES.items() if known & rest}
    about_milk = part in {"before", "after"} or not rest & _FEED
    if (
        "moment" in said
        or {"date", "time"} <= said
        or rest in ({"weighed", "at"}, {"weighed", "on"})
    ):
        return Heading("moment", text)
    if said & {"date", "time"}:
        return Heading("date" if "date" in said else "time", text)
    if "weight" in said or ((unit or part) and not rest - _FILLER and about_milk):
        return Heading("weight", text, unit=unit, part=part)
    others: tuple[Role, ...] = ("baby", "unit", "kind")
    return Heading(next((role for role in others if role in said), "unknown"), text)


def _baby(text: str, names: Mapping[str, str]) -> str:
    """The baby whose name stands in a heading beside a unit, "weight" or a part of the day."""
    words = re.sub(r"[()\[\]:,/_-]", " ", text.casefold()).split()
    beside = {*UNIT_OF_WORD, *_PARTS, *_ROLES["weight"], *_FILLER}
    kept = [word for word in words if word not in beside]
    return names.get(slug(" ".join(kept)), "") if kept else ""

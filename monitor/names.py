"""Names: of the sources, which a baby may have, and how one is exchanged in a sentence.

A baby's can be read aloud and cannot be taken for another. Names come from people and from whoever
can write to a command topic, and are shown in terminals, pages and notifications: so control
characters and marks that turn the direction of text are refused, and so are names that nobody can
see, and the words that mean "it was no baby".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from monitor.errors import CommandError

Species = Literal["kitten", "puppy"]
HistoryKind = Literal["all", "weighings", "feeds", "cries", "notes", "alerts"]
"""what of the past is asked for"""
NoteKind = Literal[
    "stool", "urine", "temperature_c", "medicine", "symptom", "vet", "carer", "away", "other"
]
"""what a line of the care log is about"""
SourceName = Literal["microphone", "scale", "probe"]
"""The keys of ``SOURCES``, for the type checker; each is a table of the configuration."""


SetUpStep = Literal["name", "scale", "calibration", "microphone", "babies", "alerts", "test"]
"""what is done before the first night, in this order"""

SET_UP_NEEDS: Mapping[SetUpStep, str] = {
    "scale": "the scale's wires",
    "calibration": "the scale's calibration",
    "microphone": "the microphone",
    "babies": "who is here",
}
"""the steps without which nobody is watched, as what is missing is said"""


class SourceWords(NamedTuple):
    """How a source is spoken of when it delivers nothing."""

    label: str
    blind: str
    """what it is then, in a title"""
    lost: str
    """what nobody knows meanwhile"""
    todo: str = "look after the babies yourself"
    """and what to do until it works"""


SOURCES: Mapping[SourceName, SourceWords] = {
    "microphone": SourceWords("Microphone", "deaf", "cries are not heard"),
    "scale": SourceWords("Scale", "blind", "weights and feeds are not seen"),
    "probe": SourceWords(
        "Probe", "dead", "nobody knows how warm it is", "feel the nest with your hand"
    ),
}

LONGEST_NAME = 60
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""characters that turn the direction of text; other invisible ones are part of many an emoji"""
LINE_ENDS = frozenset("\u2028\u2029")
THINGS = frozenset({"object", "thing", "a thing", "not a baby"})
"""answers to "who was it?" that mean a thing and do not say which"""
NOBODY = frozenset({"", "nobody", "none"}) | THINGS
"""answers to "who was it?" that name no baby"""


def has_control(text: str) -> bool:
    """Whether a text holds characters that steer a terminal, a line or the direction of text."""
    return any(unicodedata.category(c) in {"Cc", "Cs"} or c in BIDI or c in LINE_ENDS for c in text)


def check_name(name: str) -> None:
    """Accept a name for a baby or a thing.

    Raises:
        CommandError: one sentence.
    """
    if not name.strip():
        raise CommandError('"name" is missing')
    if len(name) > LONGEST_NAME:
        raise CommandError(f'"name" is longer than {LONGEST_NAME} characters')
    if has_control(name):
        raise CommandError('"name" contains control characters')
    if name.strip().lower() in NOBODY:
        raise CommandError(f'"{name.strip()}" means that it was no baby: choose another name')
    if not any(unicodedata.category(c)[0] in "LNPS" for c in name):
        raise CommandError('"name" has nothing that can be seen in it')


_DEATH = re.compile(
    r"\b(died|dead|death|deceased|passed away|stillborn|put (down|to sleep)|euthani[sz]ed)\b", re.I
)


def has_died(reason: str | None) -> bool:
    """Whether these words, said of a baby that has left, speak of its death."""
    return reason is not None and _DEATH.search(reason) is not None


def farewell(name: str, reason: str | None) -> str:
    """What is said of a baby that has left, once."""
    if has_died(reason):
        return f"{name} has died. Its history is kept."
    return f"{name} has left the nursery{f': {reason}' if reason else ''}."


def counted(number: int) -> str:
    """A small number as a word."""
    words = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[number] if 0 <= number < len(words) else str(number)


def listed(names: Sequence[str], word: str = "and") -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return f" {word} ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def renamed(text: str, old: str, new: str) -> str:
    """``text`` with the name, where it stands as a word of its own, replaced."""
    return re.sub(rf"(?<!\w){re.escape(old)}(?!\w)", lambda _: new, text)

"""Every sentence of the page, by key, in the language that the browser asks for.

A translation is a file beside ``en.toml`` with the same keys and placeholders; a test holds
that. What alerts and answers of the box say comes from the box as it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

FALLBACK = "en"
MOST_CHOICES = 10
"""of an Accept-Language header are looked at"""


class Words:
    """The sentences of one language: ``words("key", name="Possum")``."""

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        """such as ``en``, for ``<html lang>``"""
        self.texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """The sentence with these values in its placeholders.

        Raises:
            KeyError: there is no such sentence, or a placeholder has no value.
        """
        return self.texts[key].format(**values)

    def __contains__(self, key: str) -> bool:
        return key in self.texts


def load() -> dict[str, Words]:
    """Every language that ships, by its code; a key of a table is ``table.key``."""
    found = {}
    for file in files("monitor").joinpath("page", "words").iterdir():
        code, _, kind = file.name.partition(".")
        if kind == "toml":
            found[code] = Words(code, _flat(tomllib.loads(file.read_text(encoding="utf-8"))))
    return found


def choose(languages: Mapping[str, Words], accepted: str) -> Words:
    """The best of ``languages`` for an Accept-Language header."""
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(",")[:MOST_CHOICES]:
        code, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        wanted.append((-weight, code.partition("-")[0].lower()))
    for weight, code in sorted(wanted, key=lambda each: each[0]):
        if weight < 0 and code in languages:
            return languages[code]
    return languages[FALLBACK]


def _flat(table: Mapping[str, object], above: str = "") -> dict[str, str]:
    texts: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, Mapping):
            texts |= _flat(value, f"{above}{key}.")
        else:
            texts[f"{above}{key}"] = str(value)
    return texts

"""A button that the documents tell somebody to press is there, under that name.

Labels stand in italics and begin with a capital. They are looked for in the words of the page, in
the entities for Home Assistant, and in the blueprint; Home Assistant's own are listed.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.examples import DOCS

ROOT = Path(__file__).parents[1]
LABEL = re.compile(r"(?<![*\w])\*([A-Z][^*]{1,60})\*(?![*\w])")
HOME_ASSISTANTS = {"Edit", "Raw configuration editor"}
"""and everything that begins with Settings"""


def texts(words: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    for value in words.values():
        found |= texts(value) if isinstance(value, dict) else {value}
    return found


PAGE_WORDS = texts(tomllib.loads((ROOT / "monitor/page/words/en.toml").read_text()))
OTHERS = "\n".join(
    path.read_text()
    for path in [
        *(ROOT / "monitor" / "mqtt").glob("*.py"),
        *(ROOT / "docs" / "home_assistant").glob("*.yaml"),
    ]
)


@pytest.mark.parametrize("page", DOCS, ids=lambda path: path.name)
def test_what_somebody_is_told_to_press_is_there(page: Path) -> None:
    for label in LABEL.findall(re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)):
        words = " ".join(label.split())
        known = (
            words in PAGE_WORDS
            or words in HOME_ASSISTANTS
            or words.startswith("Settings")
            or re.search(rf"[\"'> ]{re.escape(words)}[\"'<\n,]", OTHERS)
        )
        assert known, f"nothing is called {words!r}"

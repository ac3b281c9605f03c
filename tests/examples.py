"""The examples of the pages: every fenced block, and every command that stands in the text."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
"""what people are given to read"""
BEHIND = ["calibration/evaluation/README.md", "tests/README.md", "tests/system/campaign/README.md"]
"""what was measured, and how"""
PAGES = [*DOCS, ROOT / "SECURITY.md", *(ROOT / page for page in BEHIND)]

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_IN_TEXT = re.compile(
    r"`((?:sudo )?(?:nursery|make|pip|mosquitto_pub|mosquitto_sub|ffmpeg) [^`\n]+(?:\n[^`\n]+)?)`"
)


class Example(NamedTuple):
    """One line to type, or one block of a file."""

    page: str
    line: int
    language: str
    """"sh" for every line that is typed"""
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def words(self) -> list[str]:
        """What is typed, without comment, ``sudo`` and the folder of the program."""
        words = shlex.split(self.text, comments=True)
        while words and words[0] == "sudo":
            del words[0]
        return [words[0].rpartition("/bin/")[2], *words[1:]] if words else []


def examples() -> list[Example]:
    """All of all pages, in their order."""
    found = []
    for path in PAGES:
        page, text = str(path.relative_to(ROOT)), path.read_text()
        for block in _FENCE.finditer(text):
            line = text.count("\n", 0, block.start()) + 2
            language, inside = block[2], block[3]
            if language == "sh":
                found += [Example(page, line + at, "sh", each) for at, each in _typed(inside)]
            else:
                found.append(Example(page, line, language, inside))
        prose = _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)
        for span in _IN_TEXT.finditer(prose):
            line = prose.count("\n", 0, span.start()) + 1
            found.append(Example(page, line, "sh", span[1]))
    return found


def _typed(block: str) -> list[tuple[int, str]]:
    """The lines of a shell block; one that ends in a backslash goes on."""
    found: list[tuple[int, str]] = []
    open_line = False
    for at, line in enumerate(block.splitlines()):
        text = line.strip()
        if open_line:
            found[-1] = (found[-1][0], found[-1][1] + " " + text)
        elif text and not text.startswith("#"):
            found.append((at, text))
        open_line = text.endswith("\\")
        if open_line:
            found[-1] = (found[-1][0], found[-1][1].removesuffix("\\").strip())
    return found

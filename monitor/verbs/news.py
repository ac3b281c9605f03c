"""What is new, in a carer's words: the points of one CHANGELOG that another does not have."""

from __future__ import annotations

import gzip
import re
import textwrap
from importlib.resources import files
from pathlib import Path

import monitor

PACKAGE_DOC = Path("/usr/share/doc/nursery-monitor/CHANGELOG.md.gz")
WIDTH = 78
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def own_changelog() -> str:
    """Of the program that runs; nothing when it came without."""
    packaged = files("monitor").joinpath("data", "CHANGELOG.md")
    if packaged.is_file():
        return packaged.read_text()
    checkout = Path(monitor.__file__).parent.parent / "CHANGELOG.md"
    if checkout.is_file():
        return checkout.read_text()
    try:
        return gzip.decompress(PACKAGE_DOC.read_bytes()).decode()
    except (OSError, EOFError):
        return ""


def news(before: str, after: str) -> list[str]:
    """The points that ``after`` has and ``before`` has not, in their order, as plain text."""
    known = set(points(before))
    return [point for point in points(after) if point not in known]


def points(changelog: str) -> list[str]:
    """Each point of the lists as one line without marks."""
    found: list[str] = []
    is_open = False
    for line in changelog.splitlines():
        if line.startswith(("* ", "- ")):
            found.append(line[2:].strip())
            is_open = True
        elif is_open and line.startswith("  ") and line.strip():
            found[-1] += " " + line.strip()
        else:
            is_open = False
    return [_LINK.sub(r"\1", point).replace("`", "") for point in found]


def as_list(points: list[str]) -> str:
    """For a terminal."""
    wrapped = (
        textwrap.fill(point, WIDTH, initial_indent="  * ", subsequent_indent="    ")
        for point in points
    )
    return "\n".join(wrapped) + "\n"

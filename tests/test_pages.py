"""The pages lead to one another and to their pictures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.examples import DOCS, PAGES

LINK = re.compile(r"\]\(([\w./-]*\.md)?(?:#([^)]+))?\)")

MOST_WORDS = 16_000
"""of all that people are given to read, as ``wc -w`` counts: a new one takes an old one's place"""


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_link_leads_to_a_page_and_to_a_heading_of_it(page: Path) -> None:
    for name, anchor in LINK.findall(page.read_text()):
        target = page.parent / name if name else page
        assert target.is_file(), name
        assert not anchor or anchor in anchors(target), f"{name}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_picture_of_a_page_is_there(page: Path) -> None:
    names = re.findall(r"!\[[^]]*\]\(([^)]*)\)|<img src=\"([^\"]*)\"", page.read_text())
    assert all((page.parent / (a or b)).is_file() for a, b in names)


def test_the_pages_stay_short() -> None:
    assert sum(len(page.read_text().split()) for page in DOCS) < MOST_WORDS

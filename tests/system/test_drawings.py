"""In a browser no label of a drawing leaves the picture or lies on another."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.system.browser import ARGUMENTS, CHROMIUM

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
DRAWINGS = sorted((Path(__file__).parents[2] / "docs").glob("*.svg"))
SLACK_PX = 3.0
"""a line's box is higher than its letters"""
WIDTH_PX = 390
ROOM_PX = 8
"""at both sides: another font, or this one drawn in another way, takes more"""
BOXES = """() => [...document.querySelectorAll("svg text")].map((text) => {
  const box = text.getBoundingClientRect();
  return [text.textContent, box.left, box.top, box.right, box.bottom];
})"""

Label = tuple[str, float, float, float, float]


def labels(page: Page, drawing: Path) -> list[Label]:
    page.set_content(f'<body style="margin:0">{drawing.read_text()}</body>')
    return [(t, x, y, right, bottom) for t, x, y, right, bottom in page.evaluate(BOXES)]


def overlap(a: Label, b: Label) -> bool:
    across = min(a[3], b[3]) - max(a[1], b[1])
    down = min(a[4], b[4]) - max(a[2], b[2])
    return across > SLACK_PX and down > SLACK_PX


def test_labels_lie_inside_the_picture_and_beside_one_another() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": WIDTH_PX, "height": 900})
        for drawing in DRAWINGS:
            found = labels(page, drawing)
            assert found
            for at, label in enumerate(found):
                assert label[1] >= ROOM_PX, (drawing.name, label)
                assert label[3] <= WIDTH_PX - ROOM_PX, (drawing.name, label)
                assert not [b[0] for b in found[at + 1 :] if overlap(label, b)], label[0]
        browser.close()

"""The drawings of the pages are read on a phone, and say what the program does."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from monitor.config import ScaleConfig
from tests.examples import PAGES

ROOT = Path(__file__).parents[1]
DRAWINGS = sorted((ROOT / "docs").glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"
PHONE_WIDTH = 390
"""CSS pixels"""
SMALLEST_PX = 12
HEADER_PINS = {5: 29, 6: 31}
"""GPIO number: position on the 40-pin header"""


def read(drawing: Path) -> ElementTree.Element:
    return ElementTree.parse(drawing).getroot()  # noqa: S314 - a file of this repository


def test_there_are_drawings_of_mounting_wiring_microphone_and_mistakes() -> None:
    assert {"mounting", "wiring", "microphone", "wrong_mounts"} <= {d.stem for d in DRAWINGS}


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda path: path.stem)
def test_a_drawing_is_as_wide_as_a_phone_and_its_text_large_enough(drawing: Path) -> None:
    root = read(drawing)
    width, height = map(float, root.attrib["viewBox"].split()[2:])
    assert width == PHONE_WIDTH
    assert height < 900
    sizes = [
        float(e.get("font-size", 14)) for e in root.iter() if e.tag in {SVG + "text", SVG + "svg"}
    ]
    assert min(sizes) >= SMALLEST_PX
    assert root.findtext(SVG + "title")


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda path: path.stem)
def test_a_drawing_is_shown_with_what_it_says_in_words(drawing: Path) -> None:
    shown = [
        alt
        for page in PAGES
        for alt, name in re.findall(r"!\[([^]]*)\]\(([^)]*)\)", page.read_text())
        if Path(name).name == drawing.name
    ]
    assert shown
    assert all(len(alt.split()) > 5 for alt in shown)


def test_the_wires_go_to_the_pins_that_are_read() -> None:
    drawing = read(ROOT / "docs" / "wiring.svg")
    texts = ["".join(e.itertext()) for e in drawing.iter(SVG + "text")]
    scale = ScaleConfig()
    for pin in (scale.dout_pin, scale.sck_pin):
        assert f"GPIO {pin}, pin {HEADER_PINS[pin]}" in texts

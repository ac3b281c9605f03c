"""The drawings: every value is in them, in reach, and inside the picture."""

import re
from xml.etree import ElementTree

import pytest

from monitor.page import curves
from monitor.times import DAY_S, HOUR_S

T = 1_800_000_000.0
POINTS = [curves.Point(T + i * HOUR_S, 200.0 + i, f"{200 + i} g") for i in range(24)]
BAND = [curves.Range(T + i * HOUR_S, 150.0, 200.0, 260.0) for i in range(24)]
MARKS = [(T + i * 6 * HOUR_S, f"{i * 6}:00") for i in range(4)]


def read(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - drawn here


def drawn(points=POINTS, band=BAND) -> ElementTree.Element:
    return read(curves.growth(points, band, MARKS, T, T + DAY_S, "W & <b>"))


def test_every_weight_is_a_point_that_says_its_value_twice():
    found = drawn().findall(".//g[@class='point']")
    assert [each.get("aria-label") for each in found] == [p.label for p in POINTS]
    assert [each.findtext("title") for each in found] == [p.label for p in POINTS]
    assert [each.findtext("g/text") for each in found] == [p.label for p in POINTS]


def test_nothing_is_drawn_outside_the_picture():
    for each in drawn().iter():
        for name in ("x", "x1", "x2", "cx"):
            if (value := each.get(name)) is not None:
                assert 0 <= float(value) <= curves.WIDTH
        for name in ("y", "y1", "y2", "cy"):
            if (value := each.get(name)) is not None:
                assert 0 <= float(value) <= curves.HEIGHT


def test_a_heavier_weight_is_higher_and_a_later_one_further_right():
    dots = [c for c in drawn().iter("circle") if c.get("class") == "dot"]
    heights = [float(dot.get("cy") or 0) for dot in dots]
    places = [float(dot.get("cx") or 0) for dot in dots]
    assert heights == sorted(heights, reverse=True)
    assert places == sorted(places)


def test_a_weight_after_the_bottle_is_hollow_and_not_on_the_line():
    points = [*POINTS[:3], curves.Point(T + 2.5 * HOUR_S, 230.0, "after", after=True)]
    svg = drawn(points)
    assert len([c for c in svg.iter("circle") if c.get("class") == "dot after"]) == 1
    line = svg.find("polyline[@class='line']")
    assert line is not None
    assert len((line.get("points") or "").split()) == 3


def test_titles_and_labels_are_text_and_no_markup():
    svg = drawn([curves.Point(T, 200.0, '<script>"&')])
    assert svg.get("aria-label") == "W & <b>"
    assert svg.find(".//script") is None


@pytest.mark.parametrize("points", [[], POINTS[:1], [curves.Point(T, 200.0, "a")] * 3])
@pytest.mark.parametrize("band", [[], BAND[:1], BAND])
def test_few_weights_are_drawn_as_well(points, band):
    assert len(drawn(points, band).findall(".//g[@class='point']")) == len(points)


def test_a_bottle_of_unknown_amount_is_an_outline_and_says_so():
    found = [curves.Bar(T, 8.0, "8 g"), curves.Bar(T + HOUR_S, None, "unknown")]
    svg = read(curves.bars(found, MARKS, T, T + DAY_S, "bottles"))
    assert len(svg.findall(".//rect[@class='bar']")) == 1
    assert len(svg.findall(".//rect[@class='deaf']")) == 1


def test_marks_that_would_touch_are_left_out():
    marks = [(T + i * HOUR_S, "29 Nov") for i in range(24)]
    svg = curves.growth(POINTS, [], marks, T, T + DAY_S, "t")
    assert 2 <= len(re.findall(">29 Nov<", svg)) <= 6


def test_years_of_weights_stay_a_small_picture():
    many = [curves.Point(T + i * 60.0, 200.0, "200 g") for i in range(5000)]
    svg = curves.growth(many, BAND, MARKS, T, T + 5000 * 60.0, "t")
    assert svg.count('class="point"') == curves.MOST_POINTS

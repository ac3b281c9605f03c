from __future__ import annotations

import pytest

from monitor.page.screens import calibrate
from monitor.page.seen import Answer
from tests.page.seeing import BOX, EN, NOW, at, box, health, html, seen, shown


def under_way(due, **more):
    known = {"next": due, "ends_at": at(0.25), "said": "the empty scale reads 84213 counts"}
    return box(scale={"total_g": None, "calibrated": True, "calibration": known | more})


@pytest.mark.parametrize(("due", "number"), [("mass", 2), ("check", 3), ("accept", 4)])
def test_the_step_that_the_box_says_is_due_is_shown_with_its_drawing(due, number):
    page = html(calibrate.show, seen(under_way(due)))
    assert EN("calibrate.step", n=number, of=4) in page
    assert EN(f"drawing.{due}") in page
    assert "the empty scale reads 84213 counts" in page
    assert EN("calibrate.cancel") in page


def test_it_begins_with_the_empty_scale():
    page = html(calibrate.show, seen())
    assert EN("calibrate.title_empty") in page
    assert EN("calibrate.cancel") not in page


def test_a_mass_that_was_refused_is_shown_again():
    fields = {"step": "mass", "grams": "1 stone"}
    said = Answer(box=BOX, verb="calibrate_scale", ok=False, text="no", fields=fields)
    assert 'value="1 stone"' in html(calibrate.show, seen(under_way("mass"), said=said))


def test_after_it_was_kept_the_mass_has_to_come_off():
    fields = {"step": "accept"}
    said = Answer(box=BOX, verb="calibrate_scale", ok=True, text="calibrated", fields=fields)
    page = html(calibrate.show, seen(said=said))
    assert EN("calibrate.done") in page
    assert "setup/do/calibrate_scale" not in page


def test_practice_shows_the_steps_and_calibrates_nothing():
    page = html(calibrate.show, seen(box(health=health() | {"practice": True})))
    assert EN("drawing.check") in page
    assert "setup/do/calibrate_scale" not in page


def test_without_a_scale_or_the_right_there_is_nothing_to_press():
    for asked in (seen(box(health=health(scale=None))), seen(right="look")):
        assert "setup/do/calibrate_scale" not in html(calibrate.show, asked)
    assert shown(calibrate.show, seen()).look


def test_the_answer_to_a_step_is_ahead_of_the_document():
    fields, result = {"step": "empty"}, {"ok": True, "next": "mass"}
    said = Answer(
        box=BOX,
        verb="calibrate_scale",
        ok=True,
        text="read",
        fields=fields,
        result=result,
        at_s=NOW,
    )
    assert shown(calibrate.show, seen(said=said)).model["due"] == "mass"
    assert shown(calibrate.show, seen(under_way("check"), said=said)).model["due"] == "check"


def test_what_another_phone_has_done_since_counts():
    """It began anew: what this phone was told before that is over."""
    fields, result = {"step": "mass"}, {"ok": True, "next": "check"}
    said = Answer(
        box=BOX, verb="calibrate_scale", ok=True, text="read", fields=fields, result=result,
        at_s=NOW - 10,
    )  # fmt: skip
    assert shown(calibrate.show, seen(under_way("mass"), said=said)).model["due"] == "mass"


def test_what_was_cancelled_begins_anew():
    said = Answer(
        box=BOX,
        verb="calibrate_scale",
        ok=True,
        text="cancelled",
        fields={"step": "cancel"},
        at_s=NOW,
    )
    assert shown(calibrate.show, seen(under_way("check"), said=said)).model["due"] == "empty"

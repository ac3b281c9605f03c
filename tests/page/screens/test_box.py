from __future__ import annotations

import pytest

from monitor.page.screens import box as screen
from tests.page.seeing import BOX, EN, box, health, html, seen, shown


def of(**more):
    return shown(screen.show, seen(box(**more))).model


def test_a_blind_source_says_what_to_do_and_one_that_works_says_so():
    sources = {each.name: each for each in of(health=health(scale="failed"))["sources"]}
    assert sources["microphone"].state == "It hears."
    assert not sources["microphone"].todo
    assert sources["scale"].level == "critical"
    assert "look after the babies yourself" in sources["scale"].todo
    assert sources["scale"].why == "w"
    assert sources["probe"].state == "Not set up"
    assert not sources["probe"].level


def test_what_the_box_has_not_said_is_unknown():
    model = of(health=None, cry=None, scale=None)
    assert {each.state for each in model["sources"]} == {"unknown"}
    assert (model["level"], model["total"], model["version"]) == ("unknown",) * 3


def test_a_scale_without_a_calibration_is_not_said_to_weigh():
    model = of(scale={"total_g": None, "calibrated": False})
    (scale,) = [each for each in model["sources"] if each.name == "scale"]
    assert scale.state == EN("source.not_calibrated")
    assert EN("box.calibrate_needed") in html(
        screen.show, seen(box(scale={"total_g": None, "calibrated": False}))
    )


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ({"journal_error": "disk full"}, "trouble.journal_error"),
        ({"push_error": "ntfy says no"}, "trouble.push_error"),
        ({"clock_synced": False}, "trouble.clock"),
        ({"link": {"refused": {"nursery/a/alert": "not authorized"}}}, "trouble.refused"),
        ({"journals_kept": 1}, "trouble.kept"),
        ({"load": {"shed": ["weights"]}}, "trouble.load"),
    ],
)
def test_whatever_is_wrong_with_the_box_is_said(more, title):
    (found,) = of(health=health() | more)["faults"]
    assert found.title == EN(title)
    assert found.text
    assert of(health=health())["faults"] == []


def test_a_phone_that_may_only_look_has_no_buttons():
    assert "<button" in html(screen.show, seen())
    assert "<button" not in html(screen.show, seen(right="look"))


def test_practice_is_marked_at_the_top_of_every_screen_of_the_box():
    practice = seen(box(health=health() | {"practice": True}))
    assert 'id="practice"' in html(screen.show, practice)
    assert 'id="practice"' not in html(screen.show, seen())


def test_what_a_thing_is_called_cannot_break_the_page():
    things = [{"name": '<b>"hot"</b>', "grams": 412.0, "in_box": None}]
    page = html(screen.show, seen(box(scale={"total_g": 1.0, "things": things})))
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert f"/boxes/{BOX}/do/thing_forget" in page


def test_an_earlier_card_is_asked_about_and_only_a_carer_decides():
    asks = health() | {"earlier_card": ["Joey", "Roo"]}
    page = html(screen.show, seen(box(health=asks)))
    assert "Joey, Roo" in page
    assert page.count("setup/do/adopt") == 2
    assert 'name="remove" value="true"' in page
    assert "setup/do/adopt" not in html(screen.show, seen(box(health=asks), right="look"))
    assert "setup/do/adopt" not in html(screen.show, seen(box(health=health())))

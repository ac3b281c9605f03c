from __future__ import annotations

import msgspec

from monitor.names import has_died
from monitor.page.screens import babies
from monitor.page.screens import baby as one_baby
from monitor.page.seen import Answer
from tests.page.seeing import BOX, DE, baby, box, html, seen, shown


def test_everybody_here_leads_to_a_page_of_its_own():
    page = html(babies.show, seen())
    assert f"/boxes/{BOX}/setup/babies/possum" in page
    assert "kitten, 9 days old, 198.4" in page


def test_a_weight_that_was_only_told_says_so_in_the_list():
    told = {"name": "Possum", "species": "kitten", "told_weight_g": 112.0}
    page = html(babies.show, seen(box(babies={"possum": told})))
    assert "112\u00a0g told, not weighed" in page
    unknown = {"name": "Possum", "species": "kitten"}
    assert "kitten, not weighed" in html(babies.show, seen(box(babies={"possum": unknown})))


def test_a_newcomer_that_was_refused_is_shown_filled_in_again():
    fields = {"name": "Wombat", "species": "puppy", "weight_g": "8.6"}
    said = Answer(box=BOX, verb="baby_add", ok=False, text="8.6 g? confirm", fields=fields)
    page = html(babies.show, seen(said=said))
    assert 'value="Wombat"' in page
    assert 'value="puppy" required checked' in page
    assert 'value="8.6"' in page


def test_one_reason_is_a_death_and_only_that_one():
    assert [reason for reason in babies.REASONS if has_died(reason)] == ["died"]


def test_leaving_is_said_with_respect_in_every_language():
    page = html(babies.one, seen())
    assert "If Possum has died, we are sorry." in page
    assert DE("babies.reason_died") in html(babies.one, seen(lang="de"))


def test_a_baby_that_is_not_here_is_not_found():
    assert shown(babies.one, seen(box(babies={}))).status == 404


def test_nobody_can_change_anything_with_a_phone_that_may_only_look():
    for show in (babies.show, babies.one):
        assert "<form" not in html(show, seen(right="look"))


def test_a_phone_that_looks_at_a_baby_that_has_moved_is_led_to_it() -> None:
    there = box(name="cellar", babies={"possum": baby(came_from=BOX)})
    asked = msgspec.structs.replace(seen(box(babies={})), boxes=[box(babies={}), there])
    assert shown(babies.one, asked).to == "/boxes/cellar/setup/babies/possum"
    assert shown(one_baby.show, asked).to == "/boxes/cellar/babies/possum"
    strangers = box(name="cellar", babies={"possum": baby()})
    asked = msgspec.structs.replace(asked, boxes=[box(babies={}), strangers])
    assert shown(babies.one, asked).status == 404

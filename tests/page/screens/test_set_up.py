"""The set-up on the page, step by step."""

from __future__ import annotations

import asyncio
from html import unescape

import msgspec
import pytest

from monitor.page.access import Access
from monitor.page.progress import STEPS
from monitor.page.screens import babies, now, set_up
from monitor.page.screens import box as box_screen
from monitor.page.seen import Answer
from tests.page.seeing import BOX, DE, EN, box, html, seen, shown
from tests.page.test_progress import new, told


def settings(**values):
    listed = [{"key": k.replace("__", "."), "value": v, "from": "file"} for k, v in values.items()]
    return {"settings": listed}


@pytest.mark.parametrize("step", [*STEPS, "done"])
@pytest.mark.parametrize("lang", ["en", "de"])
def test_every_step_is_shown_in_its_language_with_a_way_on(step: str, lang: str):
    page = html(set_up.show, seen(new(), lang=lang, step=step))
    words = {"en": EN, "de": DE}[lang]
    assert words(f"walk.title_{step if step != 'done' else 'left'}") in page
    ways = ('id="later"', 'id="tick"', 'id="to-now"')
    assert any(way in page for way in ways)


def test_it_goes_on_where_it_was_left():
    here = f"/boxes/{BOX}/setup?step="
    assert shown(set_up.show, seen(new("name", "scale"))).to == f"{here}calibration"
    assert shown(set_up.show, seen(new("name"), after="microphone")).to == f"{here}babies"
    assert shown(set_up.show, seen(new(*STEPS), after="test")).to == f"{here}done"
    page = html(set_up.show, seen(new("name", "scale"), step="calibration"))
    assert EN("walk.title_calibration") in page
    assert EN("calibrate.step", n=3, of=7) in page
    assert shown(set_up.show, seen(new(), step="scale")).look


def test_the_wire_that_the_box_speaks_of_is_marked():
    why = "does not answer (DOUT stays high): check the converter's power, and its DOUT and SCK"
    known = told("name", scale="failed")
    known["sources"]["scale"]["why"] = why
    found = shown(set_up.show, seen(box(health=known, babies={}, scale={}), step="scale")).model
    suspects = [wire.name for wire in found["wires"] if wire.suspect]
    assert suspects == ["VCC", "GND", "DT", "SCK"]


def test_the_wires_are_named_by_their_place_on_the_header():
    known = new("name", settings=settings(scale__dout_pin=17, scale__sck_pin=27))
    found = {
        w.name: w.goes_to for w in shown(set_up.show, seen(known, step="scale")).model["wires"]
    }
    assert (found["DT"], found["SCK"]) == ("GPIO 17, 11", "GPIO 27, 13")


def test_microphones_that_are_there_can_be_chosen():
    known = told("name", microphone="failed")
    known["microphones"] = ["USB PnP Sound Device", "default"]
    page = html(set_up.show, seen(box(health=known), step="microphone"))
    assert 'value="USB PnP Sound Device"' in page
    assert 'name="value.source" value="sounddevice"' in page


def test_a_box_without_scale_or_microphone_can_say_so():
    known = new("name", health=told("name", microphone=None, scale=None))
    assert EN("walk.scale_no") in html(set_up.show, seen(known, step="scale"))
    assert EN("walk.microphone_no") in html(set_up.show, seen(known, step="microphone"))


def test_a_test_is_asked_about_only_after_it_was_sent():
    assert EN("walk.test_rang") not in html(set_up.show, seen(new(), step="test"))
    said = Answer(box=BOX, verb="test_alert", ok=True, text="")
    page = html(set_up.show, seen(new(), said=said, step="test"))
    assert EN("walk.test_rang") in page
    assert EN("walk.test_silent") in page


def test_at_the_end_it_says_what_to_expect_tonight():
    known = box(health=told(*STEPS, ready=True, not_yet=()))
    page = html(set_up.show, seen(known, step="done"))
    assert EN("walk.title_done") in page
    assert EN("walk.tonight_1") in page


def test_the_broker_of_the_box_says_what_to_type_into_home_assistant():
    own = new("name", settings=settings(mqtt__host="localhost"))
    assert EN("walk.ha_unknown") in html(set_up.show, seen(own, step="alerts"))
    ways = {"host": "nursery.local", "port": 8883, "tls": True}
    access = Access(username="homeassistant", password="a<b", **ways)
    asked = msgspec.structs.replace(seen(own, step="alerts"), access=lambda: access)
    page = html(set_up.show, asked)
    for said in ("nursery.local", "8883", "homeassistant", "a&lt;b"):
        assert said in page
    looking = msgspec.structs.replace(asked, right="look")
    assert "a&lt;b" not in html(set_up.show, looking)
    other = new("name", settings=settings(mqtt__host="ha.local"))
    page = html(set_up.show, seen(other, step="alerts"))
    assert EN("walk.alerts_other", host="ha.local") in page


def test_the_authority_of_the_brokers_certificate_can_be_downloaded():
    own = new("name", settings=settings(mqtt__host="127.0.0.1"))
    access = Access(
        host="nursery.local", port=8883, tls=True, username="homeassistant", password="x",
        ca=b"authority",
    )  # fmt: skip
    asked = msgspec.structs.replace(seen(own, step="alerts"), access=lambda: access)
    assert "?file=ca" in html(set_up.show, asked)
    file = asyncio.run(set_up.show(msgspec.structs.replace(asked, query={"file": "ca"})))
    assert file.file == b"authority"
    assert "?file=ca" not in html(set_up.show, seen(own, step="alerts"))


def test_who_may_only_look_changes_nothing():
    page = html(set_up.show, seen(new(), right="look", step="scale"))
    assert "setup/do/" not in page
    assert EN("tell.look") in page


def test_the_other_screens_lead_back_to_it_until_it_is_done():
    assert EN("set_up.go_on") in html(now.show, seen(new("name")))
    assert EN("set_up.menu") in html(box_screen.show, seen(new("name")))
    done = box(health=told(*STEPS, ready=True, not_yet=()))
    assert EN("set_up.go_on") not in html(now.show, seen(done))
    assert EN("set_up.menu_done") in html(box_screen.show, seen(done))
    assert 'id="walk-bar"' not in html(babies.show, seen(done))


def test_what_cannot_be_told_of_the_cells_wires_is_said():
    page = unescape(html(set_up.show, seen(new("name"), step="scale")))
    for key in ("walk.wires_cell", "walk.wires_end", "walk.wires_falls"):
        assert EN(key) in page


def test_a_step_that_cannot_be_done_yet_is_not_what_is_offered_first():
    why = "does not answer (DOUT stays high)"
    known = told("name", scale="failed")
    known["sources"]["scale"]["why"] = why
    broken = html(set_up.show, seen(box(health=known, babies={}, scale={}), step="scale"))
    assert 'class="" id="tick"' in broken
    well = told("name", scale="healthy")
    works = html(set_up.show, seen(box(health=well, babies={}, scale={}), step="scale"))
    assert 'class="main" id="tick"' in works

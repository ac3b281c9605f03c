"""What ``nursery dashboard`` prints, in a real Home Assistant that a browser opens."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Locator, Page, expect

from monitor.documents import CryStatus
from monitor.events import Candidate, Condition
from monitor.mqtt.dashboard import dashboard
from monitor.verbs.yaml_text import yaml_text
from tests.system.browser import CHROMIUM, SCREENSHOTS
from tests.system.home_assistant.box import POSSUM
from tests.system.home_assistant.browsing import BABIES, IDS, TOPICS, WELL, Desk, desk, picture
from tests.system.home_assistant.running import crying, needed, web_pages
from tests.system.subscriber import wait_for

pytestmark = [
    *needed,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(not web_pages(), reason='no web pages: "make home-assistant" adds them'),
]
CUT_OFF = """texts => texts.filter(text => text.scrollWidth > text.clientWidth
        || text.getBoundingClientRect().width > text.parentElement.clientWidth)
    .map(text => text.innerText)"""


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Starting it takes ten to twenty seconds, so the tests share it."""
    with desk(tmp_path_factory.mktemp("dashboard")) as started:
        yield started


@pytest.fixture
def here(everything: Desk) -> Desk:
    everything.calm()
    everything.box.forget()
    return everything


def headings(page: Page) -> list[str]:
    """Of the sections that are shown, in order."""
    shown = page.locator("hui-heading-card").filter(visible=True).locator("h2, p")
    return [text.strip() for text in shown.all_inner_texts()]


def tile(page: Page, name: str) -> Locator:
    """The first one of this name that is shown."""
    return page.locator("hui-tile-card").filter(has_text=name, visible=True).first


def colour(shown: Locator) -> str:
    """The colour of its icon by its name in Home Assistant."""
    style = shown.locator("ha-card").get_attribute("style") or ""
    found = re.search(r"--tile-color:\s*var\(--([a-z]+)-color\)", style)
    return found[1] if found else style


def buttons_beside(page: Page) -> list[str]:
    """Names of the buttons in the first section that is shown."""
    shown = page.locator("hui-section").filter(visible=True).first.locator("hui-tile-card")
    return shown.filter(visible=True).locator("[slot=primary]").all_inner_texts()


def press(page: Page, name: str) -> None:
    tile(page, name).click()


def test_every_entity_on_it_is_one_of_the_box(here: Desk) -> None:
    text = yaml_text(dashboard(IDS, BABIES, TOPICS))
    domains = "sensor|binary_sensor|button|select|image|event"
    named = set(re.findall(rf"\b(?:{domains})\.[a-z0-9_]+", text))
    named -= {"button.press", "select.select_option"}
    assert len(named) > 40
    wait_for(lambda: named <= set(here.core.entities()))
    assert here.core.ask("dashboard") == dashboard(IDS, BABIES, TOPICS)


@pytest.mark.parametrize("width", [390, 1280])
def test_babies_come_first_and_every_name_can_be_read(here: Desk, width: int) -> None:
    with here.opened(width) as page:
        expect(tile(page, "Growth")).to_contain_text("gaining")
        wait_for(lambda: headings(page) == ["Kangaroo", "Possum", "The box", "The last days"])
        picture(page, SCREENSHOTS / f"home-assistant-{width}.png")
        names = page.locator("hui-tile-card").filter(visible=True).locator("[slot=primary]")
        wait_for(lambda: names.count() > 20)
        assert names.evaluate_all(CUT_OFF) == []
        assert page.locator("hui-error-card, hui-warning").filter(visible=True).count() == 0
        assert not [name for name in names.all_inner_texts() if "Nursery" in name]
        for button in ("Fed as usual", "Weigh one baby", "Undo last entry"):
            expect(tile(page, button).locator("[slot=secondary]")).to_have_text("")
        for name in ("Growth", "Wellbeing", "Where it is"):
            wait_for(lambda name=name: colour(tile(page, name)) == "green")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) == 0


@pytest.mark.parametrize("width", [390, 1280])
def test_an_alert_is_a_card_above_everything(here: Desk, width: int) -> None:
    worse = {"verdict": "losing", "gain_24h_g": -2.5, "watch": {"level": "act", "signs": []}}
    with here.opened(width) as page:
        here.box.play(
            conditions=[crying("critical")],
            cry=msgspec.to_builtins(CryStatus(crying=True, level_db=-20.0, cry_minutes_1h=3.0)),
            told={"possum": WELL, "kangaroo": WELL | worse},
        )
        alert = page.locator("ha-alert").filter(visible=True)
        expect(alert).to_contain_text("the bottle was due 20 min ago.")
        expect(tile(page, "Growth")).to_contain_text("losing")
        expect(alert).to_have_attribute("alert-type", "error")
        wait_for(lambda: headings(page)[:2] == ["Alerts", "Kangaroo"])
        for name in ("Growth", "Wellbeing"):
            wait_for(lambda name=name: colour(tile(page, name)) == "red")
        picture(page, SCREENSHOTS / f"home-assistant-alert-{width}.png")
        buttons = ["I'm on it", "Snooze 30 min", "That was no cry"]
        wait_for(lambda: buttons_beside(page) == buttons)


def test_each_of_several_alerts_has_a_button_of_its_own(here: Desk) -> None:
    hungry = Condition(
        kind="low_intake", key=POSSUM.id, severity="warning", since_s=1.8e9, baby=POSSUM.name,
        title="Possum drinks too little", message="Possum drinks too little.", why="",
    )  # fmt: skip
    with here.opened(390) as page:
        here.box.play(conditions=[crying(), hungry])
        press(page, "I'm on it: Low intake, Possum")
        assert here.box.received("acknowledge") == {"kind": "low_intake", "baby": "Possum"}
        seen = page.locator("ha-alert").filter(visible=True, has_text="Seen. ")
        expect(seen).to_have_count(1)
        expect(seen).to_contain_text("drinks too little")
        buttons = [
            "I'm on it: Crying", "I'm on it: Low intake, Possum", "I'm on all of it",
            "Snooze 30 min", "That was no cry",
        ]  # fmt: skip
        wait_for(lambda: buttons_beside(page) == buttons)
        picture(page, SCREENSHOTS / "home-assistant-several-390.png")
        said = "kangaroo-and-possum: Kitten crying; Possum drinks too little."
        here.core.becomes(f"sensor.{IDS}_alerts_text", said)


def test_a_new_box_says_what_is_missing_and_a_told_weight_is_told(here: Desk) -> None:
    told = WELL | {"weight_g": None, "weighed_at": None, "told_weight_g": 98.0}
    with here.opened(390) as page:
        here.box.play(
            conditions=[],
            told={"possum": told | {"told_at": time.time() - 600}, "kangaroo": WELL},
            missing=["calibration", "babies"],
        )
        expect(page.get_by_text("the scale's calibration, who is here")).to_be_visible()
        wait_for(lambda: headings(page)[0] == "Not set up yet")
        expect(tile(page, "Weight, told and not weighed")).to_contain_text("98")
        picture(page, SCREENSHOTS / "home-assistant-new-390.png")
        here.box.play(conditions=[], missing=[], told={"possum": WELL, "kangaroo": WELL})
        expect(page.get_by_text("the scale's calibration, who is here")).to_have_count(0)


def test_the_buttons_beside_an_alert_answer_the_box(here: Desk) -> None:
    with here.opened(390) as page:
        here.box.play(conditions=[crying()])
        alert = page.locator("ha-alert").filter(visible=True)
        press(page, "Snooze 30 min")
        assert here.box.received("snooze") == {"minutes": 30.0}
        expect(alert).to_contain_text("Snoozed. ")
        press(page, "I'm on it")
        assert here.box.received("acknowledge") == {}
        expect(alert).to_contain_text("Seen. ")
        press(page, "That was no cry")
        assert here.box.received("not_a_cry") == {}
        here.calm()
        expect(alert).to_have_count(0)


def test_who_it_was_is_answered_with_a_name(here: Desk) -> None:
    asked = Condition(
        kind="who_is_it", key="s-17", severity="info", since_s=1_767_268_800.0, step_id="s-17",
        title="Who was that?", message="Somebody of 113 g was put back: Kangaroo or Possum?",
        why="both fit", candidates=[Candidate("Kangaroo", 0.5), Candidate("Possum", 0.5)],
    )  # fmt: skip
    with here.opened(390) as page:
        here.box.play(conditions=[asked])
        question = page.locator("hui-section").filter(has_text="Who was it?", visible=True)
        expect(question).to_contain_text("Somebody of 113 g was put back")
        picture(page, SCREENSHOTS / "home-assistant-question-390.png")
        question.locator("hui-tile-card").filter(has_text="Possum").first.click()
        assert here.box.received("assign") == {"step_id": "s-17", "baby": "Possum"}
        expect(question).to_have_count(0)


def test_a_baby_that_is_out_is_put_into_the_carrier_with_a_touch(here: Desk) -> None:
    out = Condition(
        kind="out_of_box", key="p1", severity="critical", baby="Possum", since_s=1_767_268_800.0,
        title="Possum is out of the box", message="Possum has been out of the box for 31 min.",
        why="nobody is about",
    )  # fmt: skip
    with here.opened(390) as page:
        here.box.play(conditions=[out])
        press(page, "Possum is in the carrier")
        note = {"baby": "possum", "kind": "away", "text": "taken to the carrier"}
        assert here.box.received("note") == note


def test_an_offline_box_says_that_nobody_is_watching(here: Desk) -> None:
    with here.opened(390) as page:
        here.box.kill()
        expect(page.locator("ha-alert").filter(visible=True)).to_contain_text("Nobody is watching")
        picture(page, SCREENSHOTS / "home-assistant-offline-390.png")
        here.box.start()
        expect(page.locator("ha-alert").filter(visible=True)).to_have_count(0)

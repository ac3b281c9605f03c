"""What the carer sees and does on her phone, in a real browser against a real broker."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, Route, expect

from tests.system.browser import CHROMIUM, WIDTHS, Chromium, Screen, chromium
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import PageProcess, Phone
from tests.system.scripted_box import BOX, ScriptedBox, at, baby, bad_night, health
from tests.system.subscriber import Subscriber, wait_for

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
HOME = f"/boxes/{BOX}"
STILL = 30_000
"""milliseconds that a busy machine may take for what is at once for a person"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    server = Mosquitto(tmp_path_factory.mktemp("mosquitto")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def page(mosquitto: Mosquitto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageProcess]:
    with PageProcess(tmp_path_factory.mktemp("page"), mosquitto.port) as running:
        yield running


@pytest.fixture(scope="module")
def carer(page: PageProcess) -> Phone:
    return page.phone()


@pytest.fixture(scope="module")
def watcher(page: PageProcess) -> Phone:
    """For what is asked again and again: the browser has the turns of the carer's phone."""
    return page.phone()


@pytest.fixture
def box(mosquitto: Mosquitto, watcher: Phone) -> Iterator[ScriptedBox]:
    with ScriptedBox(mosquitto.port) as running:
        running.is_seen_by(watcher)
        yield running
    running.is_forgotten_by(watcher)


@pytest.fixture
def screen(
    browser: Chromium, page: PageProcess, carer: Phone, box: ScriptedBox
) -> Iterator[Screen]:
    with browser.screen(page, phone=carer) as window:
        yield window


SCREENS = {
    "now": "",
    "baby": "/babies/possum",
    "baby-correct": "/babies/possum?correct=t1",
    "tell-whom": "/tell",
    "tell": "/tell?baby=possum",
    "who": "/who",
    "night": "/night",
    "report": "/report",
}


FIRST_SCREENS = ("now", "baby", "tell")
"""every piece of the look is on one of them: enough for the other half of widths and colours"""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_screen_is_in_reach_of_everybody(
    browser: Chromium,
    page: PageProcess,
    carer: Phone,
    watcher: Phone,
    box: ScriptedBox,
    width: int,
    dark: bool,
) -> None:
    """Contrast, names, order, no sideways scrolling; German where the words are the longest."""
    box.say("alerts", bad_night())
    box.say("baby/possum", baby("Possum", verdict="losing", gain_24h_g=-4.2, gain_24h_pct=-2.1,
                                weight_g=198.4, in_box=False,
                                out_since=at(-0.1), bottle_due_at=at(-0.4), warm_first=True,
                                watch={"level": "act", "signs": ["it drank half"]}))  # fmt: skip
    wait_for(lambda: len(watcher.document(f"/api{HOME}")["alerts"]) == 3)
    wait_for(lambda: watcher.document(f"/api{HOME}")["babies"]["possum"]["verdict"] == "losing")
    language = "de" if width == 320 else "en"
    with browser.screen(page, width=width, dark=dark, language=language, phone=carer) as window:
        for name in SCREENS if dark == (width != 390) else FIRST_SCREENS:
            window.go(f"{HOME}{SCREENS[name]}")
            window.check(f"screen-{name}")


def test_all_is_well_says_so_with_the_time_and_takes_it_back_by_itself(
    screen: Screen, box: ScriptedBox
) -> None:
    page = screen.go(HOME)
    expect(page.get_by_role("heading", name="All is well")).to_be_visible()
    expect(page.locator("#truth")).to_contain_text("Last heard from at")
    screen.check("now-well")
    box.say("alerts", bad_night())
    expect(page.locator("#alerts article")).to_have_count(3, timeout=STILL)
    expect(page.get_by_role("heading", name="All is well")).to_have_count(0)
    titles = page.locator("#alerts h2").all_inner_texts()
    assert titles[0].startswith("A kitten")
    assert titles[-1] == "Who was it?"
    assert page.get_by_role("button", name="Not a cry").count() == 1
    box.say("alerts", [])
    expect(page.get_by_role("heading", name="All is well")).to_be_visible(timeout=STILL)


def test_a_blind_box_fills_the_top_and_is_not_well(screen: Screen, box: ScriptedBox) -> None:
    page = screen.go(HOME)
    box.say("health", health(microphone="stalled"))
    expect(page.get_by_role("heading", name="The microphone is deaf")).to_be_visible(timeout=STILL)
    expect(page.get_by_text("no data for 20 s")).to_be_visible()
    expect(page.get_by_role("heading", name="All is well")).to_have_count(0)
    screen.check("now-blind")


def test_an_offline_box_has_only_old_numbers_with_their_age(
    screen: Screen, box: ScriptedBox
) -> None:
    page = screen.go(HOME)
    box.say("alerts", bad_night())
    box.say("status", "offline")
    expect(page.get_by_role("heading", name="The box is offline")).to_be_visible(timeout=STILL)
    expect(page.locator("#warn-offline")).to_contain_text("Last heard from:")
    expect(page.locator("#babies")).to_have_class("stack old")
    expect(page.locator("#babies .asof").first).to_contain_text("as of")
    expect(page.get_by_role("heading", name="All is well")).to_have_count(0)
    assert page.get_by_role("button").count() == 0, "nothing can be told to a box that is off"
    screen.check("now-offline")


def test_a_broker_that_goes_is_told_and_found_again(
    browser: Chromium, page: PageProcess, watcher: Phone, box: ScriptedBox, mosquitto: Mosquitto
) -> None:
    with browser.screen(page, phone=page.phone()) as window:
        shown = window.go(HOME)
        expect(shown.get_by_role("heading", name="All is well")).to_be_visible()
        mosquitto.stop(signal.SIGKILL)
        expect(shown.get_by_role("heading", name="The page cannot reach the broker")).to_be_visible(
            timeout=STILL
        )
        expect(shown.get_by_role("heading", name="All is well")).to_have_count(0)
        window.check("now-no-broker")
        mosquitto.start()
        wait_for(lambda: watcher.get("/healthz").status == 200)
        wait_for(box.is_connected)
        box.is_well()
        expect(shown.get_by_role("heading", name="All is well")).to_be_visible(timeout=2 * STILL)


def test_a_page_that_is_gone_says_how_old_it_is_and_comes_back(
    screen: Screen, page: PageProcess, box: ScriptedBox
) -> None:
    shown = screen.go(HOME)
    expect(shown.get_by_role("heading", name="All is well")).to_be_visible()
    shown.clock.install()
    screen.page.reload()
    shown.context.set_offline(True)
    shown.clock.fast_forward("10:00")
    expect(shown.locator("#lost")).to_be_visible(timeout=STILL)
    expect(shown.locator("#lost-text")).to_contain_text("10 min old")
    expect(shown.get_by_role("heading", name="All is well")).to_be_hidden()
    screen.screenshot("now-lost")
    shown.context.set_offline(False)
    shown.clock.fast_forward("00:30")
    expect(shown.locator("#lost")).to_be_hidden(timeout=STILL)


def test_an_alert_is_answered_with_one_tap(screen: Screen, box: ScriptedBox) -> None:
    box.say("alerts", bad_night())
    page = screen.go(HOME)
    with page.expect_navigation():
        page.get_by_role("button", name="I'm on it: A kitten").click()
    wait_for(lambda: ("acknowledge", {"id": "c1"}) in box.asked)
    expect(page.locator("#said")).to_contain_text("Done")
    with page.expect_navigation():
        page.get_by_role("button", name="Snooze 30 min: Possum").click()
    wait_for(lambda: ("snooze", {"id": "l1", "minutes": 30}) in box.asked)
    with page.expect_navigation():
        page.get_by_role("button", name="Not a cry").click()
    wait_for(lambda: ("not_a_cry", {"id": "c1"}) in box.asked)


def test_who_was_it_is_answered_by_name_by_thing_or_not_at_all(
    screen: Screen, box: ScriptedBox
) -> None:
    box.say("alerts", bad_night())
    page = screen.go(HOME)
    with page.expect_navigation():
        page.get_by_role("link", name="Answer").click()
    names = page.locator(".choices button").all_inner_texts()
    assert [name.partition(" ")[0] for name in names[:2]] == ["Kangaroo", "Possum"]
    with page.expect_navigation():
        page.get_by_role("button", name="Possum").click()
    wait_for(lambda: ("assign", {"step_id": "39zrvp1", "baby": "Possum"}) in box.asked)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="hot-water bottle").click()
    wait_for(lambda: ("assign", {"step_id": "39zrvp1", "object": "hot-water bottle"}) in box.asked)
    with page.expect_navigation():
        page.get_by_role("button", name="Something else").click()
    wait_for(lambda: ("assign", {"step_id": "39zrvp1", "baby": "nobody"}) in box.asked)
    page.get_by_text("A thing with a name").first.click()
    page.get_by_label("A thing with a name").fill("rice sock")
    with page.expect_navigation():
        page.get_by_role("button", name="That thing").click()
    wait_for(lambda: ("assign", {"step_id": "39zrvp1", "object": "rice sock"}) in box.asked)
    with page.expect_navigation():
        page.get_by_role("button", name="Not sure").click()
    wait_for(lambda: ("acknowledge", {"id": "q1"}) in box.asked)


def test_what_was_told_is_said_back_and_can_be_undone(screen: Screen, box: ScriptedBox) -> None:
    box.answers["feed"] = {"ok": True, "understood": "8 g, 07:30", "id": "x1"}
    page = screen.go(f"{HOME}/tell?baby=possum")
    with page.expect_navigation():
        page.get_by_role("button", name="Fed, the usual amount").click()
    wait_for(lambda: ("feed", {"baby": "Possum", "usual": True}) in box.asked)
    expect(page.locator("#said")).to_contain_text("8 g, 07:30")
    with page.expect_navigation():
        page.get_by_role("button", name="Undo").click()
    wait_for(lambda: ("undo", {"id": "x1"}) in box.asked)
    page.get_by_text("Another amount, or earlier").click()
    page.locator("#fed-amount").fill("8,5 ml")
    page.locator("#fed-at").fill("07:30")
    page.get_by_label("tube").check()
    with page.expect_navigation():
        page.locator("#fed-save").click()
    told = {"baby": "Possum", "grams": "8,5 ml", "at": "07:30", "how": "tube"}
    wait_for(lambda: ("feed", told) in box.asked)


@pytest.fixture
def unhurried(
    browser: Chromium, mosquitto: Mosquitto, box: ScriptedBox, tmp_path: Path
) -> Iterator[Screen]:
    """A window of a page that nobody has asked anything: more fits into what one phone may."""
    with PageProcess(tmp_path / "page", mosquitto.port) as running:
        box.is_seen_by(running.phone())
        with browser.screen(running, phone=running.phone()) as window:
            yield window


def test_care_is_told_as_people_write_it(unhurried: Screen, box: ScriptedBox) -> None:
    page = unhurried.go(f"{HOME}/tell?baby=possum")
    page.locator("#weigh-grams").fill("1 lb 2 oz")
    with page.expect_navigation():
        page.locator("#weigh-save").click()
    wait_for(lambda: ("weigh", {"baby": "Possum", "grams": "1 lb 2 oz"}) in box.asked)
    with page.expect_navigation():
        page.get_by_role("button", name="soft: Stool").click()
    stool = {"baby": "Possum", "kind": "stool", "value": "soft"}
    wait_for(lambda: ("note", stool) in box.asked)
    page.get_by_label("Temperature").fill("100.8 F")
    with page.expect_navigation():
        page.get_by_label("Temperature").press("Enter")
    heat = {"baby": "Possum", "kind": "temperature_c", "value": "100.8 F"}
    wait_for(lambda: ("note", heat) in box.asked)
    with page.expect_navigation():
        page.get_by_role("button", name="Possum is with me").click()
    wait_for(lambda: ("note", {"baby": "Possum", "kind": "away"}) in box.asked)
    page.locator("#note-text").fill("sneezes")
    with page.expect_navigation():
        page.locator("#note-save").click()
    wait_for(lambda: ("note", {"baby": "Possum", "kind": "other", "text": "sneezes"}) in box.asked)
    with page.expect_navigation():
        page.locator("#weigh-in-start").click()
    wait_for(lambda: ("weigh_in", {}) in box.asked)
    box.weighs(weigh_in_ends_at=at(0.05))
    expect(page.get_by_text("Waiting for one baby until")).to_be_visible(timeout=STILL)
    with page.expect_navigation():
        page.locator("#weigh-in-cancel").click()
    wait_for(lambda: ("weigh_in", {"cancel": True}) in box.asked)


def test_what_is_doubted_is_asked_back_and_confirmed(screen: Screen, box: ScriptedBox) -> None:
    doubt = '150 g for Possum, who weighed 198 g: confirm it (--confirm, or "confirm": true)'
    box.answers["weigh"] = {"ok": False, "error": doubt}
    page = screen.go(f"{HOME}/tell?baby=possum")
    page.locator("#weigh-grams").fill("150")
    page.locator("#weigh-save").click()
    expect(page.locator("#said")).to_contain_text("150 g for Possum, who weighed 198 g")
    expect(page.locator("#said")).not_to_contain_text("--confirm")
    assert page.locator("#weigh-grams").input_value() == "150"
    screen.check("tell-doubted")
    del box.answers["weigh"]
    with page.expect_navigation():
        page.get_by_role("button", name="Yes, it is really so").click()
    wait_for(lambda: ("weigh", {"baby": "Possum", "grams": "150", "confirm": True}) in box.asked)


def test_every_weighing_can_be_corrected_and_what_was_typed_undone(
    screen: Screen, box: ScriptedBox
) -> None:
    page = screen.go(f"{HOME}/babies/possum")
    with page.expect_navigation():
        page.locator("#weighings").get_by_role("button", name="Undo").first.click()
    wait_for(lambda: ("undo", {"id": "t1"}) in box.asked)
    page.locator("#weighings").get_by_role("link", name="Correct").first.click()
    page.locator("#correct-grams").fill("201.5")
    page.locator("#correct-baby").select_option("Kangaroo")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    told = {"step_id": "r0", "grams": "201.5", "baby": "Kangaroo"}
    wait_for(lambda: ("correct", told) in box.asked)
    page.locator("#weighings").get_by_role("link", name="Correct").first.click()
    with page.expect_navigation():
        page.get_by_role("button", name="It was no weighing").click()
    wait_for(lambda: ("correct", {"step_id": "r0", "void": True}) in box.asked)


def test_a_point_of_the_curve_says_its_value(screen: Screen, box: ScriptedBox) -> None:
    page = screen.go(f"{HOME}/babies/possum")
    label = page.locator("#curve .point").last.get_attribute("aria-label") or "?"
    page.locator("#curve .point").last.locator(".dot").tap()
    shown = page.locator("#curve .point.on .tip text")
    expect(shown).to_have_text(label)
    page.locator("#curve svg").focus()
    box.say("baby/possum", baby("Possum", weight_g=201.9))
    expect(page.locator("body")).to_contain_text("201.9", timeout=STILL)  # it has been drawn anew
    expect(shown).to_be_visible()
    expect(shown).to_have_text(label)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#curve .point.on")).not_to_have_attribute("aria-label", label)


def test_all_of_a_long_history_is_in_reach(screen: Screen, box: ScriptedBox) -> None:
    """Pages of the box's answer are joined, and older weighings are one tap further."""
    box.page_items = 25
    page = screen.go(f"{HOME}/babies/possum")
    found: list[str] = []
    for _ in range(12):
        links = page.locator("#weighings").get_by_role("link", name="Correct").all()
        keys = [(link.get_attribute("href") or "").partition("correct=")[2] for link in links]
        found += [key.partition("#")[0] for key in keys]
        if not keys:
            break
        with page.expect_navigation():
            page.locator("#older").click()
    wanted = [item["id"] for item in box.items if item["what"] == "weighing"]
    assert [key for key in found if key != "t1"] == [key for key in wanted if key != "t1"]


def test_who_may_only_look_sees_everything_and_no_form(
    browser: Chromium, page: PageProcess, box: ScriptedBox
) -> None:
    box.say("alerts", bad_night())
    with browser.screen(page, phone=page.phone("--look-only")) as window:
        for name in ("now", "baby", "tell", "who"):
            shown = window.go(f"{HOME}{SCREENS[name]}")
            assert shown.locator("form").count() == 0, name
        window.go(HOME)
        expect(window.page.locator("#alerts article")).to_have_count(3)
        window.check("now-look-only")


def test_the_keyboard_alone_answers_an_alert(screen: Screen, box: ScriptedBox) -> None:
    box.say("alerts", bad_night()[2:])
    page = screen.go(HOME)
    expect(page.locator("#alerts")).to_contain_text("I'm on it", timeout=60_000)
    for _ in range(30):
        page.keyboard.press("Tab")
        shown = page.evaluate("""() => {
            const box = document.activeElement.getBoundingClientRect();
            const nav = document.querySelector(".nav").getBoundingClientRect();
            return [document.activeElement.innerText, box.bottom <= nav.top + 1];
        }""")
        if shown[0] == "I'm on it":
            break
    assert shown == ["I'm on it", True], "it is reached, and the navigation does not hide it"
    page.keyboard.press("Enter")
    wait_for(lambda: ("acknowledge", {"id": "c1"}) in box.asked)


def test_what_somebody_types_stays_while_the_page_renews_itself(
    screen: Screen, box: ScriptedBox
) -> None:
    page = screen.go(f"{HOME}/tell?baby=possum")
    page.locator("#weigh-grams").fill("11")
    box.weighs(weigh_in_ends_at=at(0.05))
    expect(page.get_by_text("Waiting for one baby until")).to_be_visible(timeout=STILL)
    assert page.locator("#weigh-grams").input_value() == "11"
    assert page.evaluate("document.activeElement.id") == "weigh-grams"


def test_numbers_that_change_move_nothing(screen: Screen, box: ScriptedBox) -> None:
    page = screen.go(HOME)
    before = page.locator("#b-possum").bounding_box()
    box.say("baby/possum", baby("Possum", weight_g=201.9, gain_24h_g=8.1))
    expect(page.locator("#b-possum .weight")).to_have_text("201.9\u00a0g", timeout=STILL)
    assert page.locator("#b-possum").bounding_box() == before


def test_without_scripts_the_page_is_complete(
    browser: Chromium, page: PageProcess, carer: Phone, watcher: Phone, box: ScriptedBox
) -> None:
    box.say("alerts", bad_night())
    wait_for(lambda: len(watcher.document(f"/api{HOME}")["alerts"]) == 3)
    with browser.screen(page, phone=carer, scripts=False) as window:
        shown = window.go(HOME)
        with shown.expect_navigation():
            shown.get_by_role("button", name="I'm on it: A kitten").click()
        wait_for(lambda: ("acknowledge", {"id": "c1"}) in box.asked)
        expect(shown.locator("#said")).to_contain_text("Done")


def test_a_double_tap_without_scripts_is_one_tap(
    browser: Chromium, page: PageProcess, carer: Phone, box: ScriptedBox
) -> None:
    def fed() -> int:
        return sum(verb == "feed" for verb, _ in box.asked)

    with browser.screen(page, phone=carer, scripts=False) as window:
        shown = window.go(f"{HOME}/tell?baby=possum")
        shown.locator("#fed-usual").dblclick(no_wait_after=True)
        expect(shown.locator("#said")).to_contain_text("Done")
        assert fed() == 1
        form = shown.locator("form", has=shown.locator("#fed-usual"))
        fields = {
            str(each.get_attribute("name")): str(each.get_attribute("value"))
            for each in form.locator("input").all()
        }
    with ThreadPoolExecutor(2) as pool:
        sent = [pool.submit(carer.submit, f"{HOME}/do/feed", **fields) for _ in range(2)]
        assert [reply.result().status for reply in sent] == [303, 303]
    assert fed() == 2, "the second tap that was meant, and not its own second"
    assert carer.submit(f"{HOME}/do/feed", **(fields | {"turn": "99"})).status == 303
    assert fed() == 3


PATIENT = """
import sys
from monitor.cli import main
from monitor.page import broker
broker.LOOK_EVERY_S = 1e6
sys.exit(main())
"""
"""a page that asks a box for its readings again only where it has begun anew"""


def test_a_box_that_begins_anew_is_asked_for_its_readings_at_once(
    browser: Chromium, box: ScriptedBox, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with (
        Subscriber(mosquitto.port, f"nursery/{BOX}/setup/look") as asked,
        PageProcess(tmp_path / "page", mosquitto.port, program=("-c", PATIENT)) as page,
    ):
        box.is_seen_by(page.phone())
        with browser.screen(page, phone=page.phone()) as screen:
            screen.go(f"{HOME}/box")
            wait_for(lambda: len(asked.messages) == 1)
            for status in ("offline", "online"):
                box.say("status", status)
            wait_for(lambda: len(asked.messages) == 2)


def test_a_form_that_is_refused_stays_where_it_was(screen: Screen, box: ScriptedBox) -> None:
    box.answers["baby_edit"] = {"ok": False, "error": "there is a Possum already"}
    page = screen.go(f"{HOME}/setup/babies/possum")
    page.locator("#rename").fill("Possum")
    page.locator("#rename-save").click()
    expect(page.locator("#said[role=alert]")).to_contain_text("there is a Possum already")
    assert page.url.endswith("/setup/babies/possum")


@contextmanager
def renamed(mosquitto: Mosquitto, box: ScriptedBox, phone: Phone) -> Iterator[Subscriber]:
    """The box of the page speaks as "attic" from now on; yields who hears what is told to it."""
    box.say("identity", {"identity": "0f0f", "instance": "1", "at": at(0)})
    wait_for(lambda: phone.document(f"/api{HOME}")["identity"])
    with Subscriber(mosquitto.port, "nursery/attic/cmd/feed") as elsewhere:
        named = {
            "status": b"online", "health": msgspec.json.encode(health()),
            "baby/possum": msgspec.json.encode(baby("Possum")),
            "identity": msgspec.json.encode({"identity": "0f0f", "instance": "1", "at": at(0)}),
        }  # fmt: skip
        for topic, payload in named.items():
            said = elsewhere.client.publish(f"nursery/attic/{topic}", payload, 1, retain=True)
            said.wait_for_publish(30)
        box.leave()
        yield elsewhere
        for topic in named:
            elsewhere.client.publish(f"nursery/attic/{topic}", b"", 1, retain=True)
        wait_for(lambda: phone.get("/api/boxes/attic").status == 404)


def test_a_phone_that_is_open_on_a_box_that_takes_another_name_follows_it(
    screen: Screen, box: ScriptedBox, mosquitto: Mosquitto, carer: Phone, watcher: Phone
) -> None:
    shown = screen.go(f"{HOME}/tell?baby=possum")
    screen.expected.add(404)
    with renamed(mosquitto, box, watcher) as elsewhere:
        shown.wait_for_url(re.compile(r"/boxes/attic/tell\?baby=possum$"), timeout=STILL)
        expect(shown.locator(".top .name")).to_have_text("attic")
        old = carer.submit(f"{HOME}/do/feed", baby="Possum", usual="1", back=HOME, turn="7")
        wait_for(lambda: elsewhere.messages)
        assert (old.status, old.headers["location"]) == (303, "/boxes/attic")


def held_back(page: Page, pattern: str) -> list[Route]:
    """The first request for it, once it was made, which waits for the test."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(pattern, hold, times=1)
    return held


def test_a_link_that_was_tapped_leads_on_although_the_box_takes_another_name(
    screen: Screen, box: ScriptedBox, mosquitto: Mosquitto, watcher: Phone
) -> None:
    shown = screen.go(HOME)
    screen.expected.add(404)
    held = held_back(shown, "**/night")
    shown.locator(f"a[href='{HOME}/night']").first.click(no_wait_after=True)
    while not held:
        shown.wait_for_timeout(50)
    with renamed(mosquitto, box, watcher):
        wait_for(lambda: watcher.get("/api/boxes/attic").status == 200)
        shown.wait_for_timeout(4000)  # longer than the page needs to see the new name
        held[0].continue_()
        shown.wait_for_url(re.compile(r"/boxes/attic/night$"), timeout=STILL)


def test_a_tap_whose_answer_never_came_can_be_repeated(screen: Screen, box: ScriptedBox) -> None:
    screen.page.clock.install()
    page = screen.go(f"{HOME}/tell?baby=possum")
    button = page.locator("#fed-usual")
    lost = held_back(page, "**/do/feed")
    button.click(no_wait_after=True)
    while not lost:
        page.wait_for_timeout(50)
    lost[0].abort("aborted")  # the page stays, as when somebody stops its loading
    expect(button).to_have_attribute("aria-busy", "true")
    button.click(no_wait_after=True)
    expect(page.locator("#unanswered")).to_be_hidden()
    page.clock.fast_forward(31_000)
    expect(button).not_to_have_attribute("aria-busy", "true")
    expect(page.locator("#unanswered")).to_contain_text("Look whether it was done")
    page.mouse.wheel(0, 900)
    page.wait_for_function("scrollY > 500")
    expect(page.locator("#unanswered")).to_be_in_viewport(ratio=1)
    screen.screenshot("unanswered", whole=False)
    assert not box.asked, "not even by the tap in between"
    button.click()
    wait_for(lambda: [verb for verb, _ in box.asked] == ["feed"])
    expect(page.locator("#said")).to_contain_text("Done")
    expect(page.locator("#unanswered")).to_be_hidden()


def test_the_report_prints_on_paper_without_anything_to_tap(
    screen: Screen, box: ScriptedBox
) -> None:
    page = screen.go(f"{HOME}/report")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.locator(".nav")).to_be_hidden()
    expect(page.locator("svg.curve").first).to_be_visible()
    screen.screenshot("report-print")


def test_the_log_is_a_file(carer: Phone, box: ScriptedBox) -> None:
    reply = carer.get(f"{HOME}/log.csv?days=30")
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in reply.headers["content-disposition"]
    lines = reply.body.decode("utf-8-sig").splitlines()
    assert lines[0] == "time,what,baby,value,unit,text,id,by"
    assert len(lines) == 1 + len(box.items)
    for_shelters = carer.get(f"{HOME}/log.csv?for=asm3").body.decode("utf-8-sig")
    assert for_shelters.startswith("ANIMALCODE,ANIMALNAME,ANIMALSPECIES,ANIMALDOB,")

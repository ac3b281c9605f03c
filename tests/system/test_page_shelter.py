"""Fifty boxes on one page: the gravest first, all in sight, nothing that jumps, and on paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.system.browser import CHROMIUM, Chromium, chromium
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.page_process import PageProcess
from tests.system.scripted_box import alert
from tests.system.shelter import ROOMS, Shelter
from tests.system.subscriber import wait_for

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
GRAVEST = ["cat-nursery-03", "isolation-02", "kittens-downstairs-04", "kittens-upstairs-08",
           "puppies-01", "cat-nursery-07", "isolation-04"]  # fmt: skip
COUNTS = {
    "en": ["5 now", "2 soon", "2 open", "2 to watch", "38 well", "1 practice"],
    "de": ["5 sofort", "2 bald", "2 offen", "2 im Auge behalten", "38 in Ordnung", "1 Übung"],
}
MOST_PX = {390: 5000, 1280: 2100, 1920: 1500}
"""height of the list: six hands' breadths on a phone, one scroll on a desk"""
A4_PX = 680
"""18 cm between the margins, at 96 pixels an inch"""
JUMPS = """
window.jumped = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.jumped += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture(scope="module")
def house(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Chromium, PageProcess, Shelter]]:
    """A made shelter, its page and a browser."""
    if BINARY is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    folder = tmp_path_factory.mktemp("shelter")
    broker = Mosquitto(folder / "mosquitto").start()
    with ExitStack() as running:
        running.callback(broker.stop)
        shelter = running.enter_context(Shelter(broker.port))
        page = running.enter_context(PageProcess(folder / "page", broker.port, more=ROOMS))
        phone = page.phone()
        shelter.is_seen_by(phone)
        wait_for(lambda: "38 well" in phone.get("/ward?as=text").text)
        yield running.enter_context(chromium()), page, shelter


def names(window: Page, where: str) -> list[str]:
    return [text.split()[0] for text in window.locator(f"{where} h2").all_inner_texts()]


@pytest.mark.parametrize(
    ("width", "dark", "language"),
    [(390, False, "en"), (390, True, "de"), (1280, True, "en"), (1280, False, "de"),
     (1920, False, "en"), (1920, True, "de")],
)  # fmt: skip
def test_fifty_boxes_are_in_sight_and_the_gravest_stand_first(
    house: tuple[Chromium, PageProcess, Shelter], width: int, dark: bool, language: str
) -> None:
    browser, page, shelter = house
    phone = page.phone()
    with browser.screen(page, width=width, dark=dark, language=language, phone=phone) as screen:
        window = screen.go("/")
        assert names(window, "#first")[: len(GRAVEST)] == GRAVEST
        assert window.locator(".counts .badge").all_inner_texts() == COUNTS[language]
        assert window.locator("#boxes a").count() == len(shelter.names)
        screen.check("shelter")
        assert window.evaluate("document.documentElement.scrollHeight") <= MOST_PX[width]
        window.locator("#handover").click()
        expect(window.locator("#ward section")).to_have_count(len(shelter.names))
        assert names(window, "#ward")[: len(GRAVEST)] == GRAVEST
        screen.check("shelter-hand-over")


def test_nothing_moves_while_boxes_say_their_numbers_and_an_alert_stands_first_at_once(
    house: tuple[Chromium, PageProcess, Shelter],
) -> None:
    browser, page, shelter = house
    with browser.screen(page, width=1280, phone=page.phone()) as screen:
        screen.page.add_init_script(JUMPS)
        window = screen.go("/")
        for name in shelter.names[:10]:
            with window.expect_response(lambda answer: answer.url.endswith("/")):
                shelter.breathe(name, 25.0)
        assert window.evaluate("window.jumped") == 0
        loud = alert("z1", "crying", "critical", "Two puppies are crying", "Now.")
        shelter.say("puppies-09", "alerts", [loud])
        expect(window.locator("#box-puppies-09")).to_contain_text("Two puppies are crying")
        expect(window.locator(".counts")).to_contain_text("6 now")
        shelter.say("puppies-09", "alerts", [])
        expect(window.locator(".room #box-puppies-09")).to_be_visible()


def test_the_hand_over_of_the_house_is_three_sheets_of_paper_in_black(
    house: tuple[Chromium, PageProcess, Shelter], tmp_path: Path
) -> None:
    browser, page, _ = house
    with browser.screen(page, width=1280, dark=True, phone=page.phone()) as screen:
        for path, sheets in (("/ward", 3), ("/ward?room=Cat%20nursery", 1)):
            window = screen.go(path)
            paper = window.pdf(format="A4", print_background=False)
            assert len(re.findall(rb"/Type\s*/Page\b", paper)) == sheets
            window.set_viewport_size({"width": A4_PX, "height": 900})
            window.emulate_media(media="print", color_scheme="dark")
            assert window.evaluate(CUT) == []
            assert set(window.evaluate(INKS)) <= {"rgb(0, 0, 0)", "rgb(68, 68, 68)"}
            screen.screenshot("shelter-paper")
            window.emulate_media(media="null")


CUT = """[...document.querySelectorAll("main *")].filter(
  (each) => !each.closest(".spoken, .no-print") && each.scrollWidth > each.clientWidth + 1
    && getComputedStyle(each).display !== "inline" && each.clientWidth > 0
).map((each) => each.outerHTML.slice(0, 120))"""
INKS = (
    """[...document.querySelectorAll("#ward *, h1")].map((each) => getComputedStyle(each).color)"""
)

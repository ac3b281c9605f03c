"""One page shows a shelter: every room, sorted by need; a baby moves; a hand-over is printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.system.browser import CHROMIUM, Chromium, chromium
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import PageProcess, Phone
from tests.system.scripted_box import ScriptedBox, alert, baby, bad_night
from tests.system.subscriber import wait_for
from tests.system.test_moving import box, known, registered

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
ROOMS = """
[shelter.rooms]
"Kittens upstairs" = ["upstairs", "attic-*"]
"Puppies" = ["downstairs"]
"""
SOON = 60_000


@pytest.fixture
def shelter(
    broker: Mosquitto, tmp_path: Path
) -> Iterator[tuple[Chromium, PageProcess, Phone, ScriptedBox]]:
    """Two real boxes and two scripted ones, in two rooms and in none."""
    upstairs, downstairs = (box(tmp_path / n, broker, n) for n in ("upstairs", "downstairs"))
    registered(upstairs, "Possum", 80)
    registered(downstairs, "Kangaroo", 3)
    with ExitStack() as running:
        page = running.enter_context(PageProcess(tmp_path / "page", broker.port, more=ROOMS))
        attic = running.enter_context(ScriptedBox(broker.port, "attic-1"))
        isolation = running.enter_context(ScriptedBox(broker.port, "isolation"))
        for daemon in (upstairs, downstairs):
            daemon.start()
            running.callback(daemon.stop)
        attic.say("baby/joey", baby("Joey", verdict="losing", weight_g=118.2, gain_24h_g=-4.1,
                                    gain_24h_pct=-3.4))  # fmt: skip
        attic.say("alerts", bad_night())
        phone = page.phone()
        wait_for(lambda: "possum" in known(phone, "upstairs"))
        wait_for(lambda: "kangaroo" in known(phone, "downstairs"))
        attic.is_seen_by(phone)
        isolation.is_seen_by(phone)
        wait_for(lambda: len(phone.document("/api/boxes/attic-1")["alerts"]) == 3)
        browser = running.enter_context(chromium())
        yield browser, page, phone, attic


def test_all_rooms_are_seen_at_once_and_handed_over(
    shelter: tuple[Chromium, PageProcess, Phone, ScriptedBox],
) -> None:
    browser, page, phone, attic = shelter
    for width in (390, 1280):
        with browser.screen(page, width=width, phone=page.phone()) as screen:
            window = screen.go("/")
            expect(window.locator("#first h2").first).to_have_text("attic-1 Kittens upstairs")
            expect(window.locator(".room h2").first).to_have_text("Kittens upstairs")
            screen.check("ward-boxes")
            window.locator("#handover").click()
            first = window.locator("#ward section").first
            expect(first).to_contain_text("A kitten has been crying for 12 min")
            expect(first).to_contain_text("Joey (kitten, 9 days old): ")
            screen.check("ward-hand-over")
            window.get_by_role("link", name="Puppies").click()
            expect(window.locator("#ward section")).to_have_count(1)
            expect(window.locator("#ward")).to_contain_text("Kangaroo")
    attic.say("alerts", [alert("c9", "crying", "critical", "Two puppies are crying", "Now.")])
    wait_for(lambda: "Two puppies are crying" in phone.get("/ward?as=text").text)
    text = phone.get("/ward?as=text").text
    assert text.splitlines()[0].startswith("Hand-over: All rooms, ")
    assert "attic-1 (Kittens upstairs): Two puppies are crying" in text
    log = phone.get("/ward/log.csv?for=asm3&room=Puppies").text
    assert "Kangaroo" in log
    assert "Possum" not in log


def test_a_carer_moves_a_baby_from_the_page_and_may_call_it_back(
    shelter: tuple[Chromium, PageProcess, Phone, ScriptedBox],
) -> None:
    browser, page, phone, _ = shelter
    with browser.screen(page, phone=page.phone()) as screen:
        window = screen.go("/boxes/upstairs/setup/babies/possum")
        screen.check("ward-move")
        window.locator("#move-to").select_option("isolation")  # a box that answers no set-up
        window.locator("#move-save").click()
        expect(window.locator("#said")).to_contain_text("Possum goes to isolation")
        expect(window.locator("#move")).to_contain_text("On its way to isolation")
        screen.check("ward-moving")
        window.locator("#move-stay").click()
        expect(window.locator("#said")).to_contain_text("Possum stays", timeout=SOON)
        expect(window.locator("#move-to")).to_be_visible(timeout=SOON)

        window.locator("#move-to").select_option("downstairs")
        window.locator("#move-save").click()
        expect(window.locator("#said")).to_contain_text("Possum goes to downstairs", timeout=SOON)
        screen.expected.add(404)  # until the other box has told of it
        wait_for(lambda: "possum" in known(phone, "downstairs"))
        wait_for(lambda: "possum" not in known(phone, "upstairs"))
        window = screen.go("/boxes/downstairs")
        expect(window.locator("#b-possum")).to_contain_text("Came from upstairs")
        screen.check("ward-moved")

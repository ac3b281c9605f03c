"""The page in a real browser: pairing, and what every page must hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.system.browser import CHROMIUM, WIDTHS, Chromium, chromium
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import PageProcess

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(broker: Mosquitto, tmp_path: Path) -> Iterator[PageProcess]:
    with PageProcess(tmp_path / "page", broker.port) as running:
        yield running


@pytest.mark.parametrize("width", WIDTHS)
def test_a_phone_pairs_with_the_code(browser: Chromium, page: PageProcess, width: int) -> None:
    with browser.screen(page, width=width, dark=width == 390) as screen:
        screen.go("/")
        screen.check("pair")
        screen.page.fill("#code", page.code().lower())
        screen.page.click("button")
        screen.page.wait_for_url(f"{page.url}/")
        screen.page.wait_for_selector("#live")
        screen.check("first-page")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_second_phone_pairs_with_one_tap_and_is_revoked(
    browser: Chromium, page: PageProcess, width: int
) -> None:
    phone = page.phone()
    with (
        browser.screen(page, width=width, dark=width != 390, phone=phone) as mine,
        browser.screen(page, width=320) as other,
    ):
        mine.go("/phones")
        mine.page.click("button[value=carer]")
        code = mine.page.text_content(".pair-code")
        mine.check("phones-pair")
        other.go(f"/pair?code={code}")  # as its camera reads it
        other.page.click("button[type=submit]")
        other.page.wait_for_selector("#live")
        mine.go("/phones")
        assert mine.page.locator(".pair-code").count() == 0
        assert mine.page.locator("button[id^=revoke]").count() == 2
        mine.check("phones")
        mine.page.locator("li", has_not_text="this phone").locator("button[id^=revoke]").click()
        expect(mine.page.locator("button[id^=revoke]")).to_have_count(1, timeout=60_000)
        other.expected = {401}
        other.go("/")
        other.page.wait_for_selector("#code")


def test_a_phone_that_may_only_look_sees_itself_alone(browser: Chromium, page: PageProcess) -> None:
    page.phone()
    with browser.screen(page, phone=page.phone("--look-only")) as screen:
        screen.go("/phones")
        assert screen.page.locator("button[name=pair]").count() == 0
        assert screen.page.locator("button[id^=revoke]").count() == 1
        screen.check("phones-look")
        screen.page.click("button[id^=revoke]")
        screen.page.wait_for_selector("#code")

"""The page in a real browser: pairing, and what every page must hold."""

from collections.abc import Iterator
from pathlib import Path

import pytest

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
        screen.page.wait_for_selector("#age")
        screen.check("first-page")

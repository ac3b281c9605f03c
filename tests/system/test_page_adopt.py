"""A fresh card under an old name: the page asks which it is, and a tap settles it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.system.browser import CHROMIUM, Screen, chromium
from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import PageProcess
from tests.system.subscriber import Subscriber, wait_for
from tests.system.test_identity import SCALE, START_S, announced

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
SOON_MS = 90_000


class Fresh:
    """A phone on a fresh card whose name the broker knows from before, with Joey in it."""

    def __init__(self, stack: ExitStack, broker: Mosquitto, folder: Path) -> None:
        self.told = stack.enter_context(Subscriber(broker.port, "#"))
        first = Daemon(folder / "first", broker.port, more=SCALE)
        stack.callback(first.stop, signal.SIGKILL)
        first.start()
        assert first.nursery("baby", "add", "Joey", "--species", "kitten").returncode == 0
        wait_for(lambda: announced(self.told), START_S)
        wait_for(lambda: b"Joey" in b"".join(m.payload for m in self.told.messages), START_S)
        self.before = announced(self.told)
        first.stop(signal.SIGKILL)  # the card has died
        fresh = Daemon(folder / "fresh", broker.port, more=SCALE)
        stack.callback(fresh.stop)
        fresh.start()
        page = stack.enter_context(PageProcess(folder / "page", broker.port))
        phone = page.phone()
        wait_for(lambda: phone.get("/api/boxes/test-box").status == 200)
        browser = stack.enter_context(chromium())
        self.screen: Screen = stack.enter_context(browser.screen(page, phone=page.phone()))
        self.page = self.screen.go("/boxes/test-box")

    def asks(self) -> None:
        """The alert leads to the card, where both answers stand."""
        expect(self.page.locator("#alerts")).to_contain_text(
            "An earlier card is still announced", timeout=SOON_MS
        )
        self.screen.check("earlier-now")
        self.page.get_by_role("link", name="Answer").click()
        self.page.wait_for_url("**/boxes/test-box/box#earlier-card")
        card = self.page.locator("#earlier-card")
        expect(card).to_contain_text("Joey", timeout=SOON_MS)
        expect(card).to_be_in_viewport()
        self.screen.check("earlier-card")

    def is_settled(self) -> None:
        """Nothing asks any more."""
        expect(self.page.locator("#earlier-card")).to_have_count(0, timeout=SOON_MS)
        self.screen.check("earlier-settled")
        page = self.screen.go("/boxes/test-box")
        expect(page.locator("#alerts")).not_to_contain_text(
            "An earlier card is still announced", timeout=SOON_MS
        )


@pytest.fixture
def fresh(broker: Mosquitto, tmp_path: Path) -> Iterator[Fresh]:
    with ExitStack() as stack:
        yield Fresh(stack, broker, tmp_path)


def test_a_tap_goes_on_as_the_earlier_card(fresh: Fresh) -> None:
    fresh.asks()
    fresh.page.click("#adopt")
    said = fresh.page.locator("#said[role=status]")
    expect(said).to_contain_text("nothing is shown twice", timeout=SOON_MS)
    expect(said).to_contain_text("Joey")
    wait_for(lambda: announced(fresh.told) == fresh.before, START_S)
    fresh.is_settled()


def test_a_tap_has_the_earlier_card_removed(fresh: Fresh) -> None:
    fresh.asks()
    fresh.page.click("#adopt-remove")
    expect(fresh.page.locator("#said[role=status]")).to_contain_text(
        "appears as a new box", timeout=SOON_MS
    )
    wait_for(
        lambda: len(announced(fresh.told)) == 1 and announced(fresh.told) != fresh.before, START_S
    )
    fresh.is_settled()

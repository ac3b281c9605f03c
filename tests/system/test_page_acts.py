"""What a person taps on the page is done by a real box, and can be taken back there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.system.browser import CHROMIUM, Screen, chromium
from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import PageProcess, Phone
from tests.system.subscriber import wait_for
from tests.system.test_daemon import SCALE

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
HOME = "/boxes/test-box"
SOON = 60_000


def one_of_two_is_lifted(path: Path) -> str:
    """A recording: two kittens of the same weight, one of them out from the 25th second on."""
    times = np.arange(0, 600, 0.1)
    grams = np.where(times < 25.0, 900.0 + 2 * 200.0, 900.0 + 200.0)
    noise = np.random.default_rng(1).normal(0, 40, len(times))
    counts = np.round(1000 + 400 * grams + noise).astype(int)
    lines = "\n".join(f"{t:.1f},{c}" for t, c in zip(times, counts, strict=True))
    path.write_text(f"time_s,counts\n{lines}\n")
    return SCALE.format(path=path)


@pytest.fixture
def phone(broker: Mosquitto, tmp_path: Path) -> Iterator[tuple[Screen, Phone]]:
    """A phone that looks at a box with the look-alikes Ash and Bee."""
    scale = one_of_two_is_lifted(tmp_path / "s.csv")
    daemon = Daemon(tmp_path / "box", broker.port, more=scale)
    for name in ("Ash", "Bee"):
        added = daemon.nursery("baby", "add", name, "--species", "kitten", "--weight", "200")
        assert added.returncode == 0, added.stderr
    with PageProcess(tmp_path / "page", broker.port) as page, chromium() as browser:
        paired = page.phone()
        daemon.start()
        try:
            wait_for(lambda: {"ash", "bee"} <= set(paired.document(f"/api{HOME}")["babies"]))
            # Apart: what is asked again and again would spend the turns of the browser's phone.
            with browser.screen(page, phone=page.phone()) as screen:
                yield screen, paired
            assert not screen.complaints, screen.complaints
        finally:
            daemon.stop()


def test_a_carer_needs_nothing_but_the_page(phone: tuple[Screen, Phone]) -> None:
    screen, paired = phone

    def known(name: str) -> dict[str, Any]:
        found: dict[str, Any] = paired.document(f"/api{HOME}")["babies"][name]
        return found

    page = screen.go(f"{HOME}/tell?baby=ash")
    page.get_by_text("Another amount, or earlier").click()
    page.locator("#fed-amount").fill("8,5 ml")
    page.locator("#fed-save").click()
    expect(page.locator("#said")).to_contain_text("8.5 g")
    wait_for(lambda: known("ash")["last_feed_g"] == 8.5)
    with page.expect_navigation():
        page.get_by_role("button", name="Undo").click()
    wait_for(lambda: known("ash")["last_feed_g"] is None)

    page.locator("#weigh-grams").fill("12,450")
    page.locator("#weigh-save").click()
    expect(page.locator("#said")).to_contain_text("write one of them")
    page.locator("#weigh-grams").fill("7 1/4 oz")
    page.locator("#weigh-save").click()
    expect(page.locator("#said")).to_contain_text("205.5 g")
    wait_for(lambda: known("ash")["weight_g"] == pytest.approx(205.5, abs=0.1))

    page = screen.go(f"{HOME}/babies/ash")
    page.locator("#weighings").get_by_role("link", name="Correct").first.click()
    page.locator("#correct-grams").fill("203")
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    wait_for(lambda: known("ash")["weight_g"] == 203.0)
    page.get_by_role("button", name="Undo", exact=True).first.click()
    wait_for(lambda: known("ash")["weight_g"] == pytest.approx(205.5, abs=0.1))

    page = screen.go(HOME)
    page.get_by_role("link", name="Answer").click(timeout=SOON)
    page.get_by_role("button", name="Bee").click()
    wait_for(lambda: known("bee")["in_box"] is False)
    expect(page.get_by_text("No question is open.")).to_be_visible(timeout=SOON)
    screen.check("acts-answered")

    sent = paired.submit(f"{HOME}/do/test_alert", back=HOME)
    assert sent.status == 303
    page = screen.go(HOME)
    page.get_by_role("button", name="I'm on it: ").first.click(timeout=SOON)
    expect(page.get_by_text("Somebody is on it").first).to_be_visible(timeout=SOON)

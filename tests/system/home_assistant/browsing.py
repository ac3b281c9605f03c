"""The printed dashboard in a real Home Assistant, opened by Debian's chromium."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from playwright.sync_api import Browser, Page, expect, sync_playwright

from monitor.documents import CryStatus
from monitor.mqtt.dashboard import DashboardBaby, dashboard
from monitor.mqtt.topics import Topics
from monitor.verbs.yaml_text import yaml_text
from tests.system.browser import ARGUMENTS, CHROMIUM, WIDTHS
from tests.system.home_assistant.box import BOX, KANGAROO, POSSUM
from tests.system.home_assistant.running import Box, Core
from tests.system.mosquitto import Mosquitto

TOPICS = Topics(BOX)
IDS = "nursery_kangaroo_and_possum"
BABIES = [
    DashboardBaby(name=baby.name, species=baby.species, ids=baby.slug)
    for baby in (KANGAROO, POSSUM)
]
WELL = {
    "verdict": "gaining",
    "gain_24h_g": 9.5,
    "gain_24h_pct": 9.2,
    "intake_24h_g": 21.0,
    "next_feed_ml": 5.0,
    "watch": {"level": "well", "signs": []},
}
AT_PEACE = CryStatus(crying=False, level_db=-52.0, cry_minutes_1h=0.0, cry_minutes_24h=4.5)


class Desk:
    """A broker, a scripted box, and a Home Assistant where its dashboard was pasted."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        pasted = folder / "dashboard.yaml"
        pasted.write_text(yaml_text(dashboard(IDS, BABIES, TOPICS)))
        self._browser = browser
        self._broker = Mosquitto(folder / "mosquitto").start()
        self.box = Box(folder / "box", self._broker.port)
        self.core = Core(folder, self._broker.port, "--dashboard", str(pasted), "--frontend")
        self._signed_in = self.core.ask("sign_in")
        self.calm()

    def calm(self) -> None:
        """Everybody is well, nobody cries, nothing is open.

        A third cry within the hour would be held open for a quarter of an hour: tests that share
        the box are an hour apart.
        """
        told = {baby.ids: WELL for baby in BABIES}
        cry = msgspec.to_builtins(AT_PEACE)
        self.box.play(conditions=[], cry=cry, told=told, an_hour_later=True)
        self.core.becomes("sensor.possum_verdict", "gaining")
        self.core.becomes(f"sensor.{IDS}_open_alerts", "0")

    @contextmanager
    def opened(self, width: int, *, sharpness: int = 1) -> Iterator[Page]:
        """The dashboard in a window of this width, once its cards are there."""
        size = {"width": width, "height": WIDTHS[width]}
        context = self._browser.new_context(viewport=size, device_scale_factor=sharpness)
        page = context.new_page()
        page.set_default_timeout(90_000)
        kept = json.dumps(json.dumps(self._signed_in))
        page.add_init_script(f"localStorage.setItem('hassTokens', {kept})")
        page.goto(f"{self._signed_in['hassUrl']}/nursery-box/nursery")
        page.get_by_text("Gain in 24 h").first.wait_for()
        yield page
        context.close()

    def close(self) -> None:
        self.core.close()
        self.box.close()
        self._broker.stop()


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    """Start all of it, and end it."""
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        everything = Desk(folder, browser)
        try:
            yield everything
        finally:
            everything.close()
            browser.close()


def picture(page: Page, path: Path) -> None:
    """As high as the whole dashboard, which scrolls inside the window."""
    size = page.viewport_size
    assert size is not None
    height = int(page.locator("hui-sections-view").evaluate("view => view.scrollHeight"))
    page.set_viewport_size({"width": size["width"], "height": height + 80})
    path.parent.mkdir(exist_ok=True)
    page.screenshot(path=path)
    page.set_viewport_size(size)

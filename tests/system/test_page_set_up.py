"""A new box is set up on a phone, from its name to the first test alert; nothing alarms meanwhile.

A real box with the fake chip and a PulseAudio microphone, a real page, a real browser.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.system.browser import CHROMIUM, Chromium, Screen, chromium
from tests.system.daemon import Daemon
from tests.system.fake_gpiochip import FakeChip, missing
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.page_process import PageProcess, Phone
from tests.system.sound_server import SoundServer, missing_tools
from tests.system.subscriber import Subscriber, wait_for

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(BINARY is None, reason="mosquitto is not installed"),
]

SOON_MS = 90_000
FACTOR, ZERO = 412.7, 84_213
NEW = '[microphone]\nsource = "sounddevice"\ndevice = "USB"\n[scale]\nsource = "hx711"\n'
STEPS = ("name", "scale", "calibration", "microphone", "babies", "alerts", "test", "done")


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


@pytest.fixture
def chip(tmp_path: Path) -> FakeChip:
    if reason := missing():
        pytest.skip(reason)
    folder = tmp_path / "chip"
    folder.mkdir()
    made = FakeChip(folder)
    made.set(code=ZERO, noise=60, stuck=1)
    return made


@pytest.fixture
def sound(tmp_path: Path) -> Iterator[SoundServer]:
    if missing_tools():
        pytest.skip(f"not installed: {', '.join(missing_tools())}")
    server = SoundServer(tmp_path / "pulse")
    server.start()
    server.hiss(12_000)
    yield server
    server.close()


class Walk:
    """One phone on its way through the set-up."""

    def __init__(self, screen: Screen, url: str, chip: FakeChip, sound: SoundServer) -> None:
        self.screen, self.page, self.url = screen, screen.page, url
        self.chip, self.sound = chip, sound

    def begin(self) -> None:
        page = self.screen.go("/")
        expect(page.locator("#truth")).to_contain_text("Not set up yet", timeout=SOON_MS)
        assert page.locator(".banner.critical:visible").count() == 0
        self.screen.check("set-up-0-now")
        page.click("#go-on-with-set-up")
        self.at("name")

    def at(self, step: str) -> None:
        """Wait for this step, look at it, and take it up from the beginning once more."""
        expect(self.page.locator("[aria-current=step]")).to_have_attribute(
            "id", f"to-{step}", timeout=SOON_MS
        )

    def name(self) -> None:
        self.page.fill("#box-name", "!!!")
        self.page.click("#rename")
        expect(self.page.locator("#said[role=alert]")).to_contain_text("Name of the box")
        self.at("name")
        self.page.fill("#box-name", "Attic")
        self.screen.check("set-up-1-name")
        self.screen.expected.add(404)  # the page renews the old address until it is led away
        self.page.route("**/setup/do/configure", self._answered_late, times=1)
        self.page.click("#rename")
        # The box begins anew under its name, and the page has to hear of both.
        self.page.wait_for_url(re.compile(r"/boxes/attic/setup\?step=scale$"), timeout=120_000)
        self.at("scale")
        self.page.go_back()
        self.page.wait_for_url(re.compile(r"/boxes/attic/setup\?step=name$"))
        self.page.go_forward()
        self.at("scale")

    def _answered_late(self, route: Route) -> None:
        """The box speaks under its new name before the phone has the answer to its form."""
        answer = route.fetch(max_redirects=0)
        self.page.wait_for_timeout(4000)
        route.fulfill(response=answer)

    def wire(self) -> None:
        expect(self.page.locator("#wires")).to_contain_text("check this one", timeout=SOON_MS)
        expect(self.page.locator("#walk-source")).to_contain_text("DOUT")
        self.screen.check("set-up-2-wires")
        self.chip.set(stuck=-1)
        expect(self.page.locator("[data-reading=raw_counts]")).to_contain_text(
            "84,", timeout=SOON_MS
        )
        expect(self.page.locator("#wires")).not_to_contain_text("check this one", timeout=SOON_MS)
        self.chip.set(code=ZERO + 40_000)
        expect(self.page.locator("[data-reading=raw_counts]")).to_contain_text(
            "124,", timeout=SOON_MS
        )
        self.chip.set(code=ZERO)
        self.screen.check("set-up-2-wired")
        self.page.click("#tick")
        self.at("calibration")

    def calibrate(self) -> None:
        self.page.click("#calibrate")
        self._weigh(0.0, "84,")
        self.page.click("#step-empty")
        self.page.wait_for_selector("#step-mass")
        self._weigh(1000.0, "496")
        self.page.fill("#grams", "one")
        self.page.click("#step-mass")
        expect(self.page.locator("#said[role=alert]")).to_contain_text('"Weight" is no mass')
        self.page.fill("#grams", "10 kg")
        self.page.click("#step-mass")
        expect(self.page.locator("#said[role=alert]")).to_contain_text("are 10000 g what lies")
        self.page.fill("#grams", "1 kg")
        self.page.click("#step-mass")
        self.page.wait_for_selector("#step-check")
        self._weigh(500.0, "290")
        self.page.fill("#grams", "500")
        self.page.click("#step-check")
        self.page.click("#step-accept")
        self._weigh(300.0, None)
        self.page.click("#calibrated")
        self.at("microphone")

    def _weigh(self, grams: float, shown: str | None) -> None:
        self.chip.set(code=round(ZERO + FACTOR * grams))
        if shown is None:
            return
        expect(self.page.locator("[data-reading=raw_counts]")).to_contain_text(
            shown, timeout=SOON_MS
        )
        expect(self.page.locator("[data-reading=still]")).to_have_text(
            "Still: go on.", timeout=SOON_MS
        )

    def hear(self) -> None:
        expect(self.page.locator("#walk-source")).to_contain_text("USB", timeout=SOON_MS)
        self.screen.check("set-up-4-microphone")
        self.page.check("input[value=pulse]")
        self.page.click("#take-microphone")
        expect(self.page.locator("#walk-source")).to_contain_text("It hears.", timeout=SOON_MS)
        clap = self.page.locator("[data-clap]")
        expect(clap).to_have_text("Clap your hands beside it.")
        wait_for(lambda: self._claps(clap.inner_text), 90.0)
        self.screen.check("set-up-4-heard")
        self.page.click("#tick")
        self.at("babies")

    def _claps(self, told: Any) -> bool:
        time.sleep(4.0)  # as somebody waits between two claps
        self.sound.play(900.0, 0.3, level=0.9)
        time.sleep(1.5)
        return bool(told() == "That was heard.")

    def register(self) -> None:
        self.page.click("#tare")
        expect(self.page.locator("#said[role=status]")).to_be_visible(timeout=SOON_MS)
        self.page.click("#add-babies")
        self.page.fill("#add-name", "Possum")
        self.page.check("input[name=species][value=kitten]")
        self.page.fill("#add-weight", "112 g")
        self.page.click("#add-save")
        expect(self.page.locator("#here")).to_contain_text("Possum", timeout=SOON_MS)
        self.screen.check("set-up-5-babies")
        self.page.click("#walk-bar a")
        self.at("alerts")

    def choose_alerts(self) -> None:
        self.screen.check("set-up-6-alerts")
        self.page.click("#tick")
        self.at("test")

    def ring(self) -> None:
        self.page.click("#test-alert")
        expect(self.page.locator("#sent")).to_be_visible(timeout=SOON_MS)
        self.screen.check("set-up-7-test")
        self.page.click("#tick")
        expect(self.page.locator("#step-head")).to_contain_text("Everything is set up")
        self.screen.check("set-up-8-done")


def test_a_new_box_is_set_up_on_the_phone_and_nothing_alarms_meanwhile(
    browser: Chromium, broker: Mosquitto, tmp_path: Path, chip: FakeChip, sound: SoundServer
) -> None:
    with ExitStack() as stack:
        phone_says = stack.enter_context(Subscriber(broker.port, "nursery/+/alert"))
        more = chip.environment | sound.environment
        box = Daemon(tmp_path / "box", broker.port, box="nursery", more=NEW, environment=more)
        stack.callback(box.stop)
        box.start()
        page = stack.enter_context(PageProcess(tmp_path / "page", broker.port))
        phone = page.phone()
        wait_for(lambda: set_up_of(phone, "nursery").get("not_yet"), 120.0)
        screen = stack.enter_context(browser.screen(page, phone=phone))
        walk = Walk(screen, page.url, chip, sound)
        walk.begin()
        another = stack.enter_context(browser.screen(page, phone=page.phone()))
        another.expected.add(404)
        another.go("/boxes/nursery")
        walk.name()
        another.page.wait_for_url(re.compile(r"/boxes/attic$"), timeout=SOON_MS)
        walk.wire()
        restarted_meanwhile(box, screen.page)
        walk.calibrate()
        walk.hear()
        wait_for(lambda: set_up_of(phone, "attic").get("next") == "babies", 120.0)
        taken_up_again(screen, "/boxes/attic/setup", "babies")
        walk.register()
        walk.choose_alerts()
        walk.ring()
        wait_for(lambda: set_up_of(phone, "attic").get("ready"), 120.0)
        wait_for(lambda: set_up_of(phone, "attic").get("next", "") is None, 120.0)
        wait_for(lambda: phone_says.json("nursery/attic/alert"))
        phone_says.caught_up()
        told = [alert["kind"] for alert in phone_says.json("nursery/attic/alert")]
        assert set(told) == {"test"}
        assert not phone_says.json("nursery/nursery/alert")


def restarted_meanwhile(box: Daemon, page: Page) -> None:
    """The page in the middle of a step says that the box is off, and goes on when it is back."""
    box.stop()
    expect(page.locator("#truth")).to_contain_text("The box is offline", timeout=SOON_MS)
    box.start()
    expect(page.locator("#truth")).not_to_contain_text("offline", timeout=SOON_MS)


def taken_up_again(screen: Screen, path: str, step: str) -> None:
    """Another day, without saying which step."""
    page = screen.go(path)
    expect(page.locator("[aria-current=step]")).to_have_attribute("id", f"to-{step}")


def set_up_of(phone: Phone, box: str) -> dict[str, Any]:
    time.sleep(0.3)  # the page answers one phone only so often
    reply = phone.get(f"/api/boxes/{box}")
    health = reply.json["health"] if reply.status == 200 else None
    return (health or {}).get("set_up") or {}


@pytest.mark.parametrize(
    ("width", "dark", "language"), [(320, True, "de"), (390, False, "de"), (1280, False, "en")]
)
def test_every_step_is_looked_at(
    browser: Chromium, broker: Mosquitto, tmp_path: Path, width: int, dark: bool, language: str
) -> None:
    with ExitStack() as stack:
        box = Daemon(tmp_path / "box", broker.port, box="nursery", more=NEW)
        stack.callback(box.stop)
        box.start()
        page = stack.enter_context(PageProcess(tmp_path / "page", broker.port))
        phone = page.phone()
        wait_for(lambda: set_up_of(phone, "nursery").get("not_yet"), 120.0)
        options: dict[str, Any] = {"width": width, "dark": dark, "language": language}
        screen = stack.enter_context(browser.screen(page, phone=phone, **options))
        for step in STEPS:
            screen.go(f"/boxes/nursery/setup?step={step}")
            screen.page.wait_for_selector("#step-head")
            screen.check(f"set-up-{step}")

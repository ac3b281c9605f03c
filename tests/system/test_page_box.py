"""The box on the page, in a real browser: practice, babies, calibration, boxes, lost links."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import expect

from tests.system.browser import CHROMIUM, Chromium, Screen, chromium
from tests.system.daemon import Daemon
from tests.system.fake_gpiochip import FakeChip, missing
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.page_process import PageProcess, Phone
from tests.system.subscriber import Subscriber, wait_for

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
    pytest.mark.skipif(BINARY is None, reason="mosquitto is not installed"),
]

BOX = "attic"
SIMULATED = '[microphone]\nsource = "simulated"\n[scale]\nsource = "simulated"\n'
LOOKS = ((320, True, "de"), (390, False, "en"), (1280, False, "en"), (1280, True, "de"))
"""width, dark, language"""
SOON_MS = 60_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


def known(phone: Phone, true: Callable[[dict[str, Any]], object]) -> None:
    """Wait until the page knows the box, and ``true`` is true of it.

    The page answers one phone only so often: it is asked a few times a second.
    """

    def ask() -> bool:
        time.sleep(0.3)
        reply = phone.get(f"/api/boxes/{BOX}")
        return reply.status == 200 and bool(true(reply.json))

    wait_for(ask, 120.0)


class World:
    """A practising box on a broker of its own, and the page over it."""

    def __init__(self, folder: Path) -> None:
        self.broker = Mosquitto(folder / "mosquitto").start()
        self.box = Daemon(folder / "box", self.broker.port, box=BOX, more=SIMULATED).start()
        self.page = PageProcess(folder / "page", self.broker.port).start()
        self.phone: Phone = self.page.phone()
        known(self.phone, _practises)
        known(
            self.phone, lambda box: box["settings"] and {"kangaroo", "possum"} <= set(box["babies"])
        )

    def close(self) -> None:
        self.page.stop()
        self.box.stop()
        self.broker.stop()


def _practises(box: dict[str, Any]) -> object:
    health, scale = box["health"] or {}, box["scale"] or {}
    return health.get("practice") and scale.get("in_box")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    made.close()


def fresh(broker: Mosquitto, topic: str, payload: object) -> None:
    """Another box says something, retained."""
    with Subscriber(broker.port, "nothing") as other:
        body = payload if isinstance(payload, str) else msgspec.json.encode(payload)
        other.client.publish(topic, body, qos=1, retain=True).wait_for_publish(30)


@pytest.mark.parametrize(("width", "dark", "language"), LOOKS)
def test_every_screen_of_the_box_is_looked_at(
    browser: Chromium, world: World, width: int, dark: bool, language: str
) -> None:
    here = f"/boxes/{BOX}"
    screens = {
        "practice-now": here,
        "box": f"{here}/box",
        "setup-babies": f"{here}/setup/babies",
        "setup-baby": f"{here}/setup/babies/possum",
        "setup-calibrate-practice": f"{here}/setup/calibrate",
        "setup-alerts": f"{here}/setup/settings?table=alerts",
        "setup-pushes": f"{here}/setup/settings?table=notify",
        "setup-broker": f"{here}/setup/settings?table=mqtt",
        "boxes": "/boxes",
        "phones": "/phones",
    }
    options = {"width": width, "dark": dark, "language": language, "phone": world.phone}
    with browser.screen(world.page, **options) as screen:
        for name, path in screens.items():
            screen.go(path)
            screen.page.wait_for_selector("main h1")
            screen.check(name)
            if path.startswith(here):
                assert screen.page.locator("#practice").is_visible(), name


def test_a_baby_is_added_and_taken_back(browser: Chromium, world: World) -> None:
    with browser.screen(world.page, phone=world.phone) as screen:
        page = screen.go(f"/boxes/{BOX}/setup/babies")
        page.fill("#add-name", "Wombat")
        page.check("input[name=species][value=kitten]")
        page.fill("#add-weight", "8 oz")
        page.click("#add-save")
        expect(page.locator("#said")).to_contain_text("226.8", timeout=SOON_MS)
        expect(page.locator("#here")).to_contain_text("Wombat", timeout=SOON_MS)
        screen.check("setup-babies-added")
        page.click("#said-undo")
        expect(page.locator("#here")).not_to_contain_text("Wombat", timeout=SOON_MS)


def test_a_baby_is_renamed_and_a_mistake_is_said_and_shown_filled_in(
    browser: Chromium, world: World
) -> None:
    with browser.screen(world.page, phone=world.phone) as screen:
        page = screen.go(f"/boxes/{BOX}/setup/babies")
        page.fill("#add-name", "Possum")
        page.check("input[name=species][value=puppy]")
        page.click("#add-save")
        expect(page.locator("#said")).to_contain_text("Possum", timeout=SOON_MS)
        assert page.locator("#said[role=alert]").count() == 1
        assert page.input_value("#add-name") == "Possum"
        page.click("#edit-kangaroo")
        page.fill("#rename", "Wallaby")
        page.click("#rename-save")
        expect(page.locator("#here")).to_contain_text("Wallaby", timeout=SOON_MS)
        page.click("#said-undo")
        expect(page.locator("#here")).to_contain_text("Kangaroo", timeout=SOON_MS)


def test_readings_move_while_somebody_looks(browser: Chromium, world: World) -> None:
    with browser.screen(world.page, phone=world.phone) as screen:
        page = screen.go(f"/boxes/{BOX}/box")
        bar = page.locator("meter")
        before = bar.evaluate("each => each.value")
        page.wait_for_function(
            "before => document.querySelector('meter').value !== before", arg=before,
            timeout=SOON_MS,
        )  # fmt: skip
        expect(page.locator("p [data-reading=level_db]")).to_contain_text("dB")
        assert not screen.complaints


def test_a_test_alert_is_sent_and_is_marked_as_practice(browser: Chromium, world: World) -> None:
    with browser.screen(world.page, phone=world.phone) as screen:
        page = screen.go(f"/boxes/{BOX}/box")
        page.click("#test-alert")
        expect(page.locator("#said")).to_be_visible(timeout=SOON_MS)
        screen.go(f"/boxes/{BOX}")
        expect(page.locator("#alerts")).to_contain_text("Practice: Test alert", timeout=SOON_MS)


def test_quiet_hours_are_set_from_the_phone_and_hold(browser: Chromium, world: World) -> None:
    with browser.screen(world.page, phone=world.phone) as screen:
        page = screen.go(f"/boxes/{BOX}/setup/settings?table=alerts")
        field = page.get_by_label("Quiet from", exact=True)
        assert field.input_value() == "22:00"
        field.fill("half past never")
        page.get_by_role("button", name="Save: Quiet from").click()
        expect(page.locator("#said[role=alert]")).to_be_visible(timeout=SOON_MS)
        assert field.input_value() == "half past never"
        field.fill("9 pm")
        page.get_by_role("button", name="Save: Quiet from").click()
        expect(page.locator("#said[role=status]")).to_contain_text("21:00", timeout=SOON_MS)

        def told(box: dict[str, Any]) -> bool:
            listed = (box["settings"] or {"settings": []})["settings"]
            return {"21:00"} == {e["value"] for e in listed if e["key"] == "alerts.night.from"}

        known(world.phone, told)
        screen.go(f"/boxes/{BOX}/box")
        expect(page.locator("main")).to_contain_text("Quiet from 21:00 to 07:00")
        assert not screen.complaints


def test_without_scripts_a_baby_can_be_added_too(browser: Chromium, world: World) -> None:
    with browser.screen(world.page, phone=world.phone, scripts=False) as screen:
        page = screen.go(f"/boxes/{BOX}/setup/babies")
        page.fill("#add-name", "Quokka")
        page.check("input[name=species][value=kitten]")
        page.click("#add-save")
        page.wait_for_selector("#said")
        page.click("#said-undo")
        page.wait_for_selector("#said")


# --------------------------------------------------------------------------- calibration


FACTOR, ZERO = 412.7, 84_213


@pytest.fixture
def chip(tmp_path: Path) -> FakeChip:
    if reason := missing():
        pytest.skip(reason)
    made = FakeChip(tmp_path)
    made.set(code=ZERO, noise=60)
    return made


def lay(chip: FakeChip, grams: float) -> None:
    chip.set(code=round(ZERO + FACTOR * grams))


def test_the_scale_is_calibrated_step_by_step(
    browser: Chromium, broker: Mosquitto, tmp_path: Path, chip: FakeChip
) -> None:
    with ExitStack() as stack:
        more = '[scale]\nsource = "hx711"\n'
        box = Daemon(tmp_path / "box", broker.port, box=BOX, more=more,
                     environment=chip.environment)  # fmt: skip
        stack.callback(box.stop)
        box.start()
        page_process = stack.enter_context(PageProcess(tmp_path / "page", broker.port))
        phone = page_process.phone()
        known(phone, lambda each: "'healthy'" in str(each["health"]))
        screen: Screen = stack.enter_context(browser.screen(page_process, phone=phone))
        page = screen.go(f"/boxes/{BOX}/box")
        expect(page.locator("#health")).to_contain_text("not calibrated")
        screen.go(f"/boxes/{BOX}/setup/calibrate")

        def still() -> None:
            expect(page.locator("[data-reading=still]")).to_have_text(
                "Still: go on.", timeout=SOON_MS
            )

        still()
        screen.check("calibrate-1-empty")
        page.click("#step-empty")
        page.wait_for_selector("#step-mass")
        lay(chip, 1000.0)
        expect(page.locator("[data-reading=raw_counts]")).to_contain_text("496", timeout=SOON_MS)
        still()
        page.fill("#grams", "1 kg")
        screen.check("calibrate-2-mass")
        page.click("#step-mass")
        page.wait_for_selector("#step-check")
        lay(chip, 500.0)
        expect(page.locator("[data-reading=raw_counts]")).to_contain_text("290", timeout=SOON_MS)
        still()
        page.fill("#grams", "500")
        screen.check("calibrate-3-check")
        page.click("#step-check")
        page.wait_for_selector("#step-accept")
        screen.check("calibrate-4-accept")
        page.click("#step-accept")
        expect(page.locator("main")).to_contain_text("Take the mass off", timeout=SOON_MS)
        screen.check("calibrate-5-done")
        lay(chip, 0.0)
        lay(chip, 300.0)

        known(phone, lambda each: abs((each["scale"]["total_g"] or 0.0) - 300.0) < 2.0)


# --------------------------------------------------------------------------- several, and lost


def test_several_boxes_stand_in_the_order_in_which_they_need_somebody(
    browser: Chromium, world: World
) -> None:
    fresh(world.broker, "nursery/cellar/status", "offline")
    with browser.screen(world.page, phone=world.phone) as screen:
        page = screen.go("/")
        expect(page.locator("#boxes h2").first).to_contain_text("cellar", timeout=SOON_MS)
        expect(page.locator("#box-cellar")).to_contain_text("The box is offline")
        expect(page.locator(f"#box-{BOX}")).to_contain_text("practice")
        screen.check("boxes-several")
    fresh(world.broker, "nursery/cellar/status", "")


def test_a_box_that_went_is_offline_at_once_on_every_open_page(
    browser: Chromium, broker: Mosquitto, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        box = Daemon(tmp_path / "box", broker.port, box=BOX, more=SIMULATED).start()
        stack.callback(box.stop)
        page_process = stack.enter_context(PageProcess(tmp_path / "page", broker.port))
        phone = page_process.phone()
        known(phone, lambda each: each["online"])
        screens = [
            stack.enter_context(browser.screen(page_process, phone=phone)) for _ in range(20)
        ]
        for number, screen in enumerate(screens):
            screen.go(f"/boxes/{BOX}" + ("/box" if number % 2 else ""))
        box.stop(signal.SIGTERM)
        for screen in screens:
            expect(screen.page.locator("main")).to_contain_text(
                "The box is offline", timeout=SOON_MS
            )
        assert phone.document("/healthz")["ok"] is True
        screens[1].check("box-offline")


def test_the_page_comes_back_by_itself_when_the_broker_does(
    browser: Chromium, broker: Mosquitto, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        box = Daemon(tmp_path / "box", broker.port, box=BOX, more=SIMULATED).start()
        stack.callback(box.stop)
        page_process = stack.enter_context(PageProcess(tmp_path / "page", broker.port))
        phone = page_process.phone()
        known(phone, lambda each: each["online"])
        screen = stack.enter_context(browser.screen(page_process, phone=phone))
        page = screen.go(f"/boxes/{BOX}/box")
        broker.stop()
        expect(page.locator("#health")).to_contain_text("cannot reach the broker", timeout=SOON_MS)
        screen.check("box-no-broker")
        broker.start()
        expect(page.locator("#health")).not_to_contain_text(
            "cannot reach the broker", timeout=SOON_MS
        )
        expect(page.locator("#health")).to_contain_text("It weighs.", timeout=SOON_MS)

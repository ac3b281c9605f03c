"""From the first tap on the page to the button on the notification: box, broker, page, ntfy."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from monitor.page.limits import BUTTONS
from tests.ntfy_server import NtfyServer, Shown, press
from tests.system.browser import CHROMIUM, Chromium, chromium
from tests.system.daemon import Daemon
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.page_process import PageProcess, Phone
from tests.system.subscriber import wait_for

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(BINARY is None, reason="mosquitto is not installed"),
]

pytest.importorskip("apprise", reason='the "notify" extra is not installed')

BOX = "attic"
SIMULATED = '[microphone]\nsource = "simulated"\n[scale]\nsource = "simulated"\n'


class World:
    """A practising box without pushes, and a phone that is paired with its page."""

    def __init__(self, folder: Path) -> None:
        self.ntfy = NtfyServer()
        self.broker = Mosquitto(folder / "mosquitto").start()
        self.box = Daemon(folder / "box", self.broker.port, box=BOX, more=SIMULATED).start()
        self.page = PageProcess(folder / "page", self.broker.port).start()
        self.phone: Phone = self.page.phone()
        self.known(lambda found: (found["health"] or {}).get("practice"))

    def known(self, true: Callable[[dict[str, Any]], object]) -> None:
        def ask() -> bool:
            time.sleep(0.3)
            reply = self.phone.get(f"/api/boxes/{BOX}")
            return reply.status == 200 and bool(true(reply.json))

        wait_for(ask, 120.0)

    def push(self) -> Shown:
        """The notification of a test alert."""
        before = len(self.ntfy.shown)

        def arrived() -> list[Shown]:
            shown = self.ntfy.shown[before:]
            return [each for each in shown if each.title.startswith("Practice: Test alert")]

        sent = self.phone.send(f"/api/boxes/{BOX}/cmd/test_alert", {})
        assert sent.json["ok"], sent.json
        found: list[Shown] = wait_for(arrived, 60.0)
        return found[0]

    def close(self) -> None:
        self.page.stop()
        self.box.stop()
        self.broker.stop()
        self.ntfy.shutdown()
        self.ntfy.server_close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    answer = made.phone.send(
        f"/api/boxes/{BOX}/setup/push", {"server": made.ntfy.url, "page_url": made.page.url}
    )
    assert answer.json["ok"], answer.json
    assert answer.json["server"] == made.ntfy.url
    made.known(lambda found: found["status"] == "online" and _has_pushes(found))
    yield made
    made.close()


def _has_pushes(found: dict[str, Any]) -> bool:
    told = {each["key"]: each for each in (found["settings"] or {}).get("settings", [])}
    return bool(told.get("notify.urls", {}).get("given"))


def _states(found: dict[str, Any]) -> list[str]:
    return [alert["state"] for alert in found["alerts"] if alert["kind"] == "test"]


def test_a_push_arrives_opens_its_alert_and_its_button_acknowledges_once(world: World) -> None:
    push = world.push()
    (action,) = push.actions
    assert push.topic.startswith("nursery-")
    assert push.click.startswith(f"{world.page.url}/boxes/{BOX}#alert-test-")
    place = push.click.partition("#")[2]
    world.known(lambda found: _states(found) == ["raised"])
    assert f'id="{place}"' in world.phone.get(f"/boxes/{BOX}").text

    url = action["url"].removeprefix(world.page.url)
    assert world.page.request("GET", url).status == 303, "looked at in advance, it does nothing"
    token = action["body"].encode()
    for foreign in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert world.page.request("POST", url, token, foreign).status == 403
    evil = world.page.request("POST", url, token, {"host": "evil.example"})
    assert evil.status == 421
    world.known(lambda found: _states(found) == ["raised"])

    assert press(action) == (200, "Acknowledged.\n")
    world.known(lambda found: _states(found) == ["acknowledged"])
    status, said = press(action)
    assert status == 409
    assert "has been used, or is too old" in said


def test_guessing_a_button_takes_no_carers_turn(world: World) -> None:
    made_up = f"ffffffff.{'A' * 22}.test-20260101T000000Z".encode()
    began_s = time.monotonic()
    answers = [world.page.request("POST", f"/seen/{BOX}", made_up) for _ in range(20)]
    seen = [each.status for each in answers]
    turns = BUTTONS.burst + BUTTONS.per_s * (time.monotonic() - began_s)
    assert 200 not in seen
    assert seen.count(409) <= turns
    waits_s = [int(each.headers["retry-after"]) for each in answers if each.status == 429]
    assert waits_s
    assert all(1 <= wait_s <= 1 / BUTTONS.per_s for wait_s in waits_s)
    for nonsense in (b"", b"all", b"\xff" * 90, b"{}", b"a" * 5000):
        assert world.page.request("POST", f"/seen/{BOX}", nonsense).status in {404, 429}
    assert world.page.request("POST", "/seen/nobody", made_up).status in {404, 429}
    done = world.phone.send(f"/api/boxes/{BOX}/cmd/acknowledge", {})
    assert done.json["ok"] is True


def test_a_phone_that_may_only_look_does_not_hear_the_topic(world: World) -> None:
    looker = world.page.phone("--look-only")
    assert looker.send(f"/api/boxes/{BOX}/setup/push", {}).status == 403
    with looker.events() as heard:
        told = world.phone.send(f"/api/boxes/{BOX}/setup/push", {}).json
        assert world.phone.send(f"/api/boxes/{BOX}/cmd/weigh_in", {}).json["ok"]
        wait_for(lambda: any("weigh_in" in str(each) for each in heard.seen), 30.0)
        assert told["topic"] not in str(heard.seen)


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as started:
        yield started


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize(
    ("width", "dark", "language"),
    [(320, True, "de"), (390, False, "en"), (1280, False, "en")],
)
def test_the_page_shows_how_a_phone_gets_pushes(
    browser: Chromium, world: World, width: int, dark: bool, language: str
) -> None:
    options = {"width": width, "dark": dark, "language": language}
    with browser.screen(world.page, phone=world.page.phone(), **options) as screen:
        page = screen.go(f"/boxes/{BOX}/setup/settings?table=notify")
        page.wait_for_selector("#push-make")
        screen.check("pushes-before")
        page.click("#push-make")
        expect(page.locator("#push-topic")).to_contain_text("nursery-", timeout=60_000)
        topic = page.locator("#push-topic").text_content() or ""
        link = page.locator("#push-open").get_attribute("href")
        assert link == f"ntfy://127.0.0.1:{world.ntfy.server_port}/{topic}?secure=false"
        screen.check("pushes-topic")


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_a_push_opens_the_page_on_its_alert(browser: Chromium, world: World) -> None:
    click = world.push().click
    place = click.partition("#")[2]
    world.known(lambda found: any(f"alert-{each['id']}" == place for each in found["alerts"]))
    with browser.screen(world.page, phone=world.phone) as screen:
        page = screen.go(click.removeprefix(world.page.url))
        card = page.locator(f"article[id='{place}']")
        expect(card).to_contain_text("Test alert", timeout=60_000)
        expect(card).to_be_in_viewport(timeout=60_000)
        screen.check("pushes-opened")
        page.evaluate("window.before = document.querySelector('#alerts article')")
        snoozed = world.phone.send(f"/api/boxes/{BOX}/cmd/snooze", {"minutes": 30})
        assert snoozed.json["ok"], snoozed.json
        expect(card).to_contain_text("Snoozed", timeout=60_000)
        assert not page.evaluate("window.before.isConnected"), "the page has renewed itself"
        assert card.evaluate("each => getComputedStyle(each).outlineStyle") == "solid"

"""Who is told when records are not kept: a real broker with its rights, database, vmalert, page."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import expect

from monitor.mqtt.topics import RECORDS
from tests.system.browser import CHROMIUM, chromium
from tests.system.daemon import ROOT
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.page_process import PageProcess
from tests.system.scripted_box import ScriptedBox
from tests.system.subscriber import Subscriber, wait_for
from tests.system.test_records import RULES, Records
from tests.system.victoria import VICTORIA, VMALERT, Alerting, Victoria

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(BINARY is None, reason="no mosquitto"),
    pytest.mark.skipif(VICTORIA is None or VMALERT is None, reason="make libraries"),
]
LATE_S = 4.0


class Told:
    """What stands at the broker."""

    def __init__(self, heard: Subscriber) -> None:
        self._heard = heard

    def now(self) -> dict[str, Any] | None:
        said = self._heard.payloads(RECORDS)
        return msgspec.json.decode(said[-1]) if said and said[-1] else None

    def wait(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        found: dict[str, Any] = wait_for(lambda: (now := self.now()) and fits(now) and now, 60)
        return found


@pytest.fixture
def alerting(tmp_path: Path, database: Victoria) -> Iterator[Alerting]:
    hurried = re.sub(r"\binterval: \w+", "interval: 1s", RULES.read_text())
    (tmp_path / "rules.yml").write_text(hurried)
    server = Alerting(tmp_path / "vmalert", tmp_path / "rules.yml", database)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def told(broker: Mosquitto) -> Iterator[Told]:
    with Subscriber(broker.port, "nursery/records/#") as heard:
        yield Told(heard)


@pytest.fixture
def records(
    tmp_path: Path, broker: Mosquitto, database: Victoria, alerting: Alerting, told: Told
) -> Iterator[Records]:
    process = Records(tmp_path, broker.port, database.url, rules_url=alerting.url, late_s=LATE_S)
    process.start()
    told.wait(lambda now: now["keeping"] is True and now["rules"] is True)
    yield process
    process.stop()


def test_each_that_dies_is_told_at_the_broker_and_so_is_its_return(
    records: Records, database: Victoria, alerting: Alerting, told: Told
) -> None:
    database.stop(signal.SIGKILL)
    down = told.wait(lambda now: now["keeping"] is False)
    assert f"cannot reach {database.url}" in down["why"]
    assert down["online"] is True
    assert down["kept_at"] is not None
    told.wait(lambda now: now["rules"] is False)  # it lives, and can look at nothing
    database.start()
    told.wait(lambda now: now["keeping"] is True and now["rules"] is True)
    alerting.kill()
    silent = told.wait(lambda now: now["rules"] is False)
    assert "vmalert does not answer" in silent["rules_why"]
    assert silent["keeping"] is True
    records.stop(signal.SIGKILL)
    dead = told.wait(lambda now: now["online"] is False)
    assert dead["why"] == "nursery records does not run"
    records.start()
    told.wait(lambda now: now["online"] is True)
    records.stop()
    assert told.wait(lambda now: now["online"] is False)["kept_at"] is not None
    assert "nobody expects records any more" in records.forget()
    wait_for(lambda: told.now() is None)


def test_a_full_disk_is_told_too(
    tmp_path: Path, broker: Mosquitto, told: Told
) -> None:  # a database that lives and takes nothing
    full = Victoria(tmp_path / "full", "-storage.minFreeDiskSpaceBytes=1000000GB")
    full.start()
    records = Records(tmp_path, broker.port, full.url, late_s=LATE_S).start()
    try:
        status = told.wait(lambda now: now["keeping"] is False)
        assert "read-only" in status["why"]
        assert status["kept_at"] is None
    finally:
        records.stop()
        full.stop()


def test_a_rule_that_applies_is_told_without_an_alertmanager(
    broker: Mosquitto, records: Records, told: Told
) -> None:
    topic = "nursery/attic/problem/losing_weight/possum"
    with Subscriber(broker.port, "none") as box:
        box.client.publish(topic, b"ON", qos=1, retain=True)
        (firing,) = told.wait(lambda now: bool(now["firing"]))["firing"]
        assert firing["text"] == "Losing weight in Quarantine: 1."
        assert firing["severity"] == "warning"
        assert firing["since"].endswith("Z")
        assert "a common cause" in firing["advice"]
        box.client.publish(topic, b"OFF", qos=1, retain=True)
        told.wait(lambda now: now["firing"] == [])


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_it_stands_on_the_list_of_boxes_and_on_the_hand_over(
    tmp_path: Path, broker: Mosquitto, database: Victoria, alerting: Alerting, records: Records
) -> None:
    with (
        PageProcess(tmp_path / "page", broker.port) as page,
        ScriptedBox(broker.port, "attic") as attic,
        ScriptedBox(broker.port, "yard") as yard,
        chromium() as browser,
    ):
        phone = page.phone()
        for each in (attic, yard):
            each.is_seen_by(phone)
        wait_for(lambda: (phone.document("/api/records") or {}).get("keeping") is True)
        for width in (390, 1280):
            with browser.screen(page, width=width, phone=page.phone()) as screen:
                window = screen.go("/boxes")
                expect(window.locator("#boxes li")).to_have_count(2)
                expect(window.locator("#kept .banner")).to_have_count(0)
                records.stop(signal.SIGKILL)
                expect(window.locator("#kept")).to_contain_text("Records are not kept")
                window.locator("#kept summary").click()
                screen.check("records-dead")
                records.start()
                expect(window.locator("#kept .banner")).to_have_count(0, timeout=30_000)
                database.stop(signal.SIGKILL)
                expect(window.locator("#kept")).to_contain_text(
                    f"Cannot reach {database.url}", timeout=30_000
                )
                expect(window.locator("#kept")).to_contain_text(
                    "The rules over all boxes cannot be looked at either", timeout=30_000
                )
                window.locator("#kept summary").click()
                screen.check("records-database")
                window = screen.go("/ward")
                expect(window.locator("#kept")).to_contain_text("Records are not kept")
                screen.check("records-ward")
                database.start()
                expect(window.locator("#kept .banner")).to_have_count(0, timeout=60_000)


def rights(acl: str) -> dict[str, list[str]]:
    """What each user may, in order."""
    found: dict[str, list[str]] = {}
    user = ""
    for line in acl.splitlines():
        word, _, rest = line.partition(" ")
        user = rest if word == "user" else user
        if word == "topic":
            found.setdefault(user, []).append(rest)
    return found


def test_the_rights_of_its_user_are_exactly_that(tmp_path: Path) -> None:
    root, etc = tmp_path / "root", tmp_path / "root/etc/mosquitto"
    environment = {**os.environ, "ROOT": str(root), "ETC": str(etc)}

    def run(script: str, *words: str) -> None:
        subprocess.run(["sh", str(ROOT / "systemd" / script), *words], env=environment,
                       capture_output=True, check=True, timeout=60)  # fmt: skip

    run("mosquitto/setup.sh", "attic")
    acl = etc / "nursery.acl"
    now = acl.read_text()
    acl.write_text(
        now.replace("topic write nursery/records/keeping\n", "")
    )  # of an earlier version
    run("shelter/setup.sh")
    assert rights(acl.read_text()) == rights(now)
    password = (root / "etc/nursery/records-mqtt-password").read_text().strip()
    server = Mosquitto(
        tmp_path / "broker",
        f"password_file {etc}/nursery.passwd\nacl_file {etc}/nursery.acl", anonymous=False,
    ).start()  # fmt: skip
    may = [RECORDS, "homeassistant/device/nursery-records/records/config"]
    may_not = ["nursery/records/status", "nursery/attic/status", "nursery/attic/cmd/snooze",
               "nursery/attic/setup/look", "homeassistant/device/nursery-attic/x/config",
               "homeassistant/status"]  # fmt: skip
    try:
        with Subscriber(server.port, "nursery/#", username="records", password=password) as heard:
            for topic in (*may_not, *may):
                heard.client.publish(topic, b"{}", qos=1).wait_for_publish(30)
            wait_for(lambda: heard.payloads(RECORDS))
            assert not [topic for topic in may_not if heard.payloads(topic)]
    finally:
        server.stop()


def test_a_broker_of_an_earlier_version_keeps_no_records_from_being_kept(
    tmp_path: Path, database: Victoria
) -> None:
    (tmp_path / "passwd").write_text("records:secret\n")
    subprocess.run(["mosquitto_passwd", "-U", tmp_path / "passwd"], check=True, timeout=60)
    (tmp_path / "acl").write_text("user records\ntopic read nursery/#\n")
    (tmp_path / "password").write_text("secret\n")
    (tmp_path / "password").chmod(0o600)
    for name in ("passwd", "acl"):
        (tmp_path / name).chmod(0o644)
    server = Mosquitto(
        tmp_path / "broker",
        f"password_file {tmp_path}/passwd\nacl_file {tmp_path}/acl", anonymous=False,
    ).start()  # fmt: skip
    user = f'username = "records"\npassword_file = "{tmp_path}/password"'
    records = Records(tmp_path, server.port, database.url, mqtt=user).start()
    try:
        wait_for(lambda: "run systemd/shelter/setup.sh again" in records.log())
        wait_for(lambda: database.samples("nursery_records_written"))
    finally:
        records.stop()
        server.stop()

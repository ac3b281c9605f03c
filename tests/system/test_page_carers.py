"""Carers with names and rights: what each does at her phone is recorded under her name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.system.browser import CHROMIUM, chromium
from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import FORM, PageProcess, Phone
from tests.system.subscriber import wait_for
from tests.system.test_moving import box, known, registered

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
HOME = "/api/boxes/attic"


@pytest.fixture
def attic(broker: Mosquitto, tmp_path: Path) -> Iterator[tuple[Daemon, PageProcess, Phone]]:
    """One box, and the phone of Mo."""
    daemon = box(tmp_path / "attic", broker, "attic")
    registered(daemon, "Possum", 3)
    with PageProcess(tmp_path / "page", broker.port) as page:
        daemon.start()
        try:
            mo = page.phone("--name", "Mo")
            wait_for(lambda: "possum" in known(mo, "attic"))
            yield daemon, page, mo
        finally:
            daemon.stop()


def paired_with(page: PageProcess, carer: str) -> Phone:
    """A phone on which somebody typed the code and her name."""
    form = urlencode({"code": page.code(), "carer": carer}).encode()
    reply = page.request("POST", "/pair", form, FORM)
    return Phone(page, reply.headers["set-cookie"].partition(";")[0].partition("=")[2])


def test_what_each_carer_does_is_recorded_under_her_name(
    attic: tuple[Daemon, PageProcess, Phone],
) -> None:
    daemon, page, mo = attic
    ana = paired_with(page, "Ana")
    fed = mo.send(f"{HOME}/cmd/feed", {"baby": "Possum", "grams": 6, "by": "somebody else"})
    assert fed.json["ok"], fed.text
    note = {"baby": "Possum", "kind": "stool", "value": "soft"}
    assert ana.submit("/boxes/attic/do/note", **note).status == 303
    assert mo.send(f"{HOME}/cmd/test_alert", {}).json["ok"]
    wait_for(lambda: mo.document(HOME)["alerts"])
    assert ana.send(f"{HOME}/cmd/acknowledge", {}).json["ok"]
    wait_for(lambda: mo.document(HOME)["alerts"][0].get("by") == "Ana")

    def told(what: str) -> list[dict[str, Any]]:
        items = mo.document(f"{HOME}/history?what={what}")["items"]
        return [each for each in items if each.get("by") is not None]

    wait_for(lambda: told("feeds")[0]["by"] == "Mo")
    wait_for(lambda: told("notes")[0]["by"] == "Ana")
    wait_for(lambda: [each["state"] for each in told("alerts")] == ["acknowledged"])
    step = told("feeds")[0]["id"]
    assert ana.send(f"{HOME}/cmd/correct", {"step_id": step, "grams": 7}).json["ok"]
    wait_for(lambda: told("feeds")[0]["by"] == "Ana")
    summary = mo.send(f"{HOME}/cmd/summary", {"hours": 2}).json["text"]
    assert "(Ana)" in summary
    assert "Cared for by Ana" in summary
    log = daemon.nursery("log", "--days", "1").stdout
    assert "noted by hand, by Ana" in log
    assert "Possum: stool soft, a little yellow" in log


def test_a_carer_changes_whose_phone_it_is_and_what_it_may(
    attic: tuple[Daemon, PageProcess, Phone],
) -> None:
    _, page, mo = attic
    ana = page.phone()
    listed = page.nursery("--phones").stdout.splitlines()
    id_of_ana = next(line.split()[0] for line in listed if "Mo, " not in line)
    with chromium() as browser, browser.screen(page, phone=mo) as screen:
        window = screen.go("/phones")
        expect(window.get_by_role("heading", name="Mo")).to_be_visible()
        window.locator(f"#describe-open-{id_of_ana}").click()
        window.locator(f"#carer-{id_of_ana}").fill("Ana")
        window.locator(f"#describe-{id_of_ana}").get_by_text("look only").click()
        screen.check("carers-phones")
        window.locator(f"#describe-save-{id_of_ana}").click()
        expect(window.get_by_role("heading", name="Ana")).to_be_visible()
        refused = ana.send(f"{HOME}/cmd/feed", {"baby": "Possum", "grams": 6})
        assert refused.status == 403
        assert ana.submit("/phones", describe=id_of_ana, carer="Ana", right="carer").status == 303
        assert ana.send(f"{HOME}/cmd/feed", {"baby": "Possum", "grams": 6}).status == 403
        with browser.screen(page) as unpaired:
            expect(unpaired.go("/").locator("#carer")).to_be_visible()
            unpaired.check("carers-pair")
    assert "Ana, " in page.nursery("--phones").stdout

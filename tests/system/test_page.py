"""The page as a process of its own, between a real Mosquitto, a real box and a phone."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from monitor.page.limits import OF_ONE_PHONE
from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import FORM, PageProcess
from tests.system.silent_broker import SilentBroker
from tests.system.subscriber import Subscriber, wait_for
from tests.system.test_daemon import quiet_box

pytestmark = pytest.mark.system

BOX = "/api/boxes/test-box"


@pytest.fixture
def page(broker: Mosquitto, tmp_path: Path) -> Iterator[PageProcess]:
    with PageProcess(tmp_path / "page", broker.port) as running:
        yield running


def test_a_phone_is_paired_once_and_tells_a_box_what_it_answers(
    broker: Mosquitto, page: PageProcess, tmp_path: Path
) -> None:
    assert page.request("GET", "/api/boxes").status == 401
    assert 'action="/pair"' in page.request("GET", "/").text
    scale = quiet_box(tmp_path / "s.csv", 900.0)
    daemon = Daemon(tmp_path / "box", broker.port, more=scale).start()
    try:
        phone = page.phone()
        wait_for(lambda: phone.get(BOX).status == 200 and phone.document(BOX)["online"])
        with phone.events() as events:
            added = phone.send(f"{BOX}/cmd/baby_add", {"name": "Possum", "species": "kitten"})
            assert added.json["ok"], added.text
            wait_for(lambda: ("state", {"box": "test-box"}) in events.seen)
            wait_for(lambda: [kind for kind, _ in events.seen if kind == "result"])
        wait_for(lambda: "possum" in phone.document(BOX)["babies"])
        refused = phone.send(f"{BOX}/cmd/weigh", {"baby": "Nobody Here", "grams": 100})
        assert not refused.json["ok"]

        fed = phone.submit("/boxes/test-box/do/feed", baby="Possum", grams="8 ml", back="/")
        assert (fed.status, fed.headers["location"]) == (303, "/")
        shown = phone.get("/").text
        assert "8 g" in shown
        assert 'action="/boxes/test-box/do/undo"' in shown
        undone = phone.submit("/boxes/test-box/do/undo")
        assert undone.status == 303
    finally:
        daemon.stop()
    wait_for(lambda: phone.document(BOX)["online"] is False)


def test_a_phone_that_may_only_look_changes_nothing(page: PageProcess) -> None:
    phone = page.phone("--look-only")
    assert phone.get("/").status == 200
    assert phone.send(f"{BOX}/cmd/acknowledge", {}).status == 403
    assert phone.submit("/boxes/test-box/do/acknowledge").status == 403


def test_commands_faster_than_anybody_taps_are_told_when_to_come_again(
    broker: Mosquitto, page: PageProcess
) -> None:
    phone = page.phone()
    with Subscriber(broker.port, "none") as box:
        box.client.publish("nursery/test-box/status", b"online", 1, retain=True)
        wait_for(lambda: phone.get(BOX).status == 200)
    body = {"content-type": "application/json"} | phone.cookie
    most = int(OF_ONE_PHONE.burst) * 2
    path = f"{BOX}/cmd/no-such"
    answers = [page.request("POST", path, b"{}", body) for _ in range(most)]
    assert {each.status for each in answers} == {404, 429}
    waits_s = [each.headers["retry-after"] for each in answers if each.status == 429]
    assert set(waits_s) == {"1"}


def test_files_have_the_types_that_browsers_insist_on(page: PageProcess) -> None:
    for name, kind in (("page.js", "text/javascript"), ("page.css", "text/css")):
        reply = page.request("GET", f"/static/{name}")
        assert reply.headers["content-type"].startswith(kind)
    assert page.request("GET", "/static/..%2fapp.py").status == 404


def test_a_code_that_the_lamp_blinks_pairs_a_phone(broker: Mosquitto, tmp_path: Path) -> None:
    topic = "nursery/test-box/setup/pairing/code"
    with Subscriber(broker.port, "none") as box:
        box.send(topic, {"code": "11112222"}, retain=True)  # old: nobody stands at the button
        with PageProcess(tmp_path / "page", broker.port) as page:

            def tried(code: str) -> int:
                return page.request(
                    "POST", "/pair", urlencode({"code": code}).encode(), FORM
                ).status

            box.client.publish("nursery/test-box/status", b"online", 1, True).wait_for_publish(30)
            phone = page.phone()
            wait_for(lambda: phone.get(BOX).status == 200)
            for wrong in ("12345678", "1234561", "AAAA-BBBB", 12345612, None):
                box.send(topic, {"code": wrong})
            box.client.publish(topic, b"[]", 1).wait_for_publish(30)
            box.send(topic, {"code": "25143361"})
            wait_for(lambda: "offers to pair" in page.log)
            assert tried("1111-2222") == 403
            assert tried("2514-3361") == 303
            assert tried("2514-3361") == 403
            assert page.log.count("offers to pair") == 1


def test_where_the_page_may_not_listen_it_says_so(tmp_path: Path) -> None:
    broker = SilentBroker(grants=False)
    with PageProcess(tmp_path / "page", broker.port) as page:
        phone = page.phone()
        wait_for(lambda: "does not let this user hear the boxes" in phone.get("/").text)
    broker.close()

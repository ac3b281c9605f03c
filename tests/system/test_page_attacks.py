"""What somebody on the home network, or a web site in a carer's browser, may try on the page."""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from monitor.page.context import MOST_BODY
from monitor.page.hub import MOST_OF_ONE
from monitor.page.limits import PAIRED, UNPAIRED
from monitor.page.pairing import TRIES
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import FORM, PageProcess
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system

HOSTILE_BOX = {
    "nursery/evil/status": b"online",
    "nursery/evil/alerts": b'[{"id":"x","title":"<script>alert(1)</script>",'
    b'"message":"\\"><img src=x onerror=alert(1)>","state":"raised","severity":"critical"}]',
    "nursery/evil/baby/x": b'{"name":"</title><script>alert(2)</script>","weight_g":"many"}',
    "nursery/evil/scale": b'{"total_g":[1,2],"in_box":"no list","things":5}',
    "nursery/evil/cry": b'{"crying":"perhaps","since":12,"level_db":{}}',
    "nursery/evil/health": b'{"sources":"none","link":[],"version":7}',
    "nursery/evil/question": b'{"step_id":5,"text":["x"],"candidates":{"a":1},"things":7}',
    "nursery/evil/nest": b'{"temperature_c":"hot","wanted_c":3}',
    "nursery/evil/summary": b'{"text":{"a":["<b>"]},"from":0}',
}


@pytest.fixture
def page(broker: Mosquitto, tmp_path: Path) -> Iterator[PageProcess]:
    with PageProcess(tmp_path / "page", broker.port) as running:
        yield running


def test_five_wrong_tries_end_a_code_and_the_next_code_pairs(page: PageProcess) -> None:
    code = page.code()
    for left in range(TRIES - 1, 0, -1):
        reply = page.request("POST", "/pair", urlencode({"code": "AAAA-2222"}).encode(), FORM)
        assert reply.status == 403
        assert str(left) in reply.text
    assert page.request("POST", "/pair", b"code=AAAA-2222", FORM).status == 403
    assert page.request("POST", "/pair", urlencode({"code": code}).encode(), FORM).status == 403
    typed = page.code().lower().replace("-", " ")
    paired = page.request("POST", "/pair", urlencode({"code": typed}).encode(), FORM)
    assert paired.status == 303
    cookie = paired.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    again = page.request("POST", "/pair", urlencode({"code": typed}).encode(), FORM)
    assert again.status == 403, "a code pairs one phone"


def test_guessing_goes_no_faster_than_a_person_types(page: PageProcess) -> None:
    began_s, most = time.monotonic(), int(UNPAIRED.burst) * 4
    codes = [page.request("POST", "/pair", b"code=ABCD-2345", FORM).status for _ in range(most)]
    turns = UNPAIRED.burst + UNPAIRED.per_s * (time.monotonic() - began_s)
    assert codes.count(429) > 0
    assert codes.count(403) <= turns


def test_a_name_that_somebody_points_at_the_box_gets_nothing(page: PageProcess) -> None:
    phone = page.phone()
    for host in ("evil.example", f"evil.example:{page.port}", "127.0.0.1.evil.example", ""):
        for path in ("/", "/api/boxes", "/healthz", "/static/page.js"):
            reply = phone.get(path, host=host)
            assert reply.status in {400, 421}, (host, path)
            assert b"<" not in reply.body
    assert phone.get("/", host=f"localhost:{page.port}").status == 200


def test_a_form_of_another_page_changes_nothing(page: PageProcess, broker: Mosquitto) -> None:
    phone = page.phone()
    do = "/boxes/evil/do/acknowledge"
    good = urlencode({"csrf": phone.csrf()}).encode()
    cookie = {"cookie": f"nursery={phone.token}"}
    with Subscriber(broker.port, "nursery/+/cmd/+") as listening:
        listening.client.publish("nursery/evil/status", b"online", 1, True).wait_for_publish(30)
        wait_for(lambda: phone.get("/api/boxes/evil").status == 200)
        for more in (
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": f"http://127.0.0.1:{page.port + 1}"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
        ):
            assert page.request("POST", do, good, FORM | cookie | more).status == 403, more
            command = "/api/boxes/evil/cmd/acknowledge"
            kind = {"content-type": "application/json"}
            assert page.request("POST", command, b"{}", kind | cookie | more).status == 403
        for body in (b"", b"csrf=", b"csrf=0123", good.replace(b"csrf", b"token")):
            assert page.request("POST", do, body, FORM | cookie).status == 403, body
        other = page.phone().csrf()
        assert page.request("POST", do, b"csrf=" + other.encode(), FORM | cookie).status == 403
        plain = {"content-type": "text/plain"}  # what a form may send without being asked first
        path = "/api/boxes/evil/cmd/acknowledge"
        assert page.request("POST", path, b"{}", plain | cookie).status == 415
        assert page.request("GET", do, None, cookie).status in {404, 405}
        listening.caught_up()
        assert not [m for m in listening.messages if "/cmd/" in m.topic]


def test_nothing_that_a_phone_sends_becomes_a_header_or_leads_elsewhere(
    page: PageProcess, broker: Mosquitto
) -> None:
    phone = page.phone()
    with Subscriber(broker.port) as box:
        box.client.publish("nursery/evil/status", b"offline", 1, True).wait_for_publish(30)
        wait_for(lambda: phone.get("/api/boxes/evil").status == 200)
    for back in (
        "/\r\nSet-Cookie: a=b",
        "//evil.example",
        "http://evil.example",
        "/\\evil.example",
    ):
        reply = phone.submit("/boxes/evil/do/acknowledge", back=back)
        assert (reply.status, reply.headers["location"]) == (303, "/"), back
        assert "set-cookie" not in reply.headers
    for path in ("/pair?code=%0d%0aSet-Cookie:%20a=b", "/boxes/%0d%0aX:%20y", "/%0d%0aX:%20y"):
        assert "x" not in phone.get(path).headers


def test_paths_lead_to_no_file(page: PageProcess) -> None:
    for path in (
        "/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2f..%2fconfig.py", "/static/",
        "/static//etc/passwd", "/static/%00", "/static/page.js%00", "/../../etc/passwd",
    ):  # fmt: skip
        reply = page.request("GET", path)
        assert reply.status in {400, 404, 429}, path
        assert b"from __future__" not in reply.body
        assert b"root:" not in reply.body


def test_a_body_longer_than_any_form_is_not_read(page: PageProcess) -> None:
    phone = page.phone()
    long = b"code=" + b"A" * MOST_BODY
    assert page.request("POST", "/pair", long, FORM).status == 413
    for length in ("999999999999", str(MOST_BODY * 100)):
        with socket.create_connection(("127.0.0.1", page.port), timeout=60) as link:
            head = (
                f"POST /pair HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n"
                "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
            )
            link.sendall(head.encode())
            with suppress(OSError):
                for _ in range(1000):
                    link.sendall(b"A" * 65_536)
            with suppress(OSError):
                assert b" 413 " in link.recv(1000)
    assert phone.get("/healthz").status == 200
    many = "&".join(f"a{number}=1" for number in range(3000)).encode()
    assert page.request("POST", "/pair", many[:MOST_BODY], FORM).status == 403


def test_a_flood_of_requests_is_told_to_wait_and_a_paired_phone_is_not(page: PageProcess) -> None:
    phone = page.phone()
    link = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
    seen = []
    for _ in range(int(UNPAIRED.burst) * 4):
        link.request("GET", "/api/boxes")
        reply = link.getresponse()
        seen.append((reply.status, reply.getheader("retry-after")))
        reply.read()
    link.close()
    assert {status for status, _ in seen} == {401, 429}
    assert all(int(wait or 0) >= 1 for status, wait in seen if status == 429)
    assert phone.get("/").status == 200
    answers = [
        page.request("GET", "/healthz", headers=phone.cookie).status
        for _ in range(int(PAIRED.burst) * 3)
    ]
    assert answers.count(200) >= PAIRED.burst


def test_windows_without_number_close_the_oldest(page: PageProcess) -> None:
    phone, other = page.phone(), page.phone()
    streams = [phone.events() for _ in range(MOST_OF_ONE + 4)]
    try:
        wait_for(lambda: sum(each.ended for each in streams) == 4)
        assert [each.ended for each in streams[:4]] == [True] * 4
        with other.events() as others:
            assert not others.ended
    finally:
        for each in streams:
            each.close()


def test_a_phone_that_is_revoked_is_out_at_once(page: PageProcess) -> None:
    phone, kept = page.phone(), page.phone("--look-only")
    listed = page.nursery("--phones").stdout.splitlines()
    assert len(listed) == 2
    mine = next(line for line in listed if "carer" in line).split()[0]
    assert phone.get("/api/boxes").status == 200
    assert page.nursery("--revoke", mine).returncode == 0
    assert phone.get("/api/boxes").status == 401
    assert kept.get("/api/boxes").status == 200
    assert page.nursery("--revoke", mine).returncode == 2
    stored = (page.state_dir / "sessions.json").read_text()
    assert kept.token not in stored
    assert (page.state_dir / "sessions.json").stat().st_mode & 0o077 == 0


def test_a_token_that_nobody_was_given_opens_nothing(page: PageProcess) -> None:
    for cookie in (
        "nursery=",
        "nursery=x",
        f"nursery={'x' * 4000}",
        "nursery=\xff",
        "nursery=;;;=",
    ):
        assert page.request("GET", "/api/boxes", None, {"cookie": cookie}).status == 401, cookie


def test_what_a_hostile_client_keeps_at_the_broker_breaks_no_page(
    page: PageProcess, broker: Mosquitto
) -> None:
    phone = page.phone()
    with Subscriber(broker.port) as evil:
        for topic, payload in HOSTILE_BOX.items():
            evil.client.publish(topic, payload, 1, True).wait_for_publish(30)
        evil.client.publish("nursery/evil/cmd/x/result", b"[" * 9000, 1).wait_for_publish(30)
        evil.client.publish("nursery/evil/cmd/x/result", b'{"request_id":{}}').wait_for_publish(30)
    wait_for(lambda: len(phone.document("/api/boxes/evil")["received_s"]) == len(HOSTILE_BOX))
    for path in ("/", "/boxes/evil", "/api/boxes"):
        reply = phone.get(path)
        assert reply.status == 200, path
        if path != "/api/boxes":
            assert "<script>alert" not in reply.text
            assert "<img" not in reply.text


def test_what_a_browser_blocks_is_in_the_log_and_nobody_fills_it(page: PageProcess) -> None:
    kind = {"content-type": "application/csp-report"}
    report = (
        b'{"csp-report":{"violated-directive":"img-src","blocked-uri":"http://evil\\u001b[2J"}}'
    )
    for body in (report, b"{}", b"[]", b"{", b'{"csp-report":[]}'):
        assert page.request("POST", "/csp", body, kind).status == 204
    wait_for(lambda: "img-src" in page.log)
    assert "\x1b" not in page.log
    for _ in range(30):
        page.request("POST", "/csp", report, kind)
    assert page.log.count("img-src") <= 5


def test_every_answer_carries_the_headers_that_protect_it(page: PageProcess) -> None:
    phone = page.phone()
    for path in ("/", "/api/boxes", "/healthz", "/static/page.js", "/nothing", "/pair"):
        headers = phone.get(path).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers
    assert phone.get("/").headers["cache-control"] == "no-store"

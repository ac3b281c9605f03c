"""The page over TLS, by an authority of one's own that can sign for the page alone."""

import asyncio
import http.client
import logging
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from monitor.config import MqttConfig, PageConfig
from monitor.page import own_certificate
from monitor.page.own_certificate import OwnCertificate
from monitor.page.serve import assemble, run
from tests.system.mosquitto import Mosquitto
from tests.system.page_process import FORM, PageProcess

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
SCRIPT = Path(__file__).parents[2] / "systemd/page-certificate.sh"


def certificate(root: Path, *names: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPT), *names], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "ROOT": str(root), **more},
    )  # fmt: skip


class SecurePage(PageProcess):
    """A page with a certificate; ``request`` goes over TLS and trusts its authority alone."""

    def __init__(self, directory: Path, broker_port: int) -> None:
        done = certificate(directory, "127.0.0.1", "nursery.local")
        assert done.returncode == 0, done.stderr
        lines = [line for line in done.stdout.splitlines() if "_file = " in line]
        super().__init__(directory, broker_port, more="\n".join(lines))
        self.authority = directory / "etc/nursery/page-ca.crt"

    def _connection(self) -> http.client.HTTPConnection:
        context = ssl.create_default_context(cafile=str(self.authority))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context)


@pytest.fixture
def page(broker: Mosquitto, tmp_path: Path) -> Iterator[SecurePage]:
    running = SecurePage(tmp_path / "page", broker.port)
    with running:
        yield running


def test_a_phone_that_trusts_the_authority_pairs_and_its_cookie_is_kept_from_other_servers(
    page: SecurePage,
) -> None:
    paired = page.request("POST", "/pair", urlencode({"code": page.code()}).encode(), FORM)
    assert paired.status == 303
    cookie = paired.headers["set-cookie"]
    assert cookie.startswith("__Host-nursery=")
    assert "Secure" in cookie
    assert "Path=/" in cookie
    held = {"cookie": cookie.partition(";")[0]}
    assert page.request("GET", "/api/boxes", None, held).status == 200
    plain = {"cookie": held["cookie"].removeprefix("__Host-")}
    assert page.request("GET", "/api/boxes", None, plain).status == 401


def test_plain_http_gets_nothing_and_disturbs_nobody(page: SecurePage) -> None:
    link = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
    with suppress(OSError, http.client.HTTPException):
        link.request("GET", "/")
        assert link.getresponse().status == 400
    link.close()
    assert page.request("GET", "/healthz").status == 200


def test_the_authority_signs_for_no_other_name(tmp_path: Path) -> None:
    assert certificate(tmp_path, "nursery.local", "192.168.1.5").returncode == 0
    again = certificate(tmp_path, "nursery.local", "192.168.1.5")
    assert again.returncode == 0
    for other in ("bank.example", "192.168.1.6"):
        refused = certificate(tmp_path, other)
        assert refused.returncode == 1
        assert "NEW=1" in refused.stderr
    assert certificate(tmp_path, "bank.example", NEW="1").returncode == 0
    for wrong in ("a b", "-x", "x;rm", ""):
        assert certificate(tmp_path, wrong).returncode == 2, wrong
    key = tmp_path / "etc/nursery/page.key"
    assert key.stat().st_mode & 0o077 == 0


def test_a_certificate_that_cannot_be_used_is_a_sentence(broker: Mosquitto, tmp_path: Path) -> None:
    wrong = 'cert_file = "/nowhere.crt"\nkey_file = "/nowhere.key"'
    page = PageProcess(tmp_path / "page", broker.port, more=wrong)
    done = page.nursery()
    assert done.returncode == 2
    assert "page.cert_file" in done.stderr
    assert len(done.stderr.splitlines()) == 1


async def shown_to_a_phone(context: ssl.SSLContext, authority: Path) -> dict[str, object]:
    """The certificate that a server with this context proves itself with."""
    server = await asyncio.start_server(lambda _, line: line.close(), "127.0.0.1", 0, ssl=context)
    trust = ssl.create_default_context(cafile=str(authority))
    _, line = await asyncio.open_connection(*server.sockets[0].getsockname(), ssl=trust)
    found = line.get_extra_info("peercert")
    line.close()
    server.close()
    return found


def test_one_that_was_renewed_is_shown_without_a_restart_and_half_a_pair_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert certificate(tmp_path, "127.0.0.1").returncode == 0
    path, key = tmp_path / "etc/nursery/page.crt", tmp_path / "etc/nursery/page.key"
    authority = tmp_path / "etc/nursery/page-ca.crt"
    own = OwnCertificate(str(path), str(key))

    def serial() -> object:
        own.renew()
        return asyncio.run(shown_to_a_phone(own.context, authority))["serialNumber"]

    first, first_key = serial(), key.read_bytes()
    assert serial() == first
    assert certificate(tmp_path, "127.0.0.1").returncode == 0
    second_key = key.read_bytes()
    key.write_bytes(first_key)  # the certificate has come, its key has not
    with caplog.at_level(logging.INFO):
        assert serial() == first
        assert "goes on with the certificate that it has" in caplog.text
        assert serial() == first
        assert caplog.text.count("goes on with") == 1, "said once, tried at each look"
        key.write_bytes(second_key)
        assert serial() != first
        assert "read anew" in caplog.text
    path.unlink()
    assert serial() != first, "and without its file it goes on"


def test_one_that_may_be_read_only_later_is_read_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert certificate(tmp_path, "127.0.0.1").returncode == 0
    path, key = tmp_path / "etc/nursery/page.crt", tmp_path / "etc/nursery/page.key"
    own = OwnCertificate(str(path), str(key))
    with monkeypatch.context() as unreadable:
        unreadable.setattr(ssl.SSLContext, "load_cert_chain", _refuse)  # root may read everything
        assert certificate(tmp_path, "127.0.0.1").returncode == 0
        own.renew()
    own.renew()  # its rights were set meanwhile: the file itself is as it was
    shown = asyncio.run(shown_to_a_phone(own.context, tmp_path / "etc/nursery/page-ca.crt"))
    said = subprocess.run(
        ["openssl", "x509", "-noout", "-serial", "-in", str(path)],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    assert said.strip() == f"serial={shown['serialNumber']}"


def _refuse(*_files: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_the_page_looks_for_a_renewed_one_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_certificate, "LOOK_EVERY_S", 0.05)
    assert certificate(tmp_path, "127.0.0.1").returncode == 0
    authority = tmp_path / "etc/nursery/page-ca.crt"
    settings = PageConfig(
        host="127.0.0.1", port=0, state_dir=str(tmp_path / "state"),
        cert_file=str(tmp_path / "etc/nursery/page.crt"),
        key_file=str(tmp_path / "etc/nursery/page.key"),
    )  # fmt: skip
    page = assemble(MqttConfig(host="127.0.0.1", port=1), settings)
    serials: list[object] = []

    async def watch() -> None:
        stop, address = asyncio.Event(), asyncio.get_running_loop().create_future()
        running = asyncio.create_task(run(page, settings, address.set_result, stop))
        port = int((await address).rstrip("/").rpartition(":")[2])
        trust = ssl.create_default_context(cafile=str(authority))
        for _ in range(200):
            _, line = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
            serials.append(line.get_extra_info("peercert")["serialNumber"])
            line.close()
            if len(serials) == 1:
                done = await asyncio.to_thread(certificate, tmp_path, "127.0.0.1")
                assert done.returncode == 0
            if serials[-1] != serials[0]:
                break
            await asyncio.sleep(0.05)
        stop.set()
        await running

    asyncio.run(watch())
    assert serials[-1] != serials[0]

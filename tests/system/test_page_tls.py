"""The page over TLS, by an authority of one's own that can sign for the page alone."""

import http.client
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

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

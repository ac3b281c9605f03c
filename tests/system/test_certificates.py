"""Certificates of broker and page: renewed in time, told before they end, trusted by who trusts.

With a real Mosquitto: it reads the renewed one while it runs, and nobody connected notices.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor.config import Config, MqttConfig, PageConfig
from monitor.host.certificates import Validity
from monitor.mqtt.certificate import served_to_phones, shake_hands
from monitor.times import DAY_S
from monitor.verbs.check_certificate import check_certificate
from tests.system.daemon import Daemon
from tests.system.subscriber import wait_for
from tests.system.test_broker_setup import Broker, need_tools
from tests.system.test_page_tls import certificate as make_page_certificate

pytestmark = pytest.mark.system
AS_IT_WAS = """\
[ca]
default_ca = as_it_was
[as_it_was]
new_certs_dir = SCRATCH
database = SCRATCH/index
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""
RENEW = Path(__file__).parents[2] / "systemd/renew-certificates.sh"


class Certificate:
    """One that ``setup.sh`` or ``page-certificate.sh`` made."""

    def __init__(self, path: Path, authority: Path) -> None:
        self.path, self.authority = path, authority

    def openssl(self, *words: object) -> str:
        return subprocess.run(
            ["openssl", *map(str, words)], capture_output=True, text=True, check=True, timeout=60
        ).stdout

    def names(self) -> str:
        return self.openssl("x509", "-in", self.path, "-noout", "-ext", "subjectAltName,keyUsage")

    def last(self, days: int, authority_days: int | None = None) -> None:
        """As if all had been made years ago: its days left, and its authority's."""
        ca, ca_key = self.authority, self.authority.with_suffix(".key")
        if authority_days is not None:
            self._again(ca, ca_key, authority_days, ("-selfsign",))
        self._again(self.path, self.path.with_suffix(".key"), days, ("-cert", ca))

    def _again(self, path: Path, key: Path, days: int, by: tuple[object, ...]) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            request, settings = Path(scratch) / "request", Path(scratch) / "settings"
            (Path(scratch) / "index").touch()
            settings.write_text(AS_IT_WAS.replace("SCRATCH", scratch))
            self.openssl("x509", "-x509toreq", "-in", path, "-signkey", key,
                         "-copy_extensions", "copy", "-out", request)  # fmt: skip
            ends = time.gmtime(time.time() + days * DAY_S)
            self.openssl("ca", "-config", settings, "-batch", "-notext", "-in", request, *by,
                         "-keyfile", self.authority.with_suffix(".key"), "-out", path,
                         "-startdate", "20240101000000Z",
                         "-enddate", time.strftime("%Y%m%d%H%M%SZ", ends))  # fmt: skip


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    need_tools()
    made = Broker(tmp_path)
    yield made
    made.stop()


def of_broker(broker: Broker) -> Certificate:
    return Certificate(broker.etc / "certs/nursery-server.crt", broker.ca)


def renewed(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(RENEW)], env=os.environ | {"ROOT": str(root)}, capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip


def over_tls(broker: Broker, **more: Any) -> MqttConfig:
    return MqttConfig(host="127.0.0.1", port=broker.port, tls=True, ca_file=str(broker.ca), **more)


def days_of(validity: Validity) -> float:
    return (validity.ends_s - time.time()) / DAY_S


def test_a_running_broker_reads_the_renewed_certificate_and_nobody_notices(
    broker: Broker, tmp_path: Path
) -> None:
    own = of_broker(broker)
    own.last(399)
    names, authority, key = own.names(), broker.ca.read_bytes(), own.path.with_suffix(".key")
    secret = key.read_bytes()
    broker.start()
    phone = broker.client("phone")
    assert 398 < days_of(shake_hands(over_tls(broker))) < 400
    done = renewed(tmp_path)
    assert done.stdout == f"renewed for 825 days: {own.path}\n", done.stderr
    assert (own.names(), broker.ca.read_bytes(), key.read_bytes()) == (names, authority, secret)
    broker.reload()
    wait_for(lambda: days_of(shake_hands(over_tls(broker))) > 824)
    assert phone.say("nursery/kangaroo/cmd/acknowledge")
    assert broker.client("homeassistant").say("homeassistant/status")
    again = renewed(tmp_path)
    assert (again.returncode, again.stdout + again.stderr) == (0, "")


def test_the_page_s_own_is_renewed_for_the_same_names(tmp_path: Path) -> None:
    need_tools()
    made = make_page_certificate(tmp_path, "nursery.local", "192.168.1.20", "fe80::1")
    assert made.returncode == 0, made.stderr
    page = Certificate(tmp_path / "etc/nursery/page.crt", tmp_path / "etc/nursery/page-ca.crt")
    page.last(20)
    config = Config(box="a", page=PageConfig(cert_file=str(page.path)))
    found = check_certificate(config, where=lambda _mqtt: None)
    assert (found.state, "the page's ends in 19 days" in found.text) == ("warning", True)
    names = page.names()
    assert renewed(tmp_path).stdout == f"renewed for 825 days: {page.path}\n"
    assert page.names() == names
    page.openssl("verify", "-CAfile", page.authority, page.path)
    assert check_certificate(config, where=lambda _mqtt: None).state == "ok"


def test_another_s_certificate_is_left_alone(broker: Broker, tmp_path: Path) -> None:
    own = of_broker(broker)
    own.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-noenc", "-days", 20, "-subj", "/CN=other", "-keyout",
                own.path.with_suffix(".key"), "-out", own.path)  # fmt: skip
    before = own.path.read_bytes()
    done = renewed(tmp_path)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert own.path.read_bytes() == before
    broker.start()


def test_it_lasts_no_longer_than_its_authority_and_then_says_so(
    broker: Broker, tmp_path: Path
) -> None:
    own = of_broker(broker)
    own.last(20, authority_days=100)
    assert re.search("renewed for (99|100) days", renewed(tmp_path).stdout)
    own.last(99, authority_days=100)
    done = renewed(tmp_path)
    assert done.returncode == 1
    assert "so has its authority" in done.stderr
    broker.start()
    found = check_certificate(Config(box="kangaroo", mqtt=over_tls(broker)))
    assert found.state == "ok"
    broker.stop()
    own.last(100, authority_days=25)
    broker.start()
    found = check_certificate(Config(box="kangaroo", mqtt=over_tls(broker)))
    assert found.state == "warning"
    assert found.text == "the authority of the broker's certificate ends in 24 days"


@pytest.mark.parametrize(
    ("days", "state", "text"),
    [
        (825, "ok", "the broker's certificate ends in 824 days"),
        (29, "warning", "the broker's certificate ends in 28 days"),
        (0, "failed", "the broker's certificate has ended"),
    ],
)
def test_check_counts_the_days_of_the_listener_that_phones_use(
    broker: Broker, days: int, state: str, text: str
) -> None:
    of_broker(broker).last(days)
    broker.start()
    plain = MqttConfig(host="127.0.0.1", port=broker.plain_port)
    found = check_certificate(
        Config(box="kangaroo", mqtt=plain),
        where=lambda mqtt: served_to_phones(mqtt, (broker.config,)),
    )
    assert (found.state, found.text) == (state, text)
    assert bool(found.todo) == (state != "ok")


@pytest.fixture
def daemon(broker: Broker, tmp_path: Path) -> Iterator[Daemon]:
    """A box that speaks to this broker over TLS; not started."""
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(broker.passwords["kangaroo"])
    login = f'ca_file = "{broker.ca}"\nusername = "kangaroo"\npassword_file = "{secret}"\n'
    made = Daemon(
        tmp_path / "box", broker.port, box="kangaroo", more=login + '[scale]\nsource = "simulated"'
    )
    text = made.config.read_text().replace("tls = false", "tls = true")
    made.config.write_text("trust_clock = true\n" + text)
    yield made
    made.stop()


def test_a_box_tells_of_it_before_it_ends(broker: Broker, daemon: Daemon) -> None:
    of_broker(broker).last(20)
    broker.start()
    phone = broker.client("phone")
    phone.hear("nursery/kangaroo/#")
    daemon.start()
    wait_for(lambda: any(b"certificate ends in 19 days" in said for _, said in phone.heard), 90)
    wait_for(lambda: any(b'"certificate_days":19' in said for _, said in phone.heard), 90)


def test_a_box_tells_of_the_page_s_own_before_it_ends(
    broker: Broker, daemon: Daemon, tmp_path: Path
) -> None:
    assert make_page_certificate(tmp_path, "nursery.local").returncode == 0
    page = Certificate(tmp_path / "etc/nursery/page.crt", tmp_path / "etc/nursery/page-ca.crt")
    page.last(20)
    files = f'[page]\ncert_file = "{page.path}"\nkey_file = "{page.path.with_suffix(".key")}"\n'
    daemon.config.write_text(daemon.config.read_text() + files)
    broker.start()
    phone = broker.client("phone")
    phone.hear("nursery/kangaroo/alert/#")
    daemon.start()
    told = b"The page's certificate ends in 19 days: after that phones turn away from it."
    wait_for(lambda: any(told in said for _, said in phone.heard), 90)

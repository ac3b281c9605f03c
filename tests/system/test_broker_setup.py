"""The Mosquitto configuration that ships: set up for real, then tried by name, key and rule.

Two boxes, a phone and Home Assistant, each with the password that ``setup.sh`` made. For every
right there is a test that tries the opposite.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from monitor.config import MqttConfig
from monitor.mqtt.connection import Connection
from monitor.mqtt.connection_events import Connected, Refused
from monitor.mqtt.topics import Topics
from monitor.store.secrets import read_password
from tests.system.mosquitto import BINARY, end, free_port
from tests.system.subscriber import wait_for

pytestmark = pytest.mark.system
SETUP = Path(__file__).parents[2] / "systemd/mosquitto/setup.sh"


class Client:
    """A phone or a box on the encrypted listener."""

    def __init__(
        self, port: int, ca: Path, user: str | None = None, password: str | None = None
    ) -> None:
        self.reason: str | None = None
        self.heard: list[tuple[str, bytes]] = []
        self.denied: list[bool] = []
        self._subscribed: list[bool] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        if user is not None:
            self._client.username_pw_set(user, password)
        self._client.tls_set_context(ssl.create_default_context(cafile=str(ca)))
        self._client.on_connect = lambda *a: setattr(self, "reason", str(a[3]))
        self._client.on_message = lambda *a: self.heard.append((a[2].topic, a[2].payload))
        self._client.on_publish = lambda *a: self.denied.append(a[3].is_failure)
        self._client.on_subscribe = lambda *a: self._subscribed.append(True)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        wait_for(lambda: self.reason is not None, 30)

    def say(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> bool:
        """Whether the broker lets it through."""
        before = len(self.denied)
        self._client.publish(topic, payload, qos=1, retain=retain)
        wait_for(lambda: len(self.denied) > before, 30)
        return not self.denied[-1]

    def hear(self, topic: str) -> None:
        before = len(self._subscribed)
        self._client.subscribe(topic, qos=1)
        wait_for(lambda: len(self._subscribed) > before, 30)

    def topics(self) -> set[str]:
        return {topic for topic, _ in self.heard}

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Broker:
    """What ``setup.sh`` made, running."""

    def __init__(self, root: Path, boxes: tuple[str, ...] = ("kangaroo", "possum")) -> None:
        self.etc = root / "etc/mosquitto"
        self.printed = ""
        for box in boxes:
            done = subprocess.run(
                [str(SETUP), box, "127.0.0.1", "box.local"],
                env=os.environ | {"ROOT": str(root)}, capture_output=True, text=True, check=True,
            )  # fmt: skip
            self.printed += done.stdout
        self.passwords = dict(re.findall(r"password of (\w+): (\w+)", self.printed))
        self.ca = self.etc / "certs/nursery-ca.crt"
        self.port, self.plain_port = free_port(), free_port()
        config = self.etc / "conf.d/nursery.conf"
        text = config.read_text().replace("listener 8883", f"listener {self.port} 127.0.0.1")
        text = text.replace("listener 1883 127.0.0.1", f"listener {self.plain_port} 127.0.0.1")
        config.write_text(text + ("user root\n" if os.geteuid() == 0 else ""))
        self.config, self._log = config, root / "log"
        self.clients: list[Client] = []
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert BINARY is not None
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                [BINARY, "-c", str(self.config)], stdout=log, stderr=log
            )
        wait_for(lambda: all(map(self._listens, (self.port, self.plain_port))), 30)

    def _listens(self, port: int) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, self._log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def reload(self) -> None:
        """As ``systemctl reload mosquitto`` does."""
        assert self._server is not None
        self._server.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        self.clients.clear()
        if self._server is not None:
            end(self._server)

    def client(self, user: str | None, password: str | None = None) -> Client:
        made = Client(self.port, self.ca, user, password or self.passwords.get(user or ""))
        self.clients.append(made)
        return made


def need_tools() -> None:
    for tool in ("openssl", "mosquitto_passwd"):
        if shutil.which(tool) is None or BINARY is None:
            pytest.skip(f"{tool} or mosquitto is not installed")


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    need_tools()
    made = Broker(tmp_path_factory.mktemp("broker"))
    made.start()
    yield made
    made.stop()


def test_everybody_has_a_password_of_their_own(broker: Broker) -> None:
    assert set(broker.passwords) == {"kangaroo", "possum", "homeassistant", "phone", "page"}
    assert len(set(broker.passwords.values())) == 5
    stored = (broker.etc / "nursery.passwd").read_text()
    assert all(password not in stored for password in broker.passwords.values())
    assert not (broker.etc / "nursery.passwd.new").exists()
    for name in ("nursery.passwd", "certs/nursery-ca.key", "certs/nursery-server.key"):
        assert (broker.etc / name).stat().st_mode & 0o077 == 0, name


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        ("nursery/kangaroo/alert", True),
        ("nursery/kangaroo/baby/ann/chart", True),
        ("homeassistant/device/nursery-kangaroo/nursery_0f/config", True),
        ("homeassistant/sensor/nursery-kangaroo/nursery_0f_weight/config", True),
        ("nursery/possum/alert", False),
        ("nursery/possum/status", False),
        ("nursery/possum/cmd/tare", False),
        ("nursery/possum/cmd/tare/result", False),
        ("nursery/kangarooo/alert", False),
        ("nursery", False),
        ("homeassistant/device/nursery-possum/nursery_0f/config", False),
        ("homeassistant/device/nursery_0f/config", False),
        ("homeassistant/status", False),
        ("anything/else", False),
    ],
)
def test_a_box_speaks_under_its_own_name_only(broker: Broker, topic: str, allowed: bool) -> None:
    box = broker.client("kangaroo")
    assert box.say(topic, retain=True) == allowed


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        ("nursery/kangaroo/cmd/acknowledge", True),
        ("nursery/possum/cmd/tare", True),
        ("nursery/kangaroo/alert", False),
        ("nursery/kangaroo/alert/text", False),
        ("nursery/kangaroo/alerts", False),
        ("nursery/kangaroo/status", False),
        ("nursery/kangaroo/problem/crying", False),
        ("nursery/kangaroo/cmd/acknowledge/result", False),
        ("nursery/kangaroo/setup/configure", False),
        ("nursery/kangaroo/setup/configure/result", False),
        ("homeassistant/device/x/y/config", False),
        ("homeassistant/status", False),
        ("anything/else", False),
    ],
)
def test_a_phone_sends_commands_and_fakes_nothing(
    broker: Broker, topic: str, allowed: bool
) -> None:
    assert broker.client("phone").say(topic) == allowed


def test_home_assistant_sends_commands_and_fakes_no_alert(broker: Broker) -> None:
    hub = broker.client("homeassistant")
    assert hub.say("nursery/kangaroo/cmd/acknowledge")
    assert hub.say("homeassistant/status")
    assert not hub.say("nursery/kangaroo/alert")
    assert not hub.say("nursery/kangaroo/status")
    assert not hub.say("nursery/kangaroo/setup/calibrate_scale")


@pytest.mark.parametrize(
    ("topic", "allowed"),
    [
        ("nursery/kangaroo/cmd/acknowledge", True),
        ("nursery/possum/setup/configure", True),
        ("nursery/possum/setup/configure/result", False),
        ("nursery/kangaroo/alert", False),
        ("nursery/kangaroo/settings", False),
        ("nursery/kangaroo/status", False),
        ("homeassistant/device/x/y/config", False),
        ("anything/else", False),
    ],
)
def test_the_page_sends_commands_changes_boxes_and_fakes_nothing(
    broker: Broker, topic: str, allowed: bool
) -> None:
    assert broker.client("page").say(topic) == allowed


def forget_what_is_kept(page: Client, *others: Client) -> None:
    """What the broker has kept from before has come to all of them, and does not count."""
    first = {"nursery/kangaroo/cmd/first", "nursery/possum/cmd/first"}
    for topic in first:
        assert page.say(topic)
    for client in (page, *others):
        wait_for(lambda client=client: first & client.topics())
        client.heard.clear()


def test_what_changes_a_box_is_heard_by_that_box_and_the_page_alone(broker: Broker) -> None:
    page, box, other = (broker.client(name) for name in ("page", "kangaroo", "possum"))
    phone, hub = broker.client("phone"), broker.client("homeassistant")
    for client in (page, box, other, phone, hub):
        client.hear("#")
        client.hear("nursery/+/setup/#")
    forget_what_is_kept(page, box, other, phone, hub)
    asked, answered = "nursery/kangaroo/setup/configure", "nursery/kangaroo/setup/configure/result"
    assert page.say(asked)
    wait_for(lambda: asked in box.topics())
    code = "nursery/kangaroo/setup/pairing/code"
    assert box.say(answered)
    assert box.say(code)
    assert box.say("nursery/kangaroo/alert")
    wait_for(lambda: {answered, code} <= page.topics())
    for client in (phone, hub):
        wait_for(lambda client=client: "nursery/kangaroo/alert" in client.topics())
        assert not {asked, answered, code} & client.topics()
    assert not other.topics()


def test_who_hears_what(broker: Broker) -> None:
    phone, box, other = (broker.client(name) for name in ("phone", "kangaroo", "possum"))
    hub = broker.client("homeassistant")
    for client in (phone, box, other, hub):
        client.hear("#")
        client.hear("$SYS/#")
    forget_what_is_kept(phone, box, other, hub)
    assert box.say("nursery/kangaroo/alert")
    assert box.say("homeassistant/device/nursery-kangaroo/nursery_1/config")
    assert phone.say("nursery/kangaroo/cmd/tare")
    assert hub.say("homeassistant/status")
    last = {"nursery/kangaroo/cmd/last", "nursery/possum/cmd/last"}
    for topic in last:
        assert phone.say(topic)
    for client in (phone, box, other, hub):
        wait_for(lambda client=client: last & client.topics())
    wait_for(lambda: last <= phone.topics() & hub.topics())
    assert "nursery/kangaroo/cmd/tare" in box.topics()
    assert {"nursery/kangaroo/alert", "nursery/kangaroo/cmd/tare"} <= phone.topics()
    assert not any(topic.startswith("homeassistant") for topic in phone.topics())
    assert "homeassistant/device/nursery-kangaroo/nursery_1/config" in hub.topics()
    heard = {"homeassistant/status", "nursery/possum/cmd/last"}
    assert other.topics() == heard, "a box must not hear another box"
    assert not any(topic.startswith("$SYS") for c in (phone, box, hub) for topic in c.topics())


def test_a_box_hears_its_own_words_where_only_that_proves_them_delivered(broker: Broker) -> None:
    box, topics = broker.client("kangaroo"), Topics("kangaroo")
    for topic in (topics.alert, topics.alert_text, topics.proof):
        box.hear(topic)
        assert box.say(topic)
        wait_for(lambda topic=topic: topic in box.topics())
    result = topics.result("tare")
    box.hear(topics.results)
    assert box.say(result)
    wait_for(lambda: result in box.topics())


@pytest.mark.parametrize(
    ("user", "password"),
    [(None, None), ("phone", "wrong"), ("nobody", "x"), ("kangaroo", "of the phone")],
)
def test_strangers_are_refused(broker: Broker, user: str | None, password: str | None) -> None:
    if password == "of the phone":
        password = broker.passwords["phone"]
    client = broker.client(user, password)
    assert client.reason is not None
    assert "uthorized" in client.reason


def test_the_line_without_encryption_is_for_this_machine_and_wants_a_password_too(
    broker: Broker,
) -> None:
    text = (SETUP.parent / "nursery.conf").read_text()
    assert re.findall(r"^listener (.+)$", text, re.MULTILINE) == ["8883", "1883 127.0.0.1"]
    reasons: list[str] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_connect = lambda *a: reasons.append(str(a[3]))
    client.connect("127.0.0.1", broker.plain_port)
    client.loop_start()
    wait_for(lambda: reasons)
    client.disconnect()
    client.loop_stop()
    assert "uthorized" in reasons[0]


def test_a_stranger_s_authority_is_not_trusted(broker: Broker, tmp_path: Path) -> None:
    stranger = tmp_path / "ca.crt"
    make_authority(stranger)
    with pytest.raises(ssl.SSLCertVerificationError):
        Client(broker.port, stranger, "phone", broker.passwords["phone"])


def test_a_second_run_keeps_the_authority_and_the_passwords(broker: Broker) -> None:
    root = broker.etc.parents[1]
    authority, stored = broker.ca.read_bytes(), (broker.etc / "nursery.passwd").read_bytes()
    done = subprocess.run(
        [str(SETUP), "kangaroo"], env=os.environ | {"ROOT": str(root)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "password of" not in done.stdout
    assert broker.ca.read_bytes() == authority
    assert (broker.etc / "nursery.passwd").read_bytes() == stored


@pytest.mark.parametrize(
    "name", ["a b", "a/b", "+", "../x", "Ä", "phone", "page", "", "-n", "a\nuser b"]
)
def test_a_name_that_would_change_the_rules_is_refused(tmp_path: Path, name: str) -> None:
    need_tools()
    done = subprocess.run(
        [str(SETUP), name], env=os.environ | {"ROOT": str(tmp_path)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert not (tmp_path / "etc/mosquitto/nursery.acl").exists()


# ---------------------------------------------------------------- the monitor itself, over TLS


def make_authority(path: Path) -> None:
    key = path.with_suffix(".key")
    for words in (
        f"ecparam -name prime256v1 -genkey -noout -out {key}",
        f"req -x509 -new -key {key} -days 30 -subj /CN=stranger -out {path}",
    ):
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)


def greeting(broker: Broker, tmp_path: Path, ca: Path | None) -> object:
    """What the monitor's own connection makes of a broker."""
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text(broker.passwords["kangaroo"])
    config = MqttConfig(
        host="127.0.0.1", port=broker.port, tls=True, ca_file=str(ca) if ca else None,
        username="kangaroo", password_file=str(secret),
    )  # fmt: skip
    connection = Connection(config, "5", "test", read_password(config, None))
    connection.open()
    try:
        return wait_for(lambda: list(connection.events))[0]
    finally:
        connection.close(1.0)


def test_the_right_certificate_is_believed(broker: Broker, tmp_path: Path) -> None:
    assert isinstance(greeting(broker, tmp_path, broker.ca), Connected)


@pytest.mark.parametrize("authority", ["a stranger's", "a public one"])
def test_the_broker_of_another_authority_is_not(
    broker: Broker, tmp_path: Path, authority: str
) -> None:
    ca = tmp_path / "stranger.crt" if authority == "a stranger's" else None
    if ca is not None:
        make_authority(ca)
    found = greeting(broker, tmp_path, ca)
    assert isinstance(found, Refused)
    assert "is not trusted" in found.why


@pytest.mark.parametrize(
    ("who", "says"), [("expired", "certificate has expired"), ("other name", "mismatch")]
)
def test_the_right_authority_is_not_enough(tmp_path: Path, who: str, says: str) -> None:
    need_tools()
    server = other_broker(tmp_path / "other", who)
    try:
        found = greeting(server, tmp_path, server.ca)
    finally:
        server.stop()
    assert isinstance(found, Refused)
    assert "is not trusted" in found.why
    assert says in found.why


def other_broker(root: Path, who: str) -> Broker:
    """The same with another server certificate, or one that wants the client's ("wants one")."""
    root.mkdir()
    made = Broker(root, boxes=("kangaroo",))
    certs = made.etc / "certs"
    name = "DNS:elsewhere.example" if who == "other name" else "IP:127.0.0.1"
    (root / "ext").write_text(f"subjectAltName={name}\n")
    (root / "ca.cnf").write_text(
        f"[ca]\ndefault_ca = here\n[here]\ndatabase = {root}/index\nnew_certs_dir = {root}\n"
        f"serial = {root}/serial\npolicy = any\ndefault_md = sha256\n[any]\ncommonName = supplied\n"
    )
    (root / "index").touch()
    (root / "serial").write_text("01\n")
    dates = {
        "expired": "-startdate 20200101000000Z -enddate 20210101000000Z",
        "not yet": "-startdate 20900101000000Z -enddate 20910101000000Z",
    }.get(who, "-days 9")
    if who == "wants one":
        text = made.config.read_text()
        made.config.write_text(text.replace("tls_version", "require_certificate true\ntls_version"))
    server, authority = f"{certs}/nursery-server", f"{certs}/nursery-ca"
    request = f"req -new -key {server}.key -subj /CN=box -out {root}/csr"
    sign = f"ca -batch -config {root}/ca.cnf -in {root}/csr -notext -out {server}.crt {dates}"
    sign += f" -cert {authority}.crt -keyfile {authority}.key -extfile {root}/ext"
    for words in (request, sign):
        subprocess.run(["openssl", *words.split()], check=True, capture_output=True)
    made.start()
    return made

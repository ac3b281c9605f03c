"""``nursery check`` at real brokers: what ``run`` can use is "ok", what it cannot is named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from monitor.config import Config, MqttConfig
from monitor.verbs.check_broker import check_broker, client_id
from monitor.verbs.finding import Finding
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.subscriber import Subscriber, wait_for
from tests.system.test_broker_setup import Broker, need_tools, other_broker

pytestmark = pytest.mark.system
ROOT = Path(__file__).parents[2]


def found_at(port: int, **more: Any) -> Finding:
    return check_broker(
        Config(box="kangaroo", mqtt=MqttConfig(host="127.0.0.1", port=port, **more))
    )


def own_password(broker: Broker, folder: Path, user: str = "kangaroo") -> dict[str, Any]:
    secret = folder / "secret"
    secret.touch(0o600)
    secret.write_text(broker.passwords[user] + "\n")
    return {"username": user, "password_file": str(secret)}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    need_tools()
    made = Broker(tmp_path_factory.mktemp("broker"))
    made.start()
    yield made
    made.stop()


def test_the_broker_that_ships_is_ok_to_the_last_right(broker: Broker, tmp_path: Path) -> None:
    login = own_password(broker, tmp_path)
    for port, more in ((broker.port, {"tls": True, "ca_file": str(broker.ca)}),
                       (broker.plain_port, {})):  # fmt: skip
        found = found_at(port, **more, **login)
        assert found.state == "ok", found
        assert "a message to itself came back" in found.text


def test_nothing_stays_behind_and_nobody_is_told_anything(tmp_path: Path) -> None:
    if BINARY is None:
        pytest.skip("mosquitto is not installed")
    server = Mosquitto(tmp_path / "m").start()
    try:
        with Subscriber(server.port, "#") as phone:
            assert found_at(server.port).state == "ok"
            phone.caught_up()
            topics = {message.topic for message in phone.messages if message.payload}
        assert topics == {"nursery/kangaroo/check"}
        with Subscriber(server.port, "#") as later:
            later.caught_up()
            assert not list(later.messages)
        assert not session_present(server.port), "commands wait for nobody"
    finally:
        server.stop()


def session_present(port: int) -> bool:
    """Whether the broker still keeps a session for ``nursery check`` of this process."""
    answers: list[bool] = []
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2, client_id=client_id(), protocol=mqtt.MQTTv5
    )
    client.on_connect = lambda _client, _data, flags, *_: answers.append(flags.session_present)
    client.connect("127.0.0.1", port, clean_start=False)
    client.loop_start()
    wait_for(lambda: answers)
    client.disconnect()
    client.loop_stop()
    return answers[0]


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_rights_for_another_box_are_named(broker: Broker, tmp_path: Path, protocol: str) -> None:
    found = found_at(
        broker.plain_port, protocol=protocol, **own_password(broker, tmp_path, "possum")
    )
    assert found.state == "failed"
    assert "nursery/kangaroo/" in found.text + found.todo
    assert '"possum"' in found.todo
    if protocol == "5":
        assert "nursery/kangaroo/check" in found.text
        assert "homeassistant/device/nursery-kangaroo" in found.text


def test_a_broker_without_version_5_is_as_good_as_for_run() -> None:
    pytest.importorskip("amqtt")
    from monitor.simulation.broker import DemoBroker

    server = DemoBroker()
    server.start()
    try:
        found = found_at(server.port)
    finally:
        server.stop()
    assert found.state == "ok", found
    assert "MQTT 3.1.1" in found.text


def test_a_password_file_that_run_refuses_fails_here_too(broker: Broker, tmp_path: Path) -> None:
    login = own_password(broker, tmp_path)
    Path(login["password_file"]).chmod(0o644)
    (tmp_path / "n.toml").write_text(
        f'box = "kangaroo"\nstate_dir = "{tmp_path}/state"\n[mqtt]\nhost = "127.0.0.1"\n'
        f'port = {broker.plain_port}\nusername = "kangaroo"\n'
        f'password_file = "{login["password_file"]}"\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "monitor", "check", "--json", "--config", str(tmp_path / "n.toml")],
        capture_output=True, text=True, check=False, timeout=60, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 1
    lines = {line["check"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert "chmod 600" in lines["broker"]["text"]


# -------------------------------------------------------------------------- wrong settings


def test_tls_against_a_plain_port(broker: Broker) -> None:
    found = found_at(broker.plain_port, tls=True, ca_file=str(broker.ca))
    assert found.state == "failed"
    assert "does not speak TLS" in found.text
    assert '"mqtt.tls" = false' in found.text


def test_a_plain_line_against_a_tls_port(broker: Broker) -> None:
    found = found_at(broker.port)
    assert found.state == "failed"
    assert 'set "mqtt.tls" = true' in found.text


def test_an_authority_of_one_s_own_must_be_named(broker: Broker) -> None:
    found = found_at(broker.port, tls=True)
    assert found.state == "failed"
    assert 'name its certificate in "mqtt.ca_file"' in found.text


@pytest.mark.parametrize("what", ["missing", "empty", "a directory", "a key"])
def test_an_authority_s_file_that_is_none(broker: Broker, tmp_path: Path, what: str) -> None:
    path = tmp_path / "ca.pem"
    if what == "empty":
        path.touch()
    elif what == "a directory":
        path.mkdir()
    elif what == "a key":
        path = broker.etc / "certs/nursery-ca.key"
    found = found_at(broker.port, tls=True, ca_file=str(path))
    assert found.state == "failed"
    assert '"mqtt.ca_file"' in found.text
    assert "\n" not in found.text


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("not yet", "is not yet valid; this computer's clock says"),
        ("expired", "has expired; this computer's clock says"),
        ("other name", "must be a name or address that is in the certificate"),
        ("wants one", "wants a client certificate"),
    ],
)
def test_certificates_that_do_not_fit(tmp_path: Path, who: str, says: str) -> None:
    need_tools()
    server = other_broker(tmp_path / "other", who)
    try:
        found = found_at(server.port, tls=True, ca_file=str(server.ca))
    finally:
        server.stop()
    assert found.state == "failed"
    assert says in found.text


def test_a_wrong_password_and_a_name_that_nobody_knows(broker: Broker, tmp_path: Path) -> None:
    login = own_password(broker, tmp_path)
    Path(login["password_file"]).write_text("wrong")
    assert "refused the user name or password" in found_at(broker.plain_port, **login).text
    mqtt = MqttConfig(host="nobody.invalid", port=1, tls=False)
    assert "knows the name nobody.invalid" in check_broker(Config(box="a", mqtt=mqtt)).text


def test_the_service_s_password_without_a_user_is_told(tmp_path: Path) -> None:
    if BINARY is None:
        pytest.skip("mosquitto is not installed")
    server = Mosquitto(tmp_path / "m").start()
    try:
        config = Config(box="a", mqtt=MqttConfig(host="127.0.0.1", port=server.port))
        found = check_broker(config, "left over")
    finally:
        server.stop()
    assert found.state == "warning"
    assert "mqtt.username" in found.todo
    assert "left over" not in found.text + found.todo


def test_what_a_running_monitor_says_of_its_identity_is_passed_on(tmp_path: Path) -> None:
    if BINARY is None:
        pytest.skip("mosquitto is not installed")
    server = Mosquitto(tmp_path / "m").start()
    try:
        with Subscriber(server.port, "nursery/kangaroo/health") as monitor:
            said = {"identity_error": "Another box is called kangaroo: rename one."}
            monitor.send("nursery/kangaroo/health", said, retain=True)
            wait_for(lambda: monitor.last("nursery/kangaroo/health"))
            config = Config(box="kangaroo", mqtt=MqttConfig(host="127.0.0.1", port=server.port))
            found = check_broker(config, busy=True)
        assert found.state == "warning"
        assert found.todo == "Another box is called kangaroo: rename one."
    finally:
        server.stop()

"""The publisher against a real Mosquitto, with faults."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.commands import Acknowledge
from monitor.config import MqttConfig
from monitor.events import Command
from monitor.mqtt.connection import Connection
from monitor.mqtt.connection_events import Received
from monitor.mqtt.publisher import Publisher
from monitor.mqtt.publisher_settings import Hooks, Patience
from monitor.mqtt.topics import Message, Topics
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.outbox_message import OutboxMessage
from monitor.store.secrets import read_password
from tests.system.mosquitto import Mosquitto, free_port
from tests.system.sockets import connections_to, cut
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "j.sqlite")
    yield opened
    opened.close()


def state(text: str, topic: str = "nursery/a/scale", expiry_s: float | None = None) -> Message:
    return Message(topic=topic, payload=text.encode(), retain=True, qos=1, expiry_s=expiry_s)


def news(n: int, expires_s: float | None = None) -> OutboxMessage:
    return OutboxMessage(
        topic="nursery/a/alert",
        payload=b"%d" % n,
        expires_s=time.time() + 600 if expires_s is None else expires_s,
    )


def make(
    journal: Journal,
    port: int,
    *,
    patience: Patience = Patience(),  # noqa: B008 - frozen
    **settings: object,
) -> Publisher:
    def receive(received: Received) -> Command | None:
        if received.retain:
            return None
        return Command(t_s=0.0, request=Acknowledge(id=received.payload.decode()))

    config = MqttConfig(host="127.0.0.1", port=port, tls=False, keepalive_s=5, **settings)
    return Publisher(
        config,
        journal.outbox,
        topics=Topics("a"),
        connect=lambda protocol: Connection(config, protocol, "nursery-test", None),
        hooks=Hooks(receive=receive),
        patience=patience,
    )


def pump(publisher: Publisher, until, timeout_s: float = 40.0) -> list[Command]:
    commands: list[Command] = []
    deadline = time.monotonic() + timeout_s
    while not until():
        assert time.monotonic() < deadline, "it did not happen in time"
        commands += publisher.pump(time.time())
        time.sleep(0.005)
    return commands


def kept(broker: Mosquitto) -> set[str]:
    """Topics of what a phone of this box sees that connects now."""
    with Subscriber(broker.port, "nursery/a/#") as late:
        late.caught_up()
        return {message.topic for message in late.messages}


def test_subscribe_discovery_states_then_online(broker: Mosquitto, journal: Journal) -> None:
    with Subscriber(broker.port, "#") as phone:
        publisher = make(journal, broker.port)
        publisher.set_retained([state("{}", "homeassistant/device/a/config"), state("1")])
        pump(publisher, lambda: phone.last("nursery/a/status") == b"online")
        order = [m.topic for m in phone.messages]
        assert order == ["homeassistant/device/a/config", "nursery/a/scale", "nursery/a/status"]
        publisher.close()
        wait_for(lambda: phone.last("nursery/a/status") == b"offline")


def test_only_changes_are_sent_and_a_late_phone_sees_the_truth(
    broker: Mosquitto, journal: Journal
) -> None:
    publisher = make(journal, broker.port)
    with Subscriber(broker.port, "nursery/a/scale") as phone:
        for text in ("1", "1", "1", "2"):
            publisher.set_retained([state(text)])
            pump(publisher, lambda text=text: phone.last("nursery/a/scale") == text.encode())
            for _ in range(20):
                publisher.pump(time.time())
                time.sleep(0.005)
        phone.caught_up()
        assert phone.payloads("nursery/a/scale") == [b"1", b"2"]
        with Subscriber(broker.port, "nursery/a/#") as late:
            wait_for(lambda: late.last("nursery/a/scale") == b"2")
        publisher.empty(["nursery/a/scale"])
        pump(publisher, lambda: phone.last("nursery/a/scale") == b"")
    with Subscriber(broker.port, "nursery/a/#") as later:
        later.caught_up()
        assert later.last("nursery/a/status")
        assert later.last("nursery/a/scale") is None
    publisher.close()


def test_a_live_number_is_renewed_before_it_expires(broker: Mosquitto, journal: Journal) -> None:
    publisher = make(journal, broker.port)
    publisher.set_retained([state("1", expiry_s=1.5)])
    with Subscriber(broker.port, "nursery/a/scale") as phone:
        pump(publisher, lambda: len(phone.payloads("nursery/a/scale")) >= 3)
    wait_for(lambda: kept(broker) == {"nursery/a/status"})  # nobody pumps: the number grows old
    publisher.close()


def test_rows_are_deleted_only_when_acknowledged(broker: Mosquitto, journal: Journal) -> None:
    publisher = make(journal, broker.port)
    journal.write(Batch(messages=[news(n) for n in range(60)]))
    with Subscriber(broker.port, "nursery/a/alert") as phone:
        pump(publisher, lambda: len(journal.outbox) == 0)
        wait_for(lambda: len(phone.messages) == 60)
        assert phone.payloads("nursery/a/alert") == [b"%d" % n for n in range(60)]
    publisher.close()


def test_nothing_is_lost_while_the_broker_dies(broker: Mosquitto, journal: Journal) -> None:
    publisher = make(journal, broker.port)
    pump(publisher, lambda: publisher.connected)
    broker.stop(signal.SIGKILL)
    journal.write(Batch(messages=[news(n) for n in range(30)]))
    pump(publisher, lambda: not publisher.connected)
    assert len(journal.outbox) == 30
    assert publisher.status().why
    broker.start()
    with Subscriber(broker.port, "nursery/a/alert") as phone:
        pump(publisher, lambda: len(journal.outbox) == 0)
        wait_for(lambda: len({m.payload for m in phone.messages}) == 30)
    publisher.close()


def test_a_frozen_broker_is_noticed(broker: Mosquitto, journal: Journal) -> None:
    publisher = make(journal, broker.port)
    pump(publisher, lambda: publisher.connected)
    broker.freeze()
    journal.write(Batch(messages=[news(1)]))
    pump(publisher, lambda: not publisher.connected)  # 2 x keepalive of 5 s
    broker.thaw()
    with Subscriber(broker.port, "nursery/a/alert") as phone:
        pump(publisher, lambda: len(journal.outbox) == 0)
        wait_for(lambda: phone.last("nursery/a/alert") == b"1")
    publisher.close()


def test_old_news_is_not_sent(broker: Mosquitto, journal: Journal) -> None:
    publisher = make(journal, broker.port)
    journal.write(Batch(messages=[news(1, expires_s=time.time() - 1), news(2)]))
    with Subscriber(broker.port, "nursery/a/alert") as phone:
        pump(publisher, lambda: len(journal.outbox) == 0)
        wait_for(lambda: phone.messages)
        assert phone.payloads("nursery/a/alert") == [b"2"]
    assert publisher.status().expired == 1
    publisher.close()


def test_a_killed_daemon_is_announced_by_its_will(broker: Mosquitto, journal: Journal) -> None:
    publisher = make(journal, broker.port)
    with Subscriber(broker.port, "nursery/a/status") as phone:
        others = connections_to(broker.port)
        pump(publisher, lambda: phone.last("nursery/a/status") == b"online")
        (own,) = connections_to(broker.port) - others
        cut(own)
        wait_for(lambda: phone.last("nursery/a/status") == b"offline")
        pump(publisher, lambda: phone.last("nursery/a/status") == b"online")
    publisher.close()


def test_commands_come_in_and_retained_ones_are_dropped(
    broker: Mosquitto, journal: Journal
) -> None:
    publisher = make(journal, broker.port)
    with Subscriber(broker.port, "nursery/a/status") as phone:
        phone.send("nursery/a/cmd/tare", {"n": 1}, retain=True)
        pump(publisher, lambda: phone.last("nursery/a/status") == b"online")
        phone.send("nursery/a/cmd/tare", {"n": 2})
        commands: list[Command] = []
        deadline = time.monotonic() + 30
        while not commands and time.monotonic() < deadline:
            commands += publisher.pump(time.time())
            time.sleep(0.01)
        assert [c.request for c in commands] == [Acknowledge(id='{"n":2}')]
        phone.client.publish("nursery/a/cmd/tare", b"", 1, retain=True)
    publisher.close()


@pytest.mark.parametrize(
    ("settings", "birth"),
    [
        ({}, "homeassistant/status"),
        ({"discovery_prefix": "lab"}, "homeassistant/status"),
        ({"birth_topic": "lab/born"}, "lab/born"),
    ],
)
def test_home_assistants_birth_brings_everything_again(
    broker: Mosquitto,
    journal: Journal,
    settings: dict[str, object],
    birth: str,
) -> None:
    publisher = make(journal, broker.port, patience=Patience(birth_spread_s=0.3), **settings)
    publisher.set_retained([state("{}", "homeassistant/device/a/config"), state("1")])
    with Subscriber(broker.port, "#") as phone:
        pump(publisher, lambda: phone.last("nursery/a/status") == b"online")
        phone.messages.clear()
        phone.client.publish(birth, b"online", 0)
        pump(publisher, lambda: phone.last("nursery/a/status") == b"online")
        assert phone.last("homeassistant/device/a/config") == b"{}"
        assert phone.last("nursery/a/scale") == b"1"
    publisher.close()


def test_a_broker_without_version_5_is_spoken_to_in_3_1_1(journal: Journal) -> None:
    pytest.importorskip("amqtt")
    from monitor.simulation.broker import DemoBroker

    broker = DemoBroker()
    broker.start()
    publisher = make(journal, broker.port)
    journal.write(Batch(messages=[news(1)]))
    try:
        pump(publisher, lambda: publisher.connected and len(journal.outbox) == 0)
        assert publisher.status().protocol == "3.1.1"
    finally:
        publisher.close()
        broker.stop()


def test_a_wrong_password_is_a_sentence(tmp_path: Path, journal: Journal) -> None:
    server = Mosquitto(tmp_path / "closed", anonymous=False).start()
    publisher = make(journal, server.port)
    pump(publisher, lambda: "password" in publisher.status().why)
    publisher.close()
    server.stop()


def test_an_absent_broker_is_a_sentence(journal: Journal) -> None:
    publisher = make(journal, free_port())
    pump(publisher, lambda: "nothing listens" in publisher.status().why)
    publisher.close()


def test_a_password_file_others_can_read_is_refused(tmp_path: Path) -> None:
    from monitor.errors import ConfigError

    path = tmp_path / "password"
    path.write_text("secret\n")
    path.chmod(0o644)
    config = MqttConfig(password_file=str(path))
    with pytest.raises(ConfigError, match="chmod 600"):
        read_password(config, None)
    path.chmod(0o600)
    assert read_password(config, None) == "secret"
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "mqtt-password").write_text("other")
    (credentials / "mqtt-password").chmod(0o440)
    assert read_password(config, str(credentials)) == "other"

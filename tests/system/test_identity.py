"""Two boxes with one identity or one name, and a fresh card: real daemons, a real Mosquitto."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from monitor.config import MqttConfig
from monitor.mqtt.connection import Connection
from monitor.mqtt.connection_events import Ended
from monitor.mqtt.identity import BoxIdentity
from monitor.mqtt.identity_watch import SHORT_ENDS, IdentityWatch
from monitor.mqtt.publisher import Publisher
from monitor.mqtt.publisher_settings import Hooks, Patience
from monitor.mqtt.topics import Topics
from monitor.store.journal import Journal
from tests.store.rows import rows
from tests.system.daemon import Daemon
from tests.system.mosquitto import Mosquitto
from tests.system.subscriber import Subscriber, wait_for

pytestmark = pytest.mark.system

SCALE = (
    '[scale]\nsource = "csv"\nfile = "not-there.csv"\ncounts_per_gram = 400.0\nzero_counts = 1000\n'
)
START_S = 30.0


@pytest.fixture
def boxes(tmp_path: Path, broker: Mosquitto) -> Iterator[Callable[..., Daemon]]:
    running: list[Daemon] = []

    def make(name: str, *, box: str = "test-box", mqtt: str = "") -> Daemon:
        daemon = Daemon(tmp_path / name, broker.port, box=box, more=f"{mqtt}\n{SCALE}")
        running.append(daemon)
        return daemon

    yield make
    for daemon in running:
        daemon.stop(signal.SIGKILL)


def conflicts(phone: Subscriber, box: str = "test-box") -> set[str]:
    """Titles of the alerts that say that another box is this one."""
    alerts = phone.json(f"nursery/{box}/alert")
    return {alert["title"] for alert in alerts if alert["kind"] == "not_delivered"}


def announced(phone: Subscriber) -> set[str]:
    """Identities of the boxes in the discovery documents that stand at the broker now."""
    found = {m.topic: m.payload for m in phone.messages if m.topic.startswith("homeassistant/")}
    documents = [msgspec.json.decode(payload) for payload in found.values() if payload]
    devices = {document["device"]["identifiers"][0] for document in documents}
    return {device for device in devices if not device.startswith("nursery_baby_")}


def ends(*boxes: Daemon) -> int:
    """How often their connections have ended."""
    return sum(box.log.count("not connected to") for box in boxes)


def at_rest(*boxes: Daemon) -> bool:
    """Whether none of their connections ends within three seconds."""
    before = ends(*boxes)
    time.sleep(3.0)
    return ends(*boxes) == before


def statuses(phone: Subscriber, since: int) -> list[bytes]:
    """What was said of being online after so many messages."""
    later = list(phone.messages)[since:]
    return [m.payload for m in later if m.topic == "nursery/test-box/status"]


def retained(port: int, *topics: str) -> dict[str, bytes]:
    """What a phone sees that connects now."""
    with Subscriber(port, *topics) as late:
        late.caught_up()
        return {m.topic: m.payload for m in late.messages if m.retain and m.payload}


@pytest.mark.parametrize("mqtt", ["", 'protocol = "3.1.1"'], ids=["5", "3.1.1"])
def test_a_copied_card_is_told_by_both_and_neither_silences_the_other(
    boxes: Callable[..., Daemon], broker: Mosquitto, mqtt: str
) -> None:
    first = boxes("first", mqtt=mqtt).start()
    with Subscriber(broker.port, "#") as phone:
        wait_for(lambda: phone.last("nursery/test-box/status") == b"online", START_S)
        second = boxes("second", mqtt=mqtt)
        shutil.copytree(first.state_dir, second.state_dir)
        second.start()
        wait_for(lambda: "Two boxes share one identity" in conflicts(phone), START_S)
        wait_for(lambda: "sudo nursery identity --new" in first.log, START_S)
        wait_for(lambda: "sudo nursery identity --new" in second.log, START_S)
        health = lambda: phone.json("nursery/test-box/health")  # noqa: E731 - asked anew each time
        wait_for(lambda: any(h["identity_error"] for h in health()), START_S)
        # Throwing each other out comes to an end: each has a name of its own.
        wait_for(lambda: at_rest(first, second), 2 * START_S)
        # Three short connections each, and who was last.
        assert ends(first, second) <= 2 * SHORT_ENDS + 2
        assert second.nursery("identity", "--new").returncode == 0
        wait_for(lambda: "Two boxes are called test-box" in conflicts(phone), START_S)
        wait_for(lambda: len(announced(phone)) == 2, START_S)  # it takes nothing from the first
        phone.caught_up()
        said = len(phone.messages)
        assert second.stop() == 0  # politely: it says "offline" for the name that both have
        wait_for(lambda: b"offline" in statuses(phone, said), START_S)
        status = {"nursery/test-box/status": b"online"}
        wait_for(lambda: retained(broker.port, *status) == status, START_S)
        assert first.alive


def test_two_boxes_of_one_name_are_told_critically(
    boxes: Callable[..., Daemon], broker: Mosquitto
) -> None:
    first = boxes("first").start()
    with Subscriber(broker.port, "#") as phone:
        wait_for(lambda: phone.last("nursery/test-box/status") == b"online", START_S)
        wait_for(lambda: announced(phone), START_S)
        before = announced(phone)
        second = boxes("second").start()
        wait_for(lambda: "Two boxes are called test-box" in conflicts(phone), START_S)
        wait_for(lambda: "has the same name" in second.log, START_S)
        critical = [a for a in phone.json("nursery/test-box/alert") if "called" in a["title"]]
        assert {alert["severity"] for alert in critical} == {"critical"}
        phone.caught_up()
        assert announced(phone) == before, "the second announces nothing: no entity twice"
        said = len(phone.messages)
        second.stop(signal.SIGKILL)  # its will says "offline" while the first one watches
        wait_for(lambda: b"offline" in statuses(phone, said), START_S)
        wait_for(lambda: statuses(phone, said)[-1] == b"online", START_S)
        assert first.alive


def test_a_fresh_card_finds_the_earlier_one_and_goes_on_as_it(
    boxes: Callable[..., Daemon], broker: Mosquitto
) -> None:
    first = boxes("first").start()
    with Subscriber(broker.port, "#") as phone:
        assert first.nursery("baby", "add", "Joey", "--species", "kitten").returncode == 0
        wait_for(lambda: announced(phone), START_S)
        wait_for(lambda: b"Joey" in b"".join(m.payload for m in phone.messages), START_S)
        before = announced(phone)
        baby_topic = wait_for(
            lambda: [m.topic for m in phone.messages if "nursery_baby_" in m.topic], START_S
        )[0]
        first.stop(signal.SIGKILL)  # the card has died
        fresh = boxes("fresh").start()
        wait_for(lambda: "An earlier card is still announced" in conflicts(phone), START_S)
        phone.caught_up()
        assert announced(phone) == before
        wait_for(lambda: "sudo nursery adopt" in fresh.log, START_S)
        adopted = fresh.nursery("adopt")
        assert adopted.returncode == 0
        assert 'nursery baby add "Joey"' in adopted.stdout
        phone.messages.clear()
        wait_for(lambda: announced(phone) == before, START_S)
        assert fresh.nursery("baby", "add", "Joey", "--species", "kitten").returncode == 0
        wait_for(lambda: phone.last(baby_topic), START_S)
    # One document for the box and one for Joey, under the old ids.
    wait_for(lambda: len(retained(broker.port, "homeassistant/#")) == 2, START_S)


def test_a_fresh_card_has_the_earlier_one_removed(
    boxes: Callable[..., Daemon], broker: Mosquitto
) -> None:
    first = boxes("first").start()
    with Subscriber(broker.port, "#") as phone:
        wait_for(lambda: announced(phone), START_S)
        before = announced(phone)
        first.stop(signal.SIGKILL)
        fresh = boxes("fresh").start()
        wait_for(lambda: "An earlier card is still announced" in conflicts(phone), START_S)
        assert fresh.nursery("adopt", "--remove").returncode == 0
        wait_for(lambda: announced(phone) and announced(phone) != before, START_S)
        wait_for(lambda: len(announced(phone)) == 1, START_S)


def test_a_box_that_is_renamed_leaves_nothing_behind(
    boxes: Callable[..., Daemon], broker: Mosquitto
) -> None:
    daemon = boxes("box").start()
    with Subscriber(broker.port, "#") as phone:
        assert daemon.nursery("baby", "add", "Joey", "--species", "kitten").returncode == 0
        wait_for(lambda: phone.last("nursery/test-box/problem/losing_weight/joey"), START_S)
        wait_for(lambda: announced(phone), START_S)
        renamed = daemon.nursery("baby", "edit", "Joey", "--rename", "Roo")
        assert renamed.returncode == 0
        for topic in ("baby/joey", "baby/joey/chart", "problem/losing_weight/joey"):
            wait_for(lambda topic=topic: phone.last(f"nursery/test-box/{topic}") == b"", START_S)
        wait_for(lambda: phone.last("nursery/test-box/problem/losing_weight/roo"), START_S)
        daemon.stop(signal.SIGKILL)
        text = daemon.config.read_text()
        text = text.replace('"test-box"', '"other"').replace(
            "[mqtt]\n", '[mqtt]\ndiscovery_prefix = "lab"\n'
        )
        daemon.config.write_text(text)
        daemon.start()
        wait_for(lambda: phone.last("nursery/other/status") == b"online", START_S)
        wait_for(lambda: phone.last("nursery/test-box/status") == b"", START_S)
    wait_for(lambda: retained(broker.port, "nursery/test-box/#", "homeassistant/#") == {}, START_S)
    assert retained(broker.port, "lab/#")


def test_a_baby_that_leaves_while_nothing_is_connected_leaves_nothing_behind(
    boxes: Callable[..., Daemon], broker: Mosquitto
) -> None:
    daemon = boxes("box").start()
    with Subscriber(broker.port, "#") as phone:
        assert daemon.nursery("baby", "add", "Joey", "--species", "kitten").returncode == 0
        wait_for(lambda: phone.last("nursery/test-box/baby/joey"), START_S)
        wait_for(lambda: any(b"Joey" in m.payload for m in phone.messages), START_S)
    daemon.stop(signal.SIGKILL)
    assert daemon.nursery("baby", "retire", "Joey").returncode == 0
    wait_for(lambda: any("joey" in t for t in retained(broker.port, "nursery/test-box/#")))
    daemon.start()
    with Subscriber(broker.port, "nursery/test-box/status") as phone:
        wait_for(lambda: phone.last("nursery/test-box/status") == b"online", START_S)
        wait_for(lambda: not to_be_emptied(daemon.state_dir / "journal.sqlite"), START_S)
    assert not _of_joey(broker)


def test_a_broker_that_comes_back_with_an_older_memory_keeps_nothing_of_a_baby_that_has_left(
    boxes: Callable[..., Daemon], broker: Mosquitto, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o777)
    broker.stop()
    broker.configure(f"persistence true\npersistence_location {kept}/\nautosave_interval 0")
    broker.start()
    daemon = boxes("box").start()
    with Subscriber(broker.port, "#") as phone:
        assert daemon.nursery("baby", "add", "Joey", "--species", "kitten").returncode == 0
        wait_for(lambda: phone.last("nursery/test-box/problem/losing_weight/joey"), START_S)
        wait_for(lambda: any(b"Joey" in m.payload for m in phone.messages), START_S)
        broker.signal(signal.SIGUSR1)  # it saves what it keeps
        saved = lambda: [file.read_bytes() for file in kept.glob("mosquitto.db")]  # noqa: E731 - each time
        wait_for(lambda: b"losing_weight/joey" in saved()[0], START_S)
        assert daemon.nursery("baby", "retire", "Joey").returncode == 0
        wait_for(lambda: not _of_joey(broker), START_S)
        assert daemon.nursery("baby", "add", "Roo", "--species", "kitten").returncode == 0
        wait_for(lambda: phone.last("nursery/test-box/baby/roo"), START_S)
    os.kill(daemon.pid, signal.SIGSTOP)  # it would empty at once what is to be seen
    try:
        broker.stop(signal.SIGKILL)
        broker.start()
        assert _of_joey(broker), "the older memory"
    finally:
        os.kill(daemon.pid, signal.SIGCONT)
    wait_for(lambda: retained(broker.port, "nursery/test-box/baby/roo"), START_S)
    wait_for(lambda: not _of_joey(broker), START_S)


def _of_joey(broker: Mosquitto) -> list[str]:
    left = retained(broker.port, "#")
    return [topic for topic, payload in left.items() if "joey" in topic or b"Joey" in payload]


def to_be_emptied(path: Path) -> list[str]:
    return [topic for (topic,) in rows(path, "SELECT topic FROM retained WHERE gone = 1")]


def test_a_box_that_wakes_on_another_computer_asks_and_empties_nothing_meanwhile(
    boxes: Callable[..., Daemon], broker: Mosquitto
) -> None:
    original = boxes("original").start()
    with Subscriber(broker.port, "#") as phone:
        wait_for(lambda: announced(phone), START_S)
        copy = boxes("copy", box="other")
        shutil.copytree(original.state_dir, copy.state_dir)
        journal = Journal.open(copy.state_dir / "journal.sqlite")
        journal.save_state(machine=b'{"machine_id": "of another computer"}')
        journal.close()
        copy.start()
        wait_for(lambda: "This memory is another computer's" in conflicts(phone, "other"), START_S)
        wait_for(lambda: "sudo nursery identity --keep" in copy.log, START_S)
        phone.caught_up()
        assert phone.last("nursery/test-box/status") != b""
        assert copy.nursery("identity", "--new").returncode == 0
        wait_for(lambda: len(announced(phone)) == 2, START_S)
        phone.caught_up()
        assert phone.last("nursery/test-box/health") != b""


class Scripted:
    """A broker for one connection: accepts, waits, and hangs up as it is told."""

    def __init__(self, farewell: bytes) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._farewell = farewell

    def serve(self) -> None:
        client, _ = self._server.accept()
        with client:
            client.settimeout(10)
            client.recv(4096)
            client.sendall(b"\x20\x03\x00\x00\x00")  # CONNACK: accepted, no properties
            time.sleep(0.3)
            client.sendall(self._farewell)
            time.sleep(0.2)
        self._server.close()


def test_a_broker_that_says_that_the_session_was_taken_over_is_believed(tmp_path: Path) -> None:
    import threading

    broker = Scripted(b"\xe0\x02\x8e\x00")  # DISCONNECT: session taken over
    thread = threading.Thread(target=broker.serve, daemon=True)
    thread.start()
    journal = Journal.open(tmp_path / "j.sqlite")
    watch = IdentityWatch(
        client_id="nursery-one",
        identity="one",
        instance="mine",
        status_topic="nursery/a/status",
        identity_topic="nursery/a/identity",
    )
    config = MqttConfig(host="127.0.0.1", port=broker.port, tls=False)
    publisher = Publisher(
        config,
        journal.outbox,
        topics=Topics("a"),
        connect=lambda protocol: Connection(config, protocol, watch.client_id, None),
        watch=watch,
        hooks=Hooks(receive=lambda _: None),
    )
    deadline = time.monotonic() + 20
    while not watch.signs(time.monotonic()):
        assert time.monotonic() < deadline
        publisher.pump(time.time())
        time.sleep(0.01)
    assert watch.signs(time.monotonic()) == ["taken_over"]
    assert watch.client_id == "nursery-one-mine"
    publisher.close()
    thread.join(5)
    journal.close()


def test_of_two_clients_with_one_identity_one_says_so_and_both_come_to_rest(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """Copies under other names: neither sees the other's topics, Mosquitto gives no reason."""
    boxes = [_client(tmp_path, broker, name) for name in ("a", "b")]
    heard: list[float] = []
    deadline_s = time.monotonic() + 2 * START_S
    while time.monotonic() < deadline_s:
        for watch, publisher in boxes:
            before = publisher.connected
            publisher.pump(time.time())
            watch.tick(time.monotonic())
            if publisher.connected and not before:
                heard.append(time.monotonic())
        told = any(watch.signs(time.monotonic()) == ["taken_over"] for watch, _ in boxes)
        if told and time.monotonic() - heard[-1] > 3.0:
            break
        time.sleep(0.01)
    assert told
    assert all(publisher.connected for _, publisher in boxes)
    assert time.monotonic() - heard[-1] > 3.0, "still throwing each other out"
    for _, publisher in boxes:
        publisher.close()


def _client(tmp_path: Path, broker: Mosquitto, box: str) -> tuple[IdentityWatch, Publisher]:
    topics = Topics(box)
    watch = IdentityWatch(
        client_id="nursery-one",
        identity="one",
        instance=f"{box}-process",
        status_topic=topics.status,
        identity_topic=topics.identity,
        short_s=2.0,
    )
    config = MqttConfig(host="127.0.0.1", port=broker.port, tls=False)
    publisher = Publisher(
        config,
        Journal.open(tmp_path / f"{box}.sqlite").outbox,
        topics=topics,
        connect=lambda protocol: Connection(config, protocol, watch.client_id, None),
        hooks=Hooks(receive=lambda _: None),
        watch=watch,
        patience=Patience(waits_s=(0.2,)),
    )
    return watch, publisher


def test_the_reason_of_the_broker_s_farewell_is_told() -> None:
    import threading

    broker = Scripted(b"\xe0\x02\x8b\x00")  # DISCONNECT: server shutting down
    thread = threading.Thread(target=broker.serve, daemon=True)
    thread.start()
    connection = Connection(
        MqttConfig(host="127.0.0.1", port=broker.port, tls=False), "5", "x", None
    )
    connection.open()
    ended = wait_for(lambda: [event for event in connection.events if isinstance(event, Ended)], 20)
    assert ended[0].code == 0x8B
    connection.close(1.0)
    thread.join(5)


@pytest.mark.parametrize("spare", ["", "-abcd"], ids=["own name", "spare name"])
def test_the_words_of_a_former_life_are_no_twin_s(
    boxes: Callable[..., Daemon], broker: Mosquitto, spare: str
) -> None:
    """The broker keeps the session of a box that was killed, and what it said last."""
    box = boxes("first").start()
    with Subscriber(broker.port, "#") as phone:
        wait_for(lambda: phone.last("nursery/test-box/identity"), START_S)
        document = msgspec.json.decode(phone.last("nursery/test-box/identity") or b"")
        box.stop(signal.SIGKILL)
        journal = Journal.open(box.state_dir / "journal.sqlite")
        client_id = BoxIdentity(journal).client_id + spare
        journal.close()
        _say_as(client_id, broker.port, document | {"at": "earlier"})
        seen = len(phone.messages)
        box.start()
        wait_for(lambda: len(phone.payloads("nursery/test-box/identity")) > 2, START_S)
        wait_for(lambda: b"online" in [m.payload for m in phone.messages[seen:]], START_S)
        time.sleep(3.0)
        assert not conflicts(phone)


def _say_as(client_id: str, port: int, document: dict[str, object]) -> None:
    """With the box's own session: what comes back is not acknowledged, so the broker keeps it."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, manual_ack=True
    )
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 60
    client.connect("127.0.0.1", port, clean_start=False, properties=properties)
    client.loop_start()
    topic, payload = "nursery/test-box/identity", msgspec.json.encode(document)
    client.publish(topic, payload, 1).wait_for_publish(10)
    time.sleep(0.5)
    client.disconnect()
    client.loop_stop()

"""Delivered is what the broker took: its refusals, its silence and its limits, on a real broker."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.config import MqttConfig
from monitor.events import Baby
from monitor.mqtt.connection import Connection
from monitor.mqtt.discovery import discovery
from monitor.mqtt.publisher import Publisher
from monitor.mqtt.publisher_settings import Hooks, Patience
from monitor.mqtt.topics import Message, Topics
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.outbox_message import OutboxMessage
from tests.system.mosquitto import BINARY, Mosquitto
from tests.system.silent_broker import SilentBroker
from tests.system.subscriber import KeptPhone, Subscriber, wait_for
from tests.system.test_broker_setup import make_authority, need_tools

pytestmark = pytest.mark.system
TOPICS = Topics("a")
NAMES = ("Ann", "Ben", "Cleo", "Dot")
OTHER_BOX = "topic readwrite nursery/b/#\ntopic read nursery/a/alert/none\n"
OWN_BOX = "topic readwrite nursery/a/#\ntopic write homeassistant/#\n"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal.open(tmp_path / "j.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[[str], Mosquitto]]:
    """Starts a Mosquitto with these lines in its configuration."""
    if BINARY is None:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    running: list[Mosquitto] = []

    def start(lines: str) -> Mosquitto:
        running.append(Mosquitto(tmp_path / f"mosquitto{len(running)}", lines).start())
        return running[-1]

    yield start
    for server in running:
        server.stop()


def news(text: str, *, urgency: int = 2, topic: str = TOPICS.alert) -> OutboxMessage:
    now_s = time.time()
    return OutboxMessage(
        topic=topic, payload=text.encode(), expires_s=now_s + 600, t_s=now_s,
        alert_id=text, urgency=urgency,
    )  # fmt: skip


PATIENCE = {"unanswered_s": 10.0, "refused_s": 0.5, "back_within_s": 1.0}


class Box:
    """A publisher with everything a box wants to be known, and little patience."""

    def __init__(self, journal: Journal, port: int, protocol: str = "5", **patience: float) -> None:
        config = MqttConfig(
            host="127.0.0.1", port=port, tls=False, keepalive_s=5, protocol=protocol
        )
        self.journal = journal
        self.publisher = Publisher(
            config,
            journal.outbox,
            topics=TOPICS,
            connect=lambda protocol: Connection(config, protocol, "nursery-a", None),
            hooks=Hooks(receive=lambda _: None, resized=self._announce),
            patience=Patience(**PATIENCE | patience),
        )
        self._announce()
        self.publisher.set_retained([Message(topic=TOPICS.alerts, payload=b"[]", retain=True)])

    def _announce(self) -> None:
        babies = [Baby(id=name, name=name, species="kitten") for name in NAMES]
        self.publisher.set_retained(
            discovery(
                TOPICS, identity="1", babies=babies, mode="device", version="1",
                most_bytes=self.publisher.most_bytes,
            )
        )  # fmt: skip

    def tell(self, *messages: OutboxMessage) -> None:
        self.journal.write(Batch(messages=messages))

    @property
    def waiting(self) -> list[bytes]:
        return [row.payload for row in self.journal.outbox.everything()]

    def until(self, true: Callable[[], object], timeout_s: float = 20.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not true():
            assert time.monotonic() < deadline, self.publisher.status()
            self.publisher.pump(time.time())
            time.sleep(0.005)

    def takes_alerts(self) -> bool | None:
        return self.publisher.report(0.0).takes_alerts


def announced(phone: Subscriber) -> set[str]:
    """Devices that Home Assistant would show: the box by its identity, babies by name."""
    found = [re.search(r"/nursery_(baby_)?([A-Za-z0-9]+)", m.topic) for m in list(phone.messages)]
    return {match[2] for match in found if match}


def acl(tmp_path: Path, text: str) -> str:
    path = tmp_path / "acl"
    path.touch(0o600)
    path.write_text(text)
    return f"acl_file {path}"


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_the_broker_s_rules_forbid_stays_and_is_told(
    served: Callable[[str], Mosquitto], tmp_path: Path, journal: Journal, protocol: str
) -> None:
    broker = served(acl(tmp_path, OTHER_BOX))
    box = Box(journal, broker.port, protocol)
    box.tell(news("first"), news("second"), news("sentence", topic=TOPICS.alert_text))
    box.until(lambda: TOPICS.alert in box.publisher.status().refused)
    box.until(lambda: box.takes_alerts() is False)
    assert box.publisher.connected
    assert sorted(box.waiting) == [b"first", b"second", b"sentence"]
    why = box.publisher.status().refused[TOPICS.alert]
    assert ("not authorized" if protocol == "5" else "reached nobody") in why
    box.publisher.close()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_repaired_rights_let_it_through(
    served: Callable[[str], Mosquitto], tmp_path: Path, journal: Journal, protocol: str
) -> None:
    broker = served(acl(tmp_path, OTHER_BOX))
    box = Box(journal, broker.port, protocol)
    box.tell(news("first"), news("second"))
    box.until(lambda: box.takes_alerts() is False)
    with Subscriber(broker.port, "nursery/a/#") as phone:  # before: the box tries again by itself
        acl(tmp_path, OWN_BOX)
        broker.reload()
        box.until(lambda: set(phone.payloads(TOPICS.alert)) == {b"first", b"second"})
        box.until(lambda: not box.waiting)
    box.until(lambda: box.takes_alerts() is True)
    assert TOPICS.alert not in box.publisher.status().refused
    box.publisher.close()


def test_one_forbidden_topic_holds_up_no_other_and_is_not_tried_again_and_again(
    served: Callable[[str], Mosquitto],
    tmp_path: Path,
    journal: Journal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules = (
        "topic read nursery/a/#\ntopic write nursery/a/alert/text\ntopic write nursery/a/status\n"
    )
    broker = served(acl(tmp_path, rules))
    box = Box(journal, broker.port, refused_s=600.0)
    box.tell(*[news(f"n{i}") for i in range(50)], news("sentence", topic=TOPICS.alert_text))
    with Subscriber(broker.port, "nursery/a/#") as phone:
        box.until(lambda: phone.payloads(TOPICS.alert_text) == [b"sentence"])
        published = []
        publish = Connection.publish
        monkeypatch.setattr(
            Connection, "publish", lambda c, m: published.append(m.topic) or publish(c, m)
        )
        end_s = time.monotonic() + 1.0
        box.until(lambda: time.monotonic() > end_s)
    assert TOPICS.alert not in published
    assert len(box.waiting) == 50
    box.publisher.close()


def test_what_nobody_listens_to_waits_and_is_told_in_order_to_whoever_comes(
    broker: Mosquitto, journal: Journal
) -> None:
    box = Box(journal, broker.port)
    box.tell(news("first"), news("sentence", topic=TOPICS.alert_text))
    box.until(lambda: box.publisher.status().unheard == [TOPICS.alert, TOPICS.alert_text])
    assert box.publisher.status().waiting == 0
    box.tell(news("first", urgency=1), news("second"))
    with Subscriber(broker.port, TOPICS.alert) as phone:
        box.until(lambda: len(phone.messages) == 3)
        assert phone.payloads(TOPICS.alert) == [b"second", b"first", b"first"]
        box.until(lambda: box.waiting == [b"sentence"])
        assert box.publisher.status().unheard == [TOPICS.alert_text]
    box.publisher.close()


def test_a_listener_that_comes_back_after_a_broker_s_death_has_missed_nothing(
    broker: Mosquitto, journal: Journal
) -> None:
    box = Box(journal, broker.port)
    with Subscriber(broker.port, TOPICS.alert) as phone:
        box.tell(news("before"))
        box.until(lambda: phone.payloads(TOPICS.alert) == [b"before"])
    broker.stop(signal.SIGKILL)
    box.tell(news("while the broker was down"))
    box.until(lambda: not box.publisher.connected)
    broker.start()
    box.until(lambda: box.publisher.connected)
    box.tell(news("while the phone was not back"))
    box.until(lambda: box.publisher.status().unheard == [TOPICS.alert])
    with Subscriber(broker.port, TOPICS.alert) as phone:
        box.until(lambda: not box.waiting)
        told = {b"while the broker was down", b"while the phone was not back"}
        wait_for(lambda: set(phone.payloads(TOPICS.alert)) == told)
    box.publisher.close()


def test_a_phone_with_a_session_of_its_own_counts_as_somebody_while_it_is_away(
    broker: Mosquitto, journal: Journal
) -> None:
    phone = KeptPhone(broker.port, TOPICS.alert)
    phone.leave()
    box = Box(journal, broker.port)
    box.tell(news("first"))
    box.until(lambda: not box.waiting)
    assert box.publisher.status().unheard == []
    phone.come()
    wait_for(lambda: phone.heard == [b"first"])
    phone.leave()
    box.publisher.close()


def test_a_page_that_is_there_hides_a_phone_that_is_away(
    broker: Mosquitto, journal: Journal
) -> None:
    """The broker says only whether anybody heard it; ``docs/mqtt.md`` says what helps."""
    box = Box(journal, broker.port)
    with Subscriber(broker.port, "nursery/#") as page:
        box.tell(news("first"))
        box.until(lambda: page.payloads(TOPICS.alert) and not box.waiting)
        with Subscriber(broker.port, TOPICS.alert) as phone:
            box.tell(news("second"))
            box.until(lambda: not box.waiting)
            wait_for(lambda: phone.payloads(TOPICS.alert) == [b"second"])
    box.publisher.close()


def test_a_broker_that_never_acknowledges_is_left_and_told_and_gets_the_alert_first(
    journal: Journal,
) -> None:
    broker = SilentBroker()
    box = Box(journal, broker.port, unanswered_s=0.5)
    box.tell(news("first"))
    box.until(lambda: broker.connections >= 2)
    silent_s = box.publisher.report(0.0).silent_s
    assert silent_s is not None
    assert silent_s >= 0.5
    assert "acknowledge" in box.publisher.status().why or box.publisher.connected
    assert box.waiting == [b"first"]
    box.until(lambda: broker.published)
    assert broker.published[0] == TOPICS.alert
    box.publisher.close()
    broker.close()


def test_documents_never_take_the_places_of_alerts(journal: Journal) -> None:
    broker = SilentBroker()
    box = Box(journal, broker.port, unanswered_s=60.0)
    box.publisher.set_retained(
        Message(topic=f"nursery/a/x{i}", payload=b"x", retain=True) for i in range(100)
    )
    box.until(lambda: len(broker.published) >= 10)
    box.tell(news("late"))
    box.until(lambda: TOPICS.alert in broker.published)
    assert len(broker.published) <= 12
    box.publisher.close(0.1)
    broker.close()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
@pytest.mark.parametrize("lines", ["max_packet_size 10000", "message_size_limit 2048"])
def test_a_broker_that_takes_only_short_messages_gets_alerts_and_short_documents(
    served: Callable[[str], Mosquitto], journal: Journal, lines: str, protocol: str
) -> None:
    broker = served(lines)
    with Subscriber(broker.port, "#") as phone:
        box = Box(journal, broker.port, protocol)
        box.tell(news("first"))
        box.until(lambda: phone.payloads(TOPICS.alert))
        box.until(lambda: announced(phone) == {"1", *NAMES} and not box.waiting, 40.0)
        box.until(lambda: phone.last(TOPICS.status) == b"online")
        assert box.publisher.status().limits.maximum_packet_bytes is not None
        box.tell(news("later"))
        box.until(lambda: b"later" in phone.payloads(TOPICS.alert))
        box.publisher.close()


@pytest.mark.parametrize(
    "lines", ["retain_available false", "max_qos 0", "max_inflight_messages 1"]
)
def test_limits_that_a_broker_announces_are_kept(
    served: Callable[[str], Mosquitto], journal: Journal, lines: str
) -> None:
    broker = served(lines)
    with Subscriber(broker.port, "#") as phone:
        box = Box(journal, broker.port)
        box.tell(news("first"))
        box.until(lambda: phone.last(TOPICS.status) == b"online" and not box.waiting)
        box.until(lambda: phone.payloads(TOPICS.alert))
        assert phone.payloads(TOPICS.alert) == [b"first"]
        assert box.publisher.protocol == "5"
        box.publisher.close()


def test_a_new_critical_alert_leaves_before_ten_thousand_that_wait(
    broker: Mosquitto, journal: Journal
) -> None:
    old = [news(f"old{i}", urgency=1) for i in range(10_000)]
    journal.write(Batch(messages=old))
    box = Box(journal, broker.port)
    with Subscriber(broker.port, TOPICS.alert) as phone:
        box.until(lambda: len(journal.outbox) < len(old) - 100)
        gone = len(old) - len(journal.outbox)
        box.tell(news("new"))
        box.until(lambda: b"new" in phone.payloads(TOPICS.alert))
        assert phone.payloads(TOPICS.alert).index(b"new") < gone + 900
    box.publisher.close()


def test_a_huge_retained_message_on_a_command_topic_costs_neither_memory_nor_alerts(
    broker: Mosquitto, journal: Journal
) -> None:
    with Subscriber(broker.port, TOPICS.alert) as phone:
        huge = phone.client.publish(TOPICS.command("tare"), b"x" * 60_000_000, 1, retain=True)
        huge.wait_for_publish(60)
        del huge
        before = memory_mb()
        box = Box(journal, broker.port, "3.1.1")
        box.until(lambda: TOPICS.commands in box.publisher.status().refused)
        box.tell(news("first"))
        box.until(lambda: phone.payloads(TOPICS.alert) and not box.waiting)
        phone.caught_up()
        assert set(phone.payloads(TOPICS.alert)) == {b"first"}  # 3.1.1 may bring it twice
        assert memory_mb() - before < 20
        report = box.publisher.report(0.0)
        assert (report.takes_alerts, report.hears_commands) == (True, False)
        assert "empty that topic" in report.why["deaf"]
        box.publisher.close()
        phone.client.publish(TOPICS.command("tare"), b"", 1, retain=True).wait_for_publish(30)


def memory_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.parametrize(
    "content", [None, b"", b"-----BEGIN CERTIFICATE-----"], ids=["missing", "empty", "torn"]
)
def test_a_missing_empty_or_torn_certificate_is_a_reason_and_is_read_again(
    tmp_path: Path, journal: Journal, content: bytes | None
) -> None:
    need_tools()
    authority = tmp_path / "ca.pem"
    if content is not None:
        authority.write_bytes(content)
    config = MqttConfig(host="127.0.0.1", port=1, tls=True, ca_file=str(authority))
    publisher = Publisher(
        config,
        journal.outbox,
        topics=TOPICS,
        connect=lambda protocol: Connection(config, protocol, "nursery-a", None),
        hooks=Hooks(receive=lambda _: None),
    )

    def pump() -> str:
        publisher.pump(time.time())
        return publisher.status().why

    wait_for(lambda: "mqtt.ca_file" in pump(), 10.0)
    make_authority(authority)
    wait_for(lambda: "nothing listens" in pump(), 20.0)
    publisher.close()

"""What a box says at its broker, without one: documents, events, answers, and the log's lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from monitor.commands import Tare
from monitor.config import Config, MqttConfig
from monitor.documents import BoxState, CryStatus, ScaleStatus
from monitor.events import Baby, Command, CommandResult, RosterChanged, SourceState
from monitor.mqtt.bridge import Bridge
from monitor.mqtt.connection_events import Ended, Received
from monitor.mqtt.publisher_settings import Patience
from monitor.store.journal import Journal
from tests.hostile import BASE, FakeConnection, only

T = 1_700_000_000.0
POSSUM = Baby(id="p1", name="Possum", species="puppy")
QUIET = BoxState(
    cry=CryStatus(crying=False, level_db=-50.0, cry_minutes_1h=0.0, cry_minutes_24h=0.0),
    scale=ScaleStatus(total_g=None, still=None, activity=None, in_box=None),
    babies=[],
    alerts=[],
    sources={},
)


class Scripted:
    """A box whose roster and state are set."""

    def __init__(self) -> None:
        self.now_s = T
        self.synced = True
        self.babies: list[Baby] = [POSSUM]

    def status(self, _now_s: float) -> BoxState:
        return QUIET


class Bridged:
    """A bridge over a connection that takes everything at once."""

    def __init__(self, journal: Journal) -> None:
        self.box, self.connection, self.lines = Scripted(), FakeConnection(), list[str]()
        self.bridge = Bridge(
            Config(box="test", mqtt=MqttConfig(host="hub", tls=False)), journal, self.box,
            log=self.lines.append, connect=only(self.connection),
            patience=Patience(waits_s=(0.0,)),
        )  # fmt: skip
        self.until_connected()

    def until_connected(self) -> None:
        while not self.bridge.connected:
            self.bridge.pump()
        self.bridge.pump()

    def said(self, topic: str) -> list[bytes]:
        return [m.payload for m in self.connection.published if m.topic == f"{BASE}/{topic}"]


@pytest.fixture
def bridged(tmp_path: Path) -> Iterator[Bridged]:
    journal = Journal.open(tmp_path / "j.sqlite")
    yield Bridged(journal)
    journal.close()


def test_an_answer_goes_to_the_phone_that_asked_and_to_nobody_for_the_button(
    bridged: Bridged,
) -> None:
    for origin in ("mqtt", "panel"):
        result = CommandResult(t_s=T, verb="tare", ok=True, request_id=origin, origin=origin)
        bridged.bridge.handle_events([result])
    bridged.bridge.pump()
    assert [msgspec.json.decode(p)["request_id"] for p in bridged.said("cmd/tare/result")] == [
        "mqtt"
    ]
    assert bridged.said("event") == []


def test_what_happened_is_an_event(bridged: Bridged) -> None:
    bridged.bridge.handle_events([SourceState(t_s=T, source="scale", state="healthy", why="")])
    (event,) = bridged.said("event")
    assert msgspec.json.decode(event)["source"] == "scale"


def test_a_command_comes_out_and_one_that_cannot_be_read_is_answered(bridged: Bridged) -> None:
    for verb in ("tare", "explode"):
        bridged.connection.events.append(Received(f"{BASE}/cmd/{verb}", b"", False))
    commands = bridged.bridge.pump()
    assert commands == [Command(t_s=T, request=Tare())]
    (refusal,) = bridged.said("cmd/unknown/result")
    assert not msgspec.json.decode(refusal)["ok"]


def test_a_baby_that_has_left_has_its_topics_emptied(bridged: Bridged) -> None:
    bridged.bridge.show_state(QUIET)
    bridged.bridge.pump()
    gone = msgspec.structs.replace(POSSUM, retired_s=T)
    bridged.box.babies = []
    bridged.bridge.handle_events([RosterChanged(t_s=T, baby=gone)])
    bridged.bridge.pump()
    assert bridged.said("baby/possum/chart")[-1] == b""
    bridged.bridge.show_chart("possum", b"png")
    bridged.bridge.pump()
    assert bridged.said("baby/possum/chart")[-1] == b"", "nothing is kept that nobody would empty"


def test_health_is_due_when_the_connection_comes_or_goes(bridged: Bridged) -> None:
    assert bridged.bridge.tick(), "what health said before it came is no longer true"
    assert not bridged.bridge.tick()
    bridged.connection.events.append(Ended("the broker ended the connection: bye"))
    bridged.bridge.pump()
    assert bridged.bridge.tick()
    assert not bridged.bridge.tick()


def test_health_tells_of_the_connection_and_what_it_refuses(bridged: Bridged) -> None:
    assert bridged.bridge.tick()
    bridged.connection.forbidden = {f"{BASE}/cry"}
    bridged.bridge.show_state(QUIET)
    bridged.bridge.pump()
    bridged.bridge.pump()
    assert bridged.bridge.tick(), "other topics are refused than before"
    assert not bridged.bridge.tick()
    bridged.bridge.show_health({}, {"queue": 3})
    bridged.bridge.pump()
    health = msgspec.json.decode(bridged.said("health")[-1])
    assert health["queue"] == 3
    assert health["link"]["refused"] == {f"{BASE}/cry": "not authorized"}
    assert health["topics_to_empty"] == 0
    assert f"the broker does not take {BASE}/cry: not authorized" in bridged.lines


def test_each_way_in_which_the_connection_is_stands_once_in_the_log(bridged: Bridged) -> None:
    bridged.bridge.tick()
    bridged.bridge.tick()
    bridged.connection.events.append(Ended("the broker ended the connection: bye"))
    bridged.bridge.pump()
    bridged.bridge.tick()
    assert bridged.lines == [
        "connected to hub:1883 (MQTT 5, not encrypted)",
        "not connected to hub:1883: the broker ended the connection: bye; alerts wait on disk",
    ]

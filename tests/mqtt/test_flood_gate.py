"""A person's commands pass, a flood does not, and both are told which they were."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from paho.mqtt.client import MQTTMessage

from monitor.config import MqttConfig
from monitor.errors import ConfigError
from monitor.mqtt.connection import Connection
from monitor.mqtt.connection_events import Received
from monitor.mqtt.connection_settings import Intake
from monitor.mqtt.flood_gate import BURST, COMMANDS_PER_S, PAUSE_S, CommandGate
from monitor.mqtt.inbound import FIRST_ANSWER_S, Inbound
from monitor.mqtt.publisher import Publisher
from monitor.mqtt.publisher_settings import Hooks
from monitor.mqtt.topics import Topics
from monitor.store.journal import Journal
from monitor.store.secrets import read_password
from tests.hostile import BASE, Box, FakeConnection, OpenGate


def test_a_dashboard_that_opens_is_no_flood() -> None:
    gate = CommandGate()
    assert all(gate.admit(100.0) for _ in range(BURST))
    assert gate.complaint(100.0) is None
    assert not gate.admit(100.0)
    assert gate.admit(100.0 + 1.01 / COMMANDS_PER_S)


def test_what_is_too_much_is_told_once_a_second() -> None:
    gate = CommandGate()
    said = []
    for step in range(300):  # ten a second for half a minute
        now_s = step / 10
        gate.admit(now_s)
        said += [text for text in [gate.complaint(now_s)] if text]
    assert gate.total == pytest.approx(300 - BURST - 30 * COMMANDS_PER_S, abs=2)
    assert 15 < len(said) <= 30
    assert all(text.startswith("too many commands: ") for text in said)
    assert not gate.is_flooded(30.0)


def test_a_flood_pauses_commands_for_a_while() -> None:
    gate = CommandGate()
    for _ in range(1000):
        gate.admit(5.0)
    text = gate.complaint(5.0)
    assert text is not None
    assert "980 ignored" in text
    assert "hears no commands for 30 s" in text
    assert gate.is_flooded(5.0 + PAUSE_S - 0.1)
    assert not gate.is_flooded(5.0 + PAUSE_S)
    assert gate.admit(5.0 + PAUSE_S)


def flood(box: Box, count: int) -> None:
    for _ in range(count):
        box.connection.events.append(Received(f"{BASE}/cmd/tare", b"", False))


def test_the_box_answers_a_flood_with_one_sentence_and_listens_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Box(tmp_path, patient=False)
    topic = f"{BASE}/cmd/+"
    assert topic in box.connection.subscribed
    flood(box, 1000)
    box.turn()
    box.turn()  # answers leave as fast as the broker acknowledges them
    answers = [m for m in box.connection.published if m.topic == f"{BASE}/cmd/tare/result"]
    told = [json.loads(m.payload).get("error", "") for m in answers]
    assert len(answers) == BURST + 1
    assert sum("too many commands" in text for text in told) == 1
    assert topic not in box.connection.subscribed
    assert box.bridge.status().commands_ignored == 1000 - BURST
    now_s = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now_s + PAUSE_S + 1)
    box.turn()
    assert topic in box.connection.subscribed
    assert len(box.send("tare", b"")) == 1
    box.close()


def test_a_turn_ends_while_messages_keep_coming(tmp_path: Path) -> None:
    connection = FakeConnection()
    received: list[Received] = []

    def and_another(message: Received) -> None:
        received.append(message)
        connection.events.append(message)

    journal = Journal.open(tmp_path / "j.sqlite")
    publisher = Publisher(
        MqttConfig(), journal.outbox, topics=Topics("test"), connect=lambda _: connection,
        hooks=Hooks(receive=and_another), gate=OpenGate(),
    )  # fmt: skip
    while not publisher.connected:
        publisher.pump(0.0)
    connection.events.clear()
    connection.events.extend([Received(f"{BASE}/cmd/tare", b"", False)] * 3)
    publisher.pump(0.0)
    assert len(received) == 3
    journal.close()


def test_messages_nobody_has_looked_at_yet_are_bounded() -> None:
    connection = Connection(MqttConfig(), "5", "x", None, Intake(most_waiting=10))
    message = MQTTMessage(topic=b"a/b")
    message.payload = b"x" * 100
    for _ in range(1000):
        connection.take_message(message)
    assert len(connection.events) == 10
    assert connection.dropped == 990


def test_a_secret_that_cannot_be_read_is_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.touch(0o600)
    secret.write_bytes(b"sesame\xff\xfe")
    config = MqttConfig(username="a", password_file=str(secret))
    with pytest.raises(ConfigError) as caught:
        read_password(config, None)
    assert "sesame" not in str(caught.value)
    assert caught.value.__cause__ is None
    secret.chmod(0o640)
    with pytest.raises(ConfigError, match="others can read"):
        read_password(config, None)


def test_a_stream_of_births_is_a_flood_too(tmp_path: Path) -> None:
    box = Box(tmp_path, patient=False)
    for _ in range(400):
        box.connection.events.append(Received("homeassistant/status", b"online", False))
    box.turn()
    own = {f"{BASE}/status", f"{BASE}/identity"}
    assert box.connection.subscribed == own, "only what the box says itself"
    assert box.bridge.status().commands_ignored == 399
    box.close()


def test_the_first_of_many_births_is_answered_once_and_in_time() -> None:
    inbound = Inbound(
        "homeassistant/status", f"{BASE}/cmd/+", birth_spread_s=10.0,
        receive=lambda _: None, complain=lambda _topic, _text: None,
    )  # fmt: skip
    for second in range(5):
        inbound.received(Received("homeassistant/status", b"online", False), float(second))
        assert not inbound.answers_birth(FIRST_ANSWER_S / 2)
    assert inbound.answers_birth(10.0)
    assert not inbound.answers_birth(20.0)
    inbound.received(Received("homeassistant/status", b"online", True), 30.0)
    assert not inbound.answers_birth(50.0), "one that the broker only keeps is no birth"

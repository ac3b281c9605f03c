"""A person's commands pass, a flood does not, and both are told which they were."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from monitor.config import MqttConfig
from monitor.errors import ConfigError
from monitor.mqtt.connection import Connection, Intake
from monitor.mqtt.connection_events import Received
from monitor.mqtt.flood_gate import BURST, COMMANDS_PER_S, DEAF_S, CommandGate
from monitor.store.secrets import read_password
from tests.hostile import BASE, Box


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
    assert not gate.is_deaf(30.0)


def test_a_flood_closes_the_ears_for_a_while() -> None:
    gate = CommandGate()
    for _ in range(1000):
        gate.admit(5.0)
    text = gate.complaint(5.0)
    assert text is not None
    assert "980 ignored" in text
    assert "hears no commands for 30 s" in text
    assert gate.is_deaf(5.0 + DEAF_S - 0.1)
    assert not gate.is_deaf(5.0 + DEAF_S)
    assert gate.admit(5.0 + DEAF_S)


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
    assert box.app._outputs.publisher.status().commands_ignored == 1000 - BURST
    now_s = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now_s + DEAF_S + 1)
    box.turn()
    assert topic in box.connection.subscribed
    assert len(box.send("tare", b"")) == 1
    box.close()


def test_a_turn_ends_while_messages_keep_coming(tmp_path: Path) -> None:
    box = Box(tmp_path)
    publisher = box.app._outputs.publisher
    receive = publisher._receive

    def and_another(received: Received):
        box.connection.events.append(received)
        return receive(received)

    publisher._receive = and_another
    flood(box, 3)
    assert len(publisher.pump(box.now_s)) == 3
    box.close()


def test_messages_nobody_has_looked_at_yet_are_bounded() -> None:
    connection = Connection(MqttConfig(), "5", "x", None, Intake(most_waiting=10))

    class Sent:
        topic, payload, retain = "a/b", b"x" * 100, False

    for _ in range(1000):
        connection._on_message(connection._client, None, Sent())  # type: ignore[arg-type]
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
    box = Box(tmp_path)
    publisher = box.app._outputs.publisher
    for _ in range(400):
        box.connection.events.append(Received("homeassistant/status", b"online", False))
    publisher.pump(box.now_s)
    first_s = publisher._birth_due_s
    assert first_s is not None, "the first is answered, in time, whatever follows"
    own = {f"{BASE}/status", f"{BASE}/identity"}
    assert box.connection.subscribed == own, "only what the box says itself"
    assert publisher.status().commands_ignored == 399
    box.close()

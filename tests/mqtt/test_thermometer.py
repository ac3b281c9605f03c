"""A thermometer of the house: what of its messages is a reading."""

from __future__ import annotations

import pytest

from monitor.config import ProbeConfig
from monitor.mqtt.connection_events import Received
from monitor.mqtt.thermometer import Thermometer, number

TOPIC = "zigbee2mqtt/nest"
Z2M = b'{"battery":87,"humidity":41.2,"last_seen":"2026-01-01T00:00:00Z","temperature":29.63}'


def thermometer(**more: object) -> Thermometer:
    config = ProbeConfig(source="mqtt", topic=TOPIC, **more)  # type: ignore[arg-type]
    return Thermometer(config)


def said(payload: bytes, retain: bool = False) -> Received:
    return Received(TOPIC, payload, retain)


@pytest.mark.parametrize(
    ("payload", "field", "value"),
    [
        (b"29.5", "", 29.5),
        (b" 29,5\n", "", 29.5),
        (b"-3", "", -3.0),
        (Z2M, "temperature", 29.63),
        (b'{"temperature": "29.6"}', "temperature", 29.6),
        (b'{"DS18B20": {"Id": "0316", "Temperature": 30.1}}', "DS18B20.Temperature", 30.1),
        (b'{"a.b": 20}', "a.b", 20.0),
        (b"29.5", "temperature", None),
        (Z2M, "", None),
        (Z2M, "warmth", None),
        (b'{"temperature": null}', "temperature", None),
        (b'{"temperature": true}', "temperature", None),
        (b'{"temperature": "unavailable"}', "temperature", None),
        (b'{"temperature": [29]}', "temperature", None),
        (b'{"temperature": 1e400}', "temperature", None),
        (b'{"temperature": NaN}', "temperature", None),
        (b"nan", "", None),
        (b"inf", "", None),
        (b"", "", None),
        (b"unavailable", "", None),
        (b"\xff\xfe", "", None),
        (b"[" * 4000, "temperature", None),
        (b"1" * 5000, "", None),
    ],
)
def test_a_number_is_taken_and_nothing_else(payload: bytes, field: str, value: float | None):
    assert number(payload, field) == value


def test_fahrenheit_is_said_in_the_configuration() -> None:
    reading = thermometer(unit="F").received(said(b"86"), 0.0, 100.0)
    assert reading is not None
    assert reading.temperature_c == pytest.approx(30.0)
    assert reading.t_s == 100.0


def test_what_is_kept_at_the_broker_is_of_nobody_knows_when() -> None:
    assert thermometer().received(said(b"29.5", retain=True), 0.0, 100.0) is None


def test_what_is_no_number_is_a_fault_that_quotes_nothing() -> None:
    reading = thermometer(field="temperature").received(said(b"\x1b[31mevil"), 0.0, 100.0)
    assert reading is not None
    assert reading.temperature_c is None
    assert reading.fault == f'sends no "temperature" on {TOPIC}'


def test_a_flood_is_left_out_and_then_not_listened_to() -> None:
    found, taken = thermometer(), 0
    for i in range(3000):
        now_s = i / 1000
        taken += found.received(said(b"29.5"), now_s, now_s) is not None
        found.is_flooded(now_s)
    assert taken < 40
    assert found.is_flooded(3.0)
    assert found.is_flooded(4.0)
    assert not found.is_flooded(60.0)


def test_another_source_listens_to_nothing() -> None:
    assert thermometer().topics == [TOPIC]
    assert Thermometer(ProbeConfig(source="onewire")).topics == []


def test_a_topic_that_the_broker_refuses_is_a_fault_every_ten_seconds() -> None:
    found, refused = thermometer(), {TOPIC: "may not be heard: not authorized"}
    said = [found.unheard(refused, float(t_s)) for t_s in range(25)]
    (first, *_) = [each for each in said if each is not None]
    assert sum(each is not None for each in said) == 3
    assert first.temperature_c is None
    assert first.fault == f"on {TOPIC} may not be heard: not authorized"
    assert found.unheard({"nursery/b/cmd/+": "no"}, 60.0) is None

"""Body temperatures as people write them."""

from __future__ import annotations

import pytest

from monitor.commands import WriteNote
from monitor.errors import CommandError
from monitor.written.degrees import parse_celsius
from monitor.written.requests import request


@pytest.mark.parametrize(
    ("text", "celsius"),
    [
        ("37.9", 37.9), ("37,9", 37.9), ("38", 38.0), ("38.2 C", 38.2), ("38.2 °C", 38.2),
        ("38.2 celsius", 38.2), ("101.3 F", 38.5), ("100.2°F", 37.9), ("95f", 35.0),
    ],
)  # fmt: skip
def test_a_temperature_is_read_in_degrees_celsius(text: str, celsius: float) -> None:
    assert parse_celsius(text) == celsius
    asked = request("note", {"kind": "temperature_c", "value": text})
    assert isinstance(asked, WriteNote)
    assert asked.said == celsius


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("101.3", "if that is Fahrenheit, write 101.3 F"),
        ("379", "379 °C"),
        ("3.8", "3.8 °C"),
        ("warm", "is no temperature"),
        ("", "is no temperature"),
        ("37.9 38", "is no temperature"),
    ],
)
def test_what_nobody_has_is_refused_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_celsius(text)
    with pytest.raises(CommandError, match='"value"'):
        request("note", {"kind": "temperature_c", "value": text})


def test_a_temperature_needs_a_value() -> None:
    with pytest.raises(CommandError, match='"value"'):
        request("note", {"kind": "temperature_c"})

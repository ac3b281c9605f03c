"""Commands are read strictly and refused in one sentence."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import CommandError
from monitor.mqtt.topics import Topics, parse_command

TOPICS = Topics("box")


def read(verb: str, payload: object, *, retain=False):
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return parse_command(TOPICS.command(verb), raw, TOPICS, retain=retain, now_s=5.0)


def test_a_command_with_its_arguments():
    command = read("snooze", {"id": "crying-1", "minutes": 30, "request_id": "r"})
    assert (command.verb, command.t_s, command.request_id) == ("snooze", 5.0, "r")
    assert command.args == {"id": "crying-1", "minutes": 30.0}


@pytest.mark.parametrize("payload", [b"", b"  ", b"{}"])
def test_a_button_without_arguments(payload):
    assert read("acknowledge", payload).args == {}


def test_null_means_left_out():
    assert read("acknowledge", {"id": None}).args == {}


def test_names_may_be_what_people_write():
    for name in ("Little Joey", "👨‍👩‍👧", "Ünï/#+", 'O\'Hara "the" cat'):
        assert read("baby_retire", {"name": name}).args["name"] == name


@pytest.mark.parametrize(
    ("verb", "payload", "says"),
    [
        ("explode", {}, 'no command "explode"'),
        ("tare/x", {}, "no command"),
        ("tare", b"\xff", "not valid JSON"),
        ("tare", b"PRESS", "not valid JSON"),
        ("tare", [], "must be a JSON object"),
        ("tare", "x", "must be a JSON object"),
        ("tare", {"a": 1}, 'does not know "a"'),
        ("assign", {"step_id": "s"}, 'needs "baby"'),
        ("assign", {"step_id": "s", "baby": {"a": 1}}, "plain value"),
        ("assign", {"step_id": "s", "baby": ["x"]}, "plain value"),
        ("assign", {"step_id": "s", "baby": 5}, "must be text"),
        ("weigh", {"baby": "P", "grams": "112"}, "must be a number"),
        ("weigh", {"baby": "P", "grams": True}, "must be a number"),
        ("weigh", b'{"baby": "P", "grams": 1e999}', "weigh"),
        ("baby_retire", {"name": "a\nb"}, "control characters"),
        ("baby_retire", {"name": "a\u202eb"}, "control characters"),
        ("baby_retire", {"name": "x" * 201}, "longer than 200"),
        ("baby_retire", {"name": "x" * 5000}, "4096 are allowed"),
        ("tare", b"[" * 4000, "tare"),
    ],
)
def test_odd_ones_are_refused(verb, payload, says):
    with pytest.raises(CommandError) as refusal:
        read(verb, payload)
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_a_retained_command_is_dropped():
    with pytest.raises(CommandError, match="retained"):
        read("tare", {}, retain=True)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_refusal(payload):
    with suppress(CommandError):
        assert read("weigh", payload).args["baby"]

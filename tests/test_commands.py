"""Commands are read strictly and refused in one sentence."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.commands import (
    VERBS,
    Acknowledge,
    Assign,
    BabyRetire,
    History,
    Snooze,
    Weigh,
    arguments,
)
from monitor.errors import CommandError
from monitor.mqtt.topics import Topics, command_result_message, parse_command
from monitor.times import parse_rfc3339
from monitor.written.days import LocalNow
from monitor.written.requests import request, understood

TOPICS = Topics("box")


def read(verb: str, payload: object, *, retain=False):
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return parse_command(TOPICS.command(verb), raw, TOPICS, retain=retain, now_s=5.0)


def test_a_command_with_its_arguments():
    command = read("snooze", {"id": "crying-1", "minutes": 30, "request_id": "r"})
    assert (command.verb, command.t_s, command.request_id) == ("snooze", 5.0, "r")
    assert command.request == Snooze(id="crying-1", minutes=30.0)


@pytest.mark.parametrize("payload", [b"", b"  ", b"{}"])
def test_a_button_without_arguments(payload):
    assert read("acknowledge", payload).request == Acknowledge()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"id": "a", "kind": "crying"}, 'one of "id", "token" and "kind"'),
        ({"token": "a", "kind": "crying"}, 'one of "id", "token" and "kind"'),
        ({"baby": "Possum"}, 'takes "baby" with "kind" only'),
        ({"kind": "no_such"}, "kind"),
    ],
)
def test_an_acknowledgement_names_one_thing(args, says):
    with pytest.raises(CommandError, match=says):
        read("acknowledge", args)


def test_null_means_left_out():
    assert read("acknowledge", {"id": None}).request == Acknowledge()


def test_names_may_be_what_people_write():
    for name in ("Little Joey", "👨‍👩‍👧", "Ünï/#+", 'O\'Hara "the" cat'):
        assert read("baby_retire", {"name": name}).request == BabyRetire(name=name)


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
        ("assign", {"step_id": "s"}, 'needs "baby", or "object"'),
        ("assign", {"step_id": "s", "baby": "Bee", "object": "sock"}, "not both"),
        ("assign", {"step_id": "s", "object": "nobody"}, "means that it was no baby"),
        ("assign", {"step_id": "s", "object": " "}, '"object" is missing'),
        ("thing_forget", {}, 'needs "name"'),
        ("baby_edit", {"name": "Bee"}, "baby_edit needs what changes"),
        ("baby_edit", {"name": "Bee", "confirm": True}, "baby_edit needs what changes"),
        ("assign", {"step_id": "s", "baby": {"a": 1}}, "plain value"),
        ("assign", {"step_id": "s", "baby": ["x"]}, "plain value"),
        ("assign", {"step_id": "s", "baby": 5}, "must be text"),
        ("weigh", {"baby": "P", "grams": "heavy"}, "is no weight ('heavy'): write 112"),
        ("weigh", {"baby": "P", "grams": "12,450"}, '"grams" can be 12.45 or 12450'),
        ("weigh", {"baby": "P", "grams": "8 ml"}, "is no weight"),
        ("weigh", {"baby": "P", "grams": ""}, "must be a number"),
        ("weigh", {"baby": "P", "grams": True}, "must be a number"),
        ("weigh", b'{"baby": "P", "grams": 1e999}', "weigh"),
        ("weigh", {"baby": "P", "grams": 0}, '"grams" is 0: a weight in grams is above 0'),
        ("weigh", {"baby": "P", "grams": 184, "at": "yesterday"}, "no time"),
        ("weigh", {"baby": "P", "grams": 184, "at": "3/4 07:00"}, "can be 3 Apr or 4 Mar"),
        ("weigh", {"baby": " ", "grams": 184}, '"baby" is missing'),
        ("correct", {"step_id": "s"}, 'needs one of "grams", "baby" or "void"'),
        ("tare", {"verb": "tare"}, 'does not know "verb"; it takes nothing'),
        ("baby_add", {"name": "P", "species": "Kitten"}, '"species" must be kitten or puppy'),
        ("baby_add", {"name": "P", "species": "puppy", "born": "1 Mai 5"}, "is no date"),
        ("baby_add", {"name": "P", "species": "puppy", "born": 5}, "must be text"),
        ("weigh_in", {"cancel": 1}, "must be true or false"),
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


@pytest.mark.parametrize("minutes", [0, -5, 721, "soon", True, float("nan")])
def test_an_odd_snooze_is_refused(minutes):
    with pytest.raises(CommandError, match="minutes"):
        request("snooze", {"minutes": minutes})


@pytest.mark.parametrize("verb", VERBS)
def test_a_request_is_the_same_after_it_lay_in_the_inbox(verb):
    fields = {
        "step_id": "s", "baby": "P", "grams": 112, "at": "2026-05-08T12:00:00Z", "name": "P",
        "species": "puppy", "born": "2026-05-01", "minutes": 20, "void": True, "cancel": True,
        "kind": "temperature_c", "value": 38.5, "key": "box", "step": "mass", "seconds": 30,
        "move": "m", "carrier": "c", "origin": "attic",
    }  # fmt: skip
    given = {name: fields[name] for name in VERBS[verb].__struct_fields__ if name in fields}
    steps = {"set_up": "scale", "baby_give": "read", "baby_take": "cancel"}
    given |= {"step": steps[verb]} if verb in steps else {}
    given |= {"kind": "low_intake"} if verb == "acknowledge" else {}
    asked = request(verb, given)
    assert request(verb, json.loads(json.dumps(arguments(asked)))) == asked
    assert arguments(asked) == given


def test_amounts_times_and_dates_come_as_people_write_them():
    berlin = ZoneInfo("Europe/Berlin")
    now = LocalNow(datetime(2026, 11, 28, 8, 0, tzinfo=berlin).timestamp(), berlin)
    asked = request("weigh", {"baby": "P", "grams": "4 oz", "at": "yesterday 23:10"}, now)
    assert asked == Weigh(baby="P", grams=4 * 28.349523125, at="2026-11-27T22:10:00Z")
    assert understood(asked, now) == "113.4 g, yesterday 23:10"
    added = request(
        "baby_add",
        {"name": "P", "species": "puppy", "born": "20.11.", "adult_weight_kg": "55 lb"},
        now,
    )
    assert understood(added, now) == "born 2026-11-20, 24.9 kg grown up"
    assert understood(Acknowledge(), now) is None


def test_what_lies_in_the_inbox_is_not_read_again_by_another_clock():
    with pytest.raises(CommandError, match="no time"):
        request("weigh", {"baby": "P", "grams": 112, "at": "07:30"})


def test_the_answer_says_back_what_was_understood():
    command = read("weigh", {"baby": "P", "grams": "1 lb 2 oz"})
    answered = command_result_message(command.answer(), TOPICS)
    assert json.loads(answered.payload) == {"ok": True, "understood": "510.3 g"}
    refused = command_result_message(command.answer("no"), TOPICS)
    assert "understood" not in json.loads(refused.payload)


def test_text_has_no_space_around_it():
    assert request("assign", {"step_id": " s ", "baby": "Possum "}) == Assign(
        step_id="s", baby="Possum"
    )


def test_a_retained_command_is_dropped():
    with pytest.raises(CommandError, match="retained"):
        read("tare", {}, retain=True)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_refusal(payload):
    with suppress(CommandError):
        assert isinstance(read("weigh", payload).request, Weigh)


@pytest.mark.parametrize(
    ("written", "since", "until"),
    [
        ("2026-11-27", "2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z"),
        ("yesterday", "2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z"),
        ("yesterday 23:10", "2026-11-27T23:10:00Z", "2026-11-27T23:10:00Z"),
        ("20 min ago", "2026-11-28T11:40:00Z", "2026-11-28T11:40:00Z"),
    ],
)
def test_a_day_alone_is_the_whole_day_where_a_time_begins_and_ends(written, since, until):
    now = LocalNow(parse_rfc3339("2026-11-28T12:00:00Z"), UTC)
    asked = request("history", {"since": written, "until": written}, now)
    assert asked == History(since=since, until=until)


def test_a_beginning_that_is_no_time_is_refused():
    with pytest.raises(CommandError, match='"since"'):
        request("history", {"since": "soon"}, LocalNow(0.0, UTC))

"""What is in a form, as the command takes it."""

from typing import Any

import pytest

from monitor.page.forms import arguments, fields_of


@pytest.mark.parametrize(
    ("verb", "name", "text", "sent"),
    [
        ("weigh", "grams", "12,450", "12,450"),  # two readings: for the box to refuse
        ("weigh", "grams", "150", "150"),
        ("correct", "grams", "1 lb 2 oz", "1 lb 2 oz"),
        ("feed", "grams", "8,5 ml", "8,5 ml"),
        ("feed", "at", "07:30", "07:30"),
        ("feed", "usual", "1", True),
        ("weigh", "confirm", "1", True),
        ("snooze", "minutes", "30", 30.0),
        ("note", "value", "38,2", "38,2"),
        ("baby_add", "born", "2026-01-31", "2026-01-31"),
        ("no_such_verb", "x", "1", "1"),
    ],
)
def test_what_people_write_stays_text_and_the_rest_has_its_type(
    verb: str, name: str, text: str, sent: Any
) -> None:
    assert arguments(verb, {name: text}) == {name: sent}


def test_a_field_that_was_left_empty_was_not_sent() -> None:
    assert arguments("feed", {"baby": "Possum", "grams": "", "at": ""}) == {"baby": "Possum"}


def test_a_body_that_is_no_form_has_no_fields() -> None:
    assert fields_of(b"\xff\xfe") == {}
    assert fields_of(b"a=1&b=2&a=3") == {"a": "3", "b": "2"}


def test_settings_that_belong_together_are_one_table():
    fields = {"key": "mqtt", "value.host": "broker.local", "value.username": "", "value.tls": "yes"}
    assert arguments("configure", fields) == {
        "key": "mqtt",
        "value": {"host": "broker.local", "tls": "yes"},
    }


def test_addresses_are_a_list_one_a_line():
    given = arguments(
        "configure", {"key": "notify.urls", "value": "ntfy://a\r\n\r\n ntfys://b \r\n"}
    )
    assert given["value"] == ["ntfy://a", "ntfys://b"]
    assert arguments("configure", {"key": "box", "value": "attic"})["value"] == "attic"


def test_a_note_of_several_lines_stays_text():
    assert arguments("note", {"kind": "other", "text": "one\r\ntwo"})["text"] == "one\r\ntwo"


def test_to_take_a_setting_back_is_a_yes():
    assert arguments("configure", {"key": "box", "default": "1"}) == {"key": "box", "default": True}

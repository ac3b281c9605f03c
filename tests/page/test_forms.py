from __future__ import annotations

from monitor.page.forms import arguments


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

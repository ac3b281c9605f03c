from __future__ import annotations

import pytest

from monitor.page.screens import settings
from monitor.page.seen import Answer
from monitor.page.words import Words
from monitor.written.settings import settings as all_settings
from tests.page.seeing import BOX, DE, EN, box, html, seen, shown

TOLD = {
    "problem": None,
    "settings": [
        {"key": "box", "value": BOX, "from": "file", "kind": "text", "given": True},
        {"key": "alerts.night.from", "value": "22:00", "from": "default", "kind": "time",
         "given": True},
        {"key": "alerts.remind_every_min", "value": 10.0, "from": "settings", "kind": "number",
         "given": True, "least": 0.0, "most": 1440.0},
        {"key": "notify.urls", "value": None, "from": "settings", "kind": "secret", "given": True},
        {"key": "mqtt.tls", "value": True, "from": "file", "kind": "yes_no", "given": True},
        {"key": "mqtt.host", "value": "broker.local", "from": "file", "kind": "text",
         "given": True},
        {"key": "scale.source", "value": "hx711", "from": "file", "kind": "choice",
         "choices": ["hx711", "csv", "none"], "given": True},
        "nonsense", {"value": 3},
    ],
}  # fmt: skip


def page(table, **more):
    return html(settings.show, seen(box(settings=TOLD), table=table, **more))


def test_each_setting_says_its_value_and_where_it_comes_from():
    found = {each.key: each for each in settings.read(box(settings=TOLD), seen().words)}
    assert found["alerts.night.from"].value == "22:00"
    assert found["alerts.night.from"].comes_from == "as delivered"
    assert found["alerts.remind_every_min"].value == "10"
    assert found["alerts.remind_every_min"].is_set_here
    assert len(found) == 7


def test_a_secret_is_never_shown_and_its_field_is_empty():
    text = page("notify")
    assert "one is kept; it is never shown" in text
    assert '<textarea id="s-1" name="value" rows="3"' in text
    assert "</textarea>" in text


def test_what_belongs_together_is_saved_at_once_and_what_is_left_empty_stays():
    text = page("mqtt")
    assert 'name="value.host"' in text
    assert 'placeholder="broker.local"' in text
    assert text.count("setup/do/configure") == 1


def test_a_table_that_is_none_shows_the_first():
    assert shown(settings.show, seen(box(settings=TOLD), table="passwd")).model["chosen"] == (
        "alerts"
    )


def test_a_box_that_has_not_told_its_settings_offers_no_form():
    text = html(settings.show, seen(box(settings=None)))
    assert "configure" not in text


def test_what_was_refused_is_shown_filled_in_again():
    fields = {"key": "alerts.night.from", "value": "25:00"}
    said = Answer(box=BOX, verb="configure", ok=False, text="will not do", fields=fields)
    assert 'value="25:00"' in page("alerts", said=said)


@pytest.mark.parametrize("words", [EN, DE])
def test_every_setting_has_a_label_that_is_no_key(words: Words):
    unnamed = [key for key in all_settings() if f"setting.{key.replace('.', '_')}" not in words]
    assert unnamed == []

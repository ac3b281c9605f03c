from __future__ import annotations

import msgspec

from monitor.page.screens import settings
from monitor.page.seen import Answer
from tests.page.seeing import BOX, box, html, seen
from tests.page.test_progress import new

TOLD = {
    "problem": None,
    "settings": [{"key": "notify.urls", "value": None, "from": "default", "kind": "secret",
                  "given": False}],
}  # fmt: skip
TOPIC = "nursery-abcdefghijkmnpqrstuv"
ANSWER = {
    "ok": True, "topic": TOPIC, "server": "https://ntfy.sh", "app": f"ntfy://ntfy.sh/{TOPIC}",
    "web": f"https://ntfy.sh/{TOPIC}",
}  # fmt: skip


def page(result=None, ok=True, told=TOLD, **more):
    said = None
    if result is not None:
        said = Answer(box=BOX, verb="push", ok=ok, text="", result=result,
                      fields={"server": "http://h:2586"})  # fmt: skip
    asked = seen(box(settings=told), said=said, table="notify", **more)
    return html(settings.show, msgspec.structs.replace(asked, origin="http://nursery.local:8080"))


def test_a_topic_is_made_by_one_button_that_tells_the_box_where_the_page_is():
    text = page()
    assert f'action="/boxes/{BOX}/setup/do/push"' in text
    assert 'name="page_url" value="http://nursery.local:8080"' in text
    assert "Set up pushes" in text
    assert "<svg" not in text.split('id="push-phone"')[1].split("</section>")[0].replace(
        '<svg class="icon"', ""
    )


def test_where_there_is_one_its_button_says_so():
    given = {"problem": None, "settings": [TOLD["settings"][0] | {"given": True}]}
    assert "Show how a phone gets them" in page(told=given)


def test_the_topic_that_was_told_is_shown_as_picture_link_and_text():
    text = page(ANSWER)
    assert f'href="ntfy://ntfy.sh/{TOPIC}"' in text
    assert f'<p class="topic" id="push-topic">{TOPIC}</p>' in text
    assert 'class="qr"' in text
    assert "another server" not in text
    assert 'name="new" value="1"' in text


def test_a_server_of_ones_own_is_named():
    own = ANSWER | {"server": "http://h:2586", "app": f"ntfy://h:2586/{TOPIC}?secure=false"}
    assert "type http://h:2586" in page(own)


def test_what_no_box_of_ours_would_say_becomes_no_link():
    for app in ("javascript:alert(1)", "https://evil.example/x", "ntfy://h/x y", 5, None):
        text = page(ANSWER | {"app": app})
        assert "push-open" not in text
        assert "javascript" not in text


def test_a_refused_server_stands_in_its_field_again():
    assert 'value="http://h:2586"' in page({"ok": False}, ok=False)


def test_who_is_setting_up_gets_a_way_on():
    asked = seen(new("name"), said=Answer(box=BOX, verb="push", ok=True, text="", result=ANSWER),
                 table="notify")  # fmt: skip
    found = msgspec.structs.replace(asked, box=msgspec.structs.replace(asked.box, settings=TOLD))
    assert f'href="/boxes/{BOX}/setup?step=alerts"' in html(settings.show, found)
    assert "push-on" not in page(ANSWER)


def test_who_may_only_look_sees_no_topic():
    assert TOPIC not in page(ANSWER, right="look")

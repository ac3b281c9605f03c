"""The live view: what it shows, what it hides, and what its keys send."""

from __future__ import annotations

import io
import json

import pytest

from monitor.verbs.watch import said_of
from monitor.verbs.watched_boxes import WatchedBoxes, answers

rich_console = pytest.importorskip("rich.console", reason='the "watch" extra is not installed')
from monitor.verbs.watch_view import draw  # noqa: E402 - only where rich is installed

NOW = 1_767_268_800.0  # 2026-01-01T12:00:00Z


def alert(name="crying-1", severity="warning", box="one", since="2026-01-01T11:55:00Z"):
    return {
        "id": name, "box": box, "severity": severity, "state": "raised", "since": since,
        "title": "Kitten crying", "message": "The bottle was due 20 min ago.",
    }  # fmt: skip


def board(*alerts, box="one") -> WatchedBoxes:
    subject = WatchedBoxes()
    documents = {
        "status": b"online",
        "cry": json.dumps({"crying": True, "since": "2026-01-01T11:57:00Z", "species": "kitten",
                           "cry_minutes_24h": 12.3}).encode(),
        "scale": b'{"total_g": 1534.2}',
        "health": b'{"sources": {"microphone": {"state": "failed"}}}',
        "baby/possum": json.dumps({"name": "Possum", "weight_g": 112.4, "gain_24h_g": -2.5,
                                   "weighed_at": "2026-01-01T11:00:00Z", "verdict": "losing",
                                   "gain_24h_pct": None, "in_box": True,
                                   "bottle_due_at": "2026-01-01T11:40:00Z"}).encode(),
        "alerts": json.dumps(list(alerts)).encode(),
    }  # fmt: skip
    for topic, payload in documents.items():
        subject.observe(f"nursery/{box}/{topic}", payload)
    return subject


def test_a_weight_that_was_only_told_says_so():
    subject = board()
    told = {"name": "Possum", "weight_g": None, "told_weight_g": 112.0}
    subject.observe("nursery/one/baby/possum", json.dumps(told).encode())
    assert "112.0 g told, not weighed" in shown(subject)


def shown(subject: WatchedBoxes) -> str:
    console = rich_console.Console(width=120, record=True, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(draw(subject, NOW, connection="connected"))
    return console.export_text()


def test_a_box_with_babies_units_and_ages():
    text = shown(board(alert()))
    for expected in (
        "kitten crying for 3 min", "on the scale 1534.2 g", "microphone failed", "Possum",
        "112.4 g 1 h ago", "-2.5 g (? %)", "losing", "due 20 min ago", "12 min of crying in 24 h",
        "> Kitten crying for 5 min: The bottle was due 20 min ago.",
    ):  # fmt: skip
        assert expected in text


def test_an_offline_box_shows_no_old_number():
    subject = board(alert())
    subject.observe("nursery/one/status", b"offline")
    text = shown(subject)
    assert "offline: nobody is watching" in text
    assert "112.4" not in text
    assert subject.selected() is None


def test_a_box_without_a_word_is_not_said_to_be_offline():
    subject = board(alert())
    subject.by_name["one"].online = None  # as when this watch has lost the broker
    text = shown(subject)
    assert "not known" in text
    assert "offline" not in text
    assert "112.4" not in text


def test_a_retired_baby_goes():
    subject = board()
    subject.observe("nursery/one/baby/possum", b"")
    assert "Possum" not in shown(subject)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (b'{"ok":true}', "not a cry: done"),
        (b'{"ok":true,"understood":"8.0 g at 07:30"}', "not a cry: 8.0 g at 07:30"),
        (
            b'{"ok":false,"error":"there is no such alert"}',
            "not a cry: not done: there is no such alert",
        ),
        (b'{"ok":false}', "not a cry: not done: no reason given"),
        (b'{"ok":true,"understood":"\\u001b[2J"}', "not a cry: ?[2J"),
        (b"PRESS", "not a cry: the answer cannot be read"),
    ],
)
def test_an_answer_is_said_in_words(payload, says):
    assert said_of("not_a_cry", payload) == says


def test_the_worst_is_selected_first_and_keys_move_on():
    subject = board(alert("a"), alert("b", "critical"), alert("c", "info"))
    order = [subject.selected()["id"]]
    for _ in range(3):
        subject.select(1)
        order.append(subject.selected()["id"])
    assert order == ["b", "a", "c", "b"]
    subject.select(-1)
    assert subject.selected()["id"] == "c"


@pytest.mark.parametrize(
    ("topic", "payload"),
    [("nursery/one/alerts", b"{"), ("nursery/one/alerts", b"[1]"), ("nursery/one/cry", b"[]"),
     ("other/one/cry", b"{}"), ("nursery", b""), ("nursery/one/baby/x/chart", b"\x89PNG")],
)  # fmt: skip
def test_odd_messages_change_nothing(topic, payload):
    subject = board()
    subject.observe(topic, payload)
    assert "no open alerts" in shown(subject)


def test_nothing_heard_is_said():
    assert "No box has been heard of yet" in shown(WatchedBoxes())


def test_a_box_speaks_for_itself_alone():
    subject = board(alert(name="fake", box="two"))
    assert subject.selected()["box"] == "one"


def test_nothing_steers_the_terminal():
    evil = "a\x1b[2J\x9b31m\u202e[red]b[/red]"
    subject = WatchedBoxes()
    subject.observe("nursery/x\x1b[2J[red]/status", b"online")
    subject.observe(
        "nursery/x\x1b[2J[red]/baby/p", json.dumps({"name": evil, "verdict": evil}).encode()
    )
    found = json.dumps([alert(name=evil) | {"title": evil, "state": {}}]).encode()
    subject.observe("nursery/x\x1b[2J[red]/alerts", found)
    console = rich_console.Console(width=120, record=True, file=io.StringIO(), force_terminal=False)
    console.print(draw(subject, NOW, connection="", answer=""))
    text = console.export_text()
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\u202e" not in text
    assert "[red]b[/red]" in text


@pytest.mark.parametrize(
    "payload", [b"\xff", b"[" * 5000, b'{"sources": [1]}', b'{"sources": {"a": 1}}']
)
def test_what_no_box_says_is_survived(payload):
    subject = board()
    for topic in ("health", "cry", "scale", "alerts", "baby/p"):
        subject.observe(f"nursery/one/{topic}", payload)
    rich_console.Console(width=120, file=io.StringIO()).print(draw(subject, NOW, connection=""))


def asks(**more):
    return alert("who_is_it-1", "info") | {"kind": "who_is_it", "step_id": "35afw0h"} | more


def test_a_question_is_answered_by_a_key_for_each_it_may_have_been_and_one_for_a_thing():
    question = asks(
        candidates=[{"baby": "Bee", "p": 0.3}, "nonsense", {"p": 1.0}],
        things=[{"thing": "rice sock", "p": 0.6}],
    )
    assert answers(question) == {"1": "rice sock", "2": "Bee", "t": "a thing"}
    assert "1 rice sock   2 Bee   t a thing" in shown(board(question))
    assert answers(asks(candidates=None, things=7)) == {"t": "a thing"}
    assert answers(alert()) == answers(None) == {}
    assert answers(asks(step_id=None)) == {}

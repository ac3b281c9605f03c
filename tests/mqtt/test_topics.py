"""Topics and payloads, as phones and dashboards rely on them."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.documents import BabyStatus, BoxState, CryStatus, ScaleStatus, SourceHealth
from monitor.events import Alert, Baby, Candidate, CommandResult, CryStarted
from monitor.mqtt.topics import (
    LIVE_EXPIRY_S,
    SLOW_EXPIRY_S,
    Topics,
    alert_messages,
    alert_sentence,
    command_result_message,
    event_message,
    health_message,
    state_messages,
)

T = 1_767_268_800.0  # 2026-01-01T12:00:00Z
TOPICS = Topics("kangaroo-and-possum")


def alert(**more) -> Alert:
    fields = {
        "t_s": T + 60,
        "id": "crying-20260101T120000Z",
        "kind": "crying",
        "state": "raised",
        "severity": "warning",
        "baby": None,
        "since": T,
        "title": "Kitten crying",
        "message": "A kitten has been crying for 1 min: Possum's bottle was due 20 min ago.",
        "why": "60 s of calls",
        "box": "kangaroo-and-possum",
    }
    return Alert(**(fields | more))


def state(*alerts: Alert, babies=("Kangaroo", "Possum")) -> BoxState:
    return BoxState(
        cry=CryStatus(crying=True, since=T, species="kitten", score=0.97, context="bottle_due"),
        scale=ScaleStatus(total_g=1234.567, still=True, activity=0.1, in_box=list(babies)),
        babies=[BabyStatus(name=name, species="puppy", weight_g=112.3456) for name in babies],
        alerts=list(alerts),
        sources={"scale": SourceHealth(state="healthy")},
    )


def by_topic(messages) -> dict[str, object]:
    assert len({m.topic for m in messages}) == len(messages)
    return {m.topic.removeprefix("nursery/kangaroo-and-possum/"): m for m in messages}


def body(message) -> object:
    return json.loads(message.payload)


def test_every_topic_of_a_box_with_its_retain_flag_and_qos():
    found = by_topic(state_messages(state(), TOPICS))
    assert {topic: (m.retain, m.qos) for topic, m in found.items() if "/" not in topic} == {
        "cry": (True, 1),
        "scale": (True, 0),
        "nest": (True, 1),
        "alerts": (True, 1),
        "question": (True, 1),
        "summary": (True, 1),
    }
    assert found["baby/possum"].qos == 1
    assert found["baby/possum"].retain


def test_documents_have_the_fields_of_the_contract():
    found = by_topic(state_messages(state(), TOPICS))
    assert set(body(found["cry"])) == {
        "crying", "since", "species", "score", "context", "level_db", "cry_minutes_1h",
        "cry_minutes_24h",
    }  # fmt: skip
    assert body(found["cry"])["since"] == "2026-01-01T12:00:00Z"
    assert body(found["cry"])["level_db"] is None
    assert body(found["scale"]) == {
        "total_g": 1234.57, "still": True, "activity": 0.1, "in_box": ["Kangaroo", "Possum"],
        "weigh_in_ends_at": None, "things": [], "calibration": None, "calibrated": True,
    }  # fmt: skip
    for topic in ("summary", "summary/week"):
        assert body(found[topic]) == {"text": None, "from": None, "to": None}
    assert set(body(found["nest"])) == {"temperature_c", "at", "wanted_c", "probe"}
    assert set(body(found["baby/possum"])) == {
        "name", "species", "born", "adult_weight_kg", "weight_g", "weighed_at", "gain_24h_g",
        "told_weight_g", "told_at",
        "gain_24h_pct", "verdict",
        "last_feed_at", "last_feed_g", "intake_24h_g", "bottle_due_at", "in_box",
        "out_since", "watch", "intake_24h_ml_per_kg", "next_feed_ml",
        "warm_first", "moving", "stayed", "came_from", "id",
            "registered_at",
        "need_24h_ml_per_kg", "milk_g_per_gain_g", "also_nurses", "weaning",
    }  # fmt: skip


def test_live_numbers_expire_and_open_alerts_do_not():
    found = by_topic(state_messages(state(alert()), TOPICS))
    assert found["cry"].expiry_s == found["scale"].expiry_s == LIVE_EXPIRY_S
    assert found["baby/possum"].expiry_s is not None
    assert found["alerts"].expiry_s is None
    assert found["problem/crying"].expiry_s is None


def test_problems_are_on_exactly_while_an_alert_is_open():
    messages = state_messages(state(alert(), alert(kind="low_intake", baby="Possum")), TOPICS)
    problems = {t: m.payload for t, m in by_topic(messages).items() if t.startswith("problem/")}
    on = {topic for topic, payload in problems.items() if payload == b"ON"}
    assert on == {"problem/crying", "problem/low_intake/possum"}
    assert problems["problem/low_intake/kangaroo"] == b"OFF"
    assert set(problems.values()) == {b"ON", b"OFF"}
    assert all(m.retain and m.qos == 1 for t, m in by_topic(messages).items() if "problem/" in t)


def test_alerts_is_an_empty_list_when_all_is_well():
    assert by_topic(state_messages(state(), TOPICS))["alerts"].payload == b"[]"


def test_an_alert_is_json_and_a_sentence():
    news, text = alert_messages(alert(), TOPICS, local_minute=lambda _t: 13 * 60 + 5)
    assert (news.topic, news.retain, news.qos) == (TOPICS.alert, False, 1)
    assert {"event", "id", "kind", "state", "severity", "baby", "since", "at", "title", "message",
            "why", "box"} <= set(body(news))  # fmt: skip
    assert body(news)["event"] == "alert"
    assert (body(news)["since"], body(news)["at"]) == (
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:01:00Z",
    )
    assert text.payload.decode() == (
        "kangaroo-and-possum: Kitten crying since 13:05. "
        "A kitten has been crying for 1 min: Possum's bottle was due 20 min ago."
    )


@given(st.text(max_size=80), st.text(max_size=48, alphabet="abc-_1"))
def test_sixty_characters_of_the_sentence_say_box_what_and_since_when(title, box):
    text = alert_sentence(alert(title=title, box="b" + box), local_minute=lambda _t: 185)
    head = text[:60]
    assert head.startswith(("b" + box)[:19])
    assert " since 03:05." in head


def test_a_question_names_the_oldest_weighing_without_a_name():
    first = alert(
        kind="who_is_it", id="q1", step_id="s1", candidates=[Candidate("Possum", 0.61234)]
    )
    second = alert(kind="who_is_it", id="q2", step_id="s2")
    asked = body(by_topic(state_messages(state(first, second), TOPICS))["question"])
    assert asked["step_id"] == "s1"
    assert asked["waiting"] == 2
    assert asked["candidates"] == [{"baby": "Possum", "p": 0.612}]
    assert body(by_topic(state_messages(state(), TOPICS))["question"])["step_id"] is None


@pytest.mark.parametrize(
    "name", ["Little Joey", "🐾", "a/b", "#", "+", "nürs é", "../../x", "$SYS"]
)
def test_no_name_breaks_a_topic(name):
    baby = Baby(id="1", name=name, species="kitten")
    messages = state_messages(state(alert(kind="losing_weight", baby=name), babies=[name]), TOPICS)
    for topic in [TOPICS.chart(baby.slug), *(message.topic for message in messages)]:
        assert not set(topic) & set("+# $\0")
        assert topic.startswith("nursery/kangaroo-and-possum/")
        assert "//" not in topic


def test_health_nests_structs_and_keeps_unknown_as_null():
    class Link(msgspec.Struct):
        connected: bool

    message = health_message(
        {"scale": SourceHealth(state="stalled", why="sends nothing", since=T)},
        TOPICS,
        fields={"queue": 3, "temperature_c": None, "link": Link(True)},
    )
    assert body(message) == {
        "sources": {
            "scale": {"state": "stalled", "why": "sends nothing", "since": "2026-01-01T12:00:00Z"}
        },
        "queue": 3,
        "temperature_c": None,
        "link": {"connected": True},
    }


def test_events_pass_and_are_not_kept():
    message = event_message(CryStarted(t_s=T, species="kitten", score=0.9), TOPICS)
    assert (message.retain, message.qos) == (False, 0)
    assert body(message)["event"] == "cry_started"


def test_results_echo_the_request():
    result = CommandResult(t_s=T, verb="tare", ok=False, error="babies are in", request_id="7")
    message = command_result_message(result, TOPICS)
    assert message.topic == TOPICS.base + "/cmd/tare/result"
    assert body(message) == {"ok": False, "error": "babies are in", "request_id": "7"}
    assert not message.retain


def test_what_cannot_be_read_is_refused_on_a_topic_we_own():
    assert TOPICS.refusal(TOPICS.base + "/cmd/tare", "no").topic.endswith("/cmd/tare/result")
    assert TOPICS.refusal(TOPICS.base + "/cmd/x y", "no").topic.endswith("/cmd/unknown/result")


def told_of(messages) -> list[dict]:
    """The alerts in the retained list."""
    found: list[dict] = msgspec.json.decode(by_topic(messages)["alerts"].payload)
    return found


def test_whatever_a_phone_reads_of_a_simulated_nursery_says_that_it_is_practice():
    practice = Topics("kangaroo-and-possum", practice=True)
    text, retained = alert_messages(alert(), practice), state_messages(state(alert()), practice)
    told, sentence = msgspec.json.decode(text[0].payload), text[1].payload.decode()
    assert told["title"] == f"Practice: {alert().title}"
    assert sentence.startswith("kangaroo-and-possum: Practice: ")
    assert told_of(retained)[0]["title"] == told["title"]
    (real,) = told_of(state_messages(state(alert()), TOPICS))
    assert real["title"] == alert().title


def test_what_is_open_is_one_sentence_with_the_gravest_first():
    def said(*alerts: Alert) -> str:
        messages = state_messages(state(*alerts), TOPICS)
        (message,) = [m for m in messages if m.topic == TOPICS.alerts_text]
        assert message.retain
        assert message.expiry_s == SLOW_EXPIRY_S  # a dead box does not go on
        return message.payload.decode()

    assert said() == "kangaroo-and-possum: nothing is open."
    grave = alert(title="Microphone is deaf", severity="critical", since=T + 60)
    lowered = alert(title="Possum is losing weight", severity="info", own_severity="warning")
    question = alert(title="Who was it?", severity="info", since=T - 60)
    assert said(question, lowered, grave) == (
        "kangaroo-and-possum: Microphone is deaf; Possum is losing weight; Who was it?"
    )
    assert said(*[alert(title=f"A{n}") for n in range(5)]).endswith(": A0; A1; A2; and 2 more.")

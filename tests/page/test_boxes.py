import msgspec
import pytest

from monitor.page.boxes import (
    LONGEST_TEXT,
    MOST_BABIES,
    MOST_BOXES,
    MOST_BYTES,
    MOST_ITEMS,
    Boxes,
    cleaned,
    read,
)


@pytest.fixture
def boxes():
    return Boxes()


def say(boxes, topic, value, now_s=100.0):
    payload = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return boxes.observe(f"nursery/{topic}", payload, now_s)


def test_the_documents_of_a_box_are_folded_into_one(boxes):
    assert say(boxes, "a/status", b"online") == "a"
    say(boxes, "a/cry", {"crying": False})
    say(boxes, "a/baby/possum", {"name": "Possum"})
    say(boxes, "a/alerts", [{"id": "x", "title": "Blind"}], now_s=110.0)
    box = boxes.get("a")
    assert (box.online, box.status, box.heard_s) == (True, "online", 110.0)
    assert box.cry == {"crying": False}
    assert box.babies == {"possum": {"name": "Possum"}}
    assert box.alerts == [{"id": "x", "title": "Blind", "box": "a"}]
    assert box.received_s["cry"] == 100.0
    assert box.scale is None


def test_what_is_emptied_is_unknown_again(boxes):
    say(boxes, "a/status", b"online")
    say(boxes, "a/baby/possum", {"name": "Possum"})
    say(boxes, "a/scale", {"total_g": 1.0})
    say(boxes, "a/baby/possum", b"")
    say(boxes, "a/scale", b"")
    assert boxes.get("a").babies == {}
    assert boxes.get("a").scale is None
    say(boxes, "a/status", b"")
    assert boxes.get("a") is None


def test_a_copy_that_was_handed_out_does_not_change(boxes):
    say(boxes, "a/baby/possum", {"name": "Possum"})
    before = boxes.get("a").babies
    say(boxes, "a/baby/joey", {"name": "Joey"})
    assert list(before) == ["possum"]


def test_without_a_connection_nobody_knows_who_is_online(boxes):
    say(boxes, "a/status", b"online")
    boxes.lost()
    assert boxes.get("a").online is None
    assert boxes.get("a").status == "online"


def test_what_the_broker_keeps_no_longer_is_dropped_after_a_connection(boxes):
    for topic in ("a/baby/possum", "a/baby/joey", "b/cry"):
        say(boxes, topic, {"name": "x"})
    say(boxes, "a/status", b"online")
    boxes.begin()
    say(boxes, "a/status", b"offline")
    say(boxes, "a/baby/joey", {"name": "Joey"})
    assert sorted(boxes.settle()) == ["a", "b"]
    assert [box.name for box in boxes] == ["a"]
    assert list(boxes.get("a").babies) == ["joey"]


@pytest.mark.parametrize(
    "topic",
    ["A/status", "a b/status", "../status", "a/baby/x/chart", "a/baby/../x", "a/baby/", "-a/cry",
     "a/unknown", "a", "", "a/problem/blind", f"{'a' * 49}/cry", "a/baby/Possum", "a/status/x"],
)  # fmt: skip
def test_what_is_no_topic_of_a_box_is_ignored(boxes, topic):
    assert say(boxes, topic, b"online") is None
    assert say(boxes, topic, {}) is None
    assert list(boxes) == []


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"[]", b"1", b"null", b'"x"', b"\xff", b"[" * 5000, b'{"a":' * 5000,
     b'{"a": 1e999}', b'{"a":"' + b"x" * MOST_BYTES + b'"}'],
)  # fmt: skip
def test_a_document_that_makes_no_sense_changes_nothing(boxes, payload):
    say(boxes, "a/cry", {"crying": True})
    assert say(boxes, "a/cry", payload or b" ") is None
    assert boxes.get("a").cry == {"crying": True}


def test_nobody_fills_the_memory(boxes):
    for number in range(MOST_BOXES + 50):
        say(boxes, f"b{number}/status", b"online")
    assert len(list(boxes)) == MOST_BOXES
    for number in range(MOST_BABIES + 50):
        say(boxes, f"b1/baby/x{number}", {"name": "x"})
    assert len(boxes.get("b1").babies) == MOST_BABIES
    say(boxes, "b1/alerts", [{"id": str(number)} for number in range(MOST_ITEMS + 50)])
    assert len(boxes.get("b1").alerts) == MOST_ITEMS
    say(boxes, "b1/health", {"why": "x" * (LONGEST_TEXT + 50)})
    assert len(boxes.get("b1").health["why"]) == LONGEST_TEXT


def test_a_nonsense_box_leaves_no_trace(boxes):
    for number in range(50):
        say(boxes, f"b{number}/status", b"perhaps")
        say(boxes, f"b{number}/cry", b"{")
    assert list(boxes) == []


def test_alerts_that_are_none_are_left_out(boxes):
    say(boxes, "a/alerts", [1, None, {"title": "no id"}, {"id": 5}, {"id": "x"}])
    assert [alert["id"] for alert in boxes.get("a").alerts] == ["x"]


def test_characters_that_steer_text_are_taken_out():
    assert cleaned({"na\u202eme": "a\x1b[2Jb\u2028c"}) == {"na?me": "a?[2Jb?c"}
    assert cleaned([2**60, -(2**60), 2**53, True, None, 1.5]) == [
        None,
        None,
        2**53,
        True,
        None,
        1.5,
    ]
    assert read(b'"\\ud800"', str) in {None, "?"}

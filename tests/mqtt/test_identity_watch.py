"""Who else speaks as this box, from what is seen at the broker. No broker, no waiting."""

import msgspec
import pytest

from monitor.mqtt.identity_watch import (
    LASTING_S,
    MOST_OTHERS,
    SHORT_S,
    IdentityDocument,
    IdentityWatch,
)

STATUS, IDENTITY = "nursery/a/status", "nursery/a/identity"


def watch(instance: str = "mine", identity: str = "one") -> IdentityWatch:
    made = IdentityWatch(
        client_id="nursery-one",
        identity=identity,
        instance=instance,
        status_topic=STATUS,
        identity_topic=IDENTITY,
    )
    made.connected(0.0)
    return made


def written_by(instance: str, identity: str = "one") -> bytes:
    return msgspec.json.encode(IdentityDocument(identity=identity, instance=instance, at="x"))


def see(seen: IdentityWatch, payload: bytes, now_s: float = 1.0, *, retain: bool = False) -> None:
    assert seen.received(IDENTITY, payload, retain=retain, now_s=now_s)


def test_a_copy_that_writes_on_this_box_s_topics_is_a_twin():
    one = watch()
    see(one, written_by("mine"))
    assert one.signs(1.0) == []
    see(one, written_by("other"))
    assert one.signs(1.0) == ["twin"]
    assert one.client_id == "nursery-one-mine", "the common name is left to the other"


def test_another_box_that_shows_itself_is_shown_this_one_but_not_for_ever():
    one = watch()
    see(one, written_by("other"), 1.0)
    assert one.document_due
    one.document_due = False
    see(one, written_by("other"), 2.0)
    assert not one.document_due
    see(one, written_by("other"), 31.0)
    assert one.document_due


def test_another_box_of_the_same_name_is_a_namesake():
    one = watch()
    see(one, written_by("other", identity="two"))
    assert one.signs(1.0) == ["namesake"]


def test_a_copy_that_got_an_identity_of_its_own_is_a_twin_no_longer():
    one = watch()
    see(one, written_by("other"), 1.0)
    one.document_due = one.everything_due = False
    see(one, written_by("other", identity="two"), 2.0)
    assert one.signs(2.0) == ["namesake"]
    assert one.document_due, "it is new to it"


def test_what_anybody_may_invent_fills_no_memory():
    one = watch()
    for number in range(1000):
        see(one, written_by(f"x{number}", identity="two"))
    assert one.signs(1.0) == ["namesake"]
    for number, is_remembered in ((1000 - MOST_OTHERS, True), (0, False)):
        one.document_due = False
        see(one, written_by(f"x{number}", identity="two"))
        assert one.document_due != is_remembered, "whoever is new is answered at once"


def test_who_falls_silent_is_no_longer_told_of():
    one = watch()
    see(one, written_by("other"))
    assert one.signs(LASTING_S) == ["twin"]
    assert one.signs(LASTING_S + 2.0) == []


def test_what_an_earlier_process_left_proves_nothing():
    one = watch()
    see(one, written_by("the process before"), retain=True)
    assert one.signs(1.0) == []


def test_what_the_broker_keeps_is_answered_and_only_who_lives_is_another():
    """A broker that was killed brings back what it had saved: an earlier process's words."""
    one = watch()
    one.ended(10.0)
    one.connected(11.0)
    see(one, written_by("other"), 11.0, retain=True)
    assert one.signs(11.0) == []
    assert one.document_due
    see(one, written_by("other"), 11.5)
    assert one.signs(11.5) == ["twin"]


def test_a_broker_that_says_so_is_believed_and_another_name_is_used():
    one = watch()
    one.ended(5.0, 0x8E)
    assert one.signs(5.0) == ["taken_over"]
    assert one.client_id == "nursery-one-mine"
    assert one.signs(1e6) == ["taken_over"], "until a person has done something"
    one.renamed(client_id="nursery-two", identity="two")
    assert one.signs(1e6) == []
    assert one.client_id == "nursery-two"


def flap(one: IdentityWatch, ends: int, begin_s: float = 0.0) -> float:
    now_s = begin_s
    for _ in range(ends):
        now_s += 1.0
        one.ended(now_s)
        now_s += 2.0
        one.connected(now_s)
    return now_s


def test_a_broker_that_hangs_up_again_and_again_and_lets_another_name_in():
    one = watch()
    now_s = flap(one, 2)
    assert one.client_id == "nursery-one"
    now_s = flap(one, 1, now_s)
    assert one.client_id == "nursery-one-mine"
    one.tick(now_s + 1.0)
    assert one.signs(now_s + 1.0) == [], "not before the other name has held"
    one.tick(now_s + SHORT_S)
    assert one.signs(now_s + SHORT_S) == [], "not before the own name has failed once more"
    assert one.reconnect_due
    now_s += SHORT_S
    assert one.client_id == "nursery-one"
    one.connected(now_s + 1.0)
    assert not one.reconnect_due, "once"
    one.ended(now_s + 3.0)
    assert one.client_id == "nursery-one-mine"
    assert one.signs(now_s + 3.0) == [], "not before the broker accepts the other one"
    one.connected(now_s + 4.0)
    assert one.signs(now_s + 4.0) == ["taken_over"]
    assert one.client_id == "nursery-one-mine"


def test_a_broker_that_was_stopped_while_the_own_name_was_tried_is_no_other_box():
    """It is back later, or refuses a password first; one that was asked by two boxes is there."""
    one = watch()
    now_s = flap(one, 3) + SHORT_S
    one.tick(now_s)
    one.connected(now_s + 1.0)
    one.ended(now_s + 3.0)
    one.connected(now_s + 12.0)
    assert one.signs(now_s + 12.0) == []
    assert one.client_id == "nursery-one"


def test_a_line_that_broke_for_a_while_is_no_other_box():
    one = watch()
    now_s = flap(one, 3) + SHORT_S
    one.tick(now_s)
    assert one.reconnect_due
    one.connected(now_s + 1.0)
    one.tick(now_s + 1.0 + SHORT_S)
    assert not one.reconnect_due
    assert one.client_id == "nursery-one"
    assert one.signs(now_s + 1.0 + SHORT_S) == []
    flap(one, 1, now_s + 2 * SHORT_S)
    assert one.signs(now_s + 3 * SHORT_S) == []


def test_a_broker_that_hangs_up_on_any_name_is_something_else():
    one = watch()
    now_s = flap(one, 4)
    assert one.client_id == "nursery-one"
    one.tick(now_s + SHORT_S)
    assert one.signs(now_s + SHORT_S) == []


def test_a_line_that_breaks_now_and_then_is_no_sign():
    one = watch()
    now_s = 0.0
    for _ in range(20):
        now_s += SHORT_S + 1
        one.ended(now_s)
        one.connected(now_s)
    assert one.client_id == "nursery-one"
    assert one.signs(now_s) == []


@pytest.mark.parametrize(("payload", "retain", "due"), [
    (b"offline", False, True), (b"online", False, False), (b"offline", True, False),
    (b"nonsense", False, True),
])  # fmt: skip
def test_another_s_offline_is_contradicted(payload: bytes, retain: bool, due: bool):
    one = watch()
    assert one.received(STATUS, payload, retain=retain, now_s=1.0)
    assert one.online_due == due
    assert not one.everything_due


@pytest.mark.parametrize("topic", [STATUS, IDENTITY])
def test_when_somebody_empties_its_topics_it_sends_everything_again(topic: str):
    one = watch()
    assert one.received(topic, b"", retain=False, now_s=1.0)
    assert one.everything_due


@pytest.mark.parametrize("payload", [b"{", b"\xff", b"[]", b'{"identity": 1}', b"null"])
def test_a_document_that_is_none_says_nothing(payload: bytes):
    one = watch()
    see(one, payload)
    assert one.signs(1.0) == []


def test_other_topics_are_not_its_business():
    assert not watch().received("nursery/a/cmd/tare", b"", retain=False, now_s=1.0)


def test_when_a_box_of_the_same_name_leaves_everything_it_wrote_on_is_said_again():
    one = watch()
    assert one.received(STATUS, b"offline", retain=False, now_s=1.0)
    assert not one.everything_due, "a former connection's will: nobody else was there"
    see(one, written_by("other", "two"), 2.0)
    one.everything_due = False
    assert one.received(STATUS, b"offline", retain=False, now_s=3.0)
    assert one.everything_due

"""A judge that sees nothing would make a fine campaign: each thing it looks for is shown to it."""

from __future__ import annotations

import copy
import http.client
import time
from collections import Counter

import msgspec
import pytest

from tests.system.campaign.judge import Judge, Memory
from tests.system.campaign.phone import Heard, Phone
from tests.system.campaign.push_sink import PushSink
from tests.system.campaign.silence import Circumstances, Fact, Span, Telling, silent_s, told_s
from tests.system.campaign.ways import Way


def heard(alert_id: str, state: str, unix_s: float = 1_800_000_000.0) -> Heard:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_s))
    alert = {"id": alert_id, "state": state, "at": at, "message": "m"}
    return Heard(0.0, unix_s, "nursery/test-box/alert", msgspec.json.encode(alert))


def judged(rows: list[tuple[str, str]], alerts: list[Heard], **changes) -> list[str]:
    """What the judge says of these journal rows and these arrivals."""
    last = dict(rows)
    still_open = {i: s for i, s in last.items() if s != "cleared"}
    memory = Memory(Counter(rows), last, {}, set(), 0, 0, changes.pop("sound", "ok"))
    kinds = {i.split("-")[0] for i in still_open} - {"test"}
    retained = {
        "status": "online",
        "alerts": [{"id": i, "state": s} for i, s in still_open.items()],
    }
    retained |= {f"problem/{kind}": "ON" for kind in kinds}
    foreign = changes.pop("foreign", set())
    expected = {"monitor_blind-scale"} | foreign
    judge = changes.pop("judge", None) or Judge()
    _, wrong = judge.round(
        memory, alerts, retained | changes.pop("retained", {}), later=memory,
        expected=expected, foreign=foreign, required=changes.pop("required", None),
        broken_unix_s=1_800_000_000.0, mended_unix_s=1_800_000_000.0,
    )  # fmt: skip
    return wrong


SCALE, AGAIN = "monitor_blind-scale-20260101T000000Z", "monitor_blind-scale-20260101T000100Z"


def test_the_judge_is_content_with_a_good_round():
    rows = [(SCALE, "raised"), (SCALE, "cleared"), (AGAIN, "raised")]
    alerts = [heard(*row) for row in rows]
    assert judged(rows, [*alerts, alerts[1]], required="monitor_blind-scale") == []


def test_the_judge_sees_what_was_lost_doubled_or_made_up():
    rows = [(SCALE, "raised"), (AGAIN, "raised")]
    (lost,) = judged(rows[:1], [])
    assert "arrived 0 times" in lost
    (twice,) = judged(rows, [heard(*row) for row in rows])
    assert "while it was open as" in twice
    (phantom,) = judged([], [heard(SCALE, "raised")])
    assert "does not know it" in phantom
    hungry = "bottle_overdue-ann-20260101T000000Z"
    (false_alarm,) = judged([(hungry, "raised")], [heard(hungry, "raised")])
    assert "for nothing" in false_alarm
    (silent,) = judged([], [], required="monitor_blind-scale")
    assert "nobody was told" in silent


def test_what_was_open_before_the_fault_was_told_if_the_fault_kept_it_open():
    judge, rows = Judge(), [(SCALE, "raised")]
    alerts = [heard(*rows[0], 1.8e9 - 60)]
    assert judged(rows, alerts, judge=judge) == []
    rows.append((SCALE, "cleared"))
    for cleared_s, said in ((1.8e9 + 5, 1), (1.8e9 + 30, 0)):
        again = copy.deepcopy(judge)
        later = [*alerts, heard(SCALE, "cleared", cleared_s)]
        assert len(judged(rows, later, judge=again, required="monitor_blind-scale")) == said


def test_what_was_said_before_a_journal_was_damaged_may_be_gone_with_it():
    judge = Judge()
    judge.forget(1.8e9)
    said = [heard(SCALE, "raised", 1.8e9 - 5), heard(AGAIN, "raised", 1.8e9 + 5)]
    assert judged([(AGAIN, "raised")], said, judge=judge) == []
    assert judged([], said, judge=Judge()) != []


def test_another_box_of_the_same_name_is_not_taken_for_this_one():
    namesake = "not_delivered-identity_namesake"
    own, others = f"{namesake}-20260101T000000Z", f"{namesake}-20260101T000003Z"
    rows = [(own, "raised"), (own, "cleared")]
    alerts = [heard(own, "raised"), heard(others, "raised"), heard(own, "raised", 1.8e9 + 1)]
    alerts += [heard(own, "cleared")]
    assert judged(rows, alerts, foreign={namesake}) == []
    assert len(judged(rows, alerts)) > 1


def test_only_a_reminder_may_give_way_to_what_is_said_later():
    reminded, cleared = [(SCALE, "raised"), (SCALE, "reminded")], (SCALE, "cleared")
    first, last = heard(SCALE, "raised"), heard(SCALE, "cleared")
    assert judged([*reminded, cleared], [first, last]) == []
    (lost,) = judged(reminded, [first])
    assert "reminded: written 1 times, arrived 0 times" in lost
    (lost,) = judged([*reminded, cleared], [last])
    assert "raised: written 1 times, arrived 0 times" in lost


def test_the_judge_sees_false_state_and_a_broken_journal():
    row = (SCALE, "raised")
    assert len(judged([row], [heard(*row)], retained={"alerts": []})) == 1
    assert len(judged([row], [heard(*row)], retained={"problem/monitor_blind": "OFF"})) == 1
    assert len(judged([], [], retained={"status": "offline"})) == 1
    assert len(judged([], [], sound="row 7 missing from index")) == 1


# ----------------------------------------------------------------------- silence

BLIND = "monitor_blind-scale"


def silence(*tellings: Telling, end_s: float = 165.0, **around: list[Span]) -> float:
    """Of a scale that is blind from second 100 on: due after 15 s and 10 for a busy machine."""
    fact = Fact(incident=BLIND, titles=frozenset(), delay_s=15.0, begin_s=100.0, end_s=end_s)
    always = {"watching": [Span(0.0)], "remote": [Span(0.0)], "buzzing": []}
    return silent_s(fact, Circumstances(**(always | around)), tellings)


def test_what_is_told_within_its_stated_delay_is_not_silent():
    assert silence(Telling(116.0, BLIND)) == 0.0
    assert silence(end_s=124.0) == 0.0  # it was over before anybody had to know


def test_silence_counts_from_the_stated_delay_to_the_first_telling():
    assert silence() == 40.0
    assert silence(Telling(155.0, BLIND)) == 30.0
    assert silence(Telling(115.0, "monitor_blind-microphone")) == 40.0
    assert silence(Telling(99.0, BLIND)) == 40.0  # of an earlier time


def test_an_all_clear_for_what_is_still_true_begins_silence():
    told = [Telling(115.0, BLIND), Telling(135.0, BLIND, over=True)]
    assert silence(*told) == 30.0
    assert silence(*told, Telling(145.0, BLIND)) == 10.0


def test_only_a_way_that_works_can_be_silent():
    assert silence(remote=[]) == 40.0  # the buzzer always works
    assert silence(remote=[], buzzing=[Span(115.0)]) == 0.0
    assert silence(remote=[], buzzing=[Span(135.0)]) == 10.0
    assert silence(remote=[], buzzing=[Span(115.0, 130.0)]) == 0.0  # acknowledged beside the box
    assert silence(remote=[], buzzing=[Span(90.0, 110.0)]) == 40.0  # it meant something else
    assert silence(remote=[Span(0.0, 110.0), Span(145.0)], buzzing=[Span(115.0)]) == 20.0
    assert silence(buzzing=[Span(115.0)]) == 40.0  # ... but is no excuse for a phone


def test_a_daemon_that_was_killed_begins_its_delay_anew():
    assert silence(watching=[Span(0.0, 110.0), Span(120.0)]) == 20.0
    assert silence(watching=[Span(0.0, 110.0)]) == 0.0
    assert silence(Telling(105.0, BLIND), watching=[Span(0.0, 110.0), Span(111.0)]) == 0.0


def test_somebody_beside_the_box_was_told_when_no_other_way_worked():
    fact = Fact(incident=BLIND, titles=frozenset(), delay_s=15.0, begin_s=100.0)
    there = Circumstances(watching=[Span(0.0)], remote=[], buzzing=[Span(116.0, 130.0)])
    assert told_s(fact, there, [Telling(140.0, BLIND)]) == 116.0
    with_phone = Circumstances(watching=[Span(0.0)], remote=[Span(0.0)], buzzing=[Span(116.0)])
    assert told_s(fact, with_phone, [Telling(140.0, BLIND)]) == 140.0
    assert told_s(fact, with_phone, []) is None


def test_a_way_works_again_some_time_after_it_was_mended():
    way = Way(recovers_s=40.0)
    assert way.spans == []
    way.proven()
    (span,) = way.spans
    way.block("broker")
    way.block("password")
    way.unblock("broker")
    assert way.spans == [Span(span.begin_s, way.spans[0].end_s)]
    way.unblock("password")
    now_s = time.monotonic()
    assert 39.0 < way.spans[1].begin_s - now_s <= 40.0
    way.proven()
    assert way.spans[1].begin_s - now_s < 1.0


def test_a_phone_learns_by_messages_and_by_a_list_that_has_changed():
    phone = Phone(1883, "nursery/test-box")
    raised = {"id": SCALE, "state": "raised", "at": "2026-01-01T00:00:00Z"}
    acknowledged = raised | {"state": "acknowledged"}
    cleared = raised | {"state": "cleared"}

    def arrives(at_s: float, topic: str, document: object) -> None:
        phone.take(Heard(at_s, 0.0, f"nursery/test-box/{topic}", msgspec.json.encode(document)))

    arrives(1.0, "alerts", [raised])
    arrives(2.0, "alerts", [raised])
    arrives(3.0, "alert", raised)
    arrives(4.0, "alerts", [acknowledged])
    arrives(5.0, "alert", cleared)
    assert [phone.shows(BLIND, at_s) for at_s in (0.5, 1.5, 4.5)] == [False, True, False]
    told = sorted(phone.tellings, key=lambda telling: telling.at_s)
    assert told == [Telling(1.0, BLIND), Telling(3.0, BLIND), Telling(5.0, BLIND, over=True)]


def test_a_push_service_that_is_away_refuses_and_comes_back():
    sink = PushSink()
    body = msgspec.json.encode({"title": "Scale is blind (b)", "message": "m", "type": "failure"})

    def push() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", sink.port, timeout=5)
        connection.request("POST", "/", body)
        return connection.getresponse().status

    for _ in range(2):
        sink.start()
        assert push() == 200
        sink.stop()
        with pytest.raises(ConnectionRefusedError):
            push()
    assert [(push.title, push.over) for push in sink.pushes] == [("Scale is blind (b)", False)] * 2

"""What one open alert remembers: its reminders, its words, how it ends."""

from __future__ import annotations

import math

import pytest

from monitor.config import AlertsConfig, NightConfig
from monitor.core.alerts.hands_gate import HandsGate, HandsState
from monitor.core.alerts.lifecycle import AlertLife, alert_id, alert_key, safe_key
from monitor.core.alerts.memory import AlertMemory
from monitor.core.alerts.policy import AlertPolicy
from monitor.core.alerts.quiet_hours import QuietHours
from monitor.events import Alert, Baby, Candidate, Condition
from tests.asking import asked

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
TEN_MIN = 600.0


def alert(kind="crying", severity="warning", state="raised", **how) -> Alert:
    known = {
        "t_s": NOON, "id": f"{kind}-20260101T120000Z", "baby": None, "since": NOON,
        "title": "Kitten crying", "message": "Look.", "why": "because", "box": "attic",
    }  # fmt: skip
    return Alert(kind=kind, severity=severity, state=state, **(known | how))


def life(kind="crying", severity="warning", state="raised", **how) -> AlertLife:
    known = {"true_severity": severity, "stated_s": NOON} | how.pop("life", {})
    return AlertLife(alert=alert(kind, severity, state, **how), **known)


def gaps(subject: AlertLife, count: int) -> list[float]:
    """Minutes between reminders, each sent when it is due."""
    subject.schedule(NOON, TEN_MIN)
    found, now_s = [], NOON
    for _ in range(count):
        found.append((subject.remind_at_s - now_s) / 60)
        now_s = subject.remind_at_s
        subject.remind(now_s, TEN_MIN)
    return found


def test_each_reminder_waits_twice_as_long_to_a_limit_of_its_severity():
    assert gaps(life(), 6) == [10, 20, 40, 80, 120, 120]
    assert gaps(life(severity="info"), 6) == [10, 20, 40, 80, 120, 120]
    assert gaps(life(severity="critical"), 4) == [10, 20, 30, 30]
    assert gaps(life("losing_weight", "critical"), 7) == [10, 20, 40, 80, 160, 240, 240]


def test_critical_and_reminded_twice_in_vain_wakes_a_second_person():
    subject = life(severity="critical")
    assert [subject.remind(NOON, TEN_MIN).escalated for _ in range(3)] == [False, True, True]
    soft = life()
    assert not any(soft.remind(NOON, TEN_MIN).escalated for _ in range(4))
    spoken = subject.speak_up(NOON + 9, TEN_MIN, mute=False)
    assert (spoken.escalated, spoken.state, spoken.t_s, spoken.silent) == (
        False, "reminded", NOON + 9, False,
    )  # fmt: skip
    assert (subject.reminders, subject.remind_at_s) == (0, NOON + 9 + TEN_MIN)
    assert life().speak_up(NOON, TEN_MIN, mute=True).silent


def test_a_change_says_its_state_and_its_end():
    subject = life()
    snoozed = subject.change("snoozed", NOON + 5, until_s=NOON + 99)
    assert (snoozed.state, snoozed.t_s, snoozed.until) == ("snoozed", NOON + 5, NOON + 99)
    assert not subject.waits_for_somebody
    assert subject.change("acknowledged", NOON + 6).until is None
    assert not subject.waits_for_somebody
    assert life().waits_for_somebody
    assert life(state="reminded").waits_for_somebody


def test_an_all_clear_is_as_loud_as_what_was_told():
    subject = life()
    subject.change("raised", NOON, silent=True)
    assert subject.end(NOON + 60).silent
    subject.change("reminded", NOON + 60)
    subject.change("reminded", NOON + 90, silent=True)
    subject.alert = alert(escalated=True, until=NOON)
    over = subject.end(NOON + 4800)
    assert (over.state, over.t_s, over.silent) == ("cleared", NOON + 4800, False)
    assert (over.until, over.escalated) == (None, False)
    assert over.title == "All clear: Kitten crying"
    assert over.message == "Kitten crying is over; it lasted 1 h 20 min."


def test_an_end_has_the_words_of_its_condition_or_of_whoever_ended_it():
    worded = life(life={"all_clear": "Quiet again."})
    assert worded.end(NOON).message == "Quiet again."
    assert worded.end(NOON, why="It was no cry.").message == "It was no cry."
    closed = worded.close(NOON, "Ash has left the nursery.")
    assert (closed.title, closed.message, closed.state) == (
        "Closed: Kitten crying", "Ash has left the nursery.", "cleared",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "hours"),
    [("crying", 0.5), ("monitor_blind", 2), ("losing_weight", 6), ("bottle_overdue", 1)],
)
def test_seen_holds_for_so_long_where_it_is_critical(kind, hours):
    subject = life(kind, "critical", "acknowledged")
    assert not subject.acknowledged_long_ago(NOON + hours * 3600 - 1)
    assert subject.acknowledged_long_ago(NOON + hours * 3600)
    assert not life(kind, "warning", "acknowledged").acknowledged_long_ago(NOON + 1e6)
    assert not life(kind, "critical").acknowledged_long_ago(NOON + 1e6)


def test_what_cannot_be_judged_for_two_minutes_says_so_once():
    subject = life()
    assert not subject.cannot_be_judged(NOON, "the microphone does not hear")
    assert not subject.cannot_be_judged(NOON + 119, "the microphone does not hear")
    assert subject.alert.message == "Look."
    assert subject.cannot_be_judged(NOON + 120, "the microphone does not hear")
    assert subject.cannot_be_judged(NOON + 130, "something else")
    assert subject.alert.message == (
        "Look. Whether it is over cannot be told now: the microphone does not hear."
    )
    assert subject.held_s == NOON + 130


def test_time_without_power_is_no_time_in_which_it_could_not_be_judged():
    subject = life()
    subject.cannot_be_judged(NOON, "deaf")
    assert not subject.cannot_be_judged(NOON + 500, None)
    assert not subject.cannot_be_judged(NOON + 619, "deaf")
    assert subject.cannot_be_judged(NOON + 620, "deaf")


def test_how_long_it_was_away_is_the_longest_time_it_was_false():
    subject = life()
    assert subject.away_until(NOON + 9) == 0.0
    subject.is_false(NOON + 10)
    subject.is_false(NOON + 20)
    assert subject.away_until(NOON + 50) == 40.0
    subject.cannot_be_judged(NOON + 50, "deaf")
    assert subject.away_until(NOON + 99) == 40.0
    subject.is_false(NOON + 100)
    assert subject.away_until(NOON + 130) == 40.0
    assert subject.away_until(NOON + 150) == 50.0
    assert subject.held_s == NOON + 50


def condition(**how) -> Condition:
    known = {"kind": "crying", "severity": "critical", "since_s": NOON, "title": "New title",
             "message": "New.", "why": "new why", "baby": "Ash", "all_clear": "Over.",
             "candidates": [Candidate("Ash", 0.5)]}  # fmt: skip
    return Condition(**(known | how))


def test_stated_again_it_has_the_newest_words():
    subject = life(life={"over": True})
    subject.is_false(NOON + 10)
    subject.cannot_be_judged(NOON + 20, "deaf")
    subject.restate(condition(), "info", NOON + 30)
    assert (subject.stated_s, subject.away_until(NOON + 99), subject.over) == (NOON + 30, 0, False)
    assert (subject.true_severity, subject.all_clear, subject.doubt) == ("critical", "Over.", "")
    told = subject.alert
    assert (told.severity, told.baby, told.title, told.message, told.why) == (
        "info", "Ash", "New title", "New.", "new why",
    )  # fmt: skip
    assert told.candidates == [Candidate("Ash", 0.5)]
    assert not subject.cannot_be_judged(NOON + 140, "deaf")


def test_a_new_name_reaches_every_word():
    subject = life(
        baby="Ash", title="Ash is losing weight", message="Ash: 200 g.",
        candidates=[Candidate("Ash", 0.5), Candidate("Bee", 0.5)],
        life={"all_clear": "Ash gains."},
    )  # fmt: skip
    subject.rename("Ash", "Ada")
    told = subject.alert
    assert (told.baby, told.title, told.message) == ("Ada", "Ada is losing weight", "Ada: 200 g.")
    assert [c.baby for c in told.candidates] == ["Ada", "Bee"]
    assert subject.all_clear == "Ada gains."
    other = life(baby="Bee")
    other.rename("Ash", "Ada")
    assert other.alert.baby == "Bee"


def test_an_id_is_kind_key_and_second():
    assert alert_id("crying", "", NOON) == "crying-20260101T120000Z"
    assert alert_id("losing_weight", "Ash B", NOON) == "losing_weight-ash_b-20260101T120000Z"
    assert safe_key("_Ash  #1-b_") == "ash_1-b"
    assert alert_key(alert("losing_weight", id="losing_weight-ash-b-20260101T120000Z")) == "ash-b"
    assert alert_key(alert()) == ""


# ------------------------------------------------------------------ memory


def test_an_incident_never_has_one_id_twice():
    memory = AlertMemory()
    incident = ("crying", "")
    assert memory.new_id(incident, NOON + 0.7, NOON + 5) == "crying-20260101T120000Z"
    assert memory.new_id(incident, NOON, NOON + 5) == "crying-20260101T120005Z"
    assert memory.new_id(incident, NOON, NOON + 5) == "crying-20260101T120006Z"
    assert memory.new_id(incident, NOON + 60, NOON + 61) == "crying-20260101T120100Z"
    assert memory.new_id(("low_power", ""), NOON, NOON) == "low_power-20260101T120000Z"


def test_three_times_an_hour_comes_and_goes():
    memory, incident = AlertMemory(), ("monitor_blind", "scale")
    for k in range(3):
        assert not memory.comes_and_goes(incident, NOON + 600.0 * k)
        memory.remember_raise(incident, NOON + 600.0 * k)
    assert memory.comes_and_goes(incident, NOON + 3599)
    assert not memory.comes_and_goes(incident, NOON + 3600)
    memory.remember_raise(incident, NOON + 4000)
    assert len(memory.raised_s[incident]) == 3


def test_what_was_not_raised_for_a_day_is_forgotten_unless_it_is_open():
    memory = AlertMemory()
    memory.new_id(("crying", ""), NOON, NOON)
    memory.remember_raise(("crying", ""), NOON)
    memory.remember_raise(("low_power", ""), NOON)
    memory.lives["low_power", ""] = life("low_power")
    memory.remember_raise(("test", ""), NOON + 86_400)
    assert ("crying", "") in memory.raised_s
    memory.remember_raise(("test", ""), NOON + 86_401)
    assert ("crying", "") not in memory.raised_s
    assert ("crying", "") not in memory.last_id_s
    assert ("low_power", "") in memory.raised_s


def test_no_cry_holds_for_an_hour():
    memory, incident = AlertMemory(), ("crying", "")
    assert not memory.is_dismissed(incident, NOON)
    memory.dismissed[incident] = memory.dismissed_s[incident] = NOON
    assert memory.is_dismissed(incident, NOON + 3599)
    assert memory.dismissed[incident] == NOON + 3599
    memory.forget_dismissed([incident], NOON + 3598)
    assert incident in memory.dismissed
    assert not memory.is_dismissed(incident, NOON + 3600)
    assert not memory.dismissed
    memory.dismissed[incident] = NOON
    memory.forget_dismissed([incident], NOON)
    assert not memory.dismissed


def test_open_alerts_are_taken_up_under_the_babys_id():
    memory = AlertMemory()
    baby = Baby(id="b1", name="Ash", species="kitten")
    mine = alert("losing_weight", state="acknowledged", id="losing_weight-ash-20260101T120000Z")
    box = alert("crying", t_s=NOON + 60)
    assert memory.adopt([mine, box], [baby]) == []
    assert set(memory.lives) == {("losing_weight", "b1"), ("crying", "")}
    taken = memory.lives["losing_weight", "b1"]
    assert (taken.told, taken.stated_s, taken.remind_at_s) == (True, NOON, NOON)
    assert taken.away_s == math.inf
    assert memory.lives["crying", ""].away_s == 0.0
    assert memory.last_id_s["crying", ""] == NOON + 60
    assert memory.adopt([box], [baby]) == [box]


# ------------------------------------------------------------------ hands, night, commands


def test_hands_hold_a_cry_back_for_a_minute_and_five_at_most():
    gate = HandsGate(HandsState())
    assert not gate.holds_back("crying", "warning", NOON)
    gate.observe(NOON, handled=True)
    assert gate.holds_back("crying", "warning", NOON + 59)
    assert not gate.holds_back("crying", "warning", NOON + 60)
    assert not gate.holds_back("crying", "critical", NOON)
    assert not gate.holds_back("monitor_blind", "warning", NOON)
    for second in range(0, 400, 59):
        gate.observe(NOON + second, handled=True)
    assert gate.holds_back("crying", "warning", NOON + 299) is True
    assert not gate.holds_back("crying", "warning", NOON + 413)
    gate.observe(NOON + 473, handled=True)  # a minute away: they came again
    assert gate.holds_back("crying", "warning", NOON + 480)


def minute(t_s: float) -> int:
    return int(t_s // 60) % 1440


def test_the_night_is_from_its_first_minute_to_before_its_last():
    over_midnight = QuietHours(NightConfig(from_="22:30", to="07:00"), minute)
    at = [over_midnight.contains(60.0 * m) for m in (1349, 1350, 0, 419, 420)]
    assert at == [False, True, True, True, False]
    by_day = QuietHours(NightConfig(from_="13:00", to="14:30"), minute)
    assert [by_day.contains(60.0 * m) for m in (779, 780, 869, 870)] == [False, True, True, False]
    assert not QuietHours(NightConfig(from_="07:00", to="07:00"), minute).contains(60.0 * 420)


def test_at_night_a_warning_is_information_and_information_waits():
    quiet = QuietHours(NightConfig(from_="22:00", to="07:00"), minute)
    assert quiet.lower("crying", "critical", 0.0) == ("critical", False)
    assert quiet.lower("crying", "warning", 0.0) == ("info", False)
    assert quiet.lower("crying", "info", 0.0) == ("info", True)
    assert quiet.lower("crying", "warning", NOON) == ("warning", False)
    assert quiet.lower("crying", "info", NOON) == ("info", False)
    assert quiet.lower("test", "warning", 0.0) == ("warning", False)


def test_what_cannot_be_answered_is_refused_in_a_sentence():
    policy = AlertPolicy(AlertsConfig(), "attic", minute)

    def said(verb: str, **args) -> str | None:
        return policy.carry_out(asked(NOON, verb, args))[1].error

    over = "it may already be over"
    assert said("acknowledge", id="x-1") == f"no open alert has the id 'x-1': {over}"
    assert said("snooze", id="x-1") == f"no open alert has the id 'x-1': {over}"
    assert said("not_a_cry") == f"no open cry alert: {over}"
    assert said("not_a_cry", id="x-1") == f"no open cry alert has the id 'x-1': {over}"
    assert said("acknowledge") is None
    assert said("acknowledge", id="all") is None
    assert said("tare") == "tare is not for alerts"


def test_a_test_alert_in_words():
    policy = AlertPolicy(AlertsConfig(), "attic", minute)
    (raised,), result = policy.carry_out(asked(NOON, "test_alert"))
    assert result.ok
    assert (raised.kind, raised.severity, raised.state, raised.box) == (
        "test", "warning", "raised", "attic",
    )  # fmt: skip
    assert (raised.title, raised.why) == ("Test alert", "somebody asked for a test alert")
    assert raised.message == "This is a test: if you can read it, alerts from this box reach you."
    (again,), _ = policy.carry_out(asked(NOON + 5, "test_alert"))
    assert (again.id, again.state) == (raised.id, "reminded")
    assert policy.observe(NOON + 124, [], handled=False) == []
    (over,) = policy.observe(NOON + 125, [], handled=False)
    assert (over.state, over.message) == ("cleared", "The test is over; nothing was wrong.")

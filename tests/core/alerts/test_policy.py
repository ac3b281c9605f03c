"""The life of an alert, told by its changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.config import AlertsConfig, NightConfig
from monitor.core.alerts.lifecycle import alert_id
from monitor.core.alerts.policy import AlertPolicy
from monitor.core.alerts.quiet_hours import NIGHT_BUDGET
from monitor.events import Alert, CannotJudge, Condition
from monitor.times import spoken_duration
from tests.asking import asked
from tests.restarting import kept

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z
NIGHT = NOON + 14 * 3600  # 02:00
MORNING = NOON + 19 * 3600  # 07:00


def utc_minute(t_s: float) -> int:
    return int(t_s // 60) % 1440


def policy(**config) -> AlertPolicy:
    return AlertPolicy(AlertsConfig(**config), "box", utc_minute)


def condition(kind="crying", key="", severity="warning", since_s=NOON, **more) -> Condition:
    words = {"title": f"{kind} now", "message": "Do something.", "why": "because"} | more
    return Condition(kind=kind, key=key, severity=severity, since_s=since_s, **words)


CRYING = CannotJudge(kind="crying", why="the microphone does not hear")


def tick(
    subject: AlertPolicy, t_s: float, *conditions: Condition, unjudged=(), handled=False
) -> list[Alert]:
    return subject.observe(t_s, list(conditions), unjudged, handled=handled)


def run(subject: AlertPolicy, start_s: float, seconds: int, *conditions, **more) -> list[Alert]:
    return [a for i in range(seconds) for a in tick(subject, start_s + i, *conditions, **more)]


def states(alerts: list[Alert]) -> list[str]:
    return [alert.state for alert in alerts]


class TestOneLife:
    def test_raised_once_reminded_and_cleared_once_under_one_id(self):
        subject = policy()
        changes = run(subject, NOON, 1300, condition())
        changes += run(subject, NOON + 1300, 60)
        assert states(changes) == ["raised", "reminded", "cleared"]
        assert {alert.id for alert in changes} == {"crying-20260101T120000Z"}
        assert subject.open == []

    def test_a_gap_shorter_than_the_hold_is_no_all_clear(self):
        subject = policy()
        changes = run(subject, NOON, 30, condition())
        changes += run(subject, NOON + 30, 8)
        changes += run(subject, NOON + 38, 30, condition())
        assert states(changes) == ["raised"]

    def test_it_comes_back_under_another_id_even_with_the_same_beginning(self):
        subject = policy()
        first = run(subject, NOON, 5, condition())[0]
        run(subject, NOON + 5, 60)
        second = run(subject, NOON + 65, 5, condition())[0]
        assert first.id != second.id

    def test_what_comes_and_goes_is_held_open(self):
        subject = policy()
        changes = []
        for i in range(20):  # a loose plug: 30 s there, 30 s away, for 20 minutes
            start_s = NOON + 60 * i
            changes += run(subject, start_s, 30, condition("monitor_blind", "microphone"))
            changes += run(subject, start_s + 30, 30)
        assert states(changes).count("raised") == 3
        assert states(changes).count("cleared") == 2

    def test_two_kinds_and_two_babies_are_told_apart(self):
        subject = policy()
        changes = tick(
            subject,
            NOON,
            condition("losing_weight", "possum", baby="Possum"),
            condition("losing_weight", "kangaroo", baby="Kangaroo"),
            condition("crying"),
        )
        assert len({alert.id for alert in changes}) == 3
        assert len(subject.open) == 3

    def test_the_same_incident_stated_twice_is_one_alert(self):
        subject = policy()
        assert len(tick(subject, NOON, condition(), condition())) == 1

    def test_open_alerts_carry_the_newest_words(self):
        subject = policy()
        tick(subject, NOON, condition(message="crying for 1 min"))
        assert tick(subject, NOON + 60, condition(message="crying for 2 min")) == []
        assert subject.open[0].message == "crying for 2 min"

    def test_the_all_clear_says_how_long_it_lasted(self):
        subject = policy()
        run(subject, NOON, 5, condition())
        (cleared,) = run(subject, NOON + 600, 5)
        assert cleared.title == "All clear: crying now"
        assert cleared.message == "crying now is over; it lasted 10 min."


class TestReminders:
    def test_they_slow_down_to_every_two_hours(self):
        subject = policy()
        reminded = [
            (a.t_s - NOON) / 60
            for a in run(subject, NOON, 9 * 3600, condition())
            if a.state == "reminded"
        ]
        assert reminded == [10, 30, 70, 150, 270, 390, 510]

    def test_what_is_critical_is_never_slower_than_every_half_hour_and_escalates(self):
        subject = policy()
        changes = run(subject, NOON, 2 * 3600, condition(severity="critical"))
        assert [(a.t_s - NOON) / 60 for a in changes] == [0, 10, 30, 60, 90]
        assert [a.escalated for a in changes] == [False, False, True, True, True]

    def test_a_weight_trend_slows_down_to_every_four_hours_even_when_critical(self):
        changes = run(policy(), NOON, 9 * 3600, condition("losing_weight", severity="critical"))
        assert [(a.t_s - NOON) / 60 for a in changes] == [0, 10, 30, 70, 150, 310]
        assert changes[-1].escalated

    def test_information_is_said_once(self):
        assert states(run(policy(), NOON, 7200, condition("who_is_it", severity="info"))) == [
            "raised"
        ]

    def test_getting_worse_is_told_at_once_and_voids_an_acknowledgement(self):
        subject = policy()
        tick(subject, NOON, condition())
        subject.carry_out(asked(t_s=NOON + 1, verb="acknowledge"))
        (worse,) = tick(subject, NOON + 60, condition(severity="critical"))
        assert (worse.state, worse.severity, worse.silent) == ("reminded", "critical", False)
        assert run(subject, NOON + 61, 700, condition(severity="critical"))


class TestQuietHours:
    def test_a_warning_arrives_as_information_and_is_not_repeated(self):
        subject = policy()
        (raised,) = run(subject, NIGHT, 4 * 3600, condition(since_s=NIGHT))
        assert (raised.severity, raised.silent) == ("info", False)

    def test_information_waits_for_the_morning(self):
        subject = policy()
        night = tick(subject, NIGHT, condition("who_is_it", severity="info"))
        assert [a.silent for a in night] == [True]
        morning = run(subject, MORNING - 5, 10, condition("who_is_it", severity="info"))
        assert [(a.state, a.silent) for a in morning] == [("reminded", False)]

    def test_a_warning_still_true_in_the_morning_is_said_at_full_strength(self):
        subject = policy()
        tick(subject, NIGHT, condition())
        (morning,) = run(subject, MORNING - 5, 10, condition())
        assert (morning.severity, morning.t_s) == ("warning", MORNING)

    def test_what_is_critical_is_not_touched(self):
        subject = policy()
        changes = run(subject, NIGHT, 1900, condition("monitor_blind", severity="critical"))
        assert [a.severity for a in changes] == ["critical"] * 3
        assert not any(a.silent for a in changes)

    def test_what_only_the_log_heard_of_ends_in_the_log(self):
        subject = policy()
        tick(subject, NIGHT, condition("who_is_it", severity="info"))
        (cleared,) = run(subject, NIGHT + 1, 30)
        assert cleared.silent

    def test_a_night_has_a_budget_of_soft_pushes(self):
        subject = policy()
        pushes = 0
        for i in range(20):
            t_s = NIGHT + 600 * i
            told = run(subject, t_s, 20, condition("low_intake", f"baby{i}", since_s=t_s))
            pushes += sum(not a.silent for a in told if a.state == "raised")
            run(subject, t_s + 20, 30)
        assert pushes == NIGHT_BUDGET
        assert not tick(subject, NIGHT + 15_000, condition("too_quiet", severity="critical"))[
            0
        ].silent

    def test_equal_ends_mean_no_quiet_hours(self):
        subject = policy(night=NightConfig(from_="00:00", to="00:00"))
        assert tick(subject, NIGHT, condition())[0].severity == "warning"


class TestHands:
    def test_no_crying_alert_while_somebody_is_there_and_a_minute_after(self):
        subject = policy()
        assert run(subject, NOON, 200, condition(), handled=True) == []
        assert run(subject, NOON + 200, 59, condition()) == []
        assert states(run(subject, NOON + 259, 5, condition())) == ["raised"]

    def test_an_open_one_is_not_reminded_while_somebody_is_there(self):
        subject = policy()
        run(subject, NOON, 590, condition())
        assert run(subject, NOON + 590, 240, condition(), handled=True) == []

    def test_hands_hold_a_warning_back_for_five_minutes_at_most(self):
        changes = run(policy(), NOON, 400, condition(), handled=True)
        assert [(a.state, a.t_s - NOON) for a in changes] == [("raised", 300)]

    def test_hands_hold_nothing_critical_back(self):
        subject = policy()
        changes = run(subject, NOON, 30, condition(severity="critical"), handled=True)
        assert [(a.state, a.t_s) for a in changes] == [("raised", NOON)]

    def test_hands_that_were_away_for_a_minute_may_hold_back_anew(self):
        subject = policy()
        run(subject, NOON, 290, handled=True)
        run(subject, NOON + 290, 70)
        assert run(subject, NOON + 360, 290, condition(), handled=True) == []

    def test_other_alerts_do_not_wait(self):
        changes = tick(policy(), NOON, condition("monitor_blind"), handled=True)
        assert states(changes) == ["raised"]


class TestCommands:
    def test_acknowledge_one_by_id(self):
        subject = policy()
        first, _ = tick(subject, NOON, condition(), condition("low_power"))
        changes, result = subject.carry_out(
            asked(t_s=NOON + 5, verb="acknowledge", args={"id": first.id}, request_id="r1")
        )
        assert result.ok
        assert result.request_id == "r1"
        assert [(a.id, a.state) for a in changes] == [(first.id, "acknowledged")]
        changes = run(subject, NOON + 6, 3600, condition(), condition("low_power"))
        assert {a.kind for a in changes} == {"low_power"}

    def test_a_button_without_an_id_acknowledges_all(self):
        subject = policy()
        tick(subject, NOON, condition(), condition("low_power"))
        changes, result = subject.carry_out(asked(t_s=NOON, verb="acknowledge"))
        assert result.ok
        assert states(changes) == ["acknowledged", "acknowledged"]
        again, result = subject.carry_out(asked(t_s=NOON, verb="acknowledge"))
        assert result.ok
        assert again == []

    def test_a_card_of_one_kind_and_baby_acknowledges_that_and_nothing_else(self):
        subject = policy()
        open_now = [
            condition(),
            condition("losing_weight", key="1", baby="Possum"),
            condition("losing_weight", key="2", baby="Little Joey"),
            condition("low_intake", key="1", baby="Possum"),
        ]
        tick(subject, NOON, *open_now)

        def seen(**args):
            changes, result = subject.carry_out(asked(t_s=NOON, verb="acknowledge", args=args))
            return [(a.kind, a.baby) for a in changes], result.error

        assert seen(kind="losing_weight", baby="little_joey") == (
            [("losing_weight", "Little Joey")], None,
        )  # fmt: skip
        assert seen(kind="losing_weight") == ([("losing_weight", "Possum")], None)
        assert seen(kind="low_power")[1] == "no open alert is low_power: it may already be over"
        assert seen(kind="low_intake", baby="Ash") == (
            [], "no open alert is low_intake about 'Ash': it may already be over",
        )  # fmt: skip
        assert {a.kind for a in subject.open if a.state != "acknowledged"} == {
            "crying", "low_intake",
        }  # fmt: skip

    def test_an_unknown_id_is_refused_in_a_sentence(self):
        changes, result = policy().carry_out(
            asked(t_s=NOON, verb="acknowledge", args={"id": "nope"})
        )
        assert changes == []
        assert result.error == "no open alert has the id 'nope': it may already be over"

    def test_snooze_has_an_end_and_then_speaks_again(self):
        subject = policy()
        tick(subject, NOON, condition())
        (snoozed,), result = subject.carry_out(
            asked(t_s=NOON + 10, verb="snooze", args={"minutes": 30})
        )
        assert result.ok
        assert (snoozed.state, snoozed.until) == ("snoozed", NOON + 10 + 1800)
        changes = run(subject, NOON + 11, 1900, condition())
        assert [(a.state, a.t_s, a.until) for a in changes] == [("reminded", NOON + 1810, None)]

    def test_not_a_cry_ends_it_until_it_has_been_quiet(self):
        subject = policy()
        tick(subject, NOON, condition())
        (ended,), result = subject.carry_out(asked(t_s=NOON + 5, verb="not_a_cry"))
        assert result.ok
        assert (ended.state, ended.silent) == ("cleared", False)
        assert run(subject, NOON + 6, 900, condition(severity="critical")) == []
        run(subject, NOON + 906, 30)
        assert states(run(subject, NOON + 936, 5, condition())) == ["raised"]

    def test_not_a_cry_without_a_cry_is_refused(self):
        subject = policy()
        tick(subject, NOON, condition("low_power"))
        assert subject.carry_out(asked(t_s=NOON, verb="not_a_cry"))[1].ok is False
        assert len(subject.open) == 1

    def test_a_test_alert_lives_and_ends_even_at_night(self):
        subject = policy()
        (raised,), result = subject.carry_out(asked(t_s=NIGHT, verb="test_alert"))
        assert result.ok
        assert (raised.kind, raised.severity, raised.silent) == ("test", "warning", False)
        assert states(run(subject, NIGHT, 300)) == ["cleared"]


class TestRestart:
    def test_a_true_alert_keeps_its_id_and_its_acknowledgement(self):
        before = policy()
        (raised,) = tick(before, NOON, condition())
        before.carry_out(asked(t_s=NOON + 5, verb="acknowledge"))
        after = policy()
        after.resume(kept("alerts", before.state))
        changes = run(after, NOON + 60, 50, unjudged=[CRYING])  # the part does not see it yet
        changes += run(after, NOON + 110, 3600, condition(since_s=NOON + 100))
        assert changes == []
        assert [(a.id, a.state) for a in after.open] == [(raised.id, "acknowledged")]

    def test_one_that_is_no_longer_true_clears_as_soon_as_its_part_can_say_so(self):
        before = policy()
        tick(before, NOON, condition())
        after = policy()
        after.resume(kept("alerts", before.state))
        changes = run(after, NOON + 3600, 100, unjudged=[CRYING])
        changes += run(after, NOON + 3700, 60)
        assert [(a.state, a.t_s - NOON) for a in changes] == [("cleared", 3709)]

    def test_a_snooze_goes_on(self):
        before = policy()
        tick(before, NOON, condition())
        before.carry_out(asked(t_s=NOON, verb="snooze", args={"minutes": 10}))
        after = policy()
        after.resume(kept("alerts", before.state))
        changes = run(after, NOON + 60, 600, condition())
        assert [(a.state, a.t_s) for a in changes] == [("reminded", NOON + 600)]


def test_ids_are_safe_whatever_the_key():
    assert alert_id("losing_weight", "Röö/# +", NOON) == "losing_weight-r-20260101T120000Z"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4, "4 s"), (90, "2 min"), (3599, "1 h"), (4800, "1 h 20 min"), (200_000, "2 days")],
)
def test_durations_are_spoken(seconds, text):
    assert spoken_duration(seconds) == text


# --------------------------------------------------------------------------- properties

KINDS = ["crying", "monitor_blind", "low_intake", "who_is_it"]
STEP = st.tuples(
    st.integers(1, 900),  # seconds since the step before
    st.lists(
        st.tuples(
            st.sampled_from(KINDS), st.sampled_from(["", "a"]), st.sampled_from(["info", "warning"])
        ),
        max_size=4,
    ),
    st.booleans(),  # hands
    st.sampled_from([None, None, None, "acknowledge", "snooze", "not_a_cry", "test_alert"]),
    st.booleans(),  # restart before this step
)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_any_history_gives_each_id_one_proper_life(steps):
    subject, t_s = policy(), NOON
    lives: dict[str, list[str]] = {}
    for seconds, stated, hands, verb, restart in steps:
        t_s += seconds
        if restart:
            fresh = policy()
            fresh.resume(kept("alerts", subject.state))
            subject = fresh
        conditions = [condition(k, key, severity, since_s=t_s - 5) for k, key, severity in stated]
        changes = subject.observe(t_s, conditions, handled=hands)
        if verb is not None:
            changes += subject.carry_out(asked(t_s=t_s, verb=verb))[0]
        for alert in changes:
            lives.setdefault(alert.id, []).append(alert.state)
            assert alert.t_s == t_s
            assert alert.since <= alert.t_s
        assert len({a.id for a in subject.open}) == len(subject.open)
        incidents = [(a.kind, a.id.rsplit("-", 1)[0]) for a in subject.open]
        assert len(set(incidents)) == len(incidents)
    still_open = {alert.id: alert.state for alert in subject.open}
    for alert_name, life in lives.items():
        assert life[0] == "raised"
        assert life.count("raised") == 1
        assert life.count("cleared") == (alert_name not in still_open)
        assert "cleared" not in life[:-1]
        if alert_name in still_open:
            assert life[-1] == still_open[alert_name]


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_a_restart_at_every_step_changes_nothing_while_all_stays_true(steps):
    """With the same conditions throughout, a restarted policy says what an unbroken one says."""
    plain, broken, t_s = policy(), policy(), NOON
    for seconds, _, _, verb, restart in steps:
        t_s += seconds
        conditions = [condition(), condition("monitor_blind", "scale", "critical")]
        if restart:
            fresh = policy()
            fresh.resume(kept("alerts", broken.state))
            broken = fresh
        pair = [p.observe(t_s, conditions, handled=False) for p in (plain, broken)]
        if verb in {"acknowledge", "snooze"}:
            pair = [
                told + p.carry_out(asked(t_s=t_s, verb=verb))[0]
                for p, told in zip((plain, broken), pair, strict=True)
            ]
        assert pair[0] == pair[1]


def test_alerts_are_values():
    (alert,) = tick(policy(), NOON, condition())
    assert replace(alert, silent=True) != alert

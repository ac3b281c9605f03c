"""True, false or past judging; the same incident or another; for how long somebody's word holds."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from monitor.core.alerts.policy import AlertPolicy
from monitor.events import Alert, Baby, CannotJudge, Condition
from tests.asking import asked
from tests.core.alerts.test_policy import MORNING, NIGHT, NOON, condition, policy, run, states, tick
from tests.restarting import kept

HOUR = 3600
PLUG = condition("monitor_blind", "microphone", "critical", all_clear="Microphone works again.")
JOEY = Baby(id="1hx3", name="Joey", species="kitten")


def unknown(kind="crying", key=None) -> CannotJudge:
    return CannotJudge(kind=kind, key=key, why="nobody can look")


def say(subject: AlertPolicy, t_s: float, verb: str, **args) -> list[Alert]:
    changes, result = subject.carry_out(asked(t_s=t_s, verb=verb, args=args))
    assert result.ok
    return changes


def pushes(changes: list[Alert]) -> list[Alert]:
    return [alert for alert in changes if not alert.silent]


class TestUnknownIsNotNo:
    @pytest.mark.parametrize("key", [None, "microphone"])
    def test_what_cannot_be_judged_is_told_on_as_if_it_were_true(self, key):
        true, unseen = policy(), policy()
        tick(true, NOON, PLUG)
        tick(unseen, NOON, PLUG)
        expected = run(true, NOON + 1, 4 * HOUR, PLUG)
        held = run(unseen, NOON + 1, 4 * HOUR, unjudged=[unknown("monitor_blind", key)])
        assert [(a.state, a.t_s) for a in held] == [(a.state, a.t_s) for a in expected]
        assert set(states(held)) == {"reminded"}
        assert unseen.open[0].message.endswith(
            "Whether it is over cannot be told now: nobody can look."
        )
        (seen,) = run(unseen, NOON + 5 * HOUR, 1, PLUG)
        assert "cannot be told" not in seen.message

    def test_a_source_that_proves_itself_in_time_makes_no_reminder(self):
        subject = policy()
        tick(subject, NOON, PLUG)
        assert run(subject, NOON + 590, 110, unjudged=[unknown("monitor_blind")]) == []
        assert states(run(subject, NOON + 700, 30)) == ["cleared"]

    def test_it_opens_nothing(self):
        assert run(policy(), NOON, 100, unjudged=[unknown()]) == []

    def test_only_the_incident_it_names_is_held(self):
        subject = policy()
        tick(subject, NOON, PLUG, condition("monitor_blind", "scale"))
        changes = run(subject, NOON + 1, 60, unjudged=[unknown("monitor_blind", "scale")])
        assert [a.id.split("-")[1] for a in changes] == ["microphone"]

    def test_a_condition_that_is_stated_as_well_is_true(self):
        assert states(tick(policy(), NOON, condition(), unjudged=[unknown()])) == ["raised"]

    def test_it_goes_on_where_it_was_when_it_can_be_judged_again(self):
        subject = policy()
        tick(subject, NOON, PLUG)
        say(subject, NOON + 5, "acknowledge")
        run(subject, NOON + 10, 1200, unjudged=[unknown("monitor_blind")])
        assert run(subject, NOON + 1210, 600, PLUG) == []
        assert subject.open[0].state == "acknowledged"

    def test_the_hold_counts_only_time_in_which_it_was_false(self):
        subject = policy()
        tick(subject, NOON, condition())
        run(subject, NOON + 1, 6)
        run(subject, NOON + 7, 100, unjudged=[unknown()])
        (cleared,) = run(subject, NOON + 107, 30)
        assert cleared.t_s == NOON + 116

    def test_a_snooze_that_ends_meanwhile_speaks(self):
        subject = policy()
        tick(subject, NOON, PLUG)
        say(subject, NOON + 1, "snooze", minutes=10)
        told = run(subject, NOON + 2, 1000, unjudged=[unknown("monitor_blind")])
        assert [(a.state, a.t_s - NOON) for a in told] == [("reminded", 601)]

    def test_no_cry_is_held_while_nobody_can_hear(self):
        subject = policy()
        tick(subject, NOON, condition())
        say(subject, NOON + 1, "not_a_cry")
        run(subject, NOON + 2, 60, unjudged=[unknown()])
        assert run(subject, NOON + 62, 60, condition()) == []

    def test_unseen_for_half_an_hour_and_begun_since_is_another_incident(self):
        subject = policy()
        tick(subject, NOON, condition())
        say(subject, NOON + 1, "acknowledge")
        run(subject, NOON + 2, 2000, unjudged=[unknown()])
        (back,) = run(subject, NOON + 2002, 5, condition(since_s=NOON + 1990))
        assert (back.state, back.since, back.silent) == ("reminded", NOON + 1990, False)

    def test_a_restart_is_no_time_in_which_it_was_false(self):
        before = policy()
        tick(before, NOON, PLUG)
        after = policy()
        after.resume(kept("alerts", before.state))
        assert tick(after, NOON + 9000) == []
        assert states(run(after, NOON + 9001, 60)) == ["cleared"]

    def test_the_worse_of_two_statements_about_one_incident_counts(self):
        (raised,) = tick(policy(), NOON, condition(), condition(severity="critical"))
        assert raised.severity == "critical"


def flapping(subject: AlertPolicy, start_s: float, times: int, there=30, away=30) -> list[Alert]:
    changes = []
    for i in range(times):
        t_s = start_s + i * (there + away)
        changes += run(subject, t_s, there, replace(PLUG, since_s=t_s))
        changes += run(subject, t_s + there, away)
    return changes


class TestHeldOpenIsNotTheSameIncident:
    def test_a_plug_acknowledged_the_third_time_and_dead_twelve_minutes_later_is_spoken(self):
        subject = policy()
        flapping(subject, NOON, 3)
        assert len(subject.open) == 1
        say(subject, NOON + 180, "acknowledge")
        assert run(subject, NOON + 181, 720) == []  # it works for twelve minutes, held open
        changes = run(subject, NOON + 901, 8 * HOUR, replace(PLUG, since_s=NOON + 901))
        assert (changes[0].state, changes[0].t_s, changes[0].silent) == (
            "reminded",
            NOON + 901,
            False,
        )
        assert changes[0].since == NOON + 901
        assert len(pushes(changes)) >= 16  # and never more rarely than every half hour

    @pytest.mark.parametrize("away_s", [11, 590, 720])
    @pytest.mark.parametrize("verb", ["acknowledge", "snooze"])
    def test_what_was_acknowledged_or_snoozed_and_comes_back_is_spoken(self, verb, away_s):
        subject = policy()
        flapping(subject, NOON, 3)
        say(subject, NOON + 180, verb, **({"minutes": 720} if verb == "snooze" else {}))
        run(subject, NOON + 181, away_s)
        (back, *_) = run(subject, NOON + 181 + away_s, 5, PLUG)
        assert (back.state, back.until, back.silent) == ("reminded", None, False)

    def test_a_gap_within_the_hold_is_the_same_incident(self):
        subject = policy()
        run(subject, NOON, 2, PLUG)
        say(subject, NOON + 1, "snooze", minutes=720)
        run(subject, NOON + 2, 9)
        assert run(subject, NOON + 11, HOUR, PLUG) == []

    def test_a_new_cry_after_an_acknowledged_one_is_told(self):
        subject = policy()
        for i in range(3):
            run(subject, NOON + 300 * i, 60, condition(since_s=NOON + 300 * i))
            run(subject, NOON + 300 * i + 60, 30 if i == 2 else 240)
        say(subject, NOON + 690, "acknowledge")
        assert run(subject, NOON + 690, 590) == []
        (back,) = run(subject, NOON + 1280, 100, condition(since_s=NOON + 1270))
        assert (back.state, back.since) == ("reminded", NOON + 1270)

    def test_a_plug_that_flaps_all_night_makes_at_most_eight_pushes_an_hour_then_three(self):
        """60 comings and goings an hour: three raises and two all-clears, then reminders."""
        subject = policy()
        changes = flapping(subject, NIGHT - 4 * HOUR, 8 * 60)
        hours = [
            len([a for a in pushes(changes) if i <= (a.t_s - (NIGHT - 4 * HOUR)) / HOUR < i + 1])
            for i in range(8)
        ]
        assert hours[0] <= 8
        assert max(hours[1:]) <= 3
        assert min(hours) >= 1  # and it is never silent

    def test_each_acknowledgement_of_a_flapping_plug_costs_one_push_at_most(self):
        subject = policy()
        flapping(subject, NOON, 5)
        told = []
        for i in range(20):
            say(subject, NOON + 300 + 60 * i, "acknowledge")
            told += flapping(subject, NOON + 300 + 60 * i, 1)
        assert states(told) == ["reminded"] * 20

    def test_unacknowledged_and_away_for_longer_than_a_reminder_it_is_spoken_at_once(self):
        subject = policy()
        flapping(subject, NOON, 3)
        run(subject, NOON + 180, 700)
        assert states(tick(subject, NOON + 880, PLUG)) == ["reminded"]


class TestAPromiseEnds:
    @pytest.mark.parametrize(
        ("kind", "after_s"),
        [
            ("crying", 0.5 * HOUR),
            ("too_quiet", 0.5 * HOUR),
            ("bottle_overdue", HOUR),
            ("losing_weight", 6 * HOUR),
            ("not_gaining", 6 * HOUR),
            ("low_intake", 6 * HOUR),
            ("monitor_blind", 2 * HOUR),
        ],
    )
    def test_something_critical_and_acknowledged_is_asked_again(self, kind, after_s):
        subject = policy()
        tick(subject, NIGHT, condition(kind, severity="critical"))
        say(subject, NIGHT + 5, "acknowledge")
        changes = run(subject, NIGHT + 6, int(after_s) + 1500, condition(kind, severity="critical"))
        assert [(a.state, a.t_s - NIGHT - 5) for a in changes[:2]] == [
            ("reminded", after_s),
            ("reminded", after_s + 600),
        ]
        assert not any(a.silent for a in changes)

    def test_an_acknowledged_warning_stays_acknowledged(self):
        subject = policy()
        tick(subject, NOON, condition())
        say(subject, NOON + 5, "acknowledge")
        assert run(subject, NOON + 6, 9 * HOUR, condition()) == []

    def test_no_cry_lasts_an_hour(self):
        subject = policy()
        tick(subject, NOON, condition())
        say(subject, NOON, "not_a_cry")
        changes = run(subject, NOON + 1, 3700, condition())
        assert [(a.state, a.t_s - NOON) for a in changes] == [("raised", 3600)]

    def test_a_second_person_is_not_woken_by_what_was_acknowledged_before(self):
        subject = policy()
        run(subject, NOON, 2000, PLUG)
        assert subject.open[0].escalated
        say(subject, NOON + 2000, "acknowledge")
        changes = run(subject, NOON + 2001, 2 * HOUR + 1900, PLUG)
        assert [a.escalated for a in changes] == [False, False, True]


def weight(baby: Baby = JOEY, severity="warning", **more) -> Condition:
    title = f"{baby.name} is losing weight"
    return condition(
        "losing_weight", baby.id, severity, baby=baby.name, title=title,
        message=f"{baby.name}: 3 g less. Weigh {baby.name}'s bottle.", **more,
    )  # fmt: skip


class TestTheRoster:
    def known(self) -> AlertPolicy:
        subject = policy()
        subject.know_roster([JOEY])
        tick(subject, NOON, weight())
        return subject

    def test_a_rename_renames_and_tells_nobody_anything(self):
        subject = self.known()
        say(subject, NOON + 1, "acknowledge")
        robin = replace(JOEY, name="Robin")
        subject.know_roster([robin])
        held = [unknown("losing_weight")]
        assert run(subject, NOON + 2, 100, unjudged=held) == []
        (alert,) = subject.open
        assert (alert.baby, alert.title, alert.state) == (
            "Robin",
            "Robin is losing weight",
            "acknowledged",
        )
        assert alert.message == "Robin: 3 g less. Weigh Robin's bottle."
        assert run(subject, NOON + 1002, 1000, weight(robin)) == []

    def test_a_rename_does_not_reach_into_other_words(self):
        subject = policy()
        kang = replace(JOEY, name="Kang")
        subject.know_roster([kang])
        tick(subject, NOON, condition("who_is_it", message="Kangaroo or Kang?"))
        subject.know_roster([replace(kang, name="Joey")])
        assert subject.open[0].message == "Kangaroo or Joey?"

    def test_a_retirement_closes_with_the_true_reason(self):
        subject = self.known()
        subject.know_roster([])
        (closed,) = tick(subject, NOON + 1)
        assert (closed.state, closed.title, closed.message) == (
            "cleared",
            "Closed: Joey is losing weight",
            "Joey has left the nursery.",
        )

    def test_one_that_left_while_the_monitor_was_off_is_closed_too(self):
        before = self.known()
        after = policy()
        after.resume(kept("alerts", before.state), [])
        after.know_roster([])
        assert [a.message for a in tick(after, NOON + 100)] == ["Joey has left the nursery."]

    def test_what_an_earlier_version_kept_by_slug_goes_on_under_the_id(self):
        before = policy()
        (raised,) = tick(before, NOON, replace(weight(), key="joey"))
        say(before, NOON + 1, "acknowledge")
        old = kept("alerts", before.state)
        old.keyed_by_id = False
        after = policy()
        after.resume(kept("alerts", old), [JOEY])
        after.know_roster([JOEY])
        assert run(after, NOON + 10, 2000, weight()) == []
        assert [(a.id, a.state) for a in after.open] == [(raised.id, "acknowledged")]

    def test_an_alert_only_the_journal_knows_is_taken_up_until_its_part_has_judged_it(self):
        subject, lost = policy(), self.known().open[0]
        assert subject.adopt([lost], [JOEY]) == []
        assert run(subject, NOON + 50, 100, unjudged=[unknown("losing_weight", JOEY.id)]) == []
        assert states(run(subject, NOON + 150, 1000, weight())) == ["reminded"]
        assert [a.id for a in subject.open] == [lost.id]
        other = replace(lost, id=lost.id[:-1] + "9")
        assert subject.adopt([other], [JOEY]) == [other]


def test_a_bottle_that_becomes_critical_at_night_is_not_muted():
    subject = policy()
    tick(subject, NIGHT, condition("bottle_overdue", "a"))
    (worse,) = tick(subject, NIGHT + 60, condition("bottle_overdue", "a", "critical"))
    assert (worse.severity, worse.silent) == ("critical", False)
    assert NIGHT < worse.t_s < MORNING


class TestWhatWasAcknowledgedBeforeARestart:
    """What was acknowledged had ended before it came back, by whatever is still known of it."""

    @pytest.mark.parametrize(("worked_s", "expected"), [(14.0, ["reminded"]), (9.0, [])])
    def test_a_source_that_worked_after_the_start_and_fails_again_is_another_incident(
        self, worked_s, expected
    ):
        subject = policy()
        tick(subject, NOON, PLUG)
        say(subject, NOON + 5, "acknowledge")
        run(subject, NOON + 6, 40, unjudged=[unknown("monitor_blind")])
        again = replace(PLUG, since_s=NOON + 31, false_before_s=worked_s)
        assert states(run(subject, NOON + 46, 60, again)) == expected

    def test_a_run_of_real_data_before_it_was_acknowledged_does_not_count(self):
        subject = policy()
        tick(subject, NOON, replace(PLUG, false_before_s=3 * HOUR))
        say(subject, NOON + 5, "acknowledge")
        run(subject, NOON + 6, 20, unjudged=[unknown("monitor_blind")])
        assert run(subject, NOON + 26, 60, replace(PLUG, false_before_s=3 * HOUR)) == []

    def test_one_that_is_known_by_its_row_alone_is_spoken_when_it_is_stated_again(self):
        first, subject = policy(), policy()
        tick(first, NOON, PLUG)
        (row,) = say(first, NOON + 5, "acknowledge")
        assert subject.adopt([row], []) == []
        run(subject, NOON + 6, 20, unjudged=[unknown("monitor_blind")])
        changes = run(subject, NOON + 26, 300, PLUG)
        assert states(changes) == ["reminded"]
        assert changes[0].id == row.id

    @pytest.mark.parametrize("said", ["acknowledge", "snooze"])
    @pytest.mark.parametrize("unjudged", [[], [unknown("monitor_blind")]])
    def test_an_answer_covers_only_what_is_so_when_it_is_given(self, said, unjudged):
        """A plug works for a moment, somebody answers what is still open, and it fails again."""
        subject = policy()
        tick(subject, NOON, PLUG)
        run(subject, NOON + 1, 4, unjudged=unjudged)
        say(subject, NOON + 5, said)
        run(subject, NOON + 5, 4, unjudged=unjudged)
        assert states(run(subject, NOON + 9, 60, PLUG)) == ["reminded"]
        say(subject, NOON + 70, said)
        run(subject, NOON + 71, 4, unjudged=unjudged)
        assert run(subject, NOON + 75, 60, PLUG) == [], "this time it was there"

    def test_and_is_cleared_like_any_other_when_it_is_over(self):
        first, subject = policy(), policy()
        tick(first, NOON, PLUG)
        (row,) = say(first, NOON + 5, "acknowledge")
        subject.adopt([row], [])
        assert states(run(subject, NOON + 26, 60)) == ["cleared"]

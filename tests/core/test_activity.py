"""Too quiet: only when both sources work, somebody is in the box, and nobody stirs."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.config import AlertsConfig
from monitor.core.activity import Activity
from monitor.events import Baby, BoxOn, CryStarted, ScaleBlock
from monitor.timeshift import TimeShift, shifted
from tests.restarting import kept

T = 1_767_268_800.0  # 2026-01-01T12:00:00Z
BLOCK = ScaleBlock(np.array([T + 2000]), np.array([400_000.0]))
BABY = Baby(id="1", name="Possum", species="puppy")


def conditions(subject, t_s, *, microphone=True, scale=True, settled=True, babies=(BABY,)):
    return subject.conditions(
        t_s, microphone=microphone, scale=scale, settled=settled, babies=babies
    )


def limit_min(babies) -> float:
    subject = Activity(AlertsConfig(), T)
    return next(m for m in range(1000) if conditions(subject, T + 60 * m, babies=babies))


def test_silence_and_stillness_for_ninety_minutes():
    subject = Activity(AlertsConfig(), T)
    assert conditions(subject, T + 5399) == []
    (found,) = conditions(subject, T + 5400)
    assert (found.kind, found.severity, found.since_s) == ("too_quiet", "critical", T)
    assert "1 h 30 min" in found.message


def test_a_call_or_a_movement_begins_the_count_anew():
    subject = Activity(AlertsConfig(), T)
    subject.observe(CryStarted(t_s=T + 1000, species="puppy", score=0.9))
    assert conditions(subject, T + 6000) == []
    subject.observe(BLOCK, [BoxOn(t_s=T + 2000)])
    assert conditions(subject, T + 7000) == []
    assert conditions(subject, T + 2000 + 5400)


def test_a_still_scale_and_a_human_baby_are_no_signs_of_life():
    subject = Activity(AlertsConfig(), T)
    subject.observe(BLOCK)
    subject.observe(CryStarted(t_s=T + 2000, species="human", score=0.9))
    assert conditions(subject, T + 5400)


def watch(subject, from_s, to_s, **more):
    """A tick a second; the last answer."""
    found = []
    for t_s in range(int(from_s), int(to_s) + 1):
        found = conditions(subject, T + t_s, **more)
    return found


DEAD = [{"microphone": False}, {"scale": False}, {"settled": False}]


@pytest.mark.parametrize("dead", DEAD)
def test_a_short_gap_is_left_out_of_the_count(dead):
    subject = Activity(AlertsConfig(), T)
    watch(subject, 0, 5000)
    assert watch(subject, 5001, 5020, **dead) == []
    assert watch(subject, 5021, 5419) == []
    (found,) = watch(subject, 5420, 5421)
    assert found.since_s == T


@pytest.mark.parametrize("dead", DEAD)
def test_after_a_long_gap_the_count_begins_anew(dead):
    subject = Activity(AlertsConfig(), T)
    watch(subject, 0, 5000)
    watch(subject, 5001, 5600, **dead)
    assert watch(subject, 5601, 5601 + 5399) == []
    assert watch(subject, 5601 + 5400, 5601 + 5400)


@pytest.mark.parametrize("dead", DEAD)
@pytest.mark.parametrize("gap_s", [20, 8 * 3600])
def test_an_open_alarm_waits_through_a_gap_and_goes_on(dead, gap_s):
    subject = Activity(AlertsConfig(), T)
    watch(subject, 0, 5401)
    assert watch(subject, 5402, 5402 + gap_s, **dead) == []
    (unknown,) = subject.unjudged()
    assert unknown.kind == "too_quiet"
    (found,) = watch(subject, 5403 + gap_s, 5403 + gap_s)
    assert found.since_s == T
    assert ("unwatched" in found.message) == (gap_s > 60)
    assert subject.unjudged() == []


def test_a_call_heard_while_the_scale_is_away_ends_it():
    subject = Activity(AlertsConfig(), T)
    watch(subject, 0, 5401)
    subject.observe(CryStarted(t_s=T + 5410, species="kitten", score=0.9))
    assert watch(subject, 5402, 5420, scale=False) == []
    assert subject.unjudged() == []


def noise(second: int, wobble_g: float = 0.0) -> ScaleBlock:
    rng = np.random.default_rng(second)
    grams = 900 + rng.normal(0, 0.3, 10) + wobble_g * np.sin(np.arange(10))
    return ScaleBlock(T + second + np.arange(10) / 10, 1000 + 400 * grams)


@pytest.mark.parametrize(("seconds", "ends"), [(3, True), (60, True), (400, False)])
def test_a_movement_ends_it_but_a_machine_that_shakes_the_box_for_minutes_does_not(seconds, ends):
    subject = Activity(AlertsConfig(too_quiet_after_min=10), T)
    for second in range(700):
        subject.observe(noise(second))
        open_now = conditions(subject, T + second + 1)
    assert open_now
    for second in range(700, 700 + seconds):
        subject.observe(noise(second, 8.0))
        conditions(subject, T + second + 1)
    assert subject.unjudged()  # it moves: nobody knows yet what
    for second in range(700 + seconds, 730 + seconds):
        subject.observe(noise(second))
        open_now = conditions(subject, T + second + 1)
    assert bool(open_now) != ends
    assert subject.unjudged() == []


def test_a_box_without_somebody_is_no_open_alarm():
    subject = Activity(AlertsConfig(), T)
    watch(subject, 0, 5401)
    assert watch(subject, 5402, 5402, babies=()) == []
    assert subject.unjudged() == []


def test_an_empty_box_is_quiet():
    subject = Activity(AlertsConfig(), T)
    assert conditions(subject, T + 90_000, babies=()) == []


def test_older_babies_sleep_longer_and_the_youngest_decides():
    newborn = Baby(id="2", name="A", species="kitten", born="2025-12-29")
    month = Baby(id="3", name="B", species="kitten", born="2025-11-28")
    weaned = Baby(id="4", name="C", species="kitten", born="2025-11-01")
    assert [limit_min([b]) for b in (newborn, month, weaned)] == [90, 180, 240]
    assert limit_min([weaned, newborn]) == 90
    assert limit_min([weaned, BABY]) == 90  # an unknown age counts as the youngest


def restarted(before: Activity, t_s: float) -> Activity:
    after = Activity(AlertsConfig(), T + t_s)
    after.resume(kept("activity", before.state))
    return after


def shift(subject: Activity, by: TimeShift) -> None:
    before = subject.state
    subject.state, subject.run = shifted(before, by), shifted(subject.run, by)
    subject.follow_shift(before)


def test_an_open_alarm_survives_a_restart():
    before = Activity(AlertsConfig(), T)
    watch(before, 0, 5401)
    after = restarted(before, 9000)
    assert watch(after, 9000, 9020, microphone=False, scale=False) == []
    assert after.unjudged()
    (found,) = watch(after, 9021, 9022)
    assert found.since_s == T


def test_a_restart_of_seconds_does_not_begin_the_count_anew():
    before = Activity(AlertsConfig(), T)
    watch(before, 0, 5000)
    after = restarted(before, 5030)
    assert watch(after, 5030, 5060, microphone=False) == []
    assert watch(after, 5061, 5459) == []
    assert watch(after, 5460, 5462)


@pytest.mark.parametrize("by_s", [3 * 3600.0, -3 * 3600.0])
def test_a_clock_that_was_hours_off_since_the_restart_makes_no_silence(by_s):
    """What the clock was off lies between the runs: nobody knows what stirred in it."""
    before = Activity(AlertsConfig(), T)
    watch(before, 0, 1000)
    after = restarted(before, 1030)
    assert watch(after, 1030, 1060) == []
    shift(after, TimeShift(by_s=by_s, since_s=T + 1030))
    assert watch(after, by_s + 1061, by_s + 1061 + 5390) == []
    assert watch(after, by_s + 6452, by_s + 6500)


def test_a_clock_that_was_off_by_seconds_does_not_begin_the_count_anew():
    before = Activity(AlertsConfig(), T)
    watch(before, 0, 1000)
    after = restarted(before, 1030)
    assert watch(after, 1030, 1060) == []
    shift(after, TimeShift(by_s=60.0, since_s=T + 1030))
    assert watch(after, 1121, 5430 + 59) == []
    assert watch(after, 5430 + 60, 5430 + 65)


def test_an_open_alert_of_an_earlier_version_stays_open():
    subject = restarted(Activity(AlertsConfig(), T), 5000)
    subject.keep_open(T - 600)
    assert watch(subject, 5000, 5010, scale=False) == []
    assert subject.unjudged()
    assert watch(subject, 5011, 5011)[0].since_s == T - 600


def test_a_restart_keeps_the_last_signs():
    before = Activity(AlertsConfig(), T)
    before.observe(CryStarted(t_s=T + 100, species="kitten", score=0.9))
    after = restarted(before, 5000)
    assert after.last_sign_s == T + 100
    assert conditions(after, T + 5600) == []

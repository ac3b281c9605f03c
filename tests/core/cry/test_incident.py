"""Bouts become incidents: told late enough to be worth it, with their context."""

from __future__ import annotations

import pytest

from monitor.config import AlertsConfig
from monitor.core.alerts.policy import AlertPolicy
from monitor.core.cry.incident import CryIncident
from monitor.events import CryEnded, CryStarted
from tests.asking import asked
from tests.restarting import kept

T = 1_000_000.0


class Level:
    level_db = -41.5


def started(t_s, species="kitten", context="unexplained"):
    return CryStarted(t_s=t_s, species=species, score=0.9, context=context, decided_s=t_s + 2)


def ended(start_s, end_s, species="kitten"):
    return CryEnded(t_s=end_s, started_s=start_s, species=species, score=0.9)


def incident() -> CryIncident:
    return CryIncident(AlertsConfig())


def test_a_cry_over_before_anybody_could_act_is_no_condition():
    subject = incident()
    subject.observe(started(T))
    assert subject.conditions(T + 19) == []
    subject.observe(ended(T, T + 19))
    assert all(subject.conditions(T + s) == [] for s in range(20, 300))


def test_a_lasting_cry_is_one_condition_with_the_first_call_as_its_beginning():
    subject = incident()
    subject.observe(started(T), "Possum's bottle was due 20 min ago")
    (found,) = subject.conditions(T + 180)
    assert (found.kind, found.since_s, found.severity) == ("crying", T, "warning")
    assert (
        found.message == "A kitten has been crying for 3 min: Possum's bottle was due 20 min ago."
    )


def test_short_bouts_with_pauses_add_up():
    subject, told = incident(), []
    for i in range(10):  # 5 s of calls every 30 s
        start_s = T + 30 * i
        subject.observe(started(start_s))
        subject.observe(ended(start_s, start_s + 5))
        told.append(bool(subject.conditions(start_s + 6)))
    assert told == [False] * 3 + [True] * 7


def test_it_is_over_after_a_minute_and_a_half_of_quiet():
    subject = incident()
    subject.observe(started(T))
    subject.observe(ended(T, T + 30))
    assert subject.conditions(T + 119)
    assert subject.conditions(T + 120) == []


def test_the_all_clear_tells_the_length_of_the_crying_not_of_the_waiting():
    subject = incident()
    subject.observe(started(T))
    subject.observe(ended(T, T + 120))
    assert subject.conditions(T + 150)[0].all_clear == "Quiet again after 2 min of crying."


@pytest.mark.parametrize(
    ("context", "clause"),
    [
        ("bottle_due", "a bottle is due"),
        ("just_fed", "soon after a feed"),
        ("unexplained", "no bottle is due"),
        ("handled", "while being handled"),
    ],
)
def test_the_context_is_in_the_message(context, clause):
    subject = incident()
    subject.observe(started(T, context=context))
    assert clause in subject.conditions(T + 60)[0].message


def test_ten_minutes_are_critical_unless_they_are_mostly_pauses():
    loud, sparse = incident(), incident()
    loud.observe(started(T))
    assert loud.conditions(T + 599)[0].severity == "warning"
    assert loud.conditions(T + 600)[0].severity == "critical"
    for i in range(21):
        sparse.observe(started(T + 30 * i))
        sparse.observe(ended(T + 30 * i, T + 30 * i + 3))
    assert sparse.conditions(T + 620)[0].severity == "warning"


def test_a_human_baby_is_no_incident():
    subject = incident()
    subject.observe(started(T, species="human"))
    assert subject.conditions(T + 600) == []
    assert subject.status(T + 600, None, True).crying is False
    subject.observe(ended(T, T + 600, species="human"))
    assert subject.status(T + 600, None, True).cry_minutes_1h == 0


def test_status_counts_minutes_and_knows_when_it_does_not_know():
    subject = incident()
    subject.observe(started(T))
    subject.observe(ended(T, T + 120))
    subject.observe(started(T + 3000))
    status = subject.status(T + 3060, Level(), True)
    assert (status.crying, status.since, status.level_db) == (True, T + 3000, -41.5)
    assert (status.cry_minutes_1h, status.cry_minutes_24h) == (3.0, 3.0)
    assert subject.status(T + 3660, Level(), True).cry_minutes_1h == pytest.approx(12.0)
    blind = subject.status(T + 3660, Level(), False)
    assert (blind.crying, blind.cry_minutes_1h, blind.level_db) == (None, None, None)


def listen(subject, from_s, to_s, *, hearing=True):
    """A tick a second: the last conditions, and whether it could not be judged then."""
    found = []
    for t_s in range(int(from_s), int(to_s) + 1):
        found = subject.conditions(T + t_s, hearing=hearing)
    return found, bool(subject.unjudged())


@pytest.mark.parametrize("deaf_s", [20, 300, 8 * 3600])
def test_a_deaf_microphone_is_no_quiet(deaf_s):
    subject = incident()
    subject.observe(started(T))
    assert listen(subject, 1, 40)[0]
    assert listen(subject, 41, 40 + deaf_s, hearing=False) == ([], True)
    back_s = 41 + deaf_s
    assert listen(subject, back_s, back_s + 89)[1] or deaf_s == 20  # still crying, or not known
    assert listen(subject, back_s + 90, back_s + 91) == ([], False)  # heard to be quiet


def test_a_bout_that_goes_on_when_the_microphone_dies_counts_to_its_last_call():
    subject = incident()
    subject.observe(started(T))
    listen(subject, 1, 40)
    listen(subject, 41, 60, hearing=False)
    assert subject.status(T + 61, None, True).crying is False


def test_a_bout_that_begins_before_the_microphone_is_trusted_counts_when_it_is():
    """Its beginning is announced once; a cry without a pause would never be told otherwise."""
    subject, bout = incident(), started(T)
    subject.observe(bout)
    assert subject.conditions(T + 3, hearing=False) == []
    told = [bool(subject.conditions(T + s, open_bout=bout)) for s in range(5, 60)]
    assert told.index(True) + 5 == pytest.approx(20, abs=2)
    subject.observe(ended(T, T + 60))
    (found,) = subject.conditions(T + 61)
    assert found.since_s == T


def test_and_one_that_the_detector_has_ended_meanwhile_does_not():
    subject = incident()
    subject.observe(started(T))
    subject.conditions(T + 3, hearing=False)
    subject.observe(ended(T, T + 4))
    assert all(subject.conditions(T + s) == [] for s in range(5, 60))


def test_a_human_baby_that_the_detector_hears_is_no_incident_then_either():
    subject = incident()
    subject.conditions(T, hearing=False)
    assert all(
        subject.conditions(T + s, open_bout=started(T, species="human")) == [] for s in range(60)
    )


def test_bouts_before_and_after_a_short_gap_are_one_spell():
    subject = incident()
    subject.observe(started(T))
    subject.observe(ended(T, T + 30))
    listen(subject, 31, 35)
    listen(subject, 36, 60, hearing=False)
    listen(subject, 61, 64)
    subject.observe(started(T + 65))
    assert subject.conditions(T + 70)[0].since_s == T


def test_a_bout_after_a_long_gap_is_a_spell_of_its_own_and_says_nothing_of_the_gap():
    subject = incident()
    subject.observe(started(T))
    listen(subject, 1, 40)
    listen(subject, 41, 4000, hearing=False)
    listen(subject, 4001, 4010)
    subject.observe(started(T + 4010))
    assert listen(subject, 4011, 4029) == ([], True)
    (found,), _ = listen(subject, 4030, 4030)
    assert (found.since_s, found.severity) == (T + 4010, "warning")


def test_a_spell_that_begins_nine_seconds_after_one_that_was_snoozed_is_told():
    subject, alerts = incident(), AlertPolicy(AlertsConfig(), "box", lambda _t: 720)
    told, t_s = [], 0
    bouts = {0: 30, 200: 230, 400: 430, 529: 580}  # quiet for 90 s from 430; nine more

    def second():
        nonlocal t_s
        if t_s in bouts:
            subject.observe(started(T + t_s))
        for start_s, end_s in bouts.items():
            if t_s == end_s:
                subject.observe(ended(T + start_s, T + end_s))
        told.extend(alerts.observe(T + t_s, subject.conditions(T + t_s), handled=False))
        t_s += 1

    while t_s < 440:
        second()
    assert [a.state for a in told] == ["raised", "cleared", "raised", "cleared", "raised"]
    alerts.carry_out(asked(t_s=T + 440, verb="snooze", args={"minutes": 720}))
    while t_s < 560:
        second()
    assert [(a.state, a.since) for a in told[5:]] == [("reminded", T + 529)]


def test_minutes_older_than_a_day_are_forgotten():
    subject = incident()
    subject.observe(ended(T, T + 60))
    assert subject.status(T + 86_400 + 30, None, True).cry_minutes_24h == 0.5
    assert subject.status(T + 86_400 + 61, None, True).cry_minutes_24h == 0


def test_a_restart_keeps_the_incident_and_the_minutes_until_it_is_heard_to_be_quiet():
    before = incident()
    before.observe(ended(T - 100, T - 40))
    before.observe(started(T))
    before.observe(ended(T, T + 30))
    after = incident()
    after.resume(kept("crying", before.state))
    assert after.conditions(T + 500, hearing=False) == []
    assert after.unjudged()
    assert after.conditions(T + 501) == []
    assert after.unjudged()
    assert after.status(T + 41, None, True) == before.status(T + 41, None, True)
    assert listen(after, 502, 600) == ([], False)


def test_a_rename_reaches_the_phrase():
    subject = incident()
    subject.observe(started(T), "Possum's bottle was due 20 min ago")
    subject.rename("Possum", "Robin")
    assert "Robin's bottle was due" in subject.conditions(T + 60)[0].message


def test_what_is_raised_as_a_kitten_ends_as_one_whatever_the_last_calls_sound_like():
    subject, policy = incident(), AlertPolicy(AlertsConfig(), "box", lambda _: 720)
    told = []
    for second in range(600):
        if second in {0, 40}:
            species = "kitten" if second == 0 else "unknown"
            subject.observe(started(T + second, species), "Possum's bottle is due now")
        if second in {30, 60}:
            subject.observe(ended(T + second - 30, T + second))
        told += policy.observe(T + second, subject.conditions(T + second), handled=False)
    assert [(a.state, a.title) for a in told] == [
        ("raised", "Kitten crying"), ("cleared", "All clear: Kitten crying"),
    ]  # fmt: skip


def test_a_second_kind_of_voice_is_named_and_the_title_stays():
    subject = incident()
    subject.observe(started(T))
    subject.observe(started(T + 30, "puppy"), "Possum's bottle is due now")
    (found,) = subject.conditions(T + 60)
    assert found.title == "Kitten crying"
    assert found.message == (
        "A kitten and a puppy have been crying for 1 min: Possum's bottle is due now."
    )

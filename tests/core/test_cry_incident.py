"""Bouts become incidents: told late enough to be worth it, with their context."""

from __future__ import annotations

import pytest

from monitor.config import AlertsConfig
from monitor.core.cry_incident import CryIncident
from monitor.errors import InputError
from monitor.events import CryEnded, CryStarted

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
    subject.started(started(T))
    assert subject.conditions(T + 19) == []
    subject.ended(ended(T, T + 19))
    assert all(subject.conditions(T + s) == [] for s in range(20, 300))


def test_a_lasting_cry_is_one_condition_with_the_first_call_as_its_beginning():
    subject = incident()
    subject.started(started(T), "Possum's bottle was due 20 min ago")
    (found,) = subject.conditions(T + 180)
    assert (found.kind, found.since_s, found.severity) == ("crying", T, "warning")
    assert (
        found.message == "A kitten has been crying for 3 min: Possum's bottle was due 20 min ago."
    )


def test_short_bouts_with_pauses_add_up():
    subject, told = incident(), []
    for i in range(10):  # 5 s of calls every 30 s
        start_s = T + 30 * i
        subject.started(started(start_s))
        subject.ended(ended(start_s, start_s + 5))
        told.append(bool(subject.conditions(start_s + 6)))
    assert told == [False] * 3 + [True] * 7


def test_it_is_over_after_a_minute_and_a_half_of_quiet():
    subject = incident()
    subject.started(started(T))
    subject.ended(ended(T, T + 30))
    assert subject.conditions(T + 119)
    assert subject.conditions(T + 120) == []


def test_the_all_clear_tells_the_length_of_the_crying_not_of_the_waiting():
    subject = incident()
    subject.started(started(T))
    subject.ended(ended(T, T + 120))
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
    subject.started(started(T, context=context))
    assert clause in subject.conditions(T + 60)[0].message


def test_ten_minutes_are_critical_unless_they_are_mostly_pauses():
    loud, sparse = incident(), incident()
    loud.started(started(T))
    assert loud.conditions(T + 599)[0].severity == "warning"
    assert loud.conditions(T + 600)[0].severity == "critical"
    for i in range(21):
        sparse.started(started(T + 30 * i))
        sparse.ended(ended(T + 30 * i, T + 30 * i + 3))
    assert sparse.conditions(T + 620)[0].severity == "warning"


def test_a_human_baby_is_no_incident():
    subject = incident()
    subject.started(started(T, species="human"))
    assert subject.conditions(T + 600) == []
    assert subject.status(T + 600, None, True).crying is False
    subject.ended(ended(T, T + 600, species="human"))
    assert subject.status(T + 600, None, True).cry_minutes_1h == 0


def test_status_counts_minutes_and_knows_when_it_does_not_know():
    subject = incident()
    subject.started(started(T))
    subject.ended(ended(T, T + 120))
    subject.started(started(T + 3000))
    status = subject.status(T + 3060, Level(), True)
    assert (status.crying, status.since, status.level_db) == (True, T + 3000, -41.5)
    assert (status.cry_minutes_1h, status.cry_minutes_24h) == (3.0, 3.0)
    assert subject.status(T + 3660, Level(), True).cry_minutes_1h == pytest.approx(12.0)
    blind = subject.status(T + 3660, Level(), False)
    assert (blind.crying, blind.cry_minutes_1h, blind.level_db) == (None, None, None)


def test_a_bout_that_goes_on_when_the_microphone_dies_ends_there():
    subject = incident()
    subject.started(started(T))
    assert subject.conditions(T + 30)
    subject.conditions(T + 40, hearing=False)
    assert subject.conditions(T + 123, hearing=False) == []


def test_minutes_older_than_a_day_are_forgotten():
    subject = incident()
    subject.ended(ended(T, T + 60))
    assert subject.status(T + 86_400 + 30, None, True).cry_minutes_24h == 0.5
    assert subject.status(T + 86_400 + 61, None, True).cry_minutes_24h == 0


def test_a_restart_keeps_the_incident_and_the_minutes():
    before = incident()
    before.ended(ended(T - 100, T - 40))
    before.started(started(T))
    before.ended(ended(T, T + 30))
    after = incident()
    after.restore(before.snapshot(), T + 40)
    assert after.conditions(T + 41) == before.conditions(T + 41)
    assert after.status(T + 41, None, True) == before.status(T + 41, None, True)
    with pytest.raises(InputError):
        after.restore(b"[]", T)

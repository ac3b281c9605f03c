"""An incident of crying, second by second and word by word."""

from __future__ import annotations

import pytest

from monitor.config import AlertsConfig
from monitor.core.cry.incident import CryIncident
from monitor.documents import CryStatus
from monitor.events import CannotJudge, Condition, CryEnded, CryStarted
from monitor.times import DAY_S, HOUR_S

T0 = 1_700_000_000.0


def begun(after_s: float, species="kitten", decided_s: float | None = None, **how) -> CryStarted:
    at_s = T0 + after_s
    decided = at_s if decided_s is None else T0 + decided_s
    return CryStarted(t_s=at_s, species=species, score=0.875, decided_s=decided, **how)


def over(from_s: float, to_s: float, species="kitten") -> CryEnded:
    return CryEnded(t_s=T0 + to_s, started_s=T0 + from_s, species=species, score=0.9)


class Ear:
    def __init__(self) -> None:
        self.subject = CryIncident(AlertsConfig())

    def bout(self, from_s: float, to_s: float) -> Ear:
        self.subject.observe(begun(from_s))
        self.subject.observe(over(from_s, to_s))
        return self

    def told(self, after_s: float, **how) -> list[Condition]:
        return self.subject.conditions(T0 + after_s, **how)

    def status(self, after_s: float, *, hearing: bool = True) -> CryStatus:
        return self.subject.status(T0 + after_s, None, hearing)


@pytest.mark.parametrize(
    ("species", "title", "who"),
    [
        ("kitten", "Kitten crying", "A kitten"),
        ("puppy", "Puppy crying", "A puppy"),
        ("unknown", "Baby crying", "A baby"),
    ],
)
def test_a_cry_in_words(species, title, who):
    ear = Ear()
    ear.subject.observe(begun(0, species))
    assert ear.told(120) == [
        Condition(
            kind="crying",
            severity="warning",
            since_s=T0,
            title=title,
            message=f"{who} has been crying for 2 min, and no bottle is due: check warmth, "
            "bedding and who is out.",
            why="120 s of calls in 120 s, score 0.88, context unexplained",
            all_clear="Quiet again after 0 s of crying.",
        )
    ]


@pytest.mark.parametrize(
    ("context", "phrase", "words"),
    [
        ("bottle_due", "", ": a bottle is due."),
        ("just_fed", "", " soon after a feed: check warmth, bedding and belly."),
        ("handled", "", " while being handled."),
        ("bottle_due", "Ash's bottle was due 5 min ago.", ": Ash's bottle was due 5 min ago."),
        ("bottle_due", "Ash's bottle is due", ": Ash's bottle is due."),
    ],
)
def test_the_reason_of_a_cry_in_words(context, phrase, words):
    ear = Ear()
    ear.subject.observe(begun(0, context=context), phrase)
    (found,) = ear.told(120)
    assert found.message == f"A kitten has been crying for 2 min{words}"
    assert found.why.endswith(f"context {context}")
    assert ear.subject.context == context


def test_twenty_seconds_of_crying_are_enough():
    ear = Ear()
    ear.subject.observe(begun(0))
    assert ear.told(19.9) == []
    assert len(ear.told(20.0)) == 1


def test_what_was_cried_is_the_bouts_without_the_pauses():
    ear = Ear().bout(0, 12).bout(60, 70)
    (found,) = ear.told(80)
    assert found.why.startswith("22 s of calls in 80 s")
    assert found.all_clear == "Quiet again after 1 min of crying."
    assert Ear().bout(0, 12).bout(60, 67).told(80) == []


def test_quiet_for_a_minute_and_a_half_ends_an_incident():
    ear = Ear().bout(0, 30)
    assert len(ear.told(119.9)) == 1
    assert ear.told(120.0) == []
    assert Ear().bout(0, 30).bout(119.9, 130).told(140)[0].since_s == T0
    assert Ear().bout(0, 30).bout(120.0, 150).told(160)[0].since_s == T0 + 120


def test_a_bout_that_goes_on_is_no_quiet():
    ear = Ear()
    ear.subject.observe(begun(0))
    assert ear.told(500)[0].since_s == T0
    ear.subject.observe(over(0, 500))
    assert len(ear.told(589)) == 1


def test_the_newest_bout_says_why_and_who_else():
    ear = Ear().bout(0, 30)
    ear.subject.observe(begun(60, "puppy", context="handled"), "they are being fed")
    (found,) = ear.told(61)
    assert (found.title, found.since_s) == ("Kitten crying", T0)
    assert found.message == "A kitten and a puppy have been crying for 1 min: they are being fed."


def test_calls_of_nobody_known_change_why_and_not_who():
    ear = Ear().bout(0, 30)
    ear.subject.observe(begun(60, "unknown", context="handled"), "they are being fed")
    (found,) = ear.told(61)
    assert found.title == "Kitten crying"
    assert found.message == "A kitten has been crying for 1 min: they are being fed."


def test_ten_minutes_of_which_a_fifth_was_crying_are_critical():
    ear = Ear()
    for k in range(10):
        ear.bout(60.0 * k, 60.0 * k + 12)
    ear.bout(590, 590)
    assert ear.told(599.9)[0].severity == "warning"
    assert ear.told(600.0)[0].severity == "critical"
    assert ear.told(600.1)[0].severity == "warning"


def test_a_human_baby_is_not_counted():
    ear = Ear()
    ear.subject.observe(begun(0, "human"))
    ear.subject.observe(over(0, 60, "human"))
    assert ear.told(60) == []
    assert ear.subject.context == "unexplained"
    assert ear.status(60).cry_minutes_1h == 0.0


# ------------------------------------------------------------------ a deaf microphone


def test_a_bout_counts_to_its_last_known_call_when_the_microphone_is_lost():
    ear = Ear()
    ear.subject.observe(begun(0, decided_s=25))
    assert len(ear.told(30)) == 1
    assert ear.told(31, hearing=False) == []
    (found,) = ear.told(32)
    assert found.why.startswith("25 s of calls in 32 s")
    assert ear.status(32).crying is False


def test_whether_it_is_quiet_cannot_be_told_until_it_was_heard_for_long_enough():
    ear = Ear().bout(0, 30)
    assert ear.subject.unjudged() == []
    ear.told(40, hearing=False)
    assert ear.subject.unjudged() == [
        CannotJudge(kind="crying", why="the microphone does not hear")
    ]
    ear.told(200)
    assert ear.subject.unjudged() == [
        CannotJudge(kind="crying", why="quiet has not been heard for long enough")
    ]
    ear.told(289.9)
    assert len(ear.subject.unjudged()) == 1
    ear.told(290.0)
    assert ear.subject.unjudged() == []


def test_a_cry_of_before_is_not_told_on_where_nothing_was_heard_since():
    ear = Ear().bout(0, 30)
    ear.told(40, hearing=False)
    assert len(ear.told(60)) == 1
    assert len(ear.told(119.9)) == 1
    assert ear.told(120.0) == []


# ------------------------------------------------------------------ the document


def test_the_document_of_a_cry():
    ear = Ear()
    ear.subject.observe(begun(0, context="handled"))
    assert ear.status(90) == CryStatus(
        crying=True, since=T0, species="kitten", score=0.875, context="handled", level_db=None,
        cry_minutes_1h=1.5, cry_minutes_24h=1.5,
    )  # fmt: skip
    ear.subject.observe(over(0, 90))
    assert ear.status(95) == CryStatus(
        crying=False, since=None, species=None, score=None, context=None, level_db=None,
        cry_minutes_1h=1.5, cry_minutes_24h=1.5,
    )  # fmt: skip
    assert ear.status(95, hearing=False) == CryStatus(crying=None)


def test_minutes_are_those_within_the_hour_and_the_day():
    ear = Ear().bout(0, 120)
    assert ear.status(HOUR_S + 60).cry_minutes_1h == 1.0
    assert ear.status(HOUR_S + 130).cry_minutes_1h == 0.0
    assert ear.status(HOUR_S + 130).cry_minutes_24h == 2.0
    assert ear.status(DAY_S + 60).cry_minutes_24h == 1.0
    assert ear.status(DAY_S + 121).cry_minutes_24h == 0.0
    ear.subject.observe(begun(DAY_S + 200))
    assert ear.status(DAY_S + 200 + 2 * HOUR_S).cry_minutes_1h == 60.0


def test_a_new_name_is_in_the_words_of_a_cry():
    ear = Ear()
    ear.subject.observe(begun(0), "Ash's bottle is due")
    ear.subject.rename("Ash", "Ada")
    assert ear.told(60)[0].message == "A kitten has been crying for 1 min: Ada's bottle is due."

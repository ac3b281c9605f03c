"""Too quiet: the words, the limits by age, and what is left out of the count."""

from __future__ import annotations

import numpy as np
import pytest

from monitor.config import AlertsConfig
from monitor.core.activity import Activity
from monitor.events import (
    Baby,
    BoxOff,
    BoxOn,
    CannotJudge,
    Condition,
    CryEnded,
    CryStarted,
    Disturbed,
    JointWeighIn,
    ScaleBlock,
    Unassigned,
    WeighIn,
)
from monitor.times import midnight_utc_s

T0 = midnight_utc_s("2026-03-10")
EMPTY = ScaleBlock(np.array([T0 + 100.0]), np.array([400_000.0]))


def baby(born: str | None = None) -> Baby:
    return Baby(id="a", name="Ash", species="kitten", born=born)


def look(subject: Activity, after_s: float, *babies: Baby, **how) -> list[Condition]:
    known = {"microphone": True, "scale": True, "settled": True} | how
    return subject.conditions(T0 + after_s, babies=babies or (baby(),), **known)


def quiet(limit_min: float = 90.0) -> Activity:
    return Activity(AlertsConfig(too_quiet_after_min=limit_min), T0)


def test_too_quiet_in_words():
    subject = quiet()
    assert look(subject, 5399) == []
    assert look(subject, 5400) == [
        Condition(
            kind="too_quiet",
            severity="critical",
            since_s=T0,
            title="No sound or movement",
            message="Nothing has stirred in the box for 1 h 30 min: "
            "look and touch now, is everybody warm?",
            why="no call and no movement for 1 h 30 min, limit 1 h 30 min; "
            "microphone and scale both work",
            all_clear="Something has stirred in the box again: a call, a movement or a hand.",
        )
    ]


def test_what_nobody_could_see_is_left_out_and_said():
    subject = quiet()
    look(subject, 5000)
    for gone_s in range(5001, 5060):
        assert look(subject, gone_s, microphone=False) == []
    look(subject, 5059)
    assert look(subject, 5458) == []
    (found,) = look(subject, 5459)
    assert found.message.startswith("Nothing has stirred in the box for 1 h 31 min:")
    longer = quiet()
    look(longer, 5000)
    look(longer, 5001, scale=False)
    look(longer, 5120)
    assert look(longer, 5519) == []
    (found,) = look(longer, 5520)
    assert found.message.startswith(
        "Nothing has stirred in the box for 1 h 32 min (2 min of it unwatched): look"
    )
    assert found.why.startswith("no call and no movement for 1 h 32 min (2 min of it unwatched),")
    assert found.since_s == T0


def test_unwatched_for_more_than_five_minutes_the_count_begins_anew():
    subject = quiet()
    look(subject, 5000)
    look(subject, 5001, settled=False)
    look(subject, 5300)
    assert len(look(subject, 5700)) == 1
    subject = quiet()
    look(subject, 5000)
    look(subject, 5001, settled=False)
    look(subject, 5301)
    assert look(subject, 5301 + 5399) == []
    assert look(subject, 5301 + 5400)[0].since_s == T0 + 5301


@pytest.mark.parametrize(
    ("born", "factor"),
    [
        (None, 1.0),
        ("2026-03-04", 1.0),
        ("2026-03-02", 4 / 3),
        ("2026-02-18", 4 / 3),
        ("2026-02-16", 5 / 3),
        ("2026-02-11", 5 / 3),
        ("2026-02-09", 2.0),
        ("2026-02-04", 2.0),
        ("2026-02-02", 8 / 3),
    ],
)
def test_the_older_the_longer_they_sleep(born, factor):
    subject = quiet()
    assert look(subject, 5400 * factor - 1, baby(born)) == []
    assert len(look(subject, 5400 * factor + 1, baby(born))) == 1


def test_the_youngest_decides():
    young, old = baby("2026-03-09"), baby("2026-02-02")
    assert len(look(quiet(), 5400, old, young)) == 1


def test_an_empty_box_is_never_too_quiet_and_the_count_begins_when_somebody_comes():
    subject = quiet()
    subject.conditions(T0 + 5000, microphone=True, scale=True, settled=True, babies=())
    assert look(subject, 6000) == []
    assert look(subject, 6000 + 5399) == []
    assert look(subject, 6000 + 5400)[0].since_s == T0 + 6000


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"microphone": False, "scale": False}, "the microphone does not hear"),
        ({"scale": False, "settled": False}, "the scale does not weigh"),
        ({"settled": False}, "the scale is not still, so a movement on it would not be seen"),
    ],
)
def test_an_open_alarm_that_cannot_be_judged_says_why(how, why):
    subject = quiet()
    look(subject, 5000, **how)
    assert subject.unjudged() == []
    subject = quiet()
    look(subject, 5400)
    assert subject.unjudged() == []
    assert look(subject, 5401, **how) == []
    assert subject.unjudged() == [CannotJudge(kind="too_quiet", why=why)]


WHERE = {"t_s": T0 + 100, "step_id": "s", "weight_g": 200.0, "sigma_g": 0.3, "move": "lift"}
HANDLED = [
    WeighIn(baby="Ash", confidence=1.0, **WHERE),
    JointWeighIn(babies=["Ash"], **WHERE),
    Unassigned(candidates=[], **WHERE),
    BoxOff(t_s=T0 + 100),
    BoxOn(t_s=T0 + 100),
]


@pytest.mark.parametrize("event", HANDLED, ids=lambda e: type(e).__name__)
def test_hands_in_the_box_begin_the_count_anew_and_end_an_alarm(event):
    subject = quiet(1.0)
    assert len(look(subject, 99)) == 1
    subject.observe(EMPTY, [event])
    assert subject.last_sign_s == T0 + 100
    assert look(subject, 159.9) == []
    assert look(subject, 160)[0].since_s == T0 + 100


def test_a_shaken_scale_is_no_hand():
    subject = quiet(1.0)
    subject.observe(EMPTY, [Disturbed(t_s=T0 + 100)])
    assert subject.last_sign_s is None


def test_the_later_of_sound_and_movement_is_the_last_sign():
    subject = quiet()
    subject.observe(CryStarted(t_s=T0 + 300, species="kitten", score=0.9))
    subject.observe(EMPTY, [BoxOn(t_s=T0 + 100)])
    assert subject.last_sign_s == T0 + 300
    subject.observe(CryEnded(t_s=T0 + 200, started_s=T0 + 150, species="puppy", score=0.9))
    assert subject.last_sign_s == T0 + 300
    subject.observe(CryStarted(t_s=T0 + 900, species="human", score=0.9))
    assert subject.last_sign_s == T0 + 300
    subject.observe(CryStarted(t_s=T0 + 800, species="unknown", score=0.9))
    assert subject.last_sign_s == T0 + 800


# ------------------------------------------------------------------ what stirs on the scale


def readings(from_s: float, seconds: float, moves: bool = False) -> ScaleBlock:
    """Ten a second; a few codes of noise, or a baby that wriggles by hundreds."""
    n = round(10 * seconds)
    noise = np.array([(k * 7) % 10 for k in range(n)], float)
    if moves:
        noise += 500.0 * np.sin(np.arange(n))
    return ScaleBlock(T0 + from_s + np.arange(n) / 10, 400_000.0 + noise)


def learned(limit_min: float = 90.0) -> Activity:
    subject = quiet(limit_min)
    subject.observe(readings(0, 70))
    return subject


def test_a_wriggle_is_a_sign_of_life_ten_seconds_after_it_ended():
    subject = learned()
    subject.observe(readings(70, 4, moves=True))
    look(subject, 75)
    assert subject.last_sign_s is None
    look(subject, 90)
    assert subject.last_sign_s == pytest.approx(T0 + 74, abs=2.1)


def test_while_something_moves_nobody_can_say_that_it_is_quiet():
    subject = learned(1.0)
    assert len(look(subject, 69.0)) == 1
    subject.observe(readings(70, 4, moves=True))
    assert look(subject, 75) == []
    assert subject.unjudged() == [
        CannotJudge(kind="too_quiet", why="something moves: it may be a baby, or the platform")
    ]
    assert look(subject, 90) == []
    assert subject.unjudged() == []


def test_shaking_for_more_than_three_minutes_ends_no_alarm():
    subject = learned(1.0)
    look(subject, 69.0)
    for second in range(70, 260):
        subject.observe(readings(second, 1, moves=True))
    look(subject, 265)
    look(subject, 290)
    assert subject.last_sign_s is None
    shorter = learned(1.0)
    look(shorter, 69.0)
    for second in range(70, 240):
        shorter.observe(readings(second, 1, moves=True))
    look(shorter, 290)
    assert shorter.last_sign_s is not None

"""Windows to bouts: how many hits, how far apart, how much quiet."""

from __future__ import annotations

import pytest

from monitor.core.cry.bouts import BoutRule, Bouts, CryWindow
from monitor.core.cry.features import STEP_S
from monitor.events import CryEnded, CryStarted

T0 = 1_000_000.0
RULE = BoutRule(
    on=0.6, off=0.3, hits=3, span_s=10.0, spread_s=2.0, hold_s=15.0, refractory_s=20.0,
    species_margin=0.2,
)  # fmt: skip


def window(after_s: float, kitten: float = 0.0, puppy: float = 0.0, human: float = 0.0):
    rest = 1.0 - kitten - puppy - human
    return CryWindow(
        T0 + after_s, {"kitten": kitten, "puppy": puppy, "human": human, "other": rest}
    )


def heard(*windows: CryWindow, bouts: Bouts | None = None) -> list:
    subject = bouts or Bouts(RULE)
    return [event for each in windows for event in subject.observe(each)]


def calls(*after_s: float, **p: float) -> list[CryWindow]:
    return [window(t, **(p or {"kitten": 0.75})) for t in after_s]


def test_three_hits_two_seconds_apart_begin_a_bout():
    (event,) = heard(*calls(0, 1, 2))
    assert isinstance(event, CryStarted)
    assert (event.t_s, event.decided_s) == (T0 - STEP_S, T0 + 2)
    assert (event.species, event.score) == ("kitten", 0.75)
    assert event.species_p == {"kitten": 0.75, "puppy": 0.0, "human": 0.0, "other": 0.25}


@pytest.mark.parametrize("after_s", [(0, 1), (0, 1, 1.9), (0, 1, 10.0), (0, 11, 12)])
def test_fewer_nearer_or_farther_ones_do_not(after_s):
    assert heard(*calls(*after_s)) == []


def test_hits_within_the_span_count():
    assert len(heard(*calls(0, 1, 9.9))) == 1
    assert heard(*calls(0, 1), window(1.5), window(2.0)) == []


def test_a_hit_is_at_the_threshold_or_above_kitten_and_puppy_together():
    assert len(heard(*calls(0, 1, 2, kitten=0.35, puppy=0.25))) == 1
    assert heard(*calls(0, 1, 2, kitten=0.59)) == []


def test_a_bout_ends_with_its_last_call_after_fifteen_seconds():
    subject = Bouts(RULE)
    (begun,) = heard(*calls(0, 1, 2, 8), bouts=subject)
    assert subject.crying == begun
    assert heard(window(23.0), bouts=subject) == []
    (ended,) = heard(window(23.1), bouts=subject)
    assert isinstance(ended, CryEnded)
    assert (ended.t_s, ended.started_s) == (T0 + 8 - STEP_S, T0 - STEP_S)
    assert (ended.species, ended.score) == ("kitten", 0.75)
    assert subject.crying is None


def test_a_bout_is_kept_alive_by_what_is_half_a_call():
    subject = Bouts(RULE)
    heard(*calls(0, 1, 2), window(10.0, kitten=0.3), bouts=subject)
    assert heard(window(25.0), bouts=subject) == []
    subject = Bouts(RULE)
    heard(*calls(0, 1, 2), window(10.0, kitten=0.29), bouts=subject)
    assert len(heard(window(17.1), bouts=subject)) == 1


def test_the_score_is_the_best_window_and_the_species_what_was_heard_most():
    subject = Bouts(RULE)
    heard(*calls(0, 1, 2), *calls(3, 4, 5, 6, 7, puppy=0.9), bouts=subject)
    (ended,) = subject.flush()
    assert (ended.species, ended.score) == ("puppy", 0.9)
    assert ended.species_p["kitten"] == pytest.approx(3 * 0.75 / 8)
    assert ended.species_p["puppy"] == pytest.approx(5 * 0.9 / 8)
    assert subject.flush() == []


@pytest.mark.parametrize(
    ("kitten", "puppy", "species"),
    [
        (0.49, 0.31, "kitten"),
        (0.31, 0.49, "puppy"),
        (0.47, 0.33, "unknown"),
        (0.33, 0.47, "unknown"),
    ],
)
def test_kitten_and_puppy_closer_than_the_margin_are_unknown(kitten, puppy, species):
    (event,) = heard(*calls(0, 1, 2, kitten=kitten, puppy=puppy))
    assert event.species == species


def test_no_new_bout_begins_for_a_while():
    # ended at 2 s, known at 17 s, none before 37 s
    early = [*calls(0, 1, 2), window(17.5), *calls(20, 21, 22), *calls(34, 35, 36.9)]
    assert [type(e) for e in heard(*early)] == [CryStarted, CryEnded]
    late = [*calls(0, 1, 2), window(17.5), *calls(34, 35, 37)]
    assert [type(e) for e in heard(*late)] == [CryStarted, CryEnded, CryStarted]


def test_the_hits_of_one_bout_begin_no_other():
    rule = BoutRule(
        on=0.6, off=0.3, hits=3, span_s=60.0, spread_s=2.0, hold_s=5.0, refractory_s=0.0,
        species_margin=0.2,
    )  # fmt: skip
    found = heard(*calls(0, 1, 2), window(8), *calls(9, 10), bouts=Bouts(rule))
    assert [type(e) for e in found] == [CryStarted, CryEnded]


def test_a_human_baby_is_reported_as_one():
    (event,) = heard(*calls(0, 1, 2, human=0.8))
    assert (event.species, event.score) == ("human", 0.8)


def test_a_pet_that_cries_ends_the_bout_of_a_human_baby():
    found = heard(*calls(0, 1, 2, human=0.8), *calls(3, 4, 5))
    assert [(type(e), e.species) for e in found] == [
        (CryStarted, "human"),
        (CryEnded, "human"),
        (CryStarted, "kitten"),
    ]
    assert found[1].t_s == T0 + 2 - STEP_S


def test_where_a_human_baby_is_heard_more_no_pet_cries():
    mixed = [window(0, kitten=0.7), window(0.5, human=0.9), window(1, kitten=0.7),
             window(1.5, human=0.9), window(1.8, human=0.9), window(2, kitten=0.7)]  # fmt: skip
    assert heard(*mixed) == []
    less = [window(0, kitten=0.7), window(0.5, human=0.9), window(1, kitten=0.7),
            window(1.5, human=0.9), window(2, kitten=0.7)]  # fmt: skip
    assert [e.species for e in heard(*less)] == ["kitten"]


def test_a_bout_lasts_at_least_two_steps():
    rule = BoutRule(
        on=0.6, off=0.3, hits=1, span_s=10.0, spread_s=0.0, hold_s=1.0, refractory_s=0.0,
        species_margin=0.2,
    )  # fmt: skip
    subject = Bouts(rule)
    heard(window(0, kitten=0.9), bouts=subject)
    (ended,) = subject.flush()
    assert (ended.started_s, ended.t_s) == (T0 - STEP_S, T0)

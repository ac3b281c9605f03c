"""What the tracker believes at first, who joins and leaves, and when it says what it knows."""

from __future__ import annotations

import math

import pytest

from monitor.core.scale.decision import Decision
from monitor.core.scale.hypothesis import Answer, Estimate, Step
from monitor.core.scale.tracker import OccupancyTracker, Presence, Typed

T0 = 1_000_000.0
LEVEL = 1150.0


def tracker(*weights: float, all_inside: bool = True) -> OccupancyTracker:
    return OccupancyTracker.start([Estimate(w, 1.0, T0) for w in weights], all_inside=all_inside)


def step(delta: float, after_s: float = 60.0, step_id: str = "", **how) -> Step:
    known = {"settled": True, "touched": False, "sigma_g": 0.3, "elapsed_s": 3.0} | how
    from_g = known.pop("from_g", LEVEL)
    return Step(
        step_id=step_id or f"s{after_s:g}", t_s=T0 + after_s, from_g=from_g, to_g=from_g + delta,
        **known,
    )  # fmt: skip


def p_of(subject: OccupancyTracker) -> dict[int, float]:
    return {h.inside: math.exp(h.log_p) for h in subject.state.hypotheses}


# ------------------------------------------------------------------ at first


def test_all_are_inside_or_with_one_half_and_any_others_share_the_rest():
    assert p_of(tracker(200.0, 150.0)) == {0b11: 1.0}
    found = p_of(tracker(200.0, 150.0, all_inside=False))
    assert found == pytest.approx({0b11: 0.5, 0b00: 1 / 6, 0b01: 1 / 6, 0b10: 1 / 6})
    assert p_of(tracker(all_inside=False)) == {0: 1.0}
    assert p_of(tracker(200.0, all_inside=False)) == pytest.approx({1: 0.5, 0: 0.5})


def test_each_is_inside_with_the_sum_of_the_hypotheses_that_say_so():
    subject = tracker(200.0, 150.0, all_inside=False)
    assert subject.p_inside(0) == pytest.approx(2 / 3)
    assert subject.best().inside == 0b11
    assert subject.best().weights[1] == Estimate(150.0, 1.0, T0)


# ------------------------------------------------------------------ typed, joined, left


def test_a_typed_weight_is_known_to_a_gram_and_a_hundredth():
    subject = tracker(200.0, 150.0, all_inside=False)
    assert subject.observe(Typed(t_s=T0 + 9, baby=1, g=160.0)) == []
    for hypothesis in subject.state.hypotheses:
        assert hypothesis.weights[1] == Estimate(160.0, 2.6, T0 + 9)
        assert hypothesis.weights[0].g == 200.0


def test_one_that_joins_is_in_the_box_or_not():
    subject = tracker(200.0)
    new = Estimate(150.0, 2.0, T0)
    assert subject.observe(Presence(t_s=T0, baby=1, present=True, estimate=new)) == []
    assert p_of(subject) == pytest.approx({0b11: 0.5, 0b01: 0.5})
    assert subject.state.present == 0b11
    assert all(h.weights == (Estimate(200.0, 1.0, T0), new) for h in subject.state.hypotheses)
    again = Estimate(210.0, 2.0, T0)
    subject.observe(Presence(t_s=T0, baby=0, present=True, estimate=again))
    assert all(h.weights == (again, new) for h in subject.state.hypotheses)


def test_one_that_leaves_is_not_inside_and_its_weight_may_still_be_taken_out():
    subject = tracker(200.0, 150.0, all_inside=False)
    gone = Estimate(150.0, 1.0, T0)
    subject.observe(Presence(t_s=T0, baby=1, present=False, estimate=gone))
    assert subject.p_inside(1) == 0.0
    assert subject.state.present == 0b01
    found = {(h.inside, h.objects): math.exp(h.log_p) for h in subject.state.hypotheses}
    assert found == pytest.approx(
        {(0b1, (150.0,)): 0.5, (0b1, ()): 1 / 6, (0, (150.0,)): 1 / 6, (0, ()): 1 / 6}
    )
    (taken,) = subject.observe(step(-150.3))
    assert taken.kind in {"object", "nothing"}


# ------------------------------------------------------------------ when it is said


def test_a_brief_level_is_judged_with_the_next_that_lasts():
    subject = tracker(200.0, 150.0)
    assert subject.observe(step(-200.2, settled=False)) == []
    said = subject.observe(step(-150.1, 90.0, from_g=LEVEL - 200.2))
    assert [(d.step.step_id, d.kind, d.lifted) for d in said] == [
        ("s60", "claim", 0b01),
        ("s90", "claim", 0b10),
    ]
    assert subject.state.decisions["s60"] == said[0]


def test_a_box_that_is_never_still_is_judged_after_45_seconds():
    subject = tracker(200.0, 150.0)
    subject.observe(step(-200.2, settled=False))
    assert subject.observe(step(-150.1, 105.0, from_g=LEVEL - 200.2, settled=False)) == []
    subject = tracker(200.0, 150.0)
    subject.observe(step(-200.2, settled=False))
    said = subject.observe(step(-150.1, 105.1, from_g=LEVEL - 200.2, settled=False))
    assert [d.step.step_id for d in said] == ["s60"]


def test_what_was_said_is_not_said_again():
    subject = tracker(200.0, 150.0)
    assert len(subject.observe(step(-200.2))) == 1
    assert [d.step.step_id for d in subject.observe(step(+208.0, 900.0))] == ["s900"]


# ------------------------------------------------------------------ answers


def twins() -> OccupancyTracker:
    subject = tracker(200.0, 200.5)
    (asked,) = subject.observe(step(-200.2))
    assert asked.kind == "unassigned"
    return subject


def test_an_answer_changes_what_follows_from_it():
    subject = twins()
    (back,) = subject.observe(step(+208.0, 900.0))
    assert back.kind == "unassigned"
    said = subject.answer("s60", Answer(baby=1, decides=True))
    assert [(d.step.step_id, d.kind, d.lifted, d.returned) for d in said] == [
        ("s60", "claim", 0b10, 0),
        ("s900", "claim", 0, 0b10),
    ]
    assert said[0].assigned
    assert not said[1].assigned
    assert subject.answer("s60", Answer(baby=1, decides=True)) == []


def test_an_answer_to_a_step_nobody_knows_is_none():
    with pytest.raises(KeyError, match="zz"):
        twins().answer("zz", Answer(baby=1, decides=True))


def test_taken_out_by_hand_it_is_void_and_what_the_grams_say_still_counts():
    subject = tracker(200.0, 150.0)
    subject.observe(step(-200.2))
    (gone,) = subject.answer("s60", Answer(void=True))
    assert (gone.void, gone.kind) == (True, "claim")
    assert subject.p_inside(0) < 0.01


def test_after_a_gap_who_is_inside_is_asked_and_answered():
    subject = tracker(200.0, 150.0)
    (asked,) = subject.observe(step(-200.0, blind=True, elapsed_s=1800.0))
    assert isinstance(asked, Decision)
    assert asked.kind == "unassigned"
    (known,) = subject.answer("s60", Answer(baby=0, decides=True))
    assert (known.kind, known.assigned) == ("nothing", True)
    assert subject.p_inside(0) == pytest.approx(0.0, abs=1e-9)
    assert subject.p_inside(1) == pytest.approx(1.0)


def test_the_log_forgets_half_of_160_entries_and_keeps_what_they_taught():
    subject = tracker(200.0, 150.0)
    for k in range(160):
        subject.observe(Typed(t_s=T0 + k, baby=0, g=200.0 + k))
    assert len(subject.state.log) == 160
    subject.observe(Typed(t_s=T0 + 160, baby=0, g=400.0))
    assert len(subject.state.log) == 81
    assert subject.state.checkpoint[0].weights[0].g == 279.0
    assert subject.best().weights[0].g == 400.0

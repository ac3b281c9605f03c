"""What is published of a step, by how the probability is shared among its explanations."""

from __future__ import annotations

import pytest

from monitor.core.scale.decision import (
    Decision,
    answered,
    decision_after_gap,
    decision_of,
    must_revise,
)
from monitor.core.scale.hypothesis import Answer, Explanation, Step

T0 = 1_000_000.0
LIFT_A, LIFT_B, BOTH = ("move", 0b01, 0), ("move", 0b10, 0), ("move", 0b11, 0)
THING, TOUCH, HAND = ("object", 0, 0), ("touch", 0, 0), ("hand", 0, 0)
FOUND = Explanation("s", "move", 0b01, 0, 179.0, 0.4)


def step(delta: float = -180.0, **how) -> Step:
    known = {"settled": True, "touched": False, "sigma_g": 0.3} | how
    return Step(step_id="s", t_s=T0, from_g=1000.0, to_g=1000.0 + delta, **known)


def decide(shares, nearby=None, delta: float = -180.0) -> Decision:
    return decision_of(step(delta), shares, nearby or {}, FOUND)


# ------------------------------------------------------------------ watched


def test_a_name_needs_nineteen_in_twenty():
    found = decide({LIFT_A: 0.95, LIFT_B: 0.05})
    assert found == Decision(
        step=step(), kind="claim", lifted=0b01, g=179.0, sigma_g=0.4, p=0.95,
        candidates=((0, 0.95), (1, 0.05)),
    )  # fmt: skip
    asked = decide({LIFT_A: 0.949, LIFT_B: 0.051})
    assert asked == Decision(
        step=step(), kind="unassigned", g=180.0, sigma_g=0.3, candidates=((0, 0.949), (1, 0.051))
    )


def test_a_return_is_claimed_as_one():
    found = decide({("move", 0, 0b10): 0.99, TOUCH: 0.01})
    assert (found.kind, found.lifted, found.returned) == ("claim", 0, 0b10)


def test_several_together_are_joint():
    found = decide({BOTH: 0.97, LIFT_A: 0.03})
    assert (found.kind, found.lifted, found.g) == ("joint", 0b11, 179.0)
    assert found.candidates == ((0, 1.0), (1, 0.97))
    assert decide({("move", 0, 0b111): 1.0}).kind == "joint"


def test_what_a_step_close_by_may_have_been_counts_together():
    found = decide({LIFT_A: 0.6, HAND: 0.4}, {LIFT_A: 0.38})
    assert (found.kind, found.p) == ("claim", pytest.approx(0.98))
    assert decide({LIFT_A: 0.6, HAND: 0.4}, {LIFT_A: 0.6}).p == 1.0
    assert decide({LIFT_A: 0.5, HAND: 0.5}, {LIFT_A: 0.5}).kind == "claim"


def test_the_step_that_is_likelier_to_be_the_move_claims_it():
    mine = decide({LIFT_A: 0.55, HAND: 0.45}, {LIFT_A: 0.45})
    other = decide({LIFT_A: 0.45, HAND: 0.44, TOUCH: 0.11}, {LIFT_A: 0.55})
    assert (mine.kind, other.kind, other.p) == ("claim", "nothing", 0.45)
    assert decide({HAND: 0.9, THING: 0.1}, {LIFT_B: 0.95}).kind == "nothing"
    assert decide({THING: 0.9, LIFT_A: 0.1}, {LIFT_B: 0.94}).kind == "unassigned"


def test_who_it_was_is_asked_where_somebody_may_have_moved():
    assert decide({THING: 0.94, LIFT_A: 0.06}).kind == "unassigned"
    assert decide({THING: 0.96, LIFT_A: 0.04}).kind == "object"
    assert decide({THING: 0.94, ("mixed", 0b01, 0): 0.06}).candidates == ((0, 0.06),)
    assert decide({THING: 0.94, ("swap", 0b01, 0b10): 0.06}).candidates == ((0, 0.06), (1, 0.06))
    assert decide({("mixed", 0b01, 0): 1.0}).kind == "unassigned"


def test_less_than_25_grams_is_nobody():
    shares = {THING: 0.9, LIFT_A: 0.1}
    assert decide(shares, delta=-25.0).kind == "unassigned"
    assert decide(shares, delta=25.0).kind == "unassigned"
    found = decide(shares, delta=-24.9)
    assert (found.kind, found.g, found.sigma_g, found.p) == (
        "object", pytest.approx(-24.9), 0.3, 0.9,
    )  # fmt: skip


@pytest.mark.parametrize("quiet", [TOUCH, HAND])
def test_a_hand_or_a_touch_that_is_likely_asks_nobody(quiet):
    assert decide({quiet: 0.51, LIFT_A: 0.49}).kind == "nothing"
    assert decide({quiet: 0.51, LIFT_A: 0.49}).p == 0.51
    assert decide({quiet: 0.5, LIFT_A: 0.4, LIFT_B: 0.1}).kind == "unassigned"


def test_candidates_are_ranked_and_those_below_one_in_fifty_left_out():
    shares = {LIFT_A: 0.30, LIFT_B: 0.34, ("move", 0b100, 0): 0.30, ("move", 0b1000, 0): 0.019}
    found = decide({**shares, ("mixed", 0b10000, 0): 0.02, THING: 0.021})
    assert [baby for baby, _ in found.candidates] == [1, 0, 2, 4]
    both = decide({LIFT_A: 0.5, BOTH: 0.4, THING: 0.1})
    assert both.candidates == ((0, 0.9), (1, 0.4))


# ------------------------------------------------------------------ after a gap


def after_gap(shares, *, told: bool = False, delta: float = -180.0, **how) -> Decision:
    return decision_after_gap(step(delta, blind=True, **how), shares, told=told)


SAME, GONE = ("blind", 0, 0), ("blind", 0b01, 0)


def test_after_a_gap_a_total_that_fits_is_accepted_and_another_asked():
    fits = after_gap({SAME: 0.95, GONE: 0.05})
    assert (fits.kind, fits.p) == ("nothing", 0.95)
    asked = after_gap({SAME: 0.94, GONE: 0.06})
    assert (asked.kind, asked.g, asked.sigma_g) == ("unassigned", 180.0, 0.3)
    assert asked.candidates == ((0, 0.06),)


def test_what_came_later_settles_only_a_question_that_was_told():
    assert after_gap({SAME: 0.02, GONE: 0.98}).kind == "unassigned"
    assert after_gap({SAME: 0.02, GONE: 0.98}, told=True).kind == "nothing"
    assert after_gap({SAME: 0.03, GONE: 0.97}, told=True).kind == "unassigned"


def test_a_box_that_was_off_or_a_small_change_asks_nobody():
    assert after_gap({SAME: 0.1, GONE: 0.9}, box_was_off=True).kind == "nothing"
    assert after_gap({SAME: 0.1, GONE: 0.9}, delta=24.9).kind == "nothing"
    assert after_gap({SAME: 0.1, GONE: 0.9}, delta=25.0).kind == "unassigned"


# ------------------------------------------------------------------ a change of mind


def old(kind: str, **how) -> Decision:
    return Decision(step=step(), kind=kind, **how)


def test_a_name_is_taken_back_when_it_is_less_likely_than_not():
    claim = old("claim", lifted=0b01)
    assert not must_revise(claim, {LIFT_A: 0.5, LIFT_B: 0.5}, LIFT_B)
    assert must_revise(claim, {LIFT_A: 0.49, LIFT_B: 0.51}, LIFT_B)
    assert must_revise(claim, {LIFT_B: 1.0}, LIFT_B)
    joint = old("joint", lifted=0b11)
    assert not must_revise(joint, {BOTH: 0.5, LIFT_B: 0.5}, BOTH)
    assert must_revise(joint, {BOTH: 0.4, LIFT_B: 0.6}, LIFT_B)
    back = old("claim", returned=0b01)
    assert not must_revise(back, {("move", 0, 0b01): 0.6, LIFT_A: 0.4}, LIFT_A)


def test_what_a_person_said_is_never_taken_back():
    assert not must_revise(old("claim", lifted=0b01, assigned=True), {LIFT_B: 1.0}, LIFT_B)


def test_a_question_is_settled_later_only_when_it_is_very_sure():
    assert must_revise(old("unassigned"), {LIFT_A: 0.98, LIFT_B: 0.02}, LIFT_A)
    assert not must_revise(old("unassigned"), {LIFT_A: 0.97, LIFT_B: 0.03}, LIFT_A)
    assert must_revise(old("unassigned"), {TOUCH: 0.98, LIFT_B: 0.02}, TOUCH)
    assert must_revise(old("nothing"), {LIFT_A: 0.98, TOUCH: 0.02}, LIFT_A)
    assert must_revise(old("object"), {LIFT_A: 0.98, TOUCH: 0.02}, LIFT_A)
    assert not must_revise(old("object"), {TOUCH: 0.99, LIFT_A: 0.01}, TOUCH)


# ------------------------------------------------------------------ an answer


def test_an_answer_is_part_of_the_decision():
    claim = old("claim", lifted=0b01, g=180.0)
    assert answered(claim, None) == claim
    named = answered(claim, Answer(baby=0, decides=True))
    assert (named.assigned, named.void, named.g) == (True, False, 180.0)
    weighed = answered(claim, Answer(baby=0, decides=True, g=175.0))
    assert weighed.g == 175.0
    gone = answered(claim, Answer(void=True))
    assert (gone.assigned, gone.void) == (False, True)
    still = answered(old("claim", assigned=True), Answer(void=True))
    assert still.assigned

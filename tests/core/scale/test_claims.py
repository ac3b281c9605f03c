"""From decisions to events: what is said, and what is taken back."""

from __future__ import annotations

import msgspec
import pytest

from monitor.core.growth.baby_record import KEEP, BabyRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.claims import Claims, ClaimsState, is_thing
from monitor.core.scale.decision import Decision
from monitor.core.scale.hypothesis import Step
from monitor.data.shipped import shipped
from monitor.events import (
    Baby,
    Candidate,
    Feed,
    Growth,
    JointWeighIn,
    ObjectMoved,
    Retraction,
    Unassigned,
    WeighIn,
    Weighing,
)

REFERENCE = GrowthReference.parse(shipped("growth.toml"))
T0 = 1_700_000_000.0


def claims(*names: str) -> Claims:
    babies = [Baby(id=n, name=n, species="kitten") for n in names or ("Ash", "Bee")]
    return Claims(ClaimsState(records=[BabyRecord(baby=b) for b in babies]), REFERENCE)


def decision(kind="claim", after_s: float = 0.0, step_id: str = "", **how) -> Decision:
    lifting = how.pop("lifting", not how.get("returned"))
    to_g = 820.0 if lifting else 1180.0
    step = Step(
        step_id=step_id or f"s{after_s:g}", t_s=T0 + after_s, from_g=1000.0, to_g=to_g, sigma_g=0.3,
        settled=True, touched=False, blind=how.pop("blind", False), sure=how.pop("sure", True),
    )  # fmt: skip
    known = {"g": 180.0, "sigma_g": 0.4, "p": 0.97} | how
    return Decision(step=step, kind=kind, **known)


def lift(after_s: float = 0.0, baby: int = 0, **how) -> Decision:
    return decision("claim", after_s, lifted=1 << baby, **how)


def back(after_s: float = 600.0, baby: int = 0, **how) -> Decision:
    return decision("claim", after_s, returned=1 << baby, **({"g": 188.0} | how))


# ------------------------------------------------------------------ what is said


def test_a_claim_is_a_weigh_in_and_a_weighing():
    subject = claims()
    assert subject.publish([lift()]) == [
        WeighIn(
            t_s=T0, baby="Ash", move="lift", weight_g=180.0, sigma_g=0.4, confidence=0.97,
            step_id="s0",
        ),
        *subject.publish([]),
        Growth(
            t_s=T0, baby="Ash", gain_24h_g=None, gain_24h_pct=None, p_losing=None,
            verdict="not_enough_data",
        ),
    ]  # fmt: skip
    assert subject.records[0].weighings == [
        Weighing(
            step_id="s0", t_s=T0, baby="Ash", weight_g=180.0, sigma_g=0.4, move="lift",
            confidence=0.97,
        )
    ]  # fmt: skip
    assert subject.records[1].weighings == []


def test_a_claim_that_a_person_made_is_certain_and_says_so():
    subject = claims()
    (said, _) = subject.publish([lift(assigned=True)])
    assert said.confidence == 1.0
    assert subject.records[0].weighings[0].origin == "assigned"
    assert subject.records[0].weighings[0].stamp == "clock"


def test_a_step_at_a_time_nobody_knows_is_stamped_as_a_guess():
    subject = claims()
    subject.publish([lift(sure=False)])
    assert subject.records[0].weighings[0].stamp == "guess"


def test_a_return_closes_a_feed():
    subject = claims()
    subject.publish([lift()])
    events = subject.publish([back()])
    assert [type(e) for e in events] == [WeighIn, Feed]
    assert events[0].move == "return"
    assert events[1] == Feed(
        t_s=T0 + 600, baby="Ash", net_g=8.0, sigma_g=pytest.approx(0.4 * 2**0.5), out_s=600.0,
        step_id="s600",
    )  # fmt: skip


def test_the_same_decision_again_says_no_feed_again():
    subject = claims()
    subject.publish([lift(), back()])
    assert [type(e) for e in subject.publish([back()])] == [WeighIn]


def test_several_together_are_one_joint_weigh_in():
    subject = claims("Ash", "Bee", "Cy")
    assert subject.publish([decision("joint", lifted=0b101, g=400.0)]) == [
        JointWeighIn(
            t_s=T0, babies=["Ash", "Cy"], move="lift", weight_g=400.0, sigma_g=0.4, step_id="s0"
        )
    ]
    (together,) = subject.publish([decision("joint", 60.0, returned=0b11)])
    assert (together.move, together.babies) == ("return", ["Ash", "Bee"])
    assert all(not record.weighings for record in subject.records)


def test_what_nobody_can_tell_is_a_question_that_stays_open():
    subject = claims()
    asked = decision("unassigned", candidates=((1, 0.61239), (0, 0.38)))
    expected = Unassigned(
        t_s=T0, move="lift", weight_g=180.0, sigma_g=0.4, step_id="s0",
        candidates=[Candidate("Bee", 0.612), Candidate("Ash", 0.38)],
    )  # fmt: skip
    assert subject.publish([asked]) == [expected]
    assert subject.state.pending == {"s0": expected}
    (up,) = subject.publish([decision("unassigned", 60.0, lifting=False, blind=True)])
    assert (up.move, up.gap) == ("return", True)


def test_eighty_questions_are_kept_open():
    subject = claims()
    for k in range(81):
        subject.publish([decision("unassigned", float(k))])
    assert len(subject.state.pending) == 80
    assert "s0" not in subject.state.pending
    assert "s1" in subject.state.pending


def test_what_was_said_of_four_hundred_steps_is_remembered():
    subject = claims()
    for k in range(401):
        subject.publish([decision("nothing", float(k))])
    assert len(subject.state.published) == 400
    assert "s0" not in subject.state.published


def test_a_thing_is_told_when_it_is_ten_grams_or_more_and_once():
    subject = claims()
    thing = decision("object", g=-60.0)
    assert subject.publish([thing]) == [ObjectMoved(t_s=T0, delta_g=-60.0, step_id="s0")]
    assert subject.publish([thing]) == []
    assert subject.publish([decision("object", 9.0, g=9.9)]) == []
    assert subject.publish([decision("nothing", 19.0)]) == []


def test_a_thing_is_ten_grams_and_three_times_its_error():
    assert is_thing(10.0, 3.3)
    assert is_thing(-10.0, 0.1)
    assert not is_thing(9.9, 0.1)
    assert not is_thing(10.0, 3.4)
    assert is_thing(12.0, 4.0)


# ------------------------------------------------------------------ what is taken back


def test_a_claim_of_another_moves_the_weighing():
    subject = claims()
    subject.publish([lift()])
    events = subject.publish([lift(baby=1)])
    assert [(type(e), getattr(e, "baby", None)) for e in events] == [
        (WeighIn, "Bee"),
        (Growth, "Bee"),
    ]
    assert [len(r.weighings) for r in subject.records] == [0, 1]


def test_a_claim_that_is_contradicted_is_retracted():
    subject = claims()
    subject.publish([lift()])
    assert subject.publish([decision("unassigned")])[0] == Retraction(
        t_s=T0, step_id="s0", why="later weighings contradict it"
    )
    assert subject.records[0].weighings == []
    assert list(subject.state.pending) == ["s0"]


@pytest.mark.parametrize("kind", ["claim", "joint"])
def test_what_is_taken_out_by_hand_is_retracted_as_that(kind):
    subject = claims()
    first = decision(kind, lifted=0b01 if kind == "claim" else 0b11)
    subject.publish([first])
    gone = subject.publish([msgspec.structs.replace(first, void=True)])
    assert gone == [Retraction(t_s=T0, step_id="s0", why="taken out by hand")]
    assert subject.records[0].weighings == []
    assert subject.state.published["s0"].kind == "void"
    assert subject.publish([first])[0].step_id == "s0"


def test_a_joint_claim_that_stands_is_not_retracted_and_one_that_falls_is():
    subject = claims()
    subject.publish([decision("joint", lifted=0b11)])
    assert [type(e) for e in subject.publish([decision("joint", lifted=0b11)])] == [JointWeighIn]
    assert [type(e) for e in subject.publish([lift()])] == [WeighIn, Growth]
    assert [type(e) for e in subject.publish([decision("nothing")])] == [Retraction]


def test_a_question_that_is_answered_is_not_open_any_more():
    subject = claims()
    subject.publish([decision("unassigned")])
    assert [type(e) for e in subject.publish([lift(assigned=True)])] == [WeighIn, Growth]
    assert subject.state.pending == {}


def test_a_question_about_a_gap_that_settles_itself_is_retracted():
    subject = claims()
    subject.publish([decision("unassigned", blind=True)])
    assert subject.publish([decision("nothing", blind=True)]) == [
        Retraction(t_s=T0, step_id="s0", why="it is known by now who was in the box")
    ]
    subject.publish([decision("unassigned", 9.0)])
    assert subject.publish([decision("nothing", 9.0)]) == []
    assert subject.state.pending == {}


@pytest.mark.parametrize("weighed_before", [True, False])
def test_a_feed_whose_lift_was_anothers_is_taken_back_and_its_return_stands(weighed_before):
    """Also when that lift was the first weighing of all."""
    subject = claims()
    if weighed_before:
        subject.put(0, typed(-3600.0))
    subject.publish([lift(), back()])
    events = subject.publish([lift(baby=1)])
    kinds = [(type(e), getattr(e, "step_id", None)) for e in events]
    assert (Retraction, "s600") in kinds
    place = kinds.index((Retraction, "s600"))
    why = "the lift before it was taken back"
    assert events[place] == Retraction(t_s=T0 + 600, step_id="s600", why=why)
    assert kinds[place + 1] == (WeighIn, "s600")
    assert subject.records[0].feeds == []


def test_a_feed_whose_return_was_anothers_is_taken_back_before_that_one_is_told():
    subject = claims()
    subject.publish([lift(), back()])
    events = subject.publish([back(baby=1)])
    kinds = [(type(e), getattr(e, "step_id", None)) for e in events]
    assert kinds[:2] == [(Retraction, "s600"), (WeighIn, "s600")]
    assert not [e for e in events if isinstance(e, Feed)]


def test_a_record_that_forgets_its_oldest_weighings_takes_no_feed_back():
    subject = claims()
    events = []
    for k in range(KEEP):
        events += subject.publish([lift(1200.0 * k), back(1200.0 * k + 600.0)])
        events += subject.put(0, typed(1200.0 * k + 900.0)) if k % 7 == 0 else []
    assert not [e for e in events if isinstance(e, Retraction)]
    moves = [w.move for w in subject.records[0].weighings if w.move is not None]
    assert moves[0] == "lift"


def test_a_feed_whose_return_is_gone_is_not_told_again():
    subject = claims()
    subject.publish([lift(), back()])
    events = subject.publish([decision("nothing", 600.0)])
    assert [(type(e), e.step_id) for e in events] == [(Retraction, "s600")]


# ------------------------------------------------------------------ typed weighings


def typed(after_s: float = 0.0, g: float = 180.0) -> Weighing:
    return Weighing(step_id=f"t{after_s:g}", t_s=T0 + after_s, baby="Ash", weight_g=g, sigma_g=1.0)


def test_a_typed_weighing_needs_no_decision_and_can_be_taken_out():
    subject = claims()
    events = subject.put(0, typed())
    assert [type(e) for e in events] == [WeighIn, Growth]
    assert (events[0].move, events[0].weight_g) == (None, 180.0)
    assert subject.drop(0, "t0", T0) == [Retraction(t_s=T0, step_id="t0", why="taken out by hand")]
    assert subject.records[0].weighings == []


def test_growth_is_told_when_it_changes():
    subject = claims()
    subject.put(0, typed())
    growth = subject.put(0, typed(86_400.0, 190.0))[1]
    assert isinstance(growth, Growth)
    assert growth.gain_24h_g == pytest.approx(10.0)
    assert subject.refresh([0]) == []
    assert subject.refresh([]) == []


def test_each_baby_is_worked_out_once_and_in_their_order():
    subject = claims()
    subject.records[1].put(typed())
    subject.records[0].put(typed())
    assert [e.baby for e in subject.refresh([1, 0, 1])] == ["Ash", "Bee"]


# ------------------------------------------------------------------ open questions


def asked_about(subject: Claims) -> dict[str, list[str]]:
    return {k: [c.baby for c in e.candidates] for k, e in subject.state.pending.items()}


def question(after_s: float, *babies: int) -> Decision:
    return decision("unassigned", after_s, candidates=tuple((b, 0.4) for b in babies))


def test_a_question_asks_by_the_new_name():
    subject = claims()
    subject.publish([question(0.0, 0, 1)])
    subject.rename("Ash", "Ada")
    assert asked_about(subject) == {"s0": ["Ada", "Bee"]}
    assert subject.state.pending["s0"].candidates[0].p == 0.4


def test_nobody_asks_about_one_that_has_left():
    subject = claims()
    subject.publish([question(0.0, 0, 1), question(1.0, 0), question(2.0)])
    subject.forget("Ash")
    assert asked_about(subject) == {"s0": ["Bee"], "s2": []}


# ------------------------------------------------------------------ a weigh-in


def test_a_weigh_in_is_waited_for_five_minutes():
    subject = claims()
    assert subject.weigh_in_ends_s(T0) is None
    subject.expect_weigh_in(T0)
    assert subject.weigh_in_ends_s(T0) == T0 + 300
    assert subject.weigh_in_ends_s(T0 + 300) == T0 + 300
    assert subject.weigh_in_ends_s(T0 + 300.1) is None
    subject.expect_bottles()
    assert subject.weigh_in_ends_s(T0) is None


@pytest.mark.parametrize(
    ("after_s", "only_weighed"), [(0.0, False), (0.1, True), (300.0, True), (300.1, False)]
)
def test_the_next_move_of_one_baby_is_the_weighing(after_s, only_weighed):
    subject = claims()
    subject.expect_weigh_in(T0)
    subject.publish([lift(after_s)])
    assert subject.records[0].weighings[0].only_weighed == only_weighed
    assert (subject.weigh_in_ends_s(T0 + after_s) is None) == (only_weighed or after_s > 300)


def test_a_move_nobody_can_name_ends_it_too_and_others_do_not():
    subject = claims()
    subject.expect_weigh_in(T0)
    for k, kind in enumerate(("object", "nothing", "joint")):
        subject.publish([decision(kind, 1.0 + k, lifted=0b11)])
    assert subject.weigh_in_ends_s(T0) is not None
    subject.publish([decision("unassigned", 10.0)])
    assert subject.weigh_in_ends_s(T0) is None
    assert subject.state.only_weighed == ["s10"]
    subject.publish([lift(10.0, assigned=True)])
    assert subject.records[0].weighings[0].only_weighed


def test_a_move_told_before_does_not_end_it():
    subject = claims()
    subject.publish([lift(10.0)])
    subject.expect_weigh_in(T0)
    subject.publish([lift(10.0)])
    assert subject.weigh_in_ends_s(T0) is not None
    assert not subject.records[0].weighings[0].only_weighed


def test_a_weighed_baby_has_no_bottle():
    subject = claims()
    subject.expect_weigh_in(T0)
    events = subject.publish([lift(1.0), back(60.0)])
    assert Feed not in {type(e) for e in events}

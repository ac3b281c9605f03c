"""A known thing beside babies of like weight: who is named, what becomes a question."""

from __future__ import annotations

import itertools

import pytest

from monitor.core.scale.decision import Decision
from monitor.core.scale.hypothesis import Answer, Estimate, Step
from monitor.core.scale.known_things import KnownThings
from monitor.core.scale.tracker import OccupancyTracker

T0 = 1_000_000.0
BOX_G = 800.0
HOUR_S = 3600.0


class Platform:
    """Feeds a tracker with steps of a level, and answers."""

    def __init__(self, *weights: float) -> None:
        estimates = [Estimate(w, 1.0 + 0.02 * w, T0) for w in weights]
        self.tracker = OccupancyTracker.start(estimates, all_inside=True)
        self.things = KnownThings(self.tracker.state)
        self.level = BOX_G + sum(weights)
        self.t_s = T0
        self.said: dict[str, Decision] = {}
        self._ids = itertools.count(1)

    def step(self, delta: float, after_s: float = 600.0, **how: bool) -> Decision:
        self.t_s += after_s
        step = Step(
            step_id=f"s{next(self._ids)}", t_s=self.t_s, from_g=self.level,
            to_g=self.level + delta, sigma_g=0.3, elapsed_s=3.0,
            **({"settled": True, "touched": False} | how),
        )  # fmt: skip
        self.level += delta
        self._take(self.tracker.observe(step))
        return self.said.get(step.step_id, Decision(step=step, kind="nothing"))

    def name(self, step_id: str, name: str = "bottle") -> Decision:
        """Say that this step was a thing of that name."""
        step = self.tracker.step(step_id)
        assert step is not None
        thing = self.things.find(name) or self.things.add(name, step)
        self._take(self.tracker.answer(step_id, Answer(thing=thing.id, decides=True)))
        return self.said[step_id]

    def _take(self, decisions: list[Decision]) -> None:
        self.said |= {d.step.step_id: d for d in decisions}


def told(decision: Decision) -> str | int | None:
    """The baby it names, or what it is instead."""
    if decision.kind == "claim":
        return (decision.lifted | decision.returned).bit_length() - 1
    return "thing" if decision.thing is not None else decision.kind


def with_bottle() -> Platform:
    """A bottle of 262 g lay in the box from the start, beside a baby of like weight; it is out."""
    box = Platform(262.0, 180.0)
    assert told(box.step(-262.3)) == 0
    assert told(box.name("s1")) == "thing"
    return box


def test_what_was_taken_for_a_baby_is_the_thing_that_it_was_said_to_be():
    box = with_bottle()
    assert box.tracker.p_inside(0) > 0.99
    (bottle,) = box.things.known()
    assert (bottle.name, bottle.in_box) == ("bottle", False)
    assert bottle.grams == pytest.approx(262.3)


@pytest.mark.parametrize("refilled_g", [-11.0, -2.0, 0.0, 11.0])
def test_refilled_or_dried_it_comes_back_as_the_thing_while_every_baby_is_in(refilled_g: float):
    box = with_bottle()
    assert told(box.step(262.3 + refilled_g)) == "thing"
    (bottle,) = box.things.known()
    assert bottle.in_box
    assert bottle.grams == pytest.approx(262.3 + refilled_g, abs=0.1)


def test_half_empty_it_is_not_known_again():
    box = with_bottle()
    back = box.step(150.0)
    assert told(back) == "object"
    assert told(box.name(back.step.step_id)) == "thing"
    assert box.things.known()[0].grams == pytest.approx(150.0)


def test_both_out_what_comes_back_may_be_either_and_is_asked():
    box = with_bottle()
    assert told(box.step(-261.0)) == 0
    asked = box.step(271.0)
    assert told(asked) == "unassigned"
    assert [baby for baby, _ in asked.candidates] == [0]
    assert len(asked.things) == 1
    assert asked.candidates[0][1] + asked.things[0][1] == pytest.approx(1.0, abs=0.05)


def test_the_next_lift_tells_them_apart_and_repairs_the_question():
    box = with_bottle()
    box.step(-261.0)
    asked = box.step(271.0)
    box.step(262.4)
    # Three hours on, two thirds of a baby's bottle are gone, and the thing has kept its grams.
    box.step(-262.4, 3 * HOUR_S)
    box.step(-264.5, 60.0)
    assert told(box.said[asked.step.step_id]) == 0
    assert told(box.said["s4"]) == "thing"


def test_a_baby_of_another_weight_is_named_as_before():
    box = with_bottle()
    assert told(box.step(-180.2)) == 1
    assert told(box.step(187.0)) == 1
    assert told(box.step(262.0)) == "thing"


def test_the_log_before_the_answer_is_worked_out_with_the_thing():
    box = Platform(262.0, 180.0)
    assert told(box.step(330.0)) == "object"
    assert told(box.step(-330.2)) == "object"
    assert told(box.step(338.0)) == "object"
    box.name("s2")
    assert [told(box.said[key]) for key in ("s1", "s2", "s3")] == ["thing", "thing", "thing"]


def test_a_hand_that_leans_does_not_make_the_thing_a_baby():
    box = with_bottle()
    box.step(+120.0, settled=False)
    under = box.step(+262.0, 3.0, settled=False)
    box.step(-120.0, 3.0)
    assert told(box.said[under.step.step_id]) != 0
    assert box.tracker.p_inside(0) > 0.95


def test_a_baby_out_and_the_thing_in_under_one_hand_is_no_claim():
    box = with_bottle()
    decision = box.step(262.3 - 180.5, touched=True)
    assert told(decision) in {"unassigned", "nothing"}
    assert box.tracker.p_inside(1) < 0.3


def test_a_gap_in_which_the_thing_came_back_is_no_question_about_babies():
    box = with_bottle()
    decision = box.step(+263.0, blind=True)
    assert told(decision) == "nothing"
    assert box.things.known()[0].in_box in {True, None}
    assert box.tracker.p_inside(0) > 0.95


def test_a_gap_can_be_said_to_have_been_the_thing():
    box = with_bottle()
    box.step(-183.0, blind=True)
    assert told(box.name("s2", "sock")) == "thing"
    sock = box.things.known()[1]
    assert (sock.name, sock.in_box) == ("sock", False)
    assert box.tracker.p_inside(1) > 0.99


def test_forgotten_it_is_nobody_any_more():
    box = with_bottle()
    bottle = box.things.find("BOTTLE")
    assert bottle is not None
    box.things.forget(bottle)
    assert box.things.known() == []
    assert told(box.step(262.0)) == "object"
    assert told(box.said["s1"]) == "thing"  # what was said of its moves stays
    assert box.tracker.answer("s2", Answer(decides=True)) != []  # and can still be worked out

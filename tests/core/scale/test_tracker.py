from __future__ import annotations

import itertools

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.scale.decision import Decision
from monitor.core.scale.hypothesis import Answer, Estimate, Step
from monitor.core.scale.prediction import lift_density, return_density
from monitor.core.scale.tracker import OccupancyTracker, Presence, Typed

T0 = 1_000_000.0
BOX_G = 800.0


class Platform:
    """Feeds a tracker with steps of a level."""

    def __init__(self, *weights: float, all_inside: bool = True) -> None:
        estimates = [Estimate(w, 1.0 + 0.02 * w, T0) for w in weights]
        self.tracker = OccupancyTracker.start(estimates, all_inside=all_inside)
        self.level = BOX_G + sum(weights)
        self.t_s = T0
        self.said: dict[str, Decision] = {}
        self._ids = itertools.count(1)

    def step(self, delta: float, after_s: float = 600.0, **how: bool) -> Decision:
        self.t_s += after_s
        settled = how.pop("settled", True)
        step = Step(
            step_id=f"s{next(self._ids)}",
            t_s=self.t_s,
            from_g=self.level,
            to_g=self.level + delta,
            sigma_g=0.3,
            settled=settled,
            touched=how.pop("touched", False),
            elapsed_s=3.0,
            **how,
        )
        self.level += delta
        for decision in self.tracker.observe(step):
            self.said[decision.step.step_id] = decision
        return self.said.get(step.step_id)

    def answer(self, step_id: str, answer: Answer) -> None:
        for decision in self.tracker.answer(step_id, answer):
            self.said[decision.step.step_id] = decision

    def named(self, step_id: str) -> int | None:
        decision = self.said[step_id]
        if decision.kind != "claim":
            return None
        return (decision.lifted | decision.returned).bit_length() - 1


def test_each_of_two_unequal_babies_is_named():
    box = Platform(180.0, 120.0)
    assert box.step(-119.0).lifted == 0b10
    assert box.step(+124.0).returned == 0b10
    assert box.step(-178.0).lifted == 0b01
    assert box.step(+186.0).returned == 0b01
    assert [d.kind for d in box.said.values()] == ["claim"] * 4


@pytest.mark.parametrize("gain", [-0.04, 0.0, 0.045, 0.08])
def test_an_up_step_while_one_is_out_is_that_one(gain):
    box = Platform(180.0, 182.0)
    box.step(-180.6)
    box.answer("s1", Answer(baby=0, decides=True))
    back = box.step(180.6 * (1.0 + gain))
    assert (back.kind, back.returned) == ("claim", 0b01)


def test_twins_are_not_guessed_and_one_answer_names_both_moves():
    box = Platform(180.0, 181.0, 120.0)
    lift = box.step(-180.4)
    assert lift.kind == "unassigned"
    assert {baby for baby, _ in lift.candidates} >= {0, 1}
    assert sum(p for _, p in lift.candidates) == pytest.approx(1.0, abs=0.1)
    assert box.step(+188.0).kind == "unassigned"
    box.answer("s1", Answer(baby=1, decides=True))
    assert box.named("s1") == box.named("s2") == 1
    assert box.said["s1"].assigned
    assert box.said["s1"].step.t_s == T0 + 600.0


def test_an_answer_of_nobody_makes_it_an_object():
    box = Platform(180.0, 181.0)
    box.step(-180.4)
    box.answer("s1", Answer(baby=None, decides=True))
    assert box.said["s1"].kind == "object"
    assert box.tracker.p_inside(0) == pytest.approx(1.0)


def test_only_one_fits_so_nobody_is_asked():
    box = Platform(180.0, 120.0)
    assert box.step(-167.5).kind == "claim"  # 7 % below, but who else


def test_what_fits_nobody_is_an_object_not_a_baby():
    box = Platform(180.0, 120.0)
    assert box.step(+420.0).kind == "object"
    assert box.step(-420.3).kind == "object"
    assert box.tracker.p_inside(0) > 0.99
    assert box.tracker.p_inside(1) > 0.99


def test_what_was_put_in_and_taken_out_again_asks_nobody():
    box = Platform(180.0, 120.0)
    box.step(+300.0)
    assert box.step(-300.2, after_s=120.0).kind in {"object", "nothing"}
    assert [d.kind for d in box.said.values() if d.kind == "unassigned"] == []


def test_a_stranger_of_about_the_same_weight_makes_it_ask_once_it_has_been_here():
    box = Platform(180.0, 120.0)
    assert box.step(+176.0).kind == "object"
    assert box.step(-178.0).kind != "claim"


def test_two_that_left_together_may_come_back_together():
    box = Platform(180.0, 120.0)
    assert box.step(-299.0).kind == "joint"
    back = box.step(+311.0)
    assert (back.kind, back.returned) == ("joint", 0b11)


def test_two_at_once_are_a_joint_weighing_when_the_sum_is_unique():
    box = Platform(180.0, 120.0, 90.0)
    lift = box.step(-209.5)
    assert (lift.kind, lift.lifted) == ("joint", 0b110)
    assert box.step(+94.0).returned == 0b100
    assert box.step(+125.0).returned == 0b010


def test_two_at_once_are_not_guessed_when_the_sum_is_not_unique():
    box = Platform(180.0, 120.0, 118.0, 182.0)
    assert box.step(-299.6).kind == "unassigned"


def test_a_swap_under_the_hand_is_seen_by_who_comes_back():
    box = Platform(180.0, 120.0)
    assert box.step(-180.0).lifted == 0b01
    swap = box.step(187.0 - 119.5, touched=True)
    assert swap.kind != "claim"
    assert box.tracker.p_inside(0) > 0.9
    assert box.step(+124.0).returned == 0b10


def test_a_hand_that_leans_before_the_lift_costs_nothing():
    box = Platform(180.0, 120.0)
    box.step(+85.0, settled=False)
    lift = box.step(-85.0 - 180.0, after_s=4.0)
    assert (lift.kind, lift.lifted) == ("claim", 0b01)
    assert lift.g == pytest.approx(180.0)


def test_a_baby_out_for_hours_comes_back_with_its_name():
    box = Platform(180.0, 120.0)
    box.step(-120.0)
    assert box.step(+128.0, after_s=7 * 3600.0).returned == 0b10


def test_nothing_is_claimed_across_a_blind_stretch_but_it_is_understood():
    box = Platform(180.0, 120.0)
    cut = box.step(-180.0, after_s=1800.0, blind=True)
    assert (cut.kind, cut.candidates[0][0]) == ("unassigned", 0)  # asked, but no weight of anyone
    assert box.tracker.p_inside(0) < 0.1
    assert box.step(+186.0).returned == 0b01
    assert box.said["s1"].kind == "nothing"  # its return has answered the question


def test_an_answer_after_a_gap_says_who_moved_and_weighs_nobody():
    for baby, p in ((0, 0.0), (None, 1.0)):
        box = Platform(180.0, 172.0)
        box.step(-176.0, after_s=1800.0, blind=True)
        assert 0.2 < box.tracker.p_inside(0) < 0.8
        box.answer("s1", Answer(baby=baby, decides=True))
        assert box.tracker.p_inside(0) == pytest.approx(p, abs=1e-6)
        assert box.tracker.p_inside(1) == pytest.approx(1.0, abs=1e-6)
        assert box.said["s1"].kind == "nothing"


def test_a_total_that_fits_after_a_gap_is_accepted_in_silence():
    box = Platform(180.0, 120.0)
    assert box.step(+9.0, after_s=7200.0, blind=True).kind == "nothing"  # both fed meanwhile
    assert min(box.tracker.p_inside(0), box.tracker.p_inside(1)) > 0.95


def test_unknown_occupancy_is_learned_not_assumed():
    box = Platform(180.0, 120.0, all_inside=False)
    assert 0.4 < box.tracker.p_inside(0) < 0.9
    box.step(-119.0)
    assert box.tracker.p_inside(1) < 0.1


def test_a_newcomer_is_in_or_out_until_it_moves():
    box = Platform(180.0)
    estimate = Estimate(120.0, 3.0, T0)
    box.tracker.observe(Presence(t_s=T0, baby=1, present=True, estimate=estimate))
    assert 0.2 < box.tracker.p_inside(1) < 0.8
    assert box.step(+121.0).returned == 0b10


def test_the_retired_are_no_candidates():
    box = Platform(180.0, 192.0)
    gone = Estimate(192.0, 3.0, T0)
    box.tracker.observe(Presence(t_s=T0, baby=1, present=False, estimate=gone))
    assert box.step(-182.0).lifted == 0b01


def test_a_typed_weight_moves_the_prediction():
    box = Platform(150.0, 151.0)
    box.tracker.observe(Typed(t_s=T0 + 1.0, baby=0, g=200.0))
    assert box.step(-199.0).lifted == 0b01


def test_an_old_step_cannot_be_answered():
    box = Platform(180.0, 120.0)
    with pytest.raises(KeyError):
        box.tracker.answer("never", Answer(baby=0, decides=True))


def test_the_log_is_bounded_and_its_end_can_still_be_answered():
    box = Platform(180.0, 182.0)
    for _ in range(200):
        box.step(-181.0)
        box.step(+183.0)
    state = box.tracker.state
    assert len(state.log) <= 160
    assert len(state.decisions) <= 161
    assert len(state.hypotheses) <= 64
    last = state.log[-1]
    box.answer(last.step_id, Answer(baby=0, decides=True))
    assert box.named(last.step_id) == 0


def test_the_state_survives_its_encoding():
    box = Platform(180.0, 181.0, 120.0)
    box.step(-180.0)
    raw = msgspec.msgpack.encode(box.tracker.state)
    assert msgspec.msgpack.decode(raw, type=type(box.tracker.state)) == box.tracker.state


@settings(max_examples=40, deadline=None)
@given(
    weights=st.lists(st.floats(70.0, 400.0), min_size=1, max_size=5),
    deltas=st.lists(
        st.tuples(st.floats(-450.0, 450.0), st.booleans(), st.booleans(), st.booleans()),
        min_size=1,
        max_size=12,
    ),
)
def test_nobody_is_in_two_places(weights, deltas):
    """Whatever the platform does: probabilities are probabilities, and the claims that stand for
    one baby go out, in, out, in."""
    box = Platform(*weights)
    for delta, settled, touched, blind in deltas:
        box.step(delta, settled=settled, touched=touched, blind=blind)
        hypotheses = box.tracker.state.hypotheses
        assert sum(2.718281828459045**s.log_p for s in hypotheses) == pytest.approx(1.0, abs=1e-6)
        assert all(s.inside < 1 << len(weights) for s in hypotheses)
        for hypothesis in hypotheses:
            inside = (1 << len(weights)) - 1
            for explanation in hypothesis.explanations:
                assert explanation.lifted & ~inside == 0  # only who is in can be lifted
                assert explanation.returned & inside == 0  # only who is out can return
                inside = (inside & ~explanation.lifted) | explanation.returned
            assert inside == hypothesis.inside


@given(g=st.floats(60.0, 2000.0), hours=st.floats(0.0, 48.0))
def test_densities_are_densities(g, hours):
    last = Estimate(g, 1.0, T0, 0.03 * g)
    at = T0 + 3600.0 * hours
    grid = [g * (0.4 + 0.002 * k) for k in range(800)]
    for density in (lift_density, return_density):
        total = sum(density(x, 0.5, last, at) for x in grid) * 0.002 * g
        assert total == pytest.approx(1.0, abs=0.05)

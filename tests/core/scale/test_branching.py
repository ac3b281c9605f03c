"""Every way in which a step may have come about, each with its probability and its consequences."""

from __future__ import annotations

import math

import msgspec
import pytest

from monitor.core.scale.answered_steps import constrained
from monitor.core.scale.branching import branches
from monitor.core.scale.hypothesis import Answer, Estimate, Hypothesis, Step
from monitor.core.scale.prediction import (
    gauss,
    heavy_gauss,
    lift_density,
    object_density,
    predicted,
    return_density,
)

T0 = 1_000_000.0
NOW = T0 + 7200.0
LEVEL = 1300.0
HEAVY, LIGHT, THIRD = Estimate(200.0, 1.0, T0, 3.0), Estimate(150.0, 1.5, T0), Estimate(90.0, 1, T0)


def hypothesis(inside: int = 0b11, **how) -> Hypothesis:
    known = {"log_p": -0.5, "weights": (HEAVY, LIGHT)} | how
    return Hypothesis(inside=inside, **known)


def step(delta: float, **how) -> Step:
    known = {"settled": True, "touched": False, "sigma_g": 0.3, "elapsed_s": 3.0} | how
    return Step(step_id="s", t_s=NOW, from_g=LEVEL, to_g=LEVEL + delta, **known)


def ways(before: Hypothesis, seen: Step, present: int = 0b11) -> dict[tuple, Hypothesis]:
    """Children by kind, lifted and returned babies, and whether a hand leans after it."""
    found = {}
    for child in branches(before, seen, present):
        last = child.explanations[-1]
        key = (last.kind, last.lifted, last.returned)
        if child.base_g is not None and last.kind != "hand":
            key = (*key, "under a hand")
        while key in found:
            key = (*key, "again")
        found[key] = child
    return found


def p_of(child: Hypothesis, before: Hypothesis) -> float:
    return math.exp(child.log_p - before.log_p)


# ------------------------------------------------------------------ one baby


def test_one_of_two_is_lifted():
    before, seen = hypothesis(), step(-199.0)
    found = ways(before, seen)
    child = found["move", 0b01, 0]
    assert p_of(child, before) == pytest.approx(0.25 * lift_density(199.0, 0.3, HEAVY, NOW))
    assert child.inside == 0b10
    assert child.weights == (Estimate(199.0, 0.3, NOW, 0.0), LIGHT)
    last = child.explanations[-1]
    assert (last.step_id, last.g, last.sigma_g) == ("s", 199.0, 0.3)
    assert (child.base_g, child.objects, child.gone) == (None, (), ())


def test_one_comes_back_and_what_it_gained_is_in_its_gut():
    before, seen = hypothesis(0b10), step(+208.0)
    child = ways(before, seen)["move", 0, 0b01]
    assert p_of(child, before) == pytest.approx(0.5 * return_density(208.0, 0.3, HEAVY, NOW))
    assert child.inside == 0b11
    assert child.weights[0] == Estimate(208.0, 0.3, NOW, 8.0)
    lighter = ways(before, step(+198.0))["move", 0, 0b01]
    assert lighter.weights[0] == Estimate(198.0, 0.3, NOW, 0.0)


def test_only_who_is_inside_is_lifted_and_only_who_is_out_comes_back():
    assert ("move", 0b01, 0) not in ways(hypothesis(0b10), step(-199.0))
    assert ("move", 0, 0b01) not in ways(hypothesis(0b11), step(+208.0))


def test_one_that_is_retired_does_not_move():
    assert ("move", 0b01, 0) not in ways(hypothesis(), step(-199.0), present=0b10)
    assert ("move", 0, 0b01) not in ways(hypothesis(0b10), step(208.0), present=0b10)
    alone = ways(hypothesis(), step(-199.0), present=0b01)["move", 0b01, 0]
    assert p_of(alone, hypothesis()) == pytest.approx(0.5 * lift_density(199.0, 0.3, HEAVY, NOW))


@pytest.mark.parametrize(
    ("ratio", "fits"), [(0.6, False), (0.61, True), (1.59, True), (1.6, False)]
)
def test_nobody_weighs_six_tenths_or_sixteen_tenths_of_itself(ratio, fits):
    rough = hypothesis(weights=(Estimate(200.0, 30.0, T0), LIGHT))
    assert (("move", 0b01, 0) in ways(rough, step(-200.0 * ratio))) == fits


def test_what_hardly_can_be_is_no_way():
    exact = hypothesis(weights=(Estimate(200.0, 0.1, NOW), LIGHT))
    assert ("move", 0b01, 0) in ways(exact, step(-230.0))
    assert ("move", 0b01, 0) not in ways(exact, step(-290.0))


# ------------------------------------------------------------------ two and three


def pair_of(before: Hypothesis, seen: Step, *, lifting: bool) -> tuple[float, list[Estimate]]:
    """Density of the two together, and each one's part of what the sum was off by."""
    guesses = [predicted(w, NOW, lifting=lifting) for w in before.weights[:2]]
    off = abs(seen.to_g - seen.from_g) - sum(m for m, _ in guesses)
    var = 0.3**2 + sum(s**2 for _, s in guesses)
    shares = [s**2 / var for _, s in guesses]
    read = [
        (m + share * off, s * math.sqrt(1 - share))
        for (m, s), share in zip(guesses, shares, strict=True)
    ]
    guts = [
        0.0 if lifting else max(g - w.g, 0.0)
        for (g, _), w in zip(read, before.weights, strict=False)
    ]
    estimates = [Estimate(g, s, NOW, gut) for (g, s), gut in zip(read, guts, strict=True)]
    return heavy_gauss(off, math.sqrt(var)), estimates


def same(found: Estimate, expected: Estimate) -> bool:
    return list(msgspec.structs.astuple(found)) == pytest.approx(
        list(msgspec.structs.astuple(expected))
    )


def test_two_are_lifted_together():
    before, seen = hypothesis(), step(-344.0)
    child = ways(before, seen)["move", 0b11, 0]
    density, weights = pair_of(before, seen, lifting=True)
    assert p_of(child, before) == pytest.approx(0.02 * density)
    assert child.inside == 0
    assert all(map(same, child.weights, weights))
    last = child.explanations[-1]
    assert (last.g, last.sigma_g, last.step_id) == (344.0, 0.3, "s")


def test_two_come_back_together_who_left_together():
    before, seen = hypothesis(0), step(+365.0)
    child = ways(before, seen)["move", 0, 0b11]
    density, weights = pair_of(before, seen, lifting=False)
    assert p_of(child, before) == pytest.approx(0.15 * density)
    assert child.inside == 0b11
    assert all(map(same, child.weights, weights))


def test_two_come_back_together_who_left_one_by_one():
    apart = hypothesis(0, weights=(HEAVY, Estimate(150.0, 1.5, T0 + 1.0)))
    child = ways(apart, step(+365.0))["move", 0, 0b11]
    density, _ = pair_of(apart, step(+365.0), lifting=False)
    assert p_of(child, apart) == pytest.approx(0.02 * density)


def test_two_of_three_and_all_three():
    before = hypothesis(0b111, weights=(HEAVY, LIGHT, THIRD))
    pairs = ways(before, step(-344.0), present=0b111)
    density, _ = pair_of(before, step(-344.0), lifting=True)
    assert p_of(pairs["move", 0b011, 0], before) == pytest.approx(0.02 / 3 * density)
    found = ways(before, step(-433.0), present=0b111)
    guesses = [predicted(w, NOW, lifting=True) for w in before.weights]
    off = 433.0 - sum(m for m, _ in guesses)
    sd = math.sqrt(0.3**2 + sum(s**2 for _, s in guesses))
    child = found["move", 0b111, 0]
    assert p_of(child, before) == pytest.approx(0.004 * heavy_gauss(off, sd))
    assert child.inside == 0


def test_two_together_are_not_thought_of_below_a_fifth_more_than_the_lightest():
    rough = hypothesis(weights=(Estimate(200.0, 80.0, T0), Estimate(150.0, 80.0, T0)))
    assert ("move", 0b11, 0) not in ways(rough, step(-179.0))
    assert ("move", 0b11, 0) in ways(rough, step(-181.0))
    assert ("move", 0b11, 0) not in ways(rough, step(-344.0), present=0b01)
    assert ("move", 0b11, 0) not in ways(hypothesis(), step(-600.0))


# ------------------------------------------------------------------ swaps


def test_one_goes_and_another_comes_under_the_same_hand():
    before, seen = hypothesis(0b10), step(+52.0, touched=True)
    child = ways(before, seen)["swap", 0b10, 0b01]
    m_back, s_back = predicted(HEAVY, NOW, lifting=False)
    m_out, s_out = predicted(LIGHT, NOW, lifting=True)
    sd = math.sqrt(0.3**2 + s_back**2 + s_out**2)
    off = 52.0 - (m_back - m_out)
    assert p_of(child, before) == pytest.approx(0.015 * heavy_gauss(off, sd))
    assert child.inside == 0b01
    g_back = m_back + s_back**2 / sd**2 * off
    assert same(child.weights[0], Estimate(g_back, s_back, NOW, max(g_back - 200.0, 0.0)))
    assert same(child.weights[1], Estimate(m_out - s_out**2 / sd**2 * off, s_out, NOW))
    last = child.explanations[-1]
    assert (last.step_id, last.g, last.sigma_g) == ("s", 52.0, 0.3)


def test_a_swap_needs_a_touch_and_is_one_of_all_pairs():
    before = hypothesis(0b010, weights=(HEAVY, LIGHT, Estimate(205.0, 1.0, T0)))
    assert not any(key[0] == "swap" for key in ways(before, step(52.0), present=0b111))
    found = ways(before, step(52.0, touched=True), present=0b111)
    alone = ways(hypothesis(0b10), step(52.0, touched=True))["swap", 0b10, 0b01]
    one_of_two = found["swap", 0b010, 0b001]
    assert one_of_two.log_p == pytest.approx(alone.log_p - math.log(2))
    assert ("swap", 0b010, 0b100) in found
    retired = ways(before, step(52.0, touched=True), present=0b011)
    assert ("swap", 0b010, 0b100) not in retired
    nobody_there = ways(before, step(52.0, touched=True), present=0b101)
    assert not any(key[0] == "swap" for key in nobody_there)


def test_a_swap_that_does_not_fit_is_none():
    assert ("swap", 0b10, 0b01) not in ways(hypothesis(0b10), step(300.0, touched=True))


# ------------------------------------------------------------------ things


def objects(before: Hypothesis, seen: Step) -> list[Hypothesis]:
    return [c for c in branches(before, seen, 0b11) if c.explanations[-1].kind == "object"]


def same_thing(off: float, mass: float, sigma: float = 0.3) -> float:
    exact = gauss(off, math.hypot(sigma, 0.3 + 0.003 * mass))
    return 0.85 * exact + 0.15 * gauss(off, 1.0 + 0.03 * mass)


def test_a_thing_is_put_in():
    (child,) = objects(hypothesis(), step(+60.0))
    assert p_of(child, hypothesis()) == pytest.approx(0.03 * object_density(60.0))
    assert (child.objects, child.gone, child.inside) == ((60.0,), (), 0b11)
    last = child.explanations[-1]
    assert (last.step_id, last.lifted, last.returned, last.g, last.sigma_g) == (
        "s", 0, 0, 60.0, 0.3,
    )  # fmt: skip


def test_a_thing_never_seen_to_be_put_in_is_taken_out():
    (child,) = objects(hypothesis(), step(-60.0))
    assert p_of(child, hypothesis()) == pytest.approx(0.01 * object_density(60.0))
    assert (child.objects, child.gone) == ((), (60.0,))


def test_what_was_put_in_is_taken_out():
    before = hypothesis(objects=(20.0, 60.5, 400.0), gone=(9.0,))
    known, unknown = objects(before, step(-60.0))
    assert p_of(known, before) == pytest.approx(0.2 * same_thing(0.5, 60.5))
    assert (known.objects, known.gone) == ((20.0, 400.0), (9.0, 60.0))
    assert (unknown.objects, unknown.gone) == ((20.0, 60.5, 400.0), (9.0, 60.0))


def test_what_was_taken_out_comes_again():
    before = hypothesis(objects=(20.0,), gone=(9.0, 59.0, 400.0))
    known, unknown = objects(before, step(+60.0))
    assert p_of(known, before) == pytest.approx(0.03 * same_thing(1.0, 59.0))
    assert (known.objects, known.gone) == ((20.0, 60.0), (9.0, 400.0))
    assert (unknown.objects, unknown.gone) == ((20.0, 60.0), (9.0, 59.0, 400.0))


def test_six_things_are_remembered_and_nothing_below_five_grams():
    six = tuple(float(x) for x in range(300, 306))
    (child,) = objects(hypothesis(objects=six), step(+60.0))
    assert child.objects == (*six[1:], 60.0)
    (child,) = objects(hypothesis(gone=six), step(-60.0))
    assert child.gone == (*six[1:], 60.0)
    (child,) = objects(hypothesis(), step(+4.9))
    assert child.objects == ()
    (child,) = objects(hypothesis(), step(+5.0))
    assert child.objects == (5.0,)


# ------------------------------------------------------------------ a baby in a blanket


def mixed(before: Hypothesis, seen: Step, present: int = 0b11) -> dict[tuple, Hypothesis]:
    return {k: c for k, c in ways(before, seen, present).items() if k[0] == "mixed"}


def test_a_baby_in_a_blanket_moves_and_is_not_weighed():
    before = hypothesis()
    child = mixed(before, step(-260.0))["mixed", 0b01, 0]
    extra = 260.0 - predicted(HEAVY, NOW, lifting=True)[0]
    assert p_of(child, before) == pytest.approx(0.002 * object_density(extra))
    assert (child.inside, child.weights) == (0b10, before.weights)
    last = child.explanations[-1]
    assert (last.step_id, last.g, last.sigma_g) == ("s", 0.0, 0.0)
    back = mixed(hypothesis(0b10), step(+260.0))["mixed", 0, 0b01]
    extra = 260.0 - predicted(HEAVY, NOW, lifting=False)[0]
    assert p_of(back, before) == pytest.approx(0.004 * object_density(extra))
    assert back.inside == 0b11
    assert mixed(hypothesis(0b10), step(+260.0), present=0b10) == {}


def test_a_blanket_is_more_than_the_prediction_may_be_off_and_a_cloth_at_least():
    mean, sd = predicted(LIGHT, NOW, lifting=True)
    least = 3.0 * sd + 0.3
    assert least > 5.0
    assert ("mixed", 0b10, 0) not in mixed(hypothesis(), step(-(mean + least - 0.01)))
    assert ("mixed", 0b10, 0) in mixed(hypothesis(), step(-(mean + least + 0.01)))
    exact = hypothesis(weights=(HEAVY, Estimate(150.0, 0.1, NOW)))
    assert ("mixed", 0b10, 0) not in mixed(exact, step(-154.99))
    assert ("mixed", 0b10, 0) in mixed(exact, step(-155.01))


# ------------------------------------------------------------------ nothing, or a hand


@pytest.mark.parametrize("delta", [0.0, 1.0, -3.0])
def test_a_touch_leaves_the_level_where_it_was(delta):
    before = hypothesis()
    child = ways(before, step(delta))["touch", 0, 0]
    quiet = 0.8 * gauss(delta, math.hypot(0.3, 0.7)) + 0.2 * gauss(delta, 3.0)
    assert p_of(child, before) == pytest.approx(0.3 * quiet)
    assert (child.inside, child.weights) == (before.inside, before.weights)
    last = child.explanations[-1]
    assert (last.step_id, last.g, last.sigma_g) == ("s", 0.0, 0.0)


def test_twenty_grams_are_no_touch():
    assert ("touch", 0, 0) in ways(hypothesis(), step(17.0))
    assert ("touch", 0, 0) not in ways(hypothesis(), step(20.0))


def test_a_hand_begins_to_lean():
    before = hypothesis()
    child = ways(before, step(+90.0, settled=False))["hand", 0, 0]
    assert p_of(child, before) == pytest.approx(0.15 / 600.0)
    assert (child.base_g, child.base_sigma_g, child.leaning_s) == (LEVEL, 0.3, NOW)
    last = child.explanations[-1]
    assert (last.step_id, last.g, last.sigma_g) == ("s", 0.0, 0.0)
    still = ways(before, step(+90.0))["hand", 0, 0]
    assert p_of(still, before) == pytest.approx(0.15 * 0.01 / 600.0)


def test_four_grams_are_no_hand():
    assert ("hand", 0, 0) not in ways(hypothesis(), step(4.0))
    assert ("hand", 0, 0) not in ways(hypothesis(), step(-4.0))
    assert ("hand", 0, 0) in ways(hypothesis(), step(4.1))
    assert ("hand", 0, 0) in ways(hypothesis(), step(-4.1))


def leaning(held_s: float, inside: int = 0b11) -> Hypothesis:
    """A hand of 90 g leans since then; the level without it is known to half a gram."""
    return hypothesis(inside, base_g=LEVEL - 90.0, base_sigma_g=0.5, leaning_s=NOW - held_s)


def test_a_hand_that_goes_leaves_the_level_from_before():
    before = leaning(10.0)
    child = ways(before, step(-90.5))["touch", 0, 0]
    sigma = math.hypot(0.3, 0.5)
    quiet = 0.8 * gauss(-0.5, math.hypot(sigma, 0.7)) + 0.2 * gauss(-0.5, 3.0)
    assert p_of(child, before) == pytest.approx(0.3 * quiet)
    assert (child.base_g, child.base_sigma_g) == (None, 0.0)


def test_a_baby_lifted_as_the_hand_goes_is_weighed_against_the_level_from_before():
    before = leaning(10.0)
    child = ways(before, step(-90.0 - 199.0))["move", 0b01, 0]
    sigma = math.hypot(0.3, 0.5)
    assert p_of(child, before) == pytest.approx(0.25 * lift_density(199.0, sigma, HEAVY, NOW))
    assert same(child.weights[0], Estimate(199.0, sigma, NOW))
    assert child.base_g is None


def test_a_hand_that_goes_on_leaning_leans_since_it_came():
    before = leaning(10.0)
    child = ways(before, step(+20.0))["hand", 0, 0]
    assert (child.base_g, child.leaning_s) == (LEVEL - 90.0, NOW - 10.0)
    assert child.base_sigma_g == pytest.approx(math.hypot(0.3, 0.5))
    assert p_of(child, before) == pytest.approx(0.15 * 0.01 / 600.0)


def test_a_baby_lifted_under_a_leaning_hand_takes_its_weight_from_the_level_below():
    before = leaning(10.0)
    child = ways(before, step(-199.0))["move", 0b01, 0, "under a hand"]
    density = lift_density(199.0, 0.3, HEAVY, NOW)
    assert p_of(child, before) == pytest.approx(0.25 * 0.3 * 0.01 * density)
    assert child.base_g == pytest.approx(LEVEL - 90.0 - 199.0)
    assert child.base_sigma_g == pytest.approx(math.hypot(0.5, 0.3))
    assert child.leaning_s == NOW - 10.0
    moving = ways(before, step(-199.0, settled=False))["move", 0b01, 0, "under a hand"]
    assert p_of(moving, before) == pytest.approx(0.25 * 0.3 * density)


def test_a_baby_that_comes_back_under_a_leaning_hand_adds_its_weight_to_the_level_below():
    child = ways(leaning(10.0, 0b10), step(+208.0))["move", 0, 0b01, "under a hand"]
    assert child.base_g == pytest.approx(LEVEL - 90.0 + 208.0)
    assert child.inside == 0b11


@pytest.mark.parametrize(
    ("held_s", "patience"), [(15.0, 0.0), (30.0, -1.0), (60.0, -3.0), (9_999.0, math.log(1e-6))]
)
def test_nobody_holds_a_hand_still_for_minutes(held_s, patience):
    for kind in ("hand", "touch"):
        short = ways(leaning(10.0), step(-85.0))[kind, 0, 0]
        long = ways(leaning(held_s), step(-85.0))[kind, 0, 0]
        assert long.log_p - short.log_p == pytest.approx(patience)


# ------------------------------------------------------------------ nobody watched


def test_after_a_gap_anybody_may_have_moved():
    before = hypothesis(0b10, objects=(30.0,))
    seen = step(+206.0, blind=True, elapsed_s=1800.0)
    found = ways(before, seen)
    assert set(found) == {("blind", 0, 0), ("blind", 0, 1), ("blind", 2, 0), ("blind", 2, 1)}
    m_back, s_back = predicted(HEAVY, NOW, lifting=False)
    m_out, s_out = predicted(LIGHT, NOW, lifting=True)
    for key, mean, var in (
        (("blind", 0, 0), 0.0, 0.0),
        (("blind", 0, 1), m_back, s_back**2),
        (("blind", 2, 0), -m_out, s_out**2),
        (("blind", 2, 1), m_back - m_out, s_back**2 + s_out**2),
    ):
        prior = 0.5 if key == ("blind", 0, 0) else 0.5 / 3
        off = 206.0 - mean
        # one gram of drift at once and 15 an hour
        density = 0.95 * heavy_gauss(off, math.sqrt(0.3**2 + 8.5**2 + var))
        density += 0.05 * object_density(abs(off)) * 0.5
        assert p_of(found[key], before) == pytest.approx(prior * density)
        assert found[key].inside == 0b10 & ~key[1] | key[2]
        assert found[key].objects == (30.0,)
        last = found[key].explanations[-1]
        assert (last.step_id, last.g, last.sigma_g) == ("s", 0.0, 0.0)


def test_where_the_box_was_off_the_bedding_may_be_another():
    before, seen = hypothesis(0b11), step(+50.0, blind=True, box_was_off=True, elapsed_s=7200.0)
    child = ways(before, seen)["blind", 0, 0]
    density = 0.6 * heavy_gauss(50.0, math.hypot(0.3, 31.0)) + 0.4 * object_density(50.0) * 0.5
    assert p_of(child, before) == pytest.approx(0.5 * density)
    day = step(+50.0, blind=True, elapsed_s=86_400.0)
    density = 0.95 * heavy_gauss(50.0, math.hypot(0.3, 40.0)) + 0.05 * object_density(50.0) * 0.5
    assert p_of(ways(before, day)["blind", 0, 0], before) == pytest.approx(0.5 * density)


def test_a_gap_ends_a_leaning_hand():
    child = ways(leaning(10.0), step(-90.0, blind=True))["blind", 0, 0]
    assert (child.base_g, child.base_sigma_g) == (None, 0.0)
    # against the level without the hand
    density = 0.95 * heavy_gauss(0.0, math.hypot(0.3, 1.0 + 15.0 * 3.0 / 3600.0))
    density += 0.05 * object_density(0.0) * 0.5
    assert p_of(child, leaning(10.0)) == pytest.approx(0.5 * density)


def test_a_retired_baby_stays_where_it_is_through_a_gap():
    found = ways(hypothesis(0b10), step(0.0, blind=True), present=0b10)
    assert set(found) == {("blind", 0, 0), ("blind", 2, 0)}
    found = ways(hypothesis(0), step(0.0, blind=True), present=0)
    assert p_of(found["blind", 0, 0], hypothesis(0)) > 0


# ------------------------------------------------------------------ what a person says


def answered(before: Hypothesis, seen: Step, answer: Answer) -> dict[tuple, Hypothesis]:
    found = constrained(before, list(branches(before, seen, 0b11)), seen, answer)
    return {
        (c.explanations[-1].kind, c.explanations[-1].lifted, c.explanations[-1].returned): c
        for c in found
    }


def test_it_was_nobody():
    found = answered(hypothesis(), step(-155.0), Answer(decides=True))
    assert {kind for kind, _, _ in found} == {"object", "hand"}
    assert "touch" in {k for k, _, _ in answered(hypothesis(), step(1.0), Answer(decides=True))}


def test_it_was_this_one_alone():
    before, seen = hypothesis(), step(-199.0)
    found = answered(before, seen, Answer(baby=0, decides=True))
    assert set(found) == {("move", 0b01, 0)}
    assert found["move", 0b01, 0].weights[0] == Estimate(199.0, 0.3, NOW, 0.0)


def test_it_weighed_this_much():
    back = answered(hypothesis(0b10), step(208.0), Answer(baby=0, decides=True, g=207.0))
    assert back["move", 0, 0b01].weights[0] == Estimate(207.0, 1.0, NOW, 8.0)


def test_one_that_did_not_fit_is_believed_all_the_same():
    before = hypothesis()
    found = answered(before, step(-90.0), Answer(baby=0, decides=True))
    child = found["move", 0b01, 0]
    assert child.inside == 0b10
    assert child.weights[0] == Estimate(90.0, 0.3, NOW, 0.0)
    assert p_of(child, before) == pytest.approx(1e-9)
    outside = answered(hypothesis(0b10), step(-90.0), Answer(baby=0, decides=True, g=91.0))
    assert outside["move", 0b01, 0].inside == 0b10
    assert outside["move", 0b01, 0].weights[0] == Estimate(91.0, 1.0, NOW, 0.0)
    inside = answered(hypothesis(), step(+90.0), Answer(baby=0, decides=True))
    assert inside["move", 0, 0b01].inside == 0b11
    hand = answered(leaning(10.0), step(-500.0), Answer(baby=0, decides=True))
    assert hand["move", 0b01, 0].base_g is None
    assert hand["move", 0b01, 0].base_sigma_g == 0.0


def test_through_a_gap_exactly_this_one_moved_or_nobody():
    before, seen = hypothesis(0b10), step(206.0, blind=True)
    assert set(answered(before, seen, Answer(baby=0, decides=True))) == {("blind", 0, 1)}
    assert set(answered(before, seen, Answer(baby=1, decides=True))) == {("blind", 2, 0)}
    assert set(answered(before, seen, Answer(decides=True))) == {("blind", 0, 0)}

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.scale.hypothesis import (
    Estimate,
    Explanation,
    Hypothesis,
    bits,
    child_of,
    normalised,
    pruned,
    step_id,
    subsets,
    with_weight,
)

T0 = 1_000_000.0
WEIGHTS = (Estimate(200.0, 1.0, T0), Estimate(150.0, 1.0, T0))
MOVED = Explanation("s", "move", 0b1, 0, 200.0, 0.3)


def hypothesis(log_p: float = 0.0, *, grams: float = 200.0, **how) -> Hypothesis:
    weights = (Estimate(grams, 1.0, T0), Estimate(150.0, 1.0, T0))
    known = {"inside": 0b11, "weights": weights}
    return Hypothesis(log_p=log_p, **(known | how))


# ------------------------------------------------------------------ ids and sets


def test_an_id_is_half_seconds_in_letters_that_are_not_mistaken():
    assert step_id(0.0) == step_id(-5.0) == step_id(0.4) == "0"
    assert step_id(0.5) == "1"
    assert step_id(8.0) == "g"
    assert [step_id(x / 2) for x in (18, 20, 21, 31)] == ["j", "m", "n", "z"]
    assert step_id(16.0) == "10"
    assert step_id(17.5) == "13"
    assert step_id(512.0) == "100"


def test_the_babies_of_a_set():
    assert bits(0) == []
    assert bits(0b1) == [0]
    assert bits(0b1101) == [0, 2, 3]


def test_every_set_of_up_to_ten_babies():
    assert sorted(subsets(0b101, 0b1)) == [0, 0b1, 0b100, 0b101]
    assert len(set(subsets(0b1111111111, 0))) == 1024


def test_of_more_babies_those_within_three_moves():
    everyone, centre = (1 << 11) - 1, 0b111
    found = subsets(everyone, centre)
    assert len(found) == len(set(found)) == 1 + 11 + 55 + 165
    assert all((mask ^ centre).bit_count() <= 3 for mask in found)
    assert centre in found


# ------------------------------------------------------------------ going on


def test_a_child_goes_on_from_its_parent():
    parent = hypothesis(-1.0, objects=(30.0,), gone=(40.0,), base_g=900.0, base_sigma_g=1.0)
    child = child_of(parent, MOVED, 0.25)
    assert child.log_p == pytest.approx(-1.0 + math.log(0.25))
    assert child.explanations == (MOVED,)
    assert (child.inside, child.weights) == (parent.inside, parent.weights)
    assert (child.objects, child.gone) == ((30.0,), (40.0,))
    assert (child.base_g, child.base_sigma_g, child.leaning_s) == (None, 0.0, 0.0)


def test_a_child_may_change_everything():
    child = child_of(
        hypothesis(), MOVED, 1.0, inside=0, objects=(), gone=(1.0,), base_g=5.0, base_sigma_g=2.0,
        leaning_s=7.0,
    )  # fmt: skip
    assert (child.inside, child.objects, child.gone) == (0, (), (1.0,))
    assert (child.base_g, child.base_sigma_g, child.leaning_s) == (5.0, 2.0, 7.0)


def test_what_cannot_be_is_only_very_unlikely():
    assert child_of(hypothesis(), MOVED, 0.0).log_p == pytest.approx(math.log(1e-300))


def test_the_last_fourteen_explanations_are_carried():
    known = tuple(msgspec.structs.replace(MOVED, step_id=f"{k}") for k in range(14))
    child = child_of(hypothesis(explanations=known), MOVED, 1.0)
    assert child.explanations == (*known[1:], MOVED)
    assert len(child_of(hypothesis(explanations=known[:13]), MOVED, 1.0).explanations) == 14


def test_one_babys_weight_is_replaced():
    new = Estimate(160.0, 0.5, T0 + 9)
    assert with_weight(hypothesis(), 1, new).weights == (WEIGHTS[0], new)
    assert with_weight(hypothesis(), 0, new).weights == (new, WEIGHTS[1])


# ------------------------------------------------------------------ the beam


@given(st.lists(st.floats(-900.0, 50.0), min_size=1, max_size=8))
def test_normalised_probabilities_sum_to_one_and_keep_their_ratios(log_ps):
    found = normalised([hypothesis(log_p) for log_p in log_ps])
    assert sum(math.exp(h.log_p) for h in found) == pytest.approx(1.0)
    for before, after in zip(log_ps, found, strict=True):
        assert after.log_p - found[0].log_p == pytest.approx(before - log_ps[0], abs=1e-9)


def test_the_same_future_is_one_hypothesis_with_both_probabilities():
    a, b, c = hypothesis(math.log(0.5)), hypothesis(math.log(0.2)), hypothesis(math.log(0.3))
    other = msgspec.structs.replace(c, inside=0b1)
    found = pruned([b, other, a])
    assert [(h.inside, round(math.exp(h.log_p), 9)) for h in found] == [(0b11, 0.7), (0b1, 0.3)]


def test_after_merging_the_likeliest_is_first():
    twins = [hypothesis(math.log(0.3)), hypothesis(math.log(0.3))]
    found = pruned([hypothesis(math.log(0.4), inside=0), *twins])
    assert [h.inside for h in found] == [0b11, 0]


@pytest.mark.parametrize(
    ("changed", "merged"),
    [
        ({"inside": 0b01}, False),
        ({"base_g": 800.0}, False),
        ({"explanations": (MOVED,)}, False),
        ({"objects": (30.0,)}, False),
        ({"gone": (30.0,)}, False),
        ({"objects": (30.0,), "gone": (30.0,)}, False),
        ({"base_sigma_g": 1.0}, True),
        ({"grams": 202.5}, True),  # 1 % and half a gram of the likelier one's 200
        ({"grams": 202.6}, False),
        ({"grams": 197.5}, True),
        ({"grams": 197.4}, False),
    ],
)
def test_the_same_future_is_the_same_place_way_and_weights(changed, merged):
    likely, other = hypothesis(math.log(0.6)), hypothesis(math.log(0.4), **changed)
    assert len(pruned([likely, other])) == (1 if merged else 2)


@pytest.mark.parametrize(
    ("field", "value", "merged"),
    [
        ("step_id", "other", True),
        ("g", 9.0, True),
        ("kind", "mixed", False),
        ("lifted", 0b10, False),
        ("returned", 0b10, False),
    ],
)
def test_the_same_way_is_the_same_kinds_and_babies(field, value, merged):
    other = msgspec.structs.replace(MOVED, **{field: value})
    found = pruned(
        [hypothesis(-0.5, explanations=(MOVED,)), hypothesis(-1.0, explanations=(other,))]
    )
    assert len(found) == (1 if merged else 2)


def test_what_is_fourteen_nats_less_likely_is_dropped():
    assert len(pruned([hypothesis(0.0), hypothesis(-14.0, inside=0)])) == 2
    assert len(pruned([hypothesis(0.0), hypothesis(-14.1, inside=0)])) == 1


def test_at_most_sixty_four_are_kept_and_they_are_the_likeliest():
    many = [hypothesis(-0.01 * k, inside=k) for k in range(100)]
    found = pruned(many[::-1])
    assert [h.inside for h in found] == list(range(64))
    assert sum(math.exp(h.log_p) for h in found) == pytest.approx(1.0)


def test_only_the_first_256_different_ones_are_looked_at():
    """A likely pair merged from beyond them would come first."""
    different = [hypothesis(-0.001 * k, inside=k) for k in range(256)]
    twins = [hypothesis(-0.3, inside=255) for _ in range(50)]
    assert pruned([*different, *twins])[0].inside == 0
    assert (
        pruned([*different[:255], *[hypothesis(-0.3, inside=254) for _ in range(50)]])[0].inside
        == 254
    )

"""The scoring is tested on hand-made cases with known answers; the boxes on a few seeds."""

from __future__ import annotations

import pytest

from calibration.evaluation.scenario_score import score, wilson
from calibration.evaluation.scenarios import evaluate, scenario_names
from monitor.events import Candidate, JointWeighIn, Unassigned, WeighIn
from monitor.simulation.box import Truth

SLOW = {"lively", "vibration", "good_cell", "long_away"}
"""minutes together; ``python -m calibration.evaluation.scenarios`` runs them all"""


def claim(t_s: float, baby: str, move="lift", grams: float = 100.0) -> WeighIn:
    return WeighIn(
        t_s=t_s, baby=baby, move=move, weight_g=grams, sigma_g=0.3, confidence=0.99,
        step_id=f"{t_s:.0f}",
    )  # fmt: skip


def truth(t_s: float, baby: str, kind="lift", grams: float = 100.0) -> Truth:
    return Truth(t_s=t_s, kind=kind, babies=(baby,), weight_g=grams)


def test_right_wrong_unassigned_missed_and_invented():
    happened = [truth(100, "A"), truth(200, "B"), truth(300, "A"), truth(400, "B")]
    asked = Unassigned(
        t_s=301.0, move="lift", weight_g=1.0, sigma_g=0.1, step_id="q",
        candidates=[Candidate("A", 0.5)],
    )  # fmt: skip
    said = [claim(101, "A", grams=101.5), claim(202, "A"), asked, claim(900, "A")]
    result = score(happened, said)
    assert (result.moves, result.right, result.wrong) == (4, 1, 1)
    assert (result.unassigned, result.missed, result.false_claims) == (1, 1, 1)
    assert result.errors_g == [1.5]
    assert result.claims == 3


def test_a_claim_that_was_withdrawn_still_counts():
    result = score([truth(100, "A")], [claim(100, "B"), claim(100, "A")])
    assert (result.right, result.false_claims) == (1, 1)


def test_a_joint_weighing_is_scored_by_its_names():
    both = Truth(t_s=100.0, kind="joint_lift", babies=("A", "B"), weight_g=300.0)
    good = JointWeighIn(
        t_s=100, babies=["B", "A"], move="lift", weight_g=300, sigma_g=1, step_id="j"
    )
    bad = JointWeighIn(
        t_s=100, babies=["B", "C"], move="lift", weight_g=300, sigma_g=1, step_id="k"
    )
    assert score([both], [good]).joint_right == 1
    assert score([both], [bad]).joint_wrong == 1


def test_wilson_knows_the_textbook():
    low, high = wilson(98, 100)
    assert low == pytest.approx(93.0, abs=0.1)
    assert high == pytest.approx(99.45, abs=0.1)
    assert wilson(0, 0) == (0.0, 100.0)


@pytest.mark.parametrize("name", [n for n in scenario_names() if n not in SLOW])
def test_no_scenario_gives_a_wrong_name(name):
    result = evaluate(name, 77)
    assert result.wrong == result.joint_wrong == 0
    assert result.moves + result.joint_moves > 3

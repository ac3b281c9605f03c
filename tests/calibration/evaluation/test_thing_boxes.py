"""Boxes with a thing that weighs like a baby: named once, it is taken for nobody."""

from __future__ import annotations

import pytest

from calibration.evaluation.scenarios import evaluate


@pytest.mark.parametrize("seed", [1, 2])
def test_no_baby_is_named_for_the_thing(seed: int) -> None:
    found = evaluate("thing_like_a_baby", seed)
    assert (found.wrong, found.false_claims, found.missed) == (0, 0, 0)
    assert found.right >= 0.8 * found.moves

"""How a hypothesis goes on when a person has said who a step was: only in ways that agree."""

from __future__ import annotations

import msgspec

from monitor.core.scale.branching import move_one
from monitor.core.scale.hypothesis import (
    Answer,
    Estimate,
    Explanation,
    Hypothesis,
    Step,
    ThingState,
    with_weight,
)
from monitor.core.scale.things import NAMED_SD, move_thing, with_thing


def constrained(
    hypothesis: Hypothesis, branches: list[Hypothesis], step: Step, answer: Answer
) -> list[Hypothesis]:
    """Keep the branches that agree with the answer; make one where none does."""
    if answer.thing is not None:
        return _this_thing(hypothesis, branches, step, answer.thing)
    if step.blind:
        mask = 0 if answer.baby is None else 1 << answer.baby
        return _after_gap(hypothesis, branches, mask)
    if answer.baby is None:
        kinds = {"object", "thing", "touch", "hand"}
        return [b for b in branches if b.explanations[-1].kind in kinds]
    bit = 1 << answer.baby

    def agrees(branch: Hypothesis) -> bool:
        explanation = branch.explanations[-1]
        return explanation.kind == "move" and (explanation.lifted | explanation.returned) == bit

    kept = [b for b in branches if agrees(b)]
    if kept:
        return [_reweighed(b, answer, step) for b in kept]
    delta = step.to_g - step.from_g
    lifting = delta < 0
    where = hypothesis.inside | bit if lifting else hypothesis.inside & ~bit
    placed = msgspec.structs.replace(hypothesis, inside=where, base_g=None, base_sigma_g=0.0)
    forced = move_one(placed, step, answer.baby, (abs(delta), step.sigma_g), 1e-9)
    return [_reweighed(forced, answer, step)]


def _this_thing(
    hypothesis: Hypothesis, branches: list[Hypothesis], step: Step, thing: int
) -> list[Hypothesis]:
    """It was this thing, whatever its grams and wherever it was thought to be."""
    known = next(t for t in hypothesis.things if t.id == thing)
    delta = step.to_g - step.from_g
    if step.blind:
        sd_g = step.sigma_g + NAMED_SD * abs(delta)
        there = ThingState(thing, abs(delta), sd_g, delta > 0)
        return [with_thing(b, there) for b in _after_gap(hypothesis, branches, 0)]
    kept = [b for b in branches if _was_thing(b.explanations[-1], thing)]
    upright = msgspec.structs.replace(hypothesis, base_g=None, base_sigma_g=0.0)
    return kept or [move_thing(upright, step, known, (delta, step.sigma_g), 1e-9)]


def _was_thing(explanation: Explanation, thing: int) -> bool:
    return explanation.kind == "thing" and thing in {explanation.lifted, explanation.returned}


def _after_gap(hypothesis: Hypothesis, branches: list[Hypothesis], mask: int) -> list[Hypothesis]:
    """Exactly these moved while nobody watched; what else changed the total was bedding."""
    wanted = hypothesis.inside ^ mask
    return [b for b in branches if b.inside == wanted]


def _reweighed(hypothesis: Hypothesis, answer: Answer, step: Step) -> Hypothesis:
    if answer.g is None or answer.baby is None:
        return hypothesis
    old = hypothesis.weights[answer.baby]
    return with_weight(hypothesis, answer.baby, Estimate(answer.g, 1.0, step.t_s, old.gut_g))

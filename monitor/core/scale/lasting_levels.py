"""The weight of a move between levels that lasted, where its own step leans on one that did not."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.core.scale.decision import Decision
from monitor.core.scale.hypothesis import Hypothesis, Step

TIE_G = 0.01
LEANED_SHARE = 0.15
"""Part of a baby's weight beyond which the other reading is no longer a possible weight of it."""
EPISODE_S = 20.0
"""Steps this close may be one move with a hand leaning before or after it."""


def by_lasting_levels(decision: Decision, hypothesis: Hypothesis, log: Sequence[Step]) -> Decision:
    """The claim by the levels that lasted, where its own step leans on one that did not.

    Something came or went a few seconds before or after the move, and no level in between was
    trusted: a hand that lay on the box, or a thing put in. Both readings fit the baby, so the
    error spans both; the levels that lasted are no hand's.
    """
    step = decision.step
    at = next(i for i, e in enumerate(log) if e.step_id == step.step_id)
    before = log[at - 1] if at else None
    after = log[at + 1] if at + 1 < len(log) else None
    from_g, to_g = step.from_g, step.to_g
    if abs(abs(to_g - from_g) - decision.g) > TIE_G:
        return decision  # the hypothesis took the hand into account
    if before is not None and not before.settled and _no_move(before, step, hypothesis):
        from_g = before.from_g
    if after is not None and not step.settled and _no_move(after, step, hypothesis):
        to_g = after.to_g
    g = abs(to_g - from_g)
    apart_g = abs(g - decision.g)
    if apart_g <= 3.0 * decision.sigma_g or not apart_g <= LEANED_SHARE * decision.g:
        return decision
    return msgspec.structs.replace(decision, g=g, sigma_g=apart_g)


def _no_move(other: Step, step: Step, hypothesis: Hypothesis) -> bool:
    """Close to ``step``, and in this hypothesis nobody was lifted or put back by it."""
    explanation = next((x for x in hypothesis.explanations if x.step_id == other.step_id), None)
    near = abs(other.t_s - step.t_s) <= EPISODE_S and not other.blind
    return (
        near
        and explanation is not None
        and explanation.kind in {"touch", "hand", "object", "thing"}
    )

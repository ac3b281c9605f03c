"""What is published about a step, by the probabilities of its explanations: a name, a question."""

from __future__ import annotations

from typing import Literal

import msgspec

from monitor.core.scale.hypothesis import Answer, Explanation, Key, Step, bits

CLAIM_P = 0.95
"""Posterior below which a step is not named."""
REVISE_P = 0.98
"""A later change of mind needs more: each costs trust."""
KEEP_P = 0.5
"""A claim is withdrawn when its probability falls below this."""
UNSURE_P = 0.05
"""Where a baby is, is known when the hypotheses that agree on it hold all but this."""
_WORTH_ASKING = 0.02
THING_P = 0.7
"""A move that certainly was no baby's is called by the name of a thing from here on."""
SMALLEST_MOVE_G = 25.0
"""No living kitten weighs less (stillborn runts do)."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What is published about a step."""

    step: Step
    kind: Literal["claim", "joint", "object", "unassigned", "nothing"]
    lifted: int = 0
    returned: int = 0
    g: float = 0.0
    sigma_g: float = 0.0
    p: float = 0.0
    candidates: tuple[tuple[int, float], ...] = ()
    assigned: bool = False
    void: bool = False
    thing: int | None = None
    """id of the known thing that an "object" was"""
    things: tuple[tuple[int, float], ...] = ()
    """known things that it may have been, by id, with their probabilities"""
    by: str | None = None
    """who said what it was"""


def must_revise(old: Decision, shares: dict[Key, float], top: Key) -> bool:
    """Whether what was published about a step can no longer stand."""
    if old.assigned:
        return False
    if old.kind in {"claim", "joint"}:
        return shares.get(("move", old.lifted, old.returned), 0.0) < KEEP_P
    named = top[0] in {"move", "thing"}
    return shares[top] >= REVISE_P and (named or old.kind == "unassigned")


def decision_of(
    step: Step, shares: dict[Key, float], nearby: dict[Key, float], explanation: Explanation
) -> Decision:
    """What to publish about a step that was watched.

    ``shares`` are the probabilities of its explanations, ``nearby`` those of a move by a step so
    close that it may be the same; ``explanation`` is the likeliest.
    """
    top = max(shares, key=lambda key: shares[key])
    kind, lifted, returned = top
    p = shares[top]
    delta = step.to_g - step.from_g
    candidates = _candidates(shares)
    things = _things(shares)
    together = p + nearby.get(top, 0.0)
    if kind == "move" and together >= CLAIM_P and p >= nearby.get(top, 0.0):
        return _claim(step, explanation, top, candidates, p=min(together, 1.0))
    no_baby = sum(v for (k, _, _), v in shares.items() if k in {"thing", "object"})
    known = p >= THING_P and max(no_baby, together) >= CLAIM_P
    if kind == "thing" and known and p >= nearby.get(top, 0.0):
        return Decision(
            step=step, kind="object", g=delta, sigma_g=step.sigma_g, p=p, thing=lifted or returned
        )
    if any(nearby[k] > shares.get(k, 0.0) and nearby[k] + shares.get(k, 0.0) >= CLAIM_P
           for k in nearby):  # fmt: skip
        return Decision(step=step, kind="nothing", p=p)
    moved = sum(v for k, v in shares.items() if k[0] in {"move", "mixed", "swap"})
    quiet = kind in {"touch", "hand"} and p > 0.5
    if moved >= 1.0 - CLAIM_P and abs(delta) >= SMALLEST_MOVE_G and not quiet:
        return Decision(
            step=step, kind="unassigned", g=abs(delta), sigma_g=step.sigma_g,
            candidates=candidates, things=things,
        )  # fmt: skip
    if kind in {"object", "thing"}:
        return Decision(step=step, kind="object", g=delta, sigma_g=step.sigma_g, p=p)
    return Decision(step=step, kind="nothing", p=p)


def _claim(
    step: Step, explanation: Explanation, top: Key, candidates: tuple[tuple[int, float], ...],
    *, p: float,
) -> Decision:  # fmt: skip
    _, lifted, returned = top
    return Decision(
        step=step,
        kind="claim" if (lifted | returned).bit_count() == 1 else "joint",
        lifted=lifted,
        returned=returned,
        g=explanation.g,
        sigma_g=explanation.sigma_g,
        p=p,
        candidates=candidates,
    )


def decision_after_gap(step: Step, shares: dict[Key, float], *, told: bool) -> Decision:
    """Nobody watched. A total that fits is accepted; otherwise who is in the box is asked.

    What came later may settle a question that was ``told``. Lifting the whole box changes its
    bedding as a rule, and whoever did it knows.
    """
    size_g = abs(step.to_g - step.from_g)
    same = sum(p for (_, lifted, returned), p in shares.items() if not lifted | returned)
    settled = same >= CLAIM_P or (told and max(shares.values()) >= REVISE_P)
    if settled or step.box_was_off or size_g < SMALLEST_MOVE_G:
        return Decision(step=step, kind="nothing", p=same)
    return Decision(
        step=step, kind="unassigned", g=size_g, sigma_g=step.sigma_g,
        candidates=_candidates(shares),
    )  # fmt: skip


def answered(decision: Decision, answer: Answer | None) -> Decision:
    """The decision with what a person said about it."""
    if answer is None:
        return decision
    changes: dict[str, object] = {
        "void": answer.void,
        "assigned": answer.decides or decision.assigned,
        "by": answer.by,
    }
    if answer.g is not None:
        changes["g"] = answer.g
    if answer.thing is not None:
        step = decision.step
        changes |= {"kind": "object", "g": step.to_g - step.from_g, "thing": answer.thing}
    return msgspec.structs.replace(decision, **changes)


def _things(shares: dict[Key, float]) -> tuple[tuple[int, float], ...]:
    each: dict[int, float] = {}
    for (kind, lifted, returned), p in shares.items():
        if kind == "thing":
            each[lifted or returned] = each.get(lifted or returned, 0.0) + p
    return tuple(_ranked(each))


def _ranked(each: dict[int, float]) -> list[tuple[int, float]]:
    return sorted(
        ((i, p) for i, p in each.items() if p >= _WORTH_ASKING), key=lambda x: (-x[1], x[0])
    )


def _candidates(shares: dict[Key, float]) -> tuple[tuple[int, float], ...]:
    each: dict[int, float] = {}
    for (kind, lifted, returned), p in shares.items():
        if kind in {"move", "mixed", "swap", "blind"}:
            for baby in bits(lifted | returned):
                each[baby] = each.get(baby, 0.0) + p
    return tuple(_ranked(each))

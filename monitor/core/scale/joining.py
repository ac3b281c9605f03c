"""A baby joins or leaves: what that does to the hypotheses, and where in the kept log it belongs.

People register a baby in the hand and put it in later, or put it in and register it later, or are
asked who it was and register it then. The log is told again with the baby there from the step on
that was its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from monitor.core.scale.decision import Decision
from monitor.core.scale.hypothesis import Estimate, Hypothesis, Presence, Step, Typed
from monitor.core.scale.prediction import gauss, object_density
from monitor.times import HOUR_S

MEETS_WITHIN_S = 3 * HOUR_S
"""Whoever is registered with a weight may have been put in so long before."""
SAME_SHARE, SAME_G = 0.05, 2.0
"""A weight typed at registration is that of a thing that was put in, within this."""
_P_THERE = 0.5
"""It was in the box before anything was seen, or it is not: nobody has said."""


def joined(hypothesis: Hypothesis, entry: Presence) -> list[Hypothesis]:
    """Not in the box, in it all along, or one of the things that were put in."""
    bit, estimate = 1 << entry.baby, entry.estimate
    places = [(_P_THERE, hypothesis.inside | bit, estimate, hypothesis.objects)]
    places.append((1.0 - _P_THERE, hypothesis.inside & ~bit, estimate, hypothesis.objects))
    for i, mass in enumerate(hypothesis.objects):
        likely = gauss(mass - estimate.g, estimate.sd_g) / object_density(mass)
        seen = Estimate(mass, 1.0 + 0.02 * mass, entry.t_s)
        left = hypothesis.objects[:i] + hypothesis.objects[i + 1 :]
        places.append((_P_THERE * likely, hypothesis.inside | bit, seen, left))
    total = sum(p for p, *_ in places)
    return [
        msgspec.structs.replace(
            hypothesis,
            log_p=hypothesis.log_p + math.log(p / total),
            inside=inside,
            weights=(
                *hypothesis.weights[: entry.baby], known, *hypothesis.weights[entry.baby + 1 :]
            ),
            objects=objects,
        )
        for p, inside, known, objects in places
        if p > 0.0
    ]  # fmt: skip


def left(hypothesis: Hypothesis, entry: Presence) -> Hypothesis:
    """Its body may still be taken out: that is then no other baby."""
    bit, objects = 1 << entry.baby, hypothesis.objects
    if hypothesis.inside & bit:
        objects = (*objects, hypothesis.weights[entry.baby].g)[-6:]
    return msgspec.structs.replace(hypothesis, inside=hypothesis.inside & ~bit, objects=objects)


def put_in(
    log: Sequence[Step | Typed | Presence],
    decisions: dict[str, Decision],
    best: Hypothesis,
    baby: Presence,
) -> Step | None:
    """The step by which a baby of this known weight was put in, though nobody knew of it then."""
    g = baby.estimate.g
    within_g = max(SAME_G, SAME_SHARE * g)
    for entry in reversed(log):
        if not isinstance(entry, Step) or baby.t_s - entry.t_s > MEETS_WITHIN_S:
            continue
        size_g = entry.to_g - entry.from_g
        decision = decisions.get(entry.step_id)
        if decision is None or entry.blind or abs(size_g - g) > within_g:
            continue
        is_thing = decision.kind == "object" and any(
            abs(mass - size_g) <= within_g for mass in best.objects
        )
        if not decision.assigned and (is_thing or decision.kind == "unassigned"):
            return entry
    return None


def join_before(log: list[Step | Typed | Presence], step_id: str, baby: int) -> None:
    """Let this baby join before the step; those registered before it keep their places."""
    place = next(i for i, e in enumerate(log) if isinstance(e, Step) and e.step_id == step_id)
    early = [e for e in log[place:] if isinstance(e, Presence) and e.present and e.baby <= baby]
    if early and early[-1].baby == baby:
        rest = [e for e in log[place:] if e not in early]
        log[place:] = [*early, *rest]

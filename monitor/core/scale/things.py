"""Things with a name that weigh like a baby: a hot-water bottle, a rice sock.

A thing is known by its grams. In the box it weighs what it weighed; outside it is refilled, heated
or dried, by a few per cent. So what tells it from a baby of like weight is mostly its next lift: a
baby has used up two thirds of its bottle by then, a thing nothing. Where both explain a step, their
branches compete like those of two babies, and the step becomes a question.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from monitor.core.scale.hypothesis import (
    Estimate,
    Explanation,
    Hypothesis,
    Step,
    ThingState,
    bits,
    child_of,
    with_weight,
)
from monitor.core.scale.prediction import (
    MIN_OBJECT_G,
    gauss,
    heavy_gauss,
    object_density,
    predicted,
)

MOST_THINGS = 8
"""known at a time; nobody keeps more in one box"""
NAMED_SD = 0.03
"""What is known of its weight before the move by which it was named: it may have been refilled."""
_P_OBJECT = 0.03
_P_UNKNOWN_OUT = 0.01
"""taking out what was never seen to be put in"""
_P_KNOWN_OBJECT = 0.2
"""what was put in is taken out, almost always"""
_P_COMES_AGAIN = 0.03
_P_MOVES = 0.2
"""Judgement, like those of ``branching``: a known thing is moved about as often as one baby of a
small litter, whatever lies in the box."""
_P_MISPLACED = 0.001
"""It is taken out of where it was thought not to be: a move of it was missed."""
_P_SWAP = 0.015
_P_MOVED_UNSEEN = 0.2
_REFILLED_SHARE = 0.6
_LIKELY_SHARE = 0.04
"""A hot-water bottle of 262 g was refilled by 11 g; a rice sock loses 1 % when it is heated."""
_MOST_SHARE = 0.15
"""Beyond this it is another thing, or this one half empty: somebody has to say so."""


def new_thing(hypothesis: Hypothesis, thing: int, g: float) -> list[Hypothesis]:
    """The hypothesis with a thing that it did not know: in the box or not.

    What it remembers without a name and of that weight was this thing: that tells where it is.
    """
    near = [m for m in (*hypothesis.objects, *hypothesis.gone) if _may_be(m, g)]
    objects = tuple(m for m in hypothesis.objects if m not in near)
    gone = tuple(m for m in hypothesis.gone if m not in near)
    p_inside = 0.5
    if near:
        p_inside = 0.9 if objects != hypothesis.objects else 0.1
    return [
        msgspec.structs.replace(
            hypothesis,
            log_p=hypothesis.log_p + math.log(p),
            objects=objects,
            gone=gone,
            things=(*hypothesis.things, ThingState(thing, g, NAMED_SD * g, inside)),
        )
        for inside, p in ((True, p_inside), (False, 1.0 - p_inside))
    ]


def without_thing(hypothesis: Hypothesis, thing: int) -> Hypothesis:
    """The hypothesis that does not know it any more."""
    things = tuple(t for t in hypothesis.things if t.id != thing)
    return msgspec.structs.replace(hypothesis, things=things)


def thing_moves(
    hypothesis: Hypothesis, step: Step, delta: float, sigma: float
) -> Iterator[Hypothesis]:
    """A known thing is taken out or put in, refilled or not."""
    lifting = delta < 0
    for thing in hypothesis.things:
        density = _density(thing, abs(delta), sigma)
        if density > 1e-9:
            p = _P_MOVES if thing.inside == lifting else _P_MISPLACED
            yield move_thing(hypothesis, step, thing, (delta, sigma), p * density)


def move_thing(
    hypothesis: Hypothesis, step: Step, thing: ThingState, read: tuple[float, float], p: float
) -> Hypothesis:
    """It goes out (``read`` grams are negative) or in, with probability ``p``."""
    delta, sigma = read
    out, back = (thing.id, 0) if delta < 0 else (0, thing.id)
    explanation = Explanation(step.step_id, "thing", out, back, abs(delta), sigma)
    moved = ThingState(thing.id, abs(delta), sigma, delta > 0)
    return child_of(hypothesis, explanation, p, things=_with(hypothesis, moved))


def thing_swaps(
    hypothesis: Hypothesis, step: Step, delta: float, sigma: float, present: int
) -> Iterator[Hypothesis]:
    """One hand takes a baby out and lays the thing in its place, or the other way round."""
    for thing in hypothesis.things:
        pool = present & (~hypothesis.inside if thing.inside else hypothesis.inside)
        babies = bits(pool)
        for baby in babies:
            mean, sd = predicted(hypothesis.weights[baby], step.t_s, lifting=not thing.inside)
            sign = 1.0 if thing.inside else -1.0
            thing_sd = _LIKELY_SHARE * thing.g if not thing.inside else thing.sd_g
            total = math.sqrt(sigma**2 + sd**2 + thing_sd**2)
            residual = delta - sign * (mean - thing.g)
            p = _P_SWAP / len(babies) * heavy_gauss(residual, total)
            if p < 1e-9:
                continue
            bit = 1 << baby
            masks = (0, bit) if thing.inside else (bit, 0)
            explanation = Explanation(step.step_id, "swap", *masks, abs(delta), sigma)
            moved = ThingState(
                thing.id, thing.g, math.hypot(thing.sd_g, thing_sd), not thing.inside
            )
            child = child_of(
                hypothesis, explanation, p,
                inside=hypothesis.inside ^ bit, things=_with(hypothesis, moved),
            )  # fmt: skip
            read_g = mean + sign * residual * sd**2 / total**2
            yield with_weight(child, baby, Estimate(read_g, sd, step.t_s))


def object_moves(hypothesis: Hypothesis, step: Step, delta: float) -> Iterator[Hypothesis]:
    """A thing, or a baby nobody registered: what came before may go, what went may come again."""
    size = abs(delta)
    explanation = Explanation(step.step_id, "object", 0, 0, size, step.sigma_g)
    objects, gone = hypothesis.objects, hypothesis.gone
    known = objects if delta < 0 else gone
    for i, mass in enumerate(known):
        density = _same_thing(size, mass, step.sigma_g)
        if density > 1e-9:
            left = known[:i] + known[i + 1 :]
            inside = left if delta < 0 else _with_thing(objects, size)
            outside = _with_thing(gone, size) if delta < 0 else left
            p = (_P_KNOWN_OBJECT if delta < 0 else _P_COMES_AGAIN) * density
            yield child_of(hypothesis, explanation, p, objects=inside, gone=outside)
    if delta < 0:
        p, gone = _P_UNKNOWN_OUT, _with_thing(gone, size)
    else:
        p, objects = _P_OBJECT, _with_thing(objects, size)
    yield child_of(hypothesis, explanation, p * object_density(size), objects=objects, gone=gone)


def _same_thing(size_g: float, mass_g: float, sigma_g: float) -> float:
    """A thing weighs what it weighed, unless it got wet or was a stranger that drinks."""
    exact = gauss(size_g - mass_g, math.hypot(sigma_g, 0.3 + 0.003 * mass_g))
    return 0.85 * exact + 0.15 * gauss(size_g - mass_g, 1.0 + 0.03 * mass_g)


def _with_thing(things: tuple[float, ...], size_g: float) -> tuple[float, ...]:
    return (*things, size_g)[-6:] if size_g >= MIN_OBJECT_G else things


def things_meanwhile(
    hypothesis: Hypothesis, *, one: bool
) -> Iterator[tuple[float, tuple[ThingState, ...], float, float]]:
    """What became of the things while nobody watched: probability, things, grams and their error.

    All stayed, or (with ``one``) one of them came or went and was perhaps refilled.
    """
    things = hypothesis.things if one else ()
    yield 1.0 - _P_MOVED_UNSEEN * bool(things), hypothesis.things, 0.0, 0.0
    for thing in things:
        sd_g = math.hypot(thing.sd_g, NAMED_SD * thing.g)
        moved = ThingState(thing.id, thing.g, sd_g, not thing.inside)
        signed_g = -thing.g if thing.inside else thing.g
        yield _P_MOVED_UNSEEN / len(things), _with(hypothesis, moved), signed_g, sd_g


def with_thing(hypothesis: Hypothesis, thing: ThingState) -> Hypothesis:
    """The hypothesis with another idea of one thing."""
    return msgspec.structs.replace(hypothesis, things=_with(hypothesis, thing))


def _with(hypothesis: Hypothesis, moved: ThingState) -> tuple[ThingState, ...]:
    return tuple(moved if t.id == moved.id else t for t in hypothesis.things)


def _density(thing: ThingState, size_g: float, sigma_g: float) -> float:
    """Density (per gram) that it weighs ``size_g`` when it is moved next.

    In the box it gets wet or dries at most; outside it may have been refilled.
    """
    if abs(size_g - thing.g) > _MOST_SHARE * thing.g + 3.0 * sigma_g:
        return 0.0
    refilled = _REFILLED_SHARE if not thing.inside else 0.1
    exact_sd = math.sqrt(sigma_g**2 + thing.sd_g**2 + (0.3 + 0.002 * thing.g) ** 2)
    exact = gauss(size_g - thing.g, exact_sd)
    wide = gauss(size_g - thing.g, math.hypot(exact_sd, 1.0 + _LIKELY_SHARE * thing.g))
    return (1.0 - refilled) * exact + refilled * wide


def _may_be(mass_g: float, g: float) -> bool:
    return abs(mass_g - g) <= 2.0 * NAMED_SD * g

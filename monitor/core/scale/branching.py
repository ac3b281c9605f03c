"""How a hypothesis goes on: every way in which one step may have come about.

One baby, two or three at once, a swap under the hand, an object, a hand that leans, a baby in a
blanket, or anything at all while nobody watched. Each branch is weighed by how often such things
happen and by how well the predicted weights explain the grams.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import msgspec

from monitor.core.scale.hypothesis import (
    Estimate,
    Explanation,
    Hypothesis,
    Step,
    bits,
    child_of,
    subsets,
    with_weight,
)
from monitor.core.scale.prediction import (
    MIN_OBJECT_G,
    gauss,
    heavy_gauss,
    lift_density,
    object_density,
    predicted,
    return_density,
)
from monitor.core.scale.things import object_moves, thing_moves, thing_swaps, things_meanwhile
from monitor.times import HOUR_S

# How often each kind of handling happens, given that the level changed. Judgement, not data: all
# are mild next to the evidence of the grams (a factor of ten is 2 SD of weight).
_P_SINGLE = 0.5
_P_JOINT = 0.02
_P_TRIPLE = 0.004
_P_BACK_TOGETHER = 0.15
"""those lifted together often come back together"""
_P_SWAP = 0.015
_P_MIXED = 0.004
_P_TOUCH = 0.3
_P_HAND = 0.15
_P_HAND_STAYS = 0.01
"""a hand that leans through SETTLE_S without moving more than a gram"""

_HAND_S = 15.0
"""how long a hand may lean before that becomes hard to believe"""
_HAND_SPAN_G = 600.0
"""A leaning hand is anything from a lifted edge to a heavy forearm."""

_UNSAID_SHARE = 0.25
"""A weight with a larger error than this was guessed from a species and an age."""


def branches(hypothesis: Hypothesis, step: Step, present: int) -> Iterator[Hypothesis]:
    """Every way in which it may go on with ``step``; ``present``: who is not retired."""
    if step.blind:
        yield from _blind(hypothesis, step, present)
        return
    base = hypothesis.base_g if hypothesis.base_g is not None else step.from_g
    delta = step.to_g - base
    sigma = math.hypot(step.sigma_g, hypothesis.base_sigma_g)
    leaning = hypothesis.base_g is not None
    stays = _P_HAND_STAYS if step.settled else 1.0
    upright = hypothesis
    if leaning:
        # Nobody holds a hand still for minutes.
        held_s = max(step.t_s - hypothesis.leaning_s - _HAND_S, 0.0)
        patience = max(-held_s / _HAND_S, math.log(1e-6))
        log_p = hypothesis.log_p + patience
        upright = msgspec.structs.replace(hypothesis, log_p=log_p, base_g=None, base_sigma_g=0.0)
    yield from _without_hand(upright, step, delta, sigma, present)
    # A hand comes, shifts or goes on leaning while babies move under it.
    p_hand = _P_HAND * stays / _HAND_SPAN_G
    if abs(delta) > 4.0:
        explanation = Explanation(step.step_id, "hand", 0, 0, 0.0, 0.0)
        since_s = hypothesis.leaning_s if leaning else step.t_s
        yield child_of(
            upright, explanation, p_hand, base_g=base, base_sigma_g=sigma, leaning_s=since_s
        )
    if leaning:
        shift = step.to_g - step.from_g
        moves = _single_moves(upright, step, shift, step.sigma_g, present)
        for child in (*moves, *thing_moves(upright, step, shift, step.sigma_g)):
            moved = child.explanations[-1]
            signed = moved.g if moved.returned else -moved.g
            yield msgspec.structs.replace(
                child,
                log_p=child.log_p + math.log(0.3 * stays),
                base_g=base + signed,
                base_sigma_g=math.hypot(hypothesis.base_sigma_g, moved.sigma_g),
                leaning_s=hypothesis.leaning_s,
            )


def _without_hand(
    hypothesis: Hypothesis, step: Step, delta: float, sigma: float, present: int
) -> Iterator[Hypothesis]:
    quiet = 0.8 * gauss(delta, math.hypot(sigma, 0.7)) + 0.2 * gauss(delta, 3.0)
    if quiet > 1e-9:
        yield child_of(
            hypothesis, Explanation(step.step_id, "touch", 0, 0, 0.0, 0.0), _P_TOUCH * quiet
        )
    yield from _single_moves(hypothesis, step, delta, sigma, present)
    yield from _joint_moves(hypothesis, step, delta, sigma, present)
    if step.touched:
        yield from _swaps(hypothesis, step, delta, sigma, present)
        yield from thing_swaps(hypothesis, step, delta, sigma, present)
    yield from object_moves(hypothesis, step, delta)
    yield from thing_moves(hypothesis, step, delta, sigma)
    yield from _mixed_moves(hypothesis, step, delta, sigma, present)


def _single_moves(
    hypothesis: Hypothesis, step: Step, delta: float, sigma: float, present: int
) -> Iterator[Hypothesis]:
    lifting = delta < 0
    pool = bits(hypothesis.inside & present) if lifting else bits(present & ~hypothesis.inside)
    density_of = lift_density if lifting else return_density
    for baby in pool:
        last = hypothesis.weights[baby]
        unsaid = last.sd_g > _UNSAID_SHARE * last.g and abs(abs(delta) - last.g) < 3.0 * last.sd_g
        if not unsaid and not 0.6 < abs(delta) / last.g < 1.6:
            continue
        density = density_of(abs(delta), sigma, last, step.t_s)
        if density > 1e-9:
            p = _P_SINGLE / len(pool) * density
            yield move_one(hypothesis, step, baby, (abs(delta), sigma), p)


def move_one(
    hypothesis: Hypothesis, step: Step, baby: int, read: tuple[float, float], p: float
) -> Hypothesis:
    """One baby goes out or comes back, read at (grams, error), with probability ``p``."""
    bit = 1 << baby
    lifted = bool(hypothesis.inside & bit)
    out, back = (bit, 0) if lifted else (0, bit)
    explanation = Explanation(step.step_id, "move", out, back, *read)
    moved = child_of(hypothesis, explanation, p, inside=hypothesis.inside ^ bit)
    return _read(moved, baby, read, step.t_s, lifted=lifted)


def _joint_moves(
    hypothesis: Hypothesis, step: Step, delta: float, sigma: float, present: int
) -> Iterator[Hypothesis]:
    lifting = delta < 0
    pool = bits(hypothesis.inside & present) if lifting else bits(present & ~hypothesis.inside)
    if len(pool) < 2 or abs(delta) < 1.2 * min(hypothesis.weights[b].g for b in pool):
        return
    guess = {b: predicted(hypothesis.weights[b], step.t_s, lifting=lifting) for b in pool}
    for size, prior in ((2, _P_JOINT), (3, _P_TRIPLE)):
        groups = list(combinations(pool, size))
        for group in groups:
            residual = abs(delta) - sum(guess[b][0] for b in group)
            sd = math.sqrt(sigma**2 + sum(guess[b][1] ** 2 for b in group))
            density = heavy_gauss(residual, sd)
            if density < 1e-9:
                continue
            chance = prior / len(groups)
            if not lifting and _left_together(hypothesis, group):
                chance = _P_BACK_TOGETHER
            mask = sum(1 << b for b in group)
            masks = (mask, 0) if lifting else (0, mask)
            explanation = Explanation(step.step_id, "move", *masks, abs(delta), sigma)
            child = child_of(
                hypothesis, explanation, chance * density, inside=hypothesis.inside ^ mask
            )
            for baby in group:
                read = _share(guess[baby], residual, sd)
                child = _read(child, baby, read, step.t_s, lifted=lifting)
            yield child


def _share(guess: tuple[float, float], residual: float, sd: float) -> tuple[float, float]:
    """One baby's part of what the sum was off by: in proportion to its own variance."""
    g, own_sd = guess
    share = own_sd**2 / sd**2
    return g + share * residual, own_sd * math.sqrt(max(1.0 - share, 0.01))


def _read(
    hypothesis: Hypothesis, baby: int, read: tuple[float, float], t_s: float, *, lifted: bool
) -> Hypothesis:
    """The hypothesis with a new reading of one baby; what it gained while out is in its gut."""
    gut_g = 0.0 if lifted else max(read[0] - hypothesis.weights[baby].g, 0.0)
    return with_weight(hypothesis, baby, Estimate(*read, t_s, gut_g))


def _left_together(hypothesis: Hypothesis, group: Sequence[int]) -> bool:
    return len({hypothesis.weights[baby].t_s for baby in group}) == 1


def _swaps(
    hypothesis: Hypothesis, step: Step, delta: float, sigma: float, present: int
) -> Iterator[Hypothesis]:
    inside, outside = bits(hypothesis.inside & present), bits(present & ~hypothesis.inside)
    pairs = len(inside) * len(outside)
    for back in outside:
        m_back, s_back = predicted(hypothesis.weights[back], step.t_s, lifting=False)
        for out in inside:
            m_out, s_out = predicted(hypothesis.weights[out], step.t_s, lifting=True)
            sd = math.sqrt(sigma**2 + s_back**2 + s_out**2)
            residual = delta - (m_back - m_out)
            density = heavy_gauss(residual, sd)
            if density < 1e-9:
                continue
            explanation = Explanation(step.step_id, "swap", 1 << out, 1 << back, abs(delta), sigma)
            both = (1 << out) | (1 << back)
            child = child_of(
                hypothesis, explanation, _P_SWAP / pairs * density, inside=hypothesis.inside ^ both
            )
            k_back, k_out = s_back**2 / sd**2, s_out**2 / sd**2
            g_back = m_back + k_back * residual
            gut_g = max(g_back - hypothesis.weights[back].g, 0.0)
            child = with_weight(child, back, Estimate(g_back, s_back, step.t_s, gut_g))
            g_out = m_out - k_out * residual
            yield with_weight(child, out, Estimate(g_out, s_out, step.t_s))


def _mixed_moves(
    hypothesis: Hypothesis, step: Step, delta: float, sigma: float, present: int
) -> Iterator[Hypothesis]:
    """A baby in a blanket: one of the babies moved, but its weight was not read."""
    lifting = delta < 0
    pool = bits(hypothesis.inside & present) if lifting else bits(present & ~hypothesis.inside)
    for baby in pool:
        if abs(delta) < 0.8 * hypothesis.weights[baby].g:
            continue
        mean, sd = predicted(hypothesis.weights[baby], step.t_s, lifting=lifting)
        extra = abs(delta) - mean
        if extra < max(MIN_OBJECT_G, 3.0 * sd + sigma):
            continue
        bit = 1 << baby
        explanation = Explanation(
            step.step_id, "mixed", bit if lifting else 0, 0 if lifting else bit, 0.0, 0.0
        )
        p = _P_MIXED / len(pool) * object_density(extra)
        yield child_of(hypothesis, explanation, p, inside=hypothesis.inside ^ bit)


def _blind(hypothesis: Hypothesis, step: Step, present: int) -> Iterator[Hypothesis]:
    """Nobody watched: any of the babies may have moved and the bedding may have changed."""
    base = hypothesis.base_g if hypothesis.base_g is not None else step.from_g
    delta = step.to_g - base
    drift = 1.0 + 15.0 * step.elapsed_s / HOUR_S
    upright = msgspec.structs.replace(hypothesis, base_g=None, base_sigma_g=0.0)
    p_same = 0.5
    p_bedding = 0.4 if step.box_was_off else 0.05
    targets = subsets(hypothesis.inside | present, hypothesis.inside)
    for target in targets:
        prior = p_same if target == hypothesis.inside else (1.0 - p_same) / max(len(targets) - 1, 1)
        mean, var = 0.0, step.sigma_g**2 + min(drift, 40.0) ** 2
        for baby in bits(target ^ hypothesis.inside):
            lifting = bool(hypothesis.inside & (1 << baby))
            m, s = predicted(hypothesis.weights[baby], step.t_s, lifting=lifting)
            mean += -m if lifting else m
            var += s**2
        out, back = hypothesis.inside & ~target, target & ~hypothesis.inside
        explanation = Explanation(step.step_id, "blind", out, back, 0.0, 0.0)
        few = (out | back).bit_count() <= 1
        for p_things, things, thing_g, thing_sd in things_meanwhile(hypothesis, one=few):
            off, sd = delta - mean - thing_g, math.sqrt(var + thing_sd**2)
            density = (1.0 - p_bedding) * heavy_gauss(off, sd)
            density += p_bedding * object_density(abs(off)) * 0.5
            p = prior * p_things * density
            yield child_of(upright, explanation, p, inside=target, things=things)

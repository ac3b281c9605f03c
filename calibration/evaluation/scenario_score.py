"""What a scripted box with truth says about the scale: names right, wrong, left open or missed.

A claim belongs to the nearest move in time; every claim that was ever made counts, also one that
was withdrawn later.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from monitor.events import AnyEvent, JointWeighIn, Unassigned, WeighIn
from monitor.simulation.box import Truth

MATCH_S = 12.0
"""A claim belongs to a move when it is no further away than this."""


class Score(msgspec.Struct):
    """Counts over one or more boxes."""

    moves: int = 0
    right: int = 0
    wrong: int = 0
    unassigned: int = 0
    missed: int = 0
    false_claims: int = 0
    claims: int = 0
    joint_moves: int = 0
    joint_right: int = 0
    joint_wrong: int = 0
    errors_g: list[float] = []

    def add(self, other: Score) -> None:
        """Sum two scores into this one."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def score(truth: Sequence[Truth], events: Sequence[AnyEvent]) -> Score:
    """Compare what was claimed with what happened."""
    result = Score(errors_g=[])
    claims = [e for e in events if isinstance(e, WeighIn)]
    asked = [e for e in events if isinstance(e, Unassigned)]
    result.claims = len({(c.step_id, c.baby) for c in claims})
    used: set[int] = set()
    for move in truth:
        if move.kind in {"lift", "return"}:
            result.moves += 1
            near = [
                i
                for i, c in enumerate(claims)
                if c.move == move.kind and abs(c.t_s - move.t_s) <= MATCH_S and i not in used
            ]
            mine = [i for i in near if claims[i].baby == move.babies[0]]
            if mine:
                used.update(mine)
                result.right += 1
                result.errors_g.append(claims[mine[-1]].weight_g - move.weight_g)
            elif near and not _explained(claims[near[0]], truth):
                result.wrong += 1
                used.add(near[0])
            elif any(abs(u.t_s - move.t_s) <= MATCH_S for u in asked):
                result.unassigned += 1
            else:
                result.missed += 1
    for i, claim in enumerate(claims):  # seen across a short gap after all, and rightly
        if i not in used and any(
            t.kind == "unseen"
            and t.babies == (claim.baby,)
            and abs(t.t_s - claim.t_s) <= MATCH_S
            and abs(t.weight_g - claim.weight_g) <= 3.0
            for t in truth
        ):
            used.add(i)
    names = {(c.step_id, c.baby) for i, c in enumerate(claims) if i not in used}
    result.false_claims = len(names - {(claims[i].step_id, claims[i].baby) for i in used})
    _score_joint(truth, events, result)
    return result


def _explained(claim: WeighIn, truth: Sequence[Truth]) -> bool:
    """Another move close by is the one this claim is about."""
    return any(
        t.kind == claim.move and t.babies == (claim.baby,) and abs(t.t_s - claim.t_s) <= MATCH_S
        for t in truth
    )


def _score_joint(truth: Sequence[Truth], events: Sequence[AnyEvent], result: Score) -> None:
    joint = [e for e in events if isinstance(e, JointWeighIn)]
    used: set[int] = set()
    for move in truth:
        if not move.kind.startswith("joint"):
            continue
        result.joint_moves += 1
        for i, event in enumerate(joint):
            if abs(event.t_s - move.t_s) <= MATCH_S and set(event.babies) == set(move.babies):
                result.joint_right += i not in used
                used.add(i)
    # Two lifted one after the other too fast for a plateau are truly two moves of one claim.
    for i, event in enumerate(joint):
        if i in used:
            continue
        near = [t for t in truth if abs(t.t_s - event.t_s) <= 2 * MATCH_S]
        moved = {name for t in near for name in t.babies}
        result.joint_wrong += not set(event.babies) <= moved


def wilson(k: int, n: int) -> tuple[float, float]:
    """95 % interval of a share, in per cent."""
    if n == 0:
        return 0.0, 100.0
    z, p = 1.96, k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return 100.0 * max(centre - half, 0.0), 100.0 * min(centre + half, 1.0)

"""Scripted days in which something happens out of the scale's sight, and somebody tells of it.

``python -m calibration.evaluation.carers_days`` prints, for a box whose babies are fed in the nest
half of the time, how often "the bottle is overdue" was false: with every such bottle told of, and
with none. The names of all moves are scored with the other boxes, by ``scenarios``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from calibration.evaluation.replayed_box import follow
from calibration.evaluation.scenario_parts import (
    START_S,
    Box,
    Random,
    Said,
    apart,
    bottle,
    litter,
    make,
)
from calibration.evaluation.scenario_score import wilson
from calibration.evaluation.thing_boxes import thing_like_a_baby
from monitor.times import HOUR_S, MINUTE_S, rfc3339

TELLS_AMOUNT = 0.8
"""share of tube feeds whose millilitres are written down; the syringe shows them"""
FRESH_S = 2 * HOUR_S
"""So soon after a bottle none is overdue: the shortest interval between two, without a margin."""


def fed_in_the_nest(r: Random) -> Box:
    """Half of the bottles by tube, lying in the nest: the scale sees a hand, somebody tells."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 6)))))
    said: list[Said] = []
    t_s = START_S + 600.0
    while t_s < START_S + 11 * HOUR_S:
        for name in list(box.babies):
            share = float(r.normal(0.045, 0.006))
            g = share * box.babies[name].at(t_s)
            if r.uniform() < 0.5:
                box.feed_inside(t_s, name, g)
                said.append(_told(r, t_s, name, g))
                t_s += 120.0
            else:
                out_s = float(r.uniform(180.0, 900.0))
                box.feed(t_s, name, bottle(r, box.babies[name], t_s), out_s)
                t_s += out_s
            t_s += float(r.uniform(30.0, 200.0))
        t_s += float(r.uniform(1.8, 2.6)) * HOUR_S
    return Box(box, 12.0, sorted(said, key=lambda each: each.t_s))


def _told(r: Random, fed_s: float, name: str, g: float) -> Said:
    """At once, or when the round is over with the time of the bottle."""
    args: dict[str, object] = {"baby": name, "how": "tube"}
    if r.uniform() < TELLS_AMOUNT:
        args["grams"] = round(g * 2.0) / 2.0 or 0.5  # a syringe is read to half a millilitre
    later_s = 30.0 if r.uniform() < 0.5 else float(r.uniform(5.0, 25.0)) * MINUTE_S
    if later_s > MINUTE_S:
        args["at"] = rfc3339(round(fed_s / MINUTE_S) * MINUTE_S)
    return Said(fed_s + later_s, "feed", args)


DAYS: tuple[Callable[[Random], Box], ...] = (fed_in_the_nest, thing_like_a_baby)


class Overdue(msgspec.Struct):
    """How often a bottle was said to be overdue, and how often that was false."""

    bottles: int = 0
    """that were drunk, wherever"""
    raised: int = 0
    false: int = 0
    """of a baby that had drunk less than ``FRESH_S`` before"""

    def add(self, other: Overdue) -> None:
        """Sum two into this one."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def overdue(box: Box) -> Overdue:
    """What was said of bottles, minute by minute, against what was drunk."""
    drunk = _drunk(box)
    found = Overdue(bottles=len(drunk))
    open_now: set[str] = set()
    for now_s, conditions in follow(box):
        stated = {c.baby for c in conditions if c.kind == "bottle_overdue" and c.baby}
        for name in stated - open_now:
            found.raised += 1
            found.false += any(b == name and 0 <= now_s - t_s < FRESH_S for t_s, b in drunk)
        open_now = stated
    return found


def _drunk(box: Box) -> list[tuple[float, str]]:
    """When who had a bottle: out and back with 1 % more, or in the nest, once that is told."""
    found, lifted = [], dict[str, float]()
    for move in box.box.truth:
        name = move.babies[0]
        if move.kind == "lift":
            lifted[name] = move.weight_g
        elif move.kind == "return" and move.weight_g >= 1.01 * lifted[name]:
            found.append((move.t_s, name))
        elif move.kind == "fed":
            told = [s.t_s for s in box.said if s.args["baby"] == name and s.t_s >= move.t_s]
            found.append((min(told, default=move.t_s), name))
    return found


def day(seed: int, *, told: bool) -> Overdue:
    """One box; ``told``: somebody tells of what the scale does not see."""
    box = fed_in_the_nest(np.random.default_rng([seed, 14]))
    return overdue(box if told else msgspec.structs.replace(box, said=[]))


def main(argv: Sequence[str] | None = None) -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    for told in (True, False):
        total = Overdue()
        for k in range(args.boxes):
            total.add(day(args.seed * 1000 + k, told=told))
        low, high = wilson(total.false, total.bottles)
        print(
            f"{'told of' if told else 'not told of':12s} {total.bottles:5d} bottles, "
            f"{total.raised:4d} times overdue, {total.false:4d} of them false: "
            f"{100.0 * total.false / max(total.bottles, 1):5.2f} ({low:.2f}-{high:.2f}) "
            "per 100 bottles"
        )


if __name__ == "__main__":
    main()

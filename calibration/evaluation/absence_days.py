"""Scripted days on which somebody is not where the scale thinks: out, away, new, or one of two.

``python -m calibration.evaluation.absence_days`` prints over how many boxes each was told, how
late, and how often it was told falsely. The names of all moves are scored with the other boxes, by
``scenarios``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from calibration.evaluation.replayed_box import follow
from calibration.evaluation.scenario_boxes import good_cell, pair
from calibration.evaluation.scenario_parts import (
    NAMES,
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
from monitor.alert_kinds import AlertKind
from monitor.simulation.box import SimulatedBox
from monitor.times import HOUR_S, MINUTE_S

SOON_S = HOUR_S
"""A neonate that is out is to be missed within this."""


def climbs_out(r: Random) -> Box:
    """Nobody is there: one leaves the box by itself and is found hours later."""
    box = make(r, litter(r, apart(r, int(r.integers(1, 5)))))
    _round(r, box, START_S + 600.0)
    out_s = START_S + float(r.uniform(3.0, 6.0)) * HOUR_S
    name = str(r.choice(list(box.babies)))
    box.lift(out_s, name, by_itself=True)
    box.put(out_s + float(r.uniform(1.5, 3.0)) * HOUR_S, name)
    _round(r, box, START_S + 9.5 * HOUR_S)
    return Box(box, 12.0)


def carrier_overnight(r: Random) -> Box:
    """One is taken to the carrier, and somebody says so; the others are fed as always."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 5)))))
    _round(r, box, START_S + 600.0)
    out_s = START_S + 3.0 * HOUR_S
    name = str(r.choice(list(box.babies)))
    box.lift(out_s, name)
    said_s = out_s + float(r.uniform(-5.0, 20.0)) * MINUTE_S
    verb, args = ("note", {"kind": "away"}) if said_s < out_s or r.uniform() < 0.5 else ("feed", {})
    for k in range(2):
        _round(r, box, START_S + (4.0 + 2.5 * k) * HOUR_S)
    box.put(START_S + 10.0 * HOUR_S, name, intake_g=0.03 * box.babies[name].at(out_s))
    return Box(box, 12.0, [Said(said_s, verb, {"baby": name, **args})])


def newcomer(r: Random) -> Box:
    """One more comes, registered in the hand or after it was put in, and is fed with the others."""
    *known, one_more = litter(r, apart(r, int(r.integers(2, 5))))
    box = make(r, known)
    _round(r, box, START_S + 600.0)
    come_s = START_S + 3.0 * HOUR_S
    said_s = come_s + float(r.choice([-1.0, 1.0])) * float(r.uniform(2.0, 15.0)) * MINUTE_S
    args = {"name": one_more.name, "species": one_more.species,
            "weight_g": round(one_more.weight_g * float(r.uniform(0.98, 1.02)))}  # fmt: skip
    box.bring(come_s, one_more)
    for k in range(3):
        _round(r, box, START_S + (3.5 + 2.5 * k) * HOUR_S)
    return Box(box, 12.0, [Said(said_s, "baby_add", args)], registered_later=(one_more.name,))


def twins_one_refuses(r: Random) -> Box:
    """Two within half a per cent; one of them takes nothing in three bottles, the other drinks."""
    base = float(r.uniform(100.0, 250.0))
    weights = [base, base * float(r.uniform(0.995, 1.005)), base * 1.5]
    box = make(r, litter(r, weights))
    for k in range(3):
        t_s = START_S + (0.3 + 3.0 * k) * HOUR_S
        for name, share in ((NAMES[0], 0.045), (NAMES[1], 0.0), (NAMES[2], 0.045)):
            out_s = float(r.uniform(300.0, 700.0))
            box.feed(t_s, name, share * box.babies[name].at(t_s), out_s)
            t_s += out_s + float(r.uniform(60.0, 200.0))
    return Box(box, 8.5)


ABSENCES: tuple[Callable[[Random], Box], ...] = (
    climbs_out, carrier_overnight, newcomer, twins_one_refuses,
)  # fmt: skip


def _round(r: Random, box: SimulatedBox, t_s: float) -> None:
    """A bottle for everybody in the box."""
    for name in box.inside:
        out_s = float(r.uniform(200.0, 900.0))
        box.feed(t_s, name, bottle(r, box.babies[name], t_s), out_s)
        t_s += out_s + float(r.uniform(30.0, 200.0))


class Told(NamedTuple):
    """When a condition was first stated, in seconds of the day, and how often."""

    at_s: list[float]

    @property
    def first_s(self) -> float | None:
        """``None``: never."""
        return self.at_s[0] if self.at_s else None


def told(box: Box, kind: AlertKind, text: str = "") -> Told:
    """When conditions of this kind, with this text, began to be stated."""
    began: list[float] = []
    open_now: set[str] = set()
    for now_s, conditions in follow(box):
        now = {c.key for c in conditions if c.kind == kind and text in c.message}
        began += [now_s for _ in now - open_now]
        open_now = now
    return Told(began)


def missed_after_s(box: Box) -> float | None:
    """How long after it climbed out it was missed; ``None``: never, or before it had."""
    out_s = max(_absences(box), key=lambda span: span[1] - span[0])[0]
    first_s = told(box, "out_of_box").first_s
    return None if first_s is None or first_s < out_s else first_s - out_s


def _absences(box: Box) -> list[tuple[float, float]]:
    """Who was out, from when to when, in order of return."""
    spans, left = [], dict[tuple[str, ...], float]()
    for move in box.box.truth:
        if move.kind == "lift":
            left[move.babies] = move.t_s
        elif move.kind == "return" and move.babies in left:
            spans.append((left.pop(move.babies), move.t_s))
    return spans


def _line(name: str, hits: int, of: int, text: str) -> str:
    low, high = wilson(hits, of)
    return f"{name:18s} {hits:4d} of {of:4d} ({low:5.1f}-{high:5.1f} %) {text}"


def main(argv: Sequence[str] | None = None) -> None:
    """Print a line for each kind of day."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    seeds = [args.seed * 1000 + k for k in range(args.boxes)]

    def boxes(build: Callable[[Random], Box]) -> list[Box]:
        return [build(np.random.default_rng([seed, 21])) for seed in seeds]

    late = [s for box in boxes(climbs_out) if (s := missed_after_s(box)) is not None]
    minutes = f"missed within an hour; after {np.median(late) / 60.0:.0f} min (median)"
    print(_line("climbs out", sum(s <= SOON_S for s in late), args.boxes, minutes))
    for name, build in (("carrier overnight", carrier_overnight), ("newcomer", newcomer),
                        ("ordinary, pair", pair), ("ordinary, good cell", good_cell)):  # fmt: skip
        false = sum(bool(told(box, "out_of_box").at_s) for box in boxes(build))
        print(_line(name, false, args.boxes, "boxes with a false out_of_box"))
    two = boxes(twins_one_refuses)
    found = sum(bool(told(box, "low_intake", "took nothing in three bottles").at_s) for box in two)
    print(_line("twins, one refuses", found, args.boxes, "told of the two of them"))


if __name__ == "__main__":
    main()

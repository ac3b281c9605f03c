"""Scripted boxes with truth: ordinary rounds of bottles, and everything that makes them hard.

Each function draws one box; SEPARABLE are those in which a careful observer could name every move,
HARD those in which saying "I do not know" is often the right answer.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from calibration.evaluation.hard_boxes import power_cut, stranger, swaps, together, twins
from calibration.evaluation.scenario_parts import (
    NAMES,
    START_S,
    Box,
    Random,
    any_cell,
    apart,
    bottle,
    litter,
    make,
    rounds,
)
from monitor.simulation.cell import CHEAP_CELL, GOOD_CELL
from monitor.times import HOUR_S


def pair(r: Random) -> Box:
    """A kitten and a puppy, the common case."""
    box = make(r, litter(r, apart(r, 2, 0.2)), msgspec.structs.replace(any_cell(r), rate_hz=10.0))
    rounds(r, box, 12.0)
    return Box(box, 12.0)


def good_cell(r: Random) -> Box:
    """Three to eight unequal babies on a good cell."""
    box = make(r, litter(r, apart(r, int(r.integers(3, 9)))), GOOD_CELL)
    rounds(r, box, 12.0)
    return Box(box, 12.0)


def cheap_cell(r: Random) -> Box:
    """The same on a cheap creeping cell."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 6)))), CHEAP_CELL)
    rounds(r, box, 12.0)
    return Box(box, 12.0)


def one_hertz(r: Random) -> Box:
    """One sample a second."""
    cell = msgspec.structs.replace(any_cell(r), rate_hz=float(r.choice([1.0, 1.0, 2.0])))
    box = make(r, litter(r, apart(r, int(r.integers(2, 5)))), cell)
    rounds(r, box, 12.0, gap_s=(15.0, 300.0))
    return Box(box, 12.0)


def quick(r: Random) -> Box:
    """All out five to fifteen seconds apart, and back in another order."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 5)))))
    t_s = START_S + 600.0
    while t_s < START_S + 11 * HOUR_S:
        order = list(box.babies)
        r.shuffle(order)
        for name in order:
            box.lift(t_s, name)
            t_s += float(r.uniform(5.0, 15.0))
        t_s += float(r.uniform(60.0, 900.0))
        r.shuffle(order)
        for name in order:
            box.put(t_s, name, intake_g=bottle(r, box.babies[name], t_s))
            t_s += float(r.uniform(5.0, 15.0))
        t_s += float(r.uniform(1.5, 3.0)) * HOUR_S
    return Box(box, 12.0)


def leaning(r: Random) -> Box:
    """A hand rests on the box for seconds before and after the moves, still or not."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 5)))))
    t_s = START_S + 600.0
    while t_s < START_S + 11 * HOUR_S:
        for name in list(box.babies):
            out_s = float(r.uniform(120.0, 900.0))
            box.feed(t_s, name, bottle(r, box.babies[name], t_s), out_s)
            for at in (t_s, t_s + out_s):
                force = float(r.uniform(-60.0, 400.0))
                jitter = float(r.choice([0.2, 1.0, 5.0, 15.0]))
                box.lean(at - float(r.uniform(2, 9)), at + float(r.uniform(0, 6)), force, jitter)
            t_s += out_s + float(r.uniform(30.0, 300.0))
        if r.uniform() < 0.5:  # a hand that strokes and takes nobody
            box.lean(t_s + 60.0, t_s + 60.0 + float(r.uniform(3, 40)), 90.0, 8.0)
        t_s += float(r.uniform(1.5, 3.0)) * HOUR_S
    return Box(box, 12.0)


def vibration(r: Random) -> Box:
    """A washing machine runs through half of the night."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 5)))))
    rounds(r, box, 12.0)
    for _ in range(4):
        from_s = START_S + float(r.uniform(0, 11)) * HOUR_S
        box.vibrate(from_s, from_s + 2400.0, float(r.uniform(1, 12)), float(r.uniform(5, 20)))
    return Box(box, 12.0)


def lively(r: Random) -> Box:
    """Older kittens that wrestle."""
    babies = litter(
        r, apart(r, int(r.integers(2, 6)), 0.13, 300.0), lively=float(r.uniform(1.5, 4.0))
    )
    box = make(r, babies)
    rounds(r, box, 12.0)
    return Box(box, 12.0)


def objects(r: Random) -> Box:
    """Bottles, blankets and heat pads come and go; nobody is weighed by that."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 5)))))
    t_s = START_S + 600.0
    inside: list[float] = []
    while t_s < START_S + 11 * HOUR_S:
        for name in list(box.babies):
            out_s = float(r.uniform(120.0, 900.0))
            box.feed(t_s, name, bottle(r, box.babies[name], t_s), out_s)
            t_s += out_s + float(r.uniform(30.0, 300.0))
            if r.uniform() < 0.4:
                if inside and r.uniform() < 0.5:
                    box.thing(t_s, -inside.pop())
                else:
                    grams = float(np.exp(r.uniform(np.log(12.0), np.log(700.0))))
                    inside.append(grams)
                    box.thing(t_s, grams)
                t_s += float(r.uniform(30.0, 300.0))
        t_s += float(r.uniform(1.0, 2.5)) * HOUR_S
    return Box(box, 12.0)


def box_moves(r: Random) -> Box:
    """The box is lifted off and put back, sometimes cleaned with the babies out."""
    box = make(r, litter(r, apart(r, int(r.integers(1, 5)))))
    t_s = START_S + 600.0
    while t_s < START_S + 10 * HOUR_S:
        for name in list(box.babies):
            out_s = float(r.uniform(120.0, 900.0))
            box.feed(t_s, name, bottle(r, box.babies[name], t_s), out_s)
            t_s += out_s + float(r.uniform(30.0, 300.0))
        box.box_off(t_s)
        away_s = float(r.uniform(8.0, 1200.0))
        clean = r.uniform() < 0.4
        if clean:
            for name in list(box.babies):
                box.lift(t_s + 1.0, name, seen=False)
        heavier = float(r.uniform(-80, 80)) if clean or r.uniform() < 0.2 else 0.0
        box.box_on(t_s + away_s, heavier_g=heavier)
        t_s += away_s + 60.0
        if clean:
            for name in list(box.babies):
                box.put(t_s, name)
                t_s += float(r.uniform(12.0, 60.0))
        t_s += float(r.uniform(1.0, 2.5)) * HOUR_S
    return Box(box, 12.0)


def cable(r: Random) -> Box:
    """A cable that touches: offsets of a few grams come and go."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 5)))))
    rounds(r, box, 12.0)
    for _ in range(30):
        at = START_S + float(r.uniform(0, 12)) * HOUR_S
        grams = float(r.uniform(-20.0, 20.0))
        box.lean(at, at + float(np.exp(r.uniform(np.log(2.0), np.log(2000.0)))), grams, 0.05)
    return Box(box, 12.0)


def long_away(r: Random) -> Box:
    """One stays out for hours while the others are fed."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 5)))))
    away = NAMES[0]
    t_s = START_S + 600.0
    box.lift(t_s, away)
    t_s += 120.0
    back_s = START_S + float(r.uniform(2, 9)) * HOUR_S
    is_back = False
    while t_s < START_S + 11 * HOUR_S:
        for name in box.inside:
            out_s = float(r.uniform(120.0, 900.0))
            box.feed(t_s, name, bottle(r, box.babies[name], t_s), out_s)
            t_s += out_s + float(r.uniform(30.0, 300.0))
        if t_s > back_s and not is_back:
            box.put(t_s, away, intake_g=0.03 * box.babies[away].at(t_s))
            is_back = True
            t_s += 120.0
        t_s += float(r.uniform(1.5, 3.0)) * HOUR_S
    return Box(box, 12.0)


SEPARABLE: tuple[Callable[[Random], Box], ...] = (
    pair, good_cell, cheap_cell, one_hertz, quick, leaning, vibration, lively, objects, box_moves,
    cable, long_away,
)  # fmt: skip
HARD: tuple[Callable[[Random], Box], ...] = (twins, together, swaps, stranger, power_cut)

"""Scripted boxes in which saying "I do not know" is often the right answer."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from calibration.evaluation.scenario_parts import (
    START_S,
    Box,
    Random,
    apart,
    bottle,
    litter,
    make,
    rounds,
)
from monitor.times import HOUR_S


def twins(r: Random) -> Box:
    """Littermates within a few per cent, sometimes one that differs."""
    base = float(r.uniform(90, 300))
    weights = [base * (1.0 + float(r.normal(0, 0.015))) for _ in range(int(r.integers(2, 5)))]
    if r.uniform() < 0.5:
        weights.append(base * 0.7)
    box = make(r, litter(r, weights))
    rounds(r, box, 12.0)
    return Box(box, 12.0)


def together(r: Random) -> Box:
    """Two lifted or put back in the same moment."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 6)))))
    t_s = START_S + 600.0
    while t_s < START_S + 11 * HOUR_S:
        order = list(box.babies)
        r.shuffle(order)
        two, others = order[:2], order[2:]
        box.lift(t_s, *two)
        t_s += float(r.uniform(120.0, 1200.0))
        if r.uniform() < 0.5:
            box.put(t_s, *two, intake_g=float(r.uniform(2.0, 8.0)))
        else:
            for name in two:
                box.put(t_s, name, intake_g=bottle(r, box.babies[name], t_s))
                t_s += float(r.uniform(15.0, 200.0))
        t_s += 60.0
        for name in others:
            out_s = float(r.uniform(120.0, 900.0))
            box.feed(t_s, name, bottle(r, box.babies[name], t_s), out_s)
            t_s += out_s + float(r.uniform(30.0, 300.0))
        t_s += float(r.uniform(1.5, 3.0)) * HOUR_S
    return Box(box, 12.0)


def swaps(r: Random) -> Box:
    """One back and the next out under one pair of hands, through the whole litter."""
    close = r.uniform() < 0.4
    n = int(r.integers(2, 5))
    weights = [200.0 * (1 + float(r.normal(0, 0.02))) for _ in range(n)] if close else apart(r, n)
    box = make(r, litter(r, weights))
    t_s = START_S + 600.0
    while t_s < START_S + 11 * HOUR_S:
        order = list(box.babies)
        r.shuffle(order)
        box.lift(t_s, order[0])
        for back, out in pairwise(order):
            t_s += float(r.uniform(120.0, 900.0))
            box.swap(t_s, out, back, intake_g=bottle(r, box.babies[back], t_s))
        t_s += float(r.uniform(120.0, 900.0))
        box.put(t_s, order[-1], intake_g=bottle(r, box.babies[order[-1]], t_s))
        t_s += float(r.uniform(1.5, 3.0)) * HOUR_S
    return Box(box, 12.0)


def stranger(r: Random) -> Box:
    """A baby nobody registered comes and goes, also while others are out."""
    box = make(r, litter(r, apart(r, int(r.integers(1, 4)))))
    mass = float(r.uniform(0.6, 1.6) * np.mean([b.weight_g for b in box.babies.values()]))
    t_s = START_S + 600.0
    here = False
    while t_s < START_S + 11 * HOUR_S:
        for name in list(box.babies):
            out_s = float(r.uniform(200.0, 900.0))
            box.feed(t_s, name, bottle(r, box.babies[name], t_s), out_s)
            if r.uniform() < 0.3:
                box.thing(t_s + 0.5 * out_s, -mass if here else mass)
                here = not here
                mass *= 1.0 + float(r.uniform(-0.01, 0.03))
            t_s += out_s + float(r.uniform(30.0, 300.0))
        if r.uniform() < 0.5:
            box.thing(t_s, -mass if here else mass)
            here = not here
            t_s += 60.0
        t_s += float(r.uniform(1.5, 3.0)) * HOUR_S
    return Box(box, 12.0)


def power_cut(r: Random) -> Box:
    """The power goes; babies move unseen; it comes back."""
    box = make(r, litter(r, apart(r, int(r.integers(2, 5)))))
    t_s = START_S + 600.0
    while t_s < START_S + 10 * HOUR_S:
        for name in box.inside:
            out_s = float(r.uniform(120.0, 900.0))
            box.feed(t_s, name, bottle(r, box.babies[name], t_s), out_s)
            t_s += out_s + float(r.uniform(30.0, 300.0))
        cut_s = float(np.exp(r.uniform(np.log(5.0), np.log(HOUR_S))))
        box.cut(t_s, t_s + cut_s)
        for name in list(box.babies):
            if r.uniform() < 0.4:
                if name in box.inside:
                    box.lift(t_s + 0.3 * cut_s, name, seen=False)
                else:
                    grams = bottle(r, box.babies[name], t_s)
                    box.put(t_s + 0.5 * cut_s, name, intake_g=grams, seen=False)
        t_s += cut_s + float(r.uniform(60.0, 1800.0))
        for name in list(box.babies):
            if name not in box.inside:
                box.put(t_s, name, intake_g=bottle(r, box.babies[name], t_s))
                t_s += float(r.uniform(20.0, 300.0))
        t_s += float(r.uniform(1.0, 2.0)) * HOUR_S
    return Box(box, 12.0)

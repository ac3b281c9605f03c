"""Scripted boxes with truth: ordinary rounds of bottles, and everything that makes them hard.

Each function draws one box; SEPARABLE are those in which a careful observer could name every move,
HARD those in which saying "I do not know" is often the right answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec
import numpy as np

from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import CHEAP_CELL, GOOD_CELL, Cell
from monitor.times import HOUR_S

START_S = 1_700_000_000.0
MINUTE_S = 60.0
NAMES = ("Ash", "Badger", "Clover", "Dusk", "Ember", "Fern", "Gizmo", "Hazel")


class Box(msgspec.Struct, frozen=True):
    """A scripted box and how long it runs."""

    box: SimulatedBox
    hours: float


Random = np.random.Generator


def litter(r: Random, weights_g: Sequence[float], **kwargs: float) -> list[SimBaby]:
    """Babies of these weights, kittens and puppies at random."""
    return [
        SimBaby(
            name=name,
            species="kitten" if r.uniform() < 0.6 else "puppy",
            weight_g=round(float(w), 1),
            gain_pct_day=float(r.uniform(2.0, 8.0)),
            gut_s=float(r.uniform(3600.0, 9000.0)),
            lively=kwargs.get("lively", float(r.uniform(0.3, 1.5))),
        )
        for name, w in zip(NAMES, weights_g, strict=False)
    ]


def apart(r: Random, n: int, least: float = 0.13, low_g: float = 80.0) -> list[float]:
    """Weights that stay at least 10 % apart although each swings by a bottle."""
    weights = [float(r.uniform(low_g, 1.6 * low_g))]
    while len(weights) < n:
        weights.append(weights[-1] * (1.0 + float(r.uniform(least, least + 0.15))))
    r.shuffle(weights)
    return weights


def any_cell(r: Random) -> Cell:
    """A cell of either kind, any calibration, sign and rate."""
    base = GOOD_CELL if r.uniform() < 0.5 else CHEAP_CELL
    sign = 1.0 if r.uniform() < 0.6 else -1.0
    return msgspec.structs.replace(
        base,
        rate_hz=float(r.choice([10.0, 11.7, 10.0, 80.0, 25.0, 5.0])),
        counts_per_gram=sign * float(np.exp(r.uniform(np.log(60.0), np.log(1500.0)))),
        zero_counts=float(r.uniform(-300_000, 300_000)),
        settle_s=float(r.uniform(0.1, 0.4)),
    )


def make(r: Random, babies: list[SimBaby], cell: Cell | None = None) -> SimulatedBox:
    """A box around them."""
    return SimulatedBox(
        int(r.integers(1 << 30)),
        START_S,
        babies,
        cell=cell or any_cell(r),
        box_g=float(r.uniform(300.0, 2500.0)),
    )


def rounds(
    r: Random, box: SimulatedBox, hours: float, *, gap_s: tuple[float, float] = (8.0, 300.0)
) -> None:
    """Feeding rounds, one baby at a time."""
    end_s = START_S + hours * HOUR_S
    t_s = START_S + float(r.uniform(2, 30)) * MINUTE_S
    while t_s < end_s - HOUR_S:
        order = list(box.babies)
        r.shuffle(order)
        for name in order:
            out_s = float(np.exp(r.uniform(np.log(90.0), np.log(2400.0))))
            box.feed(t_s, name, bottle(r, box.babies[name], t_s), out_s)
            t_s += out_s + float(np.exp(r.uniform(np.log(gap_s[0]), np.log(gap_s[1]))))
            if t_s > end_s - 300.0:
                return
        t_s += float(r.uniform(1.5, 3.5)) * HOUR_S


def bottle(r: Random, baby: SimBaby, t_s: float) -> float:
    """Grams of one feed: usually 3 to 6 %, sometimes nothing."""
    share = r.normal(0.045, 0.012) if r.uniform() < 0.9 else r.uniform(-0.015, 0.01)
    return float(share * baby.at(t_s))


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
        cut_s = float(np.exp(r.uniform(np.log(5.0), np.log(3600.0))))
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


SEPARABLE: tuple[Callable[[Random], Box], ...] = (
    pair, good_cell, cheap_cell, one_hertz, quick, leaning, vibration, lively, objects, box_moves,
    cable, long_away,
)  # fmt: skip
HARD: tuple[Callable[[Random], Box], ...] = (twins, together, swaps, stranger, power_cut)

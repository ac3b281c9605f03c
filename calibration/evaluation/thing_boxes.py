"""A thing that weighs like one of the babies comes and goes beside it; somebody names it once."""

from __future__ import annotations

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
from monitor.simulation.box import SimulatedBox
from monitor.times import HOUR_S

THING = "hot-water bottle"


def thing_like_a_baby(r: Random) -> Box:
    """A hot-water bottle that is refilled, or a rice sock that dries.

    In half of the boxes it has lain there from the start. Its first move is one that can only be a
    thing's: put in while every baby is inside, or taken out while the baby of its weight is not.
    It is named then. Before that nobody can know: a lift of it is a lift of the baby.
    """
    box = make(r, litter(r, apart(r, int(r.integers(2, 5)))))
    like = NAMES[0]
    thing = _Thing(r, box, box.babies[like].weight_g * (1.0 + float(r.normal(0.0, 0.03))))
    if r.uniform() < 0.5:
        thing.lay_there()
    named_s: float | None = None
    t_s = START_S + 600.0
    while t_s < START_S + 11 * HOUR_S:
        order = list(box.babies)
        r.shuffle(order)
        with_baby_out = r.uniform() < 0.5
        moved = str(r.choice(order))
        if named_s is None:
            moved, with_baby_out = like, thing.inside
        for name in order:
            if name == moved and not with_baby_out:
                named_s = named_s or t_s
                t_s = thing.refill(t_s)
            box.lift(t_s, name)
            t_s += float(r.uniform(60.0, 300.0))
            if name == moved and with_baby_out:
                named_s = named_s or t_s
                t_s = thing.refill(t_s)
            t_s += float(r.uniform(60.0, 600.0))
            box.put(t_s, name, intake_g=bottle(r, box.babies[name], t_s))
            t_s += float(r.uniform(30.0, 300.0))
        t_s += float(r.uniform(1.5, 3.0)) * HOUR_S
    said_s = named_s or t_s
    return Box(box, 12.0, [Said(said_s + 50.0, "assign", {"moved_s": said_s, "object": THING})])


class _Thing:
    """It is taken out, refilled or heated, and put back; at first it may not be there."""

    def __init__(self, r: Random, box: SimulatedBox, g: float) -> None:
        self._r, self._box, self._g = r, box, g
        self._is_bottle = r.uniform() < 0.5
        self.inside = False

    def lay_there(self) -> None:
        """It has been in the box since before the start."""
        self._box.thing(START_S - HOUR_S, self._g, hands=False)
        self.inside = True

    def refill(self, t_s: float) -> float:
        """Out and back with other grams; returns when the hands are free again."""
        if self.inside:
            self._box.thing(t_s, -self._g)
            t_s += float(self._r.uniform(90.0, 400.0))
        # 11 g of 262 g for a bottle; a sock gives off up to 1.2 % when it is heated.
        share = self._r.normal(0.0, 0.03) if self._is_bottle else -self._r.uniform(0.0, 0.012)
        self._g *= 1.0 + float(share)
        self._box.thing(t_s, self._g)
        self.inside = True
        return t_s + float(self._r.uniform(30.0, 200.0))

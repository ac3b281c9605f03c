"""A box of two that many tests share: one thrives, the other begins to lose weight."""

import numpy as np

from monitor.events import Weighing
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.times import DAY_S


def demo_box(seed: int, start_s: float, hours: float = 12.0) -> SimulatedBox:
    """A night with Kangaroo, a kitten that thrives, and Possum, a runt puppy that does not.

    Bottles about every three hours; Possum drinks less each time and loses weight from hour 4.
    """
    kangaroo = SimBaby(name="Kangaroo", species="kitten", weight_g=182.0, gain_pct_day=6.0)
    possum = SimBaby(name="Possum", species="puppy", weight_g=121.0, gain_pct_day=4.0, lively=0.7)
    box = SimulatedBox(seed, start_s, [kangaroo, possum], box_g=640.0)
    r = np.random.default_rng([seed, 4])
    t_s, turn, turned = start_s + 1500.0, 0, False
    while t_s < start_s + hours * 3600.0:
        if not turned and t_s > start_s + 4 * 3600.0:
            possum.change_gain(t_s, -12.0)
            turned = True
        share = 0.045 if turn < 2 else max(0.045 - 0.014 * (turn - 1), 0.004)
        box.feed(t_s, "Kangaroo", 0.046 * kangaroo.at(t_s), 60.0 * float(r.uniform(6, 11)))
        t_s += 60.0 * float(r.uniform(13, 18))
        box.feed(t_s, "Possum", share * possum.at(t_s), 60.0 * float(r.uniform(5, 9)))
        if turn == 1:
            box.thing(t_s + 900.0, 412.0)
        t_s += 3600.0 * float(r.uniform(2.3, 2.8))
        turn += 1
    return box


def demo_history(start_s: float) -> list[Weighing]:
    """The three days before ``demo_box``, as a rescuer would have typed them."""
    rows = []
    for day, kangaroo_g, possum_g in (
        (3.0, 152.0, 126.0),
        (2.0, 161.0, 127.0),
        (1.0, 171.0, 125.0),
    ):
        t_s = start_s - day * DAY_S + 3600.0
        for name, grams in (("Kangaroo", kangaroo_g), ("Possum", possum_g)):
            key = f"demo-{name.lower()}-{day:.0f}"
            rows.append(
                Weighing(
                    step_id=key, t_s=t_s, baby=name, weight_g=grams, sigma_g=1.0, origin="typed"
                )
            )
    return rows

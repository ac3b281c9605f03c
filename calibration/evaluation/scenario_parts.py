"""What scripted boxes are made of: litters, cells, rounds of bottles."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import CHEAP_CELL, GOOD_CELL, Cell
from monitor.times import HOUR_S, MINUTE_S

START_S = 1_700_000_000.0
NAMES = ("Ash", "Badger", "Clover", "Dusk", "Ember", "Fern", "Gizmo", "Hazel")


class Said(msgspec.Struct, frozen=True):
    """What somebody asks for at that time."""

    t_s: float
    verb: str
    args: dict[str, object]
    """``moved_s`` stands for the ``step_id`` of what moved then"""


class Box(msgspec.Struct, frozen=True):
    """A scripted box, how long it runs, and what people say meanwhile, in order of time."""

    box: SimulatedBox
    hours: float
    said: list[Said] = []
    registered_later: tuple[str, ...] = ()
    """names of those that nobody has registered at the start"""


Random = np.random.Generator


def litter(r: Random, weights_g: Sequence[float], **kwargs: float) -> list[SimBaby]:
    """Babies of these weights, kittens and puppies at random."""
    return [
        SimBaby(
            name=name,
            species="kitten" if r.uniform() < 0.6 else "puppy",
            weight_g=round(float(w), 1),
            gain_pct_day=float(r.uniform(2.0, 8.0)),
            gut_s=float(r.uniform(HOUR_S, 2.5 * HOUR_S)),
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

"""A scripted nursery box: raw load-cell counts of a night, with the truth beside them.

The script moves babies, hands, objects and the box itself; the cell (``cell.py``) adds what real
ones add: noise, bad codes, drift, creep, vibration.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.events import Baby, ScaleBlock, Species
from monitor.simulation.cell import GOOD_CELL, Cell, CellSignal, Force
from monitor.times import DAY_S

TruthKind = Literal[
    "lift", "return", "joint_lift", "joint_return", "swap", "object", "unseen", "fed"
]


class SimBaby(msgspec.Struct, kw_only=True):
    """One simulated baby; its weight is known at every moment."""

    name: str
    species: Species
    weight_g: float
    born: str | None = None
    gain_pct_day: float = 5.0
    """of its weight before the feed; negative for one that fades"""
    gut_s: float = 5400.0
    """time constant with which a bottle leaves it again"""
    lively: float = 1.0
    # running state
    base_g: float = 0.0
    base_s: float = 0.0
    gut_g: float = 0.0

    def start(self, t_s: float) -> None:
        """Begin at ``weight_g``."""
        self.base_g, self.base_s, self.gut_g = self.weight_g, t_s, 0.0

    def at(self, t_s: float) -> float:
        """Weight in grams at a moment not before the last change."""
        days = (t_s - self.base_s) / DAY_S
        base = self.base_g * math.exp(self.gain_pct_day / 100.0 * days)
        return base + self.gut_g * math.exp(-(t_s - self.base_s) / self.gut_s)

    def eat(self, t_s: float, grams: float) -> None:
        """Take in (or, negative, lose) grams at once."""
        days = (t_s - self.base_s) / DAY_S
        base = self.base_g * math.exp(self.gain_pct_day / 100.0 * days)
        gut = self.gut_g * math.exp(-(t_s - self.base_s) / self.gut_s)
        self.base_g, self.base_s, self.gut_g = base, t_s, gut + grams

    def change_gain(self, t_s: float, gain_pct_day: float) -> None:
        """From now on it gains (or loses) at another rate."""
        self.eat(t_s, 0.0)
        self.gain_pct_day = gain_pct_day

    def as_baby(self) -> Baby:
        """As it would be registered at the start."""
        return Baby(
            id=self.name.lower(),
            name=self.name,
            species=self.species,
            born=self.born,
            weight_g=self.weight_g,
        )


class Truth(msgspec.Struct, frozen=True, kw_only=True):
    """What really happened; ``weight_g`` is the sum for more than one baby."""

    t_s: float
    kind: TruthKind
    babies: tuple[str, ...] = ()
    weight_g: float = 0.0


class SimulatedBox:
    """Script it with its methods, in time order; then read ``blocks`` and ``truth``."""

    def __init__(
        self,
        seed: int,
        start_s: float,
        babies: Sequence[SimBaby],
        *,
        cell: Cell = GOOD_CELL,
        box_g: float = 850.0,
        clean_hands: bool = False,
    ) -> None:
        self.start_s = start_s
        self.cell = cell
        self.babies = {baby.name: baby for baby in babies}
        self.truth: list[Truth] = []
        self._clean_hands = clean_hands
        self._random = np.random.default_rng([seed, 1])
        self._signal = CellSignal(seed, start_s, cell)
        self._signal.step(start_s - 1e7, box_g)
        self._out: dict[str, float] = {}
        self._box_off_g: float | None = None
        for baby in babies:
            baby.start(start_s)
            self._signal.step(start_s - 1e7, baby.weight_g)

    # ------------------------------------------------------------------ the script

    @property
    def inside(self) -> list[str]:
        """Names of the babies in the box after everything scripted so far."""
        return [name for name in self.babies if name not in self._out]

    @property
    def carried_g(self) -> float:
        """What the platform carries after everything scripted so far."""
        return self._signal.load_g

    def lift(self, t_s: float, *names: str, seen: bool = True, by_itself: bool = False) -> None:
        """Take one or several out in the same moment; ``by_itself``: it climbs, without a hand."""
        total = 0.0
        for name in names:
            grams = self.babies[name].at(t_s)
            self._out[name] = grams
            total += grams
        self._change(t_s, -total)
        kind: TruthKind = "lift" if len(names) == 1 else "joint_lift"
        self._record(t_s, kind if seen else "unseen", names, total)
        if not by_itself:
            self.hands(t_s)

    def put(self, t_s: float, *names: str, intake_g: float = 0.0, seen: bool = True) -> None:
        """Put one or several back; each took in ``intake_g`` meanwhile."""
        total = 0.0
        for name in names:
            self.babies[name].eat(t_s, intake_g)
            total += self.babies[name].at(t_s)
            self._out.pop(name)
        self._change(t_s, total)
        kind: TruthKind = "return" if len(names) == 1 else "joint_return"
        self._record(t_s, kind if seen else "unseen", names, total)
        self.hands(t_s)

    def bring(self, t_s: float, baby: SimBaby) -> None:
        """A newcomer is put in."""
        baby.start(t_s)
        self.babies[baby.name] = baby
        self._out[baby.name] = baby.weight_g
        self.put(t_s, baby.name)

    def leave(self, t_s: float, name: str) -> None:
        """One is taken out for good."""
        if name in self.inside:
            self.lift(t_s, name)
        self._out.pop(name, None)
        self.babies.pop(name, None)

    def feed(self, t_s: float, name: str, intake_g: float, out_s: float = 600.0) -> None:
        """Out, a bottle, and back."""
        self.lift(t_s, name)
        self.put(t_s + out_s, name, intake_g=intake_g)

    def feed_inside(self, t_s: float, name: str, intake_g: float) -> None:
        """A tube or a bottle in the nest: from ``t_s`` a minute of hands, then it weighs more."""
        drunk_s = t_s + 60.0
        self.babies[name].eat(drunk_s, intake_g)
        self._change(drunk_s, intake_g)
        self._record(drunk_s, "fed", (name,), intake_g)
        self._work(t_s, drunk_s + 10.0)

    def swap(self, t_s: float, out: str, back: str, intake_g: float = 0.0) -> None:
        """Put one back and take another out under one pair of hands."""
        self.babies[back].eat(t_s, intake_g)
        self._out.pop(back)
        grams = self.babies[out].at(t_s)
        self._out[out] = grams
        self._change(t_s - 0.4, -grams)
        self._change(t_s + 0.4, self.babies[back].at(t_s))
        self._record(t_s, "swap", (out, back), 0.0)
        self.hands(t_s, at_least_s=1.0)

    def thing(self, t_s: float, grams: float, *, hands: bool = True) -> None:
        """Put an object in (or, negative, take one out), or a baby that is not registered."""
        self._change(t_s, grams)
        self._record(t_s, "object", (), grams)
        if hands:
            self.hands(t_s)

    def box_off(self, t_s: float) -> None:
        """Lift the whole box off the platform."""
        carried = self.carried_g
        self._change(t_s, -carried)
        self._box_off_g = carried
        self.hands(t_s)

    def box_on(self, t_s: float, *, heavier_g: float = 0.0) -> None:
        """Put it back, perhaps with other bedding; babies moved meanwhile are where they are."""
        carried, self._box_off_g = self._box_off_g or 0.0, None
        self._change(t_s, carried + heavier_g)
        self.hands(t_s)

    def lean(self, from_s: float, to_s: float, force_g: float, jitter_g: float = 1.0) -> None:
        """A hand that rests on the box."""
        self._signal.press(Force(from_s, to_s, force_g, jitter_g))

    def vibrate(self, from_s: float, to_s: float, amplitude_g: float, hz: float) -> None:
        """A washing machine (5 to 20 Hz)."""
        self._signal.press(Force(from_s, to_s, 0.0, amplitude_g, hz))

    def cut(self, from_s: float, to_s: float) -> None:
        """No samples: power or wire."""
        self._signal.cut(from_s, to_s)

    def hands(self, t_s: float, at_least_s: float = 0.0) -> None:
        """The hands around one move: they press, tremble and leave."""
        if self._clean_hands:
            return
        r = self._random
        before = max(float(r.uniform(0.3, 2.5)), at_least_s)
        after = max(float(r.uniform(0.2, 1.8)), at_least_s)
        force = float(r.uniform(-30.0, 220.0))
        jitter = float(r.uniform(4.0, 25.0))
        self._signal.press(Force(t_s - before, t_s + after, force, jitter))

    def _work(self, from_s: float, to_s: float) -> None:
        """Hands that do something: they press now here, now there, and never hold still."""
        if self._clean_hands:
            return
        r, t_s = self._random, from_s
        while t_s < to_s:
            end_s = t_s + float(r.uniform(0.4, 3.0))
            self._signal.press(
                Force(t_s, end_s, float(r.uniform(-30.0, 220.0)), float(r.uniform(4.0, 25.0)))
            )
            t_s = end_s

    def _change(self, t_s: float, grams: float) -> None:
        if self._box_off_g is not None:  # the box is off the platform, and this with it
            self._box_off_g += grams
            return
        self._signal.step(t_s, grams)

    def _record(self, t_s: float, kind: TruthKind, names: Sequence[str], grams: float) -> None:
        self.truth.append(Truth(t_s=t_s, kind=kind, babies=tuple(names), weight_g=grams))

    # ------------------------------------------------------------------ the signal

    def blocks(self, from_s: float, to_s: float, block_s: float = 1.0) -> Iterator[ScaleBlock]:
        """Blocks with samples in ``[from_s, to_s)``; each holds up to ``block_s`` seconds."""
        return self._signal.blocks(from_s, to_s, block_s, self._motion)

    def _motion(self, times: NDArray[np.float64], r: np.random.Generator) -> NDArray[np.float64]:
        """Babies shift about one minute in five: 0.5 % of their weight, at a few hertz."""
        total = np.zeros(len(times))
        for baby in self.babies.values():
            awake = r.uniform() < 0.2 * baby.lively
            white = r.normal(0.0, 1.0, len(times) + 2)
            if awake:
                smooth = (white[:-2] + white[1:-1] + white[2:]) / 1.73
                total += 0.005 * baby.base_g * baby.lively * smooth
        return total

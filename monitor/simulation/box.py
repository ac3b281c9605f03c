"""A scripted nursery box: raw load-cell counts of a night, with the truth beside them.

The script moves babies, hands, objects and the box itself; the cell adds what real ones add
(datasheet noise, the HX711 drivers' known bad codes, drift, creep, vibration). Everything random
is drawn per minute of the timeline from the seed, so any stretch can be generated on its own,
thousands of times faster than real time, and is the same however it is cut into blocks.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.events import Baby, ScaleBlock, Species, Weighing

CHUNK_S = 60.0
_CODE_MAX = 8_388_607.0

TruthKind = Literal["lift", "return", "joint_lift", "joint_return", "swap", "object", "unseen"]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A load cell with its converter, and the room it stands in."""

    rate_hz: float = 10.0
    counts_per_gram: float = 412.7
    zero_counts: float = 84_213.0
    noise_g: float = 0.06
    """per sample; 5 kg bar at 10 SPS"""
    drift_g_h: float = 3.0
    """SD of an hour's random walk"""
    creep: float = 0.0003
    """share of a load change that follows late"""
    creep_s: float = 1200.0
    spike_share: float = 0.002
    """of all samples: bit runs, saturation, doubled or halved values, lone outliers"""
    settle_s: float = 0.25
    """the converter's own filter and the platform's ringing"""


GOOD_CELL = Cell()
CHEAP_CELL = Cell(noise_g=0.4, drift_g_h=10.0, creep=0.003, spike_share=0.02)


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
        days = (t_s - self.base_s) / 86_400.0
        base = self.base_g * math.exp(self.gain_pct_day / 100.0 * days)
        return base + self.gut_g * math.exp(-(t_s - self.base_s) / self.gut_s)

    def eat(self, t_s: float, grams: float) -> None:
        """Take in (or, negative, lose) grams at once."""
        days = (t_s - self.base_s) / 86_400.0
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


class _Span(msgspec.Struct, frozen=True):
    """A force that acts for a while: a hand, a machine, a struggle."""

    from_s: float
    to_s: float
    force_g: float
    jitter_g: float
    hz: float = 0.0


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
        self._seed = seed
        self._clean_hands = clean_hands
        self._random = np.random.default_rng([seed, 1])
        self._changes: list[tuple[float, float]] = [(start_s - 1e7, box_g)]
        self._spans: list[_Span] = []
        self._cuts: list[tuple[float, float]] = []
        self._load: tuple[NDArray[np.float64], ...] | None = None
        self._drift: list[float] = [0.0]
        self._out: dict[str, float] = {}
        self._box_off_g: float | None = None
        for baby in babies:
            baby.start(start_s)
            self._changes.append((start_s - 1e7, baby.weight_g))

    # ------------------------------------------------------------------ the script

    @property
    def inside(self) -> list[str]:
        """Names of the babies in the box after everything scripted so far."""
        return [name for name in self.babies if name not in self._out]

    @property
    def carried_g(self) -> float:
        """What the platform carries after everything scripted so far."""
        return sum(grams for _, grams in self._changes)

    def lift(self, t_s: float, *names: str, seen: bool = True) -> None:
        """Take one or several out in the same moment."""
        total = 0.0
        for name in names:
            grams = self.babies[name].at(t_s)
            self._out[name] = grams
            total += grams
        self._change(t_s, -total)
        kind: TruthKind = "lift" if len(names) == 1 else "joint_lift"
        self._tell(t_s, kind if seen else "unseen", names, total)
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
        self._tell(t_s, kind if seen else "unseen", names, total)
        self.hands(t_s)

    def feed(self, t_s: float, name: str, intake_g: float, out_s: float = 600.0) -> None:
        """Out, a bottle, and back."""
        self.lift(t_s, name)
        self.put(t_s + out_s, name, intake_g=intake_g)

    def swap(self, t_s: float, out: str, back: str, intake_g: float = 0.0) -> None:
        """Put one back and take another out under one pair of hands."""
        self.babies[back].eat(t_s, intake_g)
        self._out.pop(back)
        grams = self.babies[out].at(t_s)
        self._out[out] = grams
        self._change(t_s - 0.4, -grams)
        self._change(t_s + 0.4, self.babies[back].at(t_s))
        self._tell(t_s, "swap", (out, back), 0.0)
        self.hands(t_s, at_least_s=1.0)

    def thing(self, t_s: float, grams: float, *, hands: bool = True) -> None:
        """Put an object in (or, negative, take one out); a stranger is a thing to the scale."""
        self._change(t_s, grams)
        self._tell(t_s, "object", (), grams)
        if hands:
            self.hands(t_s)

    def box_off(self, t_s: float) -> None:
        """Lift the whole box off the platform."""
        carried = sum(g for _, g in self._changes)
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
        insort(self._spans, _Span(from_s, to_s, force_g, jitter_g), key=lambda s: s.from_s)

    def vibrate(self, from_s: float, to_s: float, amplitude_g: float, hz: float) -> None:
        """A washing machine (5 to 20 Hz)."""
        insort(self._spans, _Span(from_s, to_s, 0.0, amplitude_g, hz), key=lambda s: s.from_s)

    def cut(self, from_s: float, to_s: float) -> None:
        """No samples: power or wire."""
        self._cuts.append((from_s, to_s))

    def hands(self, t_s: float, at_least_s: float = 0.0) -> None:
        """The hands around one move: they press, tremble and leave."""
        if self._clean_hands:
            return
        r = self._random
        before = max(float(r.uniform(0.3, 2.5)), at_least_s)
        after = max(float(r.uniform(0.2, 1.8)), at_least_s)
        force = float(r.uniform(-30.0, 220.0))
        jitter = float(r.uniform(4.0, 25.0))
        insort(self._spans, _Span(t_s - before, t_s + after, force, jitter), key=lambda s: s.from_s)

    def _change(self, t_s: float, grams: float) -> None:
        if self._box_off_g is not None:  # in a box that is in somebody's arms
            self._box_off_g += grams
            return
        insort(self._changes, (t_s, grams), key=lambda c: c[0])
        self._load = None

    def _tell(self, t_s: float, kind: TruthKind, names: Sequence[str], grams: float) -> None:
        self.truth.append(Truth(t_s=t_s, kind=kind, babies=tuple(names), weight_g=grams))

    # ------------------------------------------------------------------ the signal

    def blocks(self, from_s: float, to_s: float, block_s: float = 1.0) -> Iterator[ScaleBlock]:
        """Blocks with samples in ``[from_s, to_s)``; each holds up to ``block_s`` seconds."""
        minute = math.floor((from_s - self.start_s) / CHUNK_S)
        rest_t, rest_c = np.empty(0), np.empty(0)
        while self.start_s + minute * CHUNK_S < to_s:
            times, counts = self._chunk(minute)
            wanted = (times >= from_s) & (times < to_s)
            rest_t = np.concatenate((rest_t, times[wanted]))
            rest_c = np.concatenate((rest_c, counts[wanted]))
            minute += 1
            more = self.start_s + minute * CHUNK_S < to_s
            if len(rest_t) and (not more or rest_t[-1] - rest_t[0] >= block_s):
                slot = np.floor((rest_t - from_s) / block_s)
                edges = [0, *(np.flatnonzero(np.diff(slot)) + 1).tolist(), len(rest_t)]
                if more and len(edges) > 2:
                    edges.pop()
                for a, b in pairwise(edges):
                    yield ScaleBlock(rest_t[a:b], rest_c[a:b])
                rest_t, rest_c = rest_t[edges[-1] :], rest_c[edges[-1] :]

    def samples(
        self, from_s: float, to_s: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """All samples of a stretch in two arrays."""
        blocks = list(self.blocks(from_s, to_s, block_s=3600.0))
        if not blocks:
            return np.empty(0), np.empty(0)
        return (
            np.concatenate([b.times_s for b in blocks]),
            np.concatenate([b.counts for b in blocks]),
        )

    def _chunk(self, minute: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        cell = self.cell
        r = np.random.default_rng([self._seed, 2, minute])
        start = self.start_s + minute * CHUNK_S
        n = round(CHUNK_S * cell.rate_hz)
        times = start + (np.arange(n) + 0.5 + r.uniform(-0.05, 0.05, n)) / cell.rate_hz
        grams = self._platform(times) + self._drift_at(times)
        grams += self._motion(times, r)
        for span in self._spans:
            if span.from_s < start + CHUNK_S and span.to_s > start:
                grams += _force(span, times, r)
        grams += r.normal(0.0, cell.noise_g, n)
        counts = np.round(cell.zero_counts + cell.counts_per_gram * grams)
        counts = _spikes(counts, cell.spike_share, r)
        counts = np.clip(counts, -_CODE_MAX - 1.0, _CODE_MAX)
        for from_s, to_s in self._cuts:
            if from_s < start + CHUNK_S and to_s > start:
                keep = (times < from_s) | (times >= to_s)
                times, counts = times[keep], counts[keep]
        return times, counts

    def _platform(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Load with the converter's lag and the cell's creep."""
        if self._load is None:
            at = np.array([t for t, _ in self._changes])
            delta = np.array([g for _, g in self._changes])
            slow = np.empty(len(at))
            rest, before = 0.0, at[0]
            for i, (t, g) in enumerate(self._changes):
                rest = rest * math.exp(-(t - before) / self.cell.creep_s) + g
                slow[i], before = rest, t
            self._load = (at, np.cumsum(delta), slow, delta)
        at, level, slow, delta = self._load
        last = np.searchsorted(at, times, side="right") - 1
        age = times - at[last]
        grams = level[last] - self.cell.creep * slow[last] * np.exp(-age / self.cell.creep_s)
        recent = age < 8.0 * self.cell.settle_s
        lag = np.where(recent, np.exp(-age / self.cell.settle_s), 0.0)
        return np.asarray(grams - delta[last] * lag)

    def _drift_at(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """A random walk with one corner a minute."""
        minutes = (times - self.start_s) / CHUNK_S
        last = int(minutes[-1]) + 2
        while len(self._drift) <= last:
            r = np.random.default_rng([self._seed, 3, len(self._drift)])
            self._drift.append(
                self._drift[-1] + float(r.normal(0.0, self.cell.drift_g_h / math.sqrt(60.0)))
            )
        base = int(max(minutes[0], 0))
        corners = np.array(self._drift[base : last + 1])
        return np.asarray(np.interp(minutes, np.arange(base, base + len(corners)), corners))

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


def _force(span: _Span, times: NDArray[np.float64], r: np.random.Generator) -> NDArray[np.float64]:
    inside = (times >= span.from_s) & (times < span.to_s)
    if span.hz:
        wave = span.jitter_g * np.sin(2.0 * np.pi * span.hz * (times - span.from_s))
        return np.where(inside, wave, 0.0)
    white = r.normal(0.0, 1.0, len(times) + 4)
    tremor = np.convolve(white, np.ones(5) / math.sqrt(5.0), mode="valid")
    return np.where(inside, span.force_g + span.jitter_g * tremor, 0.0)


def _spikes(
    counts: NDArray[np.float64], share: float, r: np.random.Generator
) -> NDArray[np.float64]:
    """The bad codes that HX711 readers are known for."""
    hit = np.flatnonzero(r.uniform(size=len(counts)) < share)
    for i in hit.tolist():
        kind = int(r.integers(0, 6))
        value = counts[i]
        if kind == 0:
            value = float(2 ** int(r.integers(16, 24)) - 1)
        elif kind == 1:
            value = float(r.choice([_CODE_MAX, -_CODE_MAX - 1.0]))
        elif kind == 2:
            value = -1.0
        elif kind == 3:
            value *= 2.0
        elif kind == 4:
            value = float(np.floor(value / 2.0))
        else:
            value += float(r.normal(0.0, 200_000.0))
        counts[i] = np.round(value)
    return counts


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
        t_s = start_s - day * 86_400.0 + 3600.0
        for name, grams in (("Kangaroo", kangaroo_g), ("Possum", possum_g)):
            key = f"demo-{name.lower()}-{day:.0f}"
            rows.append(
                Weighing(
                    step_id=key, t_s=t_s, baby=name, weight_g=grams, sigma_g=1.0, origin="typed"
                )
            )
    return rows

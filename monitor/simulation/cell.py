"""The signal of a load cell and its converter, with the faults that real ones have.

Everything random is drawn per minute of the timeline from the seed, so any stretch can be
generated on its own, and is the same however it is cut into blocks.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from monitor.config import SIMULATED_COUNTS_PER_GRAM, SIMULATED_ZERO_COUNTS
from monitor.events import ScaleBlock
from monitor.units import SATURATED_CODES

CHUNK_S = 60.0

Values = NDArray[np.float64]
Motion = Callable[[Values, np.random.Generator], Values]
"""grams at the times of one minute, drawn from that minute's generator"""


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A load cell with its converter, and the room it stands in."""

    rate_hz: float = 10.0
    counts_per_gram: float = SIMULATED_COUNTS_PER_GRAM
    zero_counts: float = SIMULATED_ZERO_COUNTS
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


class Force(msgspec.Struct, frozen=True):
    """A force that acts for a while: a hand, a machine, a struggle."""

    from_s: float
    to_s: float
    force_g: float
    jitter_g: float
    hz: float = 0.0


class CellSignal:
    """Steps of the load and forces, in any order; then ``blocks`` of converter codes."""

    def __init__(self, seed: int, start_s: float, cell: Cell) -> None:
        self._seed, self._start_s, self._cell = seed, start_s, cell
        self._steps: list[tuple[float, float]] = []
        self._forces: list[Force] = []
        self._cuts: list[tuple[float, float]] = []
        self._course: tuple[Values, ...] | None = None
        self._drift: list[float] = [0.0]

    @property
    def load_g(self) -> float:
        """What lies on the platform after every step."""
        return sum(grams for _, grams in self._steps)

    def step(self, t_s: float, grams: float) -> None:
        """From this moment on the load is heavier by ``grams``."""
        insort(self._steps, (t_s, grams), key=lambda step: step[0])
        self._course = None

    def press(self, force: Force) -> None:
        """Something presses or shakes for a while."""
        insort(self._forces, force, key=lambda f: f.from_s)

    def cut(self, from_s: float, to_s: float) -> None:
        """No samples: power or wire."""
        self._cuts.append((from_s, to_s))

    def blocks(
        self, from_s: float, to_s: float, block_s: float, motion: Motion
    ) -> Iterator[ScaleBlock]:
        """Blocks with samples in ``[from_s, to_s)``; each holds up to ``block_s`` seconds."""
        minute = math.floor((from_s - self._start_s) / CHUNK_S)
        rest_t, rest_c = np.empty(0), np.empty(0)
        while self._start_s + minute * CHUNK_S < to_s:
            times, counts = self._chunk(minute, motion)
            wanted = (times >= from_s) & (times < to_s)
            rest_t = np.concatenate((rest_t, times[wanted]))
            rest_c = np.concatenate((rest_c, counts[wanted]))
            minute += 1
            more = self._start_s + minute * CHUNK_S < to_s
            if len(rest_t) and (not more or rest_t[-1] - rest_t[0] >= block_s):
                slot = np.floor((rest_t - from_s) / block_s)
                edges = [0, *(np.flatnonzero(np.diff(slot)) + 1).tolist(), len(rest_t)]
                if more and len(edges) > 2:
                    edges.pop()
                for a, b in pairwise(edges):
                    yield ScaleBlock(rest_t[a:b], rest_c[a:b])
                rest_t, rest_c = rest_t[edges[-1] :], rest_c[edges[-1] :]

    def _chunk(self, minute: int, motion: Motion) -> tuple[Values, Values]:
        cell = self._cell
        r = np.random.default_rng([self._seed, 2, minute])
        start = self._start_s + minute * CHUNK_S
        n = round(CHUNK_S * cell.rate_hz)
        times = start + (np.arange(n) + 0.5 + r.uniform(-0.05, 0.05, n)) / cell.rate_hz
        grams = self._platform(times) + self._drift_at(times)
        grams += motion(times, r)
        for force in self._forces:
            if force.from_s < start + CHUNK_S and force.to_s > start:
                grams += _grams_of(force, times, r)
        grams += r.normal(0.0, cell.noise_g, n)
        counts = np.round(cell.zero_counts + cell.counts_per_gram * grams)
        counts = _spikes(counts, cell.spike_share, r)
        counts = np.clip(counts, SATURATED_CODES[1], SATURATED_CODES[0])
        for from_s, to_s in self._cuts:
            if from_s < start + CHUNK_S and to_s > start:
                keep = (times < from_s) | (times >= to_s)
                times, counts = times[keep], counts[keep]
        return times, counts

    def _platform(self, times: Values) -> Values:
        """Load with the converter's lag and the cell's creep."""
        cell = self._cell
        if self._course is None:
            at = np.array([t for t, _ in self._steps])
            delta = np.array([g for _, g in self._steps])
            slow = np.empty(len(at))
            rest, before = 0.0, at[0]
            for i, (t, g) in enumerate(self._steps):
                rest = rest * math.exp(-(t - before) / cell.creep_s) + g
                slow[i], before = rest, t
            self._course = (at, np.cumsum(delta), slow, delta)
        at, level, slow, delta = self._course
        last = np.searchsorted(at, times, side="right") - 1
        age = times - at[last]
        grams = level[last] - cell.creep * slow[last] * np.exp(-age / cell.creep_s)
        recent = age < 8.0 * cell.settle_s
        lag = np.where(recent, np.exp(-age / cell.settle_s), 0.0)
        return np.asarray(grams - delta[last] * lag)

    def _drift_at(self, times: Values) -> Values:
        """A random walk with one corner a minute."""
        minutes = (times - self._start_s) / CHUNK_S
        last = int(minutes[-1]) + 2
        while len(self._drift) <= last:
            r = np.random.default_rng([self._seed, 3, len(self._drift)])
            self._drift.append(
                self._drift[-1] + float(r.normal(0.0, self._cell.drift_g_h / math.sqrt(60.0)))
            )
        base = int(max(minutes[0], 0))
        corners = np.array(self._drift[base : last + 1])
        return np.asarray(np.interp(minutes, np.arange(base, base + len(corners)), corners))


def _grams_of(force: Force, times: Values, r: np.random.Generator) -> Values:
    inside = (times >= force.from_s) & (times < force.to_s)
    if force.hz:
        wave = force.jitter_g * np.sin(2.0 * np.pi * force.hz * (times - force.from_s))
        return np.where(inside, wave, 0.0)
    white = r.normal(0.0, 1.0, len(times) + 4)
    tremor = np.convolve(white, np.ones(5) / math.sqrt(5.0), mode="valid")
    return np.where(inside, force.force_g + force.jitter_g * tremor, 0.0)


def _spikes(counts: Values, share: float, r: np.random.Generator) -> Values:
    """The bad codes that HX711 readers are known for."""
    hit = np.flatnonzero(r.uniform(size=len(counts)) < share)
    for i in hit.tolist():
        kind = int(r.integers(0, 6))
        value = counts[i]
        if kind == 0:
            value = float(2 ** int(r.integers(16, 24)) - 1)
        elif kind == 1:
            value = float(r.choice([*SATURATED_CODES]))
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

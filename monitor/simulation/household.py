"""Whoever is in the nursery, and whoever looks after them: an endless script, made as it goes.

Every two hours there is a bottle for each baby in turn, announced by cries; in between one cries
for no reason that the scale knows, and a hot-water bottle comes and goes. Who lives here is the
monitor's roster: a baby that somebody registers is put in, one that has left is taken out.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Sequence

import msgspec
import numpy as np

from monitor.config import SIMULATED_COUNTS_PER_GRAM, ScaleConfig
from monitor.events import AUDIO_RATE_HZ, Baby, ScaleBlock, Species
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import CHUNK_S, Cell
from monitor.simulation.residents import days_before
from monitor.simulation.sounds import Room, Samples, bout
from monitor.times import HOUR_S, MINUTE_S

__all__ = ["Household", "days_before", "resident"]

ROUND_S = 2 * HOUR_S
"""Between bottles: the youngest drink every two to four hours."""
FIRST_ROUND_S = 2 * MINUTE_S
"""somebody who tries it is to see a bottle within minutes"""
OUT_S = 5 * MINUTE_S
TURN_S = 8 * MINUTE_S
"""from one baby's bottle to the next one's"""
HOT_WATER_BOTTLE_G = 412.0
TYPICAL_G: dict[Species, float] = {"kitten": 180.0, "puppy": 250.0}
"""of a newcomer whose weight nobody gave"""
SIP = 0.01
FULL = 0.046
"""what a bottle gives, of the baby's weight"""
GROWN_G = 900.0
"""nobody gets heavier: a practice that runs for months stays within what the cell can carry"""
NEST_C = 29.0
PROBE_STEP_C = 0.0625
"""of a DS18B20"""
_STEP_S = 0.5


class Household:
    """Ask for ``minute`` after minute; ``sound`` may be asked for up to the last of them."""

    def __init__(
        self, seed: int, start_s: float, babies: Sequence[SimBaby], scale: ScaleConfig
    ) -> None:
        """Begin.

        Args:
            seed: another seed, other days.
            start_s: Unix seconds.
            babies: all of them are in the box then; ``name`` is the stored id of each.
            scale: calibrated; the simulated cell is what its calibration says.
        """
        self.start_s = start_s
        self._random = np.random.default_rng([seed, 21])
        self._room = Room(seed, noise_db=-58.0)
        cell = Cell(
            counts_per_gram=scale.counts_per_gram or SIMULATED_COUNTS_PER_GRAM,
            zero_counts=scale.zero_counts or 0.0,
        )
        self._box = SimulatedBox(seed, start_s, babies, cell=cell, box_g=640.0)
        self._agenda: list[tuple[float, int, Callable[[float], None]]] = []
        self._planned = 0
        self._number = 0
        self._at(FIRST_ROUND_S, self._round)

    @property
    def inside(self) -> list[str]:
        """Ids of those in the box after the last minute that was asked for."""
        return self._box.inside

    def residents(self) -> list[SimBaby]:
        """Everybody who lives here, as heavy as each is after that minute."""
        now_s = self.start_s + self._planned * CHUNK_S
        return [
            msgspec.structs.replace(baby, weight_g=baby.at(now_s))
            for baby in self._box.babies.values()
        ]

    def minute(self) -> Iterator[ScaleBlock]:
        """What the scale says in the next minute; half a second a block."""
        from_s, to_s = self._planned * CHUNK_S, (self._planned + 1) * CHUNK_S
        self._planned += 1
        while self._agenda and self._agenda[0][0] < to_s:
            t_s, _, act = heapq.heappop(self._agenda)
            act(max(t_s, from_s))
        return self._box.blocks(self.start_s + from_s, self.start_s + to_s, block_s=_STEP_S)

    def sound(self, from_s: float, seconds: float) -> Samples:
        """What the microphone hears from ``from_s`` seconds after the start."""
        return self._room.render(round(from_s * AUDIO_RATE_HZ), round(seconds * AUDIO_RATE_HZ))

    def nest_c(self, from_s: float) -> float:
        """How warm the nest is, in steps of the probe: the pad switches on and off."""
        wave = math.sin(2.0 * math.pi * from_s / (20 * MINUTE_S))
        noise = float(self._random.normal(0.0, 0.05))
        return round((NEST_C + 0.6 * wave + noise) / PROBE_STEP_C) * PROBE_STEP_C

    def heed(self, baby: Baby, *, deleted: bool = False) -> None:
        """Somebody was registered or has left: the box follows within the next minute."""
        gone = deleted or baby.retired_s is not None
        if gone:
            self._soon(lambda t_s: self._leave(t_s, baby.id))
        elif baby.id not in self._box.babies:
            self._soon(lambda t_s: self._bring(t_s, baby))

    # ------------------------------------------------------------------ the script

    def _at(self, t_s: float, act: Callable[[float], None]) -> None:
        self._number += 1
        heapq.heappush(self._agenda, (t_s, self._number, act))

    def _soon(self, act: Callable[[float], None]) -> None:
        self._at(self._planned * CHUNK_S + 5.0, act)

    def _round(self, t_s: float) -> None:
        """A bottle for everybody, and what happens until the next."""
        self._cry(t_s)
        for turn, name in enumerate(list(self._box.babies)):
            out_s = t_s + 1.5 * MINUTE_S + turn * TURN_S + float(self._random.uniform(-30.0, 30.0))
            self._at(out_s, lambda at_s, name=name: self._lift(at_s, name))  # type: ignore[misc]  # bound at once
        fed_s = t_s + MINUTE_S + len(self._box.babies) * TURN_S
        self._at(fed_s + 10 * MINUTE_S, lambda at_s: self._thing(at_s, HOT_WATER_BOTTLE_G))
        self._at(fed_s + 35 * MINUTE_S, lambda at_s: self._thing(at_s, -HOT_WATER_BOTTLE_G))
        self._at(fed_s + 45 * MINUTE_S, self._cry)
        self._at(max(t_s + ROUND_S, fed_s + HOUR_S), self._round)

    def _lift(self, t_s: float, name: str) -> None:
        if name in self._box.inside:
            self._box.lift(self.start_s + t_s, name)
            self._at(t_s + OUT_S, lambda at_s: self._put(at_s, name))

    def _put(self, t_s: float, name: str) -> None:
        baby = self._box.babies.get(name)
        if baby is None or name in self._box.inside:
            return
        grams = baby.at(self.start_s + t_s)
        drinks = SIP if baby.gain_pct_day < 0 else FULL
        if grams > GROWN_G:
            baby.change_gain(self.start_s + t_s, 0.0)
        self._box.put(self.start_s + t_s, name, intake_g=drinks * grams)

    def _bring(self, t_s: float, baby: Baby) -> None:
        if baby.id not in self._box.babies:
            self._box.bring(self.start_s + t_s, resident(baby, baby.weight_g))

    def _leave(self, t_s: float, name: str) -> None:
        self._box.leave(self.start_s + t_s, name)

    def _thing(self, t_s: float, grams: float) -> None:
        self._box.thing(self.start_s + t_s, grams)

    def _cry(self, t_s: float) -> None:
        """Somebody who is in the box cries for a minute."""
        inside = self._box.inside
        if inside:
            baby = self._box.babies[inside[int(self._random.integers(len(inside)))]]
            self._room.add(t_s, bout(baby.species, self._random, MINUTE_S, level_db=-32.0))


def resident(baby: Baby, weight_g: float | None) -> SimBaby:
    """A registered baby as it lives in the simulated box, under its stored id."""
    weight_g = weight_g or TYPICAL_G[baby.species]
    thin = baby.name == "Possum"
    return SimBaby(
        name=baby.id,
        species=baby.species,
        weight_g=weight_g,
        gain_pct_day=-3.0 if thin else 5.0,
        lively=0.7 if thin else 1.0,
    )

"""A scripted night for the demo: two babies, their feeds and cries, a failing microphone.

Sound comes from ``monitor.simulation.sounds`` (parametric calls in room noise), weight from
``box.SimulatedBox`` (raw converter counts with noise, drift, hands and movement). One thread
plays both on the nursery's own clock, ``speed`` times faster than real time, and waits whenever
the daemon is behind, so a slow machine plays the same night more slowly.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import numpy as np

from monitor.config import ScaleConfig
from monitor.devices import Put
from monitor.events import AUDIO_RATE_HZ, AnyEvent, AudioBlock, ScaleBlock, Tick
from monitor.simulation.box import SimulatedBox
from monitor.simulation.cell import CHUNK_S, GOOD_CELL
from monitor.simulation.residents import days_before, residents
from monitor.simulation.sounds import Room, bout
from monitor.times import HOUR_S, MINUTE_S

BEGINS = (2026, 5, 8, 22)
"""year, month, day and hour of the local clock: it is to be night there, too"""

CYCLE_S = 3.75 * HOUR_S
"""Between bottles: a week-old kitten drinks every three to four hours."""
AHEAD_S = 10 * MINUTE_S
"""a round is scripted so long before it begins, for hours and hours"""

HOT_WATER_BOTTLE_G = 412.0

MOST_BACKLOG = 60
"""Observations the daemon may be behind before the night waits for it."""

READY_WITHIN_S = 20.0
"""The phone should have subscribed when the night begins; a broker takes a second or two."""


class SimulatedNight:
    """A source of both sound and weight, and of the ticks between them."""

    name = "scale"

    def __init__(self, *, hours: float, speed: float, seed: int) -> None:
        self.hours, self.speed = hours, speed
        self.start_s = datetime(*BEGINS).astimezone().timestamp()
        self.passed_s = 0.0
        self._rng = np.random.default_rng([seed, 20])
        self._room = Room(seed, noise_db=-58.0)
        self._kangaroo, self._possum = residents(self.start_s)
        self._box = SimulatedBox(seed, self.start_s, [self._kangaroo, self._possum], box_g=640.0)
        self._deaf: list[tuple[float, float]] = []
        self._cycles = 0
        self._weights: Iterator[ScaleBlock] = iter(())
        self._ready: Callable[[], bool] = lambda: True
        self._backlog: Callable[[], int] = lambda: 0
        self._ended: Callable[[], None] = lambda: None
        self._goes_on: Callable[[], bool] = lambda: False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._play, name="night", daemon=True)
        self._turned_s = time.monotonic()

    # ------------------------------------------------------------------ the script

    def _script(self, cycle: int) -> None:
        """One bottle round and what leads to the next."""
        begin_s = cycle * CYCLE_S
        minutes = MINUTE_S * self._rng.uniform(-2, 2, 4)
        bottle_s = begin_s + 25 * MINUTE_S + minutes[0]
        grams = 0.046 * self._kangaroo.at(self.start_s + bottle_s)
        self._feed("Kangaroo", bottle_s, grams, 8 * MINUTE_S)
        sip = 3.4 if cycle == 0 else 0.6
        self._feed("Possum", bottle_s + 15 * MINUTE_S + minutes[1], sip, 7 * MINUTE_S)
        if cycle % 3 == 0:
            self._cry("kitten", begin_s + 100 * MINUTE_S + minutes[2], 80.0)
        if cycle % 2 == 0:
            warm_s = self.start_s + begin_s + 140 * MINUTE_S
            self._box.thing(warm_s, HOT_WATER_BOTTLE_G)
            self._box.thing(warm_s + 50 * MINUTE_S, -HOT_WATER_BOTTLE_G)
        else:
            deaf_s = begin_s + 70 * MINUTE_S
            self._deaf.append((deaf_s, deaf_s + 15 * MINUTE_S))
        self._cry("kitten", begin_s + CYCLE_S + 17 * MINUTE_S, 100.0)
        self._cry("puppy", begin_s + CYCLE_S + 20 * MINUTE_S, 60.0)

    def _feed(self, name: str, at_s: float, grams: float, out_s: float) -> None:
        self._box.feed(self.start_s + at_s, name, grams, out_s)

    def _cry(self, kind: str, at_s: float, seconds: float) -> None:
        sound = bout(kind, self._rng, seconds, level_db=-32.0)  # type: ignore[arg-type]  # two of its kinds
        self._room.add(at_s, sound)

    def introduction(self) -> str:
        """Who is in the box, as sentences."""
        return "Kangaroo, a kitten of 181 g, and Possum, a runt puppy of 119 g"

    def names(self) -> list[str]:
        """The babies."""
        return list(self._box.babies)

    def scale_config(self) -> ScaleConfig:
        """The simulated cell's calibration."""
        return ScaleConfig(
            source="simulated",
            counts_per_gram=GOOD_CELL.counts_per_gram,
            zero_counts=GOOD_CELL.zero_counts,
        )

    def before(self) -> list[AnyEvent]:
        """The days before, as the journal would have them."""
        return days_before(self.start_s)

    # ------------------------------------------------------------------ the source

    def attach(
        self,
        *,
        ready: Callable[[], bool],
        backlog: Callable[[], int],
        ended: Callable[[], None],
        goes_on: Callable[[], bool] = lambda: False,
    ) -> None:
        """How it is joined to the daemon.

        Args:
            ready: when it may begin.
            backlog: how far the daemon is behind.
            ended: whom to tell when it is over.
            goes_on: asked every second after its hours: whether to go on in real time.
        """
        self._ready, self._backlog, self._ended = ready, backlog, ended
        self._goes_on = goes_on

    def clock(self) -> str:
        """Nursery time of day, HH:MM."""
        return time.strftime("%H:%M", time.localtime(self.now_s()))

    def now_s(self) -> float:
        """Nursery time, Unix seconds."""
        return self.start_s + self.passed_s

    def start(self, put: Put) -> None:
        """Begin the night."""
        self._put = put
        self._thread.start()

    def stop(self) -> None:
        """End it early."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def heartbeat_s(self) -> float:
        """``time.monotonic()`` when it last turned."""
        return self._turned_s

    def _play(self) -> None:
        deadline_s = time.monotonic() + READY_WITHIN_S
        while not self._ready() and time.monotonic() < deadline_s:
            time.sleep(0.05)
        second, due_s = 0, time.monotonic()
        while second < self.hours * HOUR_S:
            self._second(second)
            second += 1
            due_s += 1.0 / self.speed
            if not self._caught_up(due_s):
                return
        due_s = time.monotonic()
        while self._goes_on():
            self._second(second)
            second += 1
            due_s += 1.0
            if not self._caught_up(due_s):
                return
        while self._backlog() and not self._stopping.is_set():
            time.sleep(0.01)
        self._ended()

    def _second(self, second: int) -> None:
        """Sound, weights and the tick of one second."""
        if second % CHUNK_S == 0:
            while self._cycles * CYCLE_S < second + AHEAD_S:
                self._script(self._cycles)
                self._cycles += 1
            from_s = self.start_s + second
            self._weights = self._box.blocks(from_s, from_s + CHUNK_S, block_s=1.0)
        now_s = self.start_s + second
        self._put(AudioBlock(now_s, self._sound(second)))
        if (block := next(self._weights, None)) is not None:
            self._put(block)
        self._put(Tick(now_s + 1.0))
        self.passed_s = second + 1.0

    def _caught_up(self, due_s: float) -> bool:
        """Wait until it is time and the daemon has followed; False at a stop.

        A moment in which the daemon was behind is made up for: the night takes as long as it says.
        """
        while self._backlog() > MOST_BACKLOG and not self._stopping.is_set():
            self._turned_s = time.monotonic()
            time.sleep(0.002)
        self._turned_s = time.monotonic()
        if (wait_s := due_s - self._turned_s) > 0.002:
            self._stopping.wait(wait_s)
        return not self._stopping.is_set()

    def _sound(self, second: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        samples = self._room.render(second * AUDIO_RATE_HZ, AUDIO_RATE_HZ)
        if any(begin <= second < end for begin, end in self._deaf):
            return np.zeros_like(samples)  # a muted microphone delivers perfect zeros
        return samples

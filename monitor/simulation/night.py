"""A scripted night for the demo: two babies, their feeds and cries, a failing microphone.

Sound comes from ``monitor.simulation.sounds`` (parametric calls in room noise), weight from
``box.SimulatedBox`` (raw converter counts with noise, drift, hands and movement). One thread
plays both on the nursery's own clock, ``speed`` times faster than real time, and waits whenever
the daemon is behind, so a slow machine plays the same night more slowly.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from monitor.config import ScaleConfig
from monitor.devices import Put
from monitor.events import AUDIO_RATE_HZ, AnyEvent, AudioBlock, RosterChanged, Tick, WeighIn
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import GOOD_CELL
from monitor.simulation.sounds import Room, bout
from monitor.times import DAY_S, HOUR_S, MINUTE_S, parse_rfc3339

START = "2026-05-08T12:00:00Z"

CYCLE_S = 3.75 * HOUR_S
"""Between bottles: a week-old kitten drinks every three to four hours."""

MOST_BACKLOG = 60
"""Observations the daemon may be behind before the night waits for it."""

READY_WITHIN_S = 20.0
"""The phone should have subscribed when the night begins; a broker takes a second or two."""

BEFORE = {
    "Kangaroo": ((60, 164.0), (48, 168.5), (36, 172.0), (24, 175.5), (12, 179.0)),
    "Possum": ((60, 117.0), (48, 119.5), (36, 121.5), (24, 123.0), (12, 122.7)),
}
"""Hours before the start and grams: Kangaroo thrives, Possum has stopped gaining."""


class SimulatedNight:
    """A source of both sound and weight, and of the ticks between them."""

    name = "scale"

    def __init__(self, *, hours: float, speed: float, seed: int) -> None:
        self.hours, self.speed = hours, speed
        self.start_s = parse_rfc3339(START)
        self.passed_s = 0.0
        self._rng = np.random.default_rng([seed, 20])
        self._room = Room(seed, noise_db=-58.0)
        self._kangaroo = SimBaby(
            name="Kangaroo", species="kitten", weight_g=181.0, born="2026-05-01", gain_pct_day=6.0
        )
        self._possum = SimBaby(
            name="Possum",
            species="puppy",
            weight_g=119.0,
            born="2026-04-28",
            gain_pct_day=-6.0,
            lively=0.7,
        )
        self._box = SimulatedBox(seed, self.start_s, [self._kangaroo, self._possum], box_g=640.0)
        self._deaf: list[tuple[float, float]] = []
        for cycle in range(int(hours * HOUR_S / CYCLE_S) + 1):
            self._script(cycle)
        self._ready: Callable[[], bool] = lambda: True
        self._backlog: Callable[[], int] = lambda: 0
        self._ended: Callable[[], None] = lambda: None
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
            self._box.thing(self.start_s + begin_s + 140 * MINUTE_S, 412.0)
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
        return "Kangaroo, a week-old kitten of 181 g, and Possum, a runt puppy of 119 g"

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
        events: list[AnyEvent] = [
            RosterChanged(t_s=self.start_s - 3 * DAY_S, baby=baby.as_baby())
            for baby in self._box.babies.values()
        ]
        for name, weights in BEFORE.items():
            events += [
                WeighIn(
                    t_s=self.start_s - hours * HOUR_S,
                    baby=name,
                    move="lift",
                    weight_g=grams,
                    sigma_g=0.5,
                    confidence=1.0,
                    step_id=f"before-{name.lower()}-{hours}",
                )
                for hours, grams in weights
            ]
        return events

    # ------------------------------------------------------------------ the source

    def attach(
        self, *, ready: Callable[[], bool], backlog: Callable[[], int], ended: Callable[[], None]
    ) -> None:
        """When to begin, how far the daemon is behind, and whom to tell when the night is over."""
        self._ready, self._backlog, self._ended = ready, backlog, ended

    def clock(self) -> str:
        """Nursery time of day, HH:MM."""
        hours, minutes = divmod(int((self.start_s + self.passed_s) % DAY_S / MINUTE_S), 60)
        return f"{hours:02d}:{minutes:02d}"

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
        seconds = int(self.hours * HOUR_S)
        scale = self._box.blocks(self.start_s, self.start_s + seconds, block_s=1.0)
        due_s = time.monotonic()
        for second in range(seconds):
            while self._backlog() > MOST_BACKLOG and not self._stopping.is_set():
                time.sleep(0.002)
                due_s = time.monotonic()
            if self._stopping.is_set():
                return
            now_s = self.start_s + second
            self._put(AudioBlock(now_s, self._sound(second)))
            if (block := next(scale, None)) is not None:
                self._put(block)
            self._put(Tick(now_s + 1.0))
            self.passed_s = second + 1.0
            self._turned_s = time.monotonic()
            due_s += 1.0 / self.speed
            if (wait_s := due_s - time.monotonic()) > 0.002:
                self._stopping.wait(wait_s)
        while self._backlog() and not self._stopping.is_set():
            time.sleep(0.01)
        self._ended()

    def _sound(self, second: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        samples = self._room.render(second * AUDIO_RATE_HZ, AUDIO_RATE_HZ)
        if any(begin <= second < end for begin, end in self._deaf):
            return np.zeros_like(samples)  # a muted microphone delivers perfect zeros
        return samples

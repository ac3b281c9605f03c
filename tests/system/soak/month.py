"""A month of four babies for the soak: they age and gain, feed and cry; one fades and recovers.

Sound and weight come from the same simulators as the demo. One box is scripted per day, so the
simulator's own memory does not grow. Every block is real sound (room noise, cries in it), and all
of it is looked at by the source's health; the network hears the two minutes around every cry, and
one hour of each day from beginning to end. For the rest it is spared: thirty days of it would
take 40 minutes of one core, and between stretches it keeps nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import numpy as np

from monitor.config import Config
from monitor.devices import Put
from monitor.events import AUDIO_RATE_HZ, AudioBlock, ClockReading, ScaleBlock, Tick
from monitor.host.probe import HostProbe
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.sounds import Room, bout

DAY_S, HOUR_S = 86_400.0, 3600.0
MOST_BACKLOG = 300
"""observations: two and a half minutes, of which 75 are blocks of sound (the queue holds 300)"""
BLOCK_S = 2.0
"""of sound and of readings; shorter than the 3 s after which a source counts as stalled"""
BOX_G = 900.0
LITTER = (
    ("Kangaroo", "kitten", 118.0, 4.6),
    ("Possum", "kitten", 139.0, 4.4),
    ("Wombat", "puppy", 205.0, 4.9),
    ("Quoll", "puppy", 262.0, 4.3),
)
"""name, species, grams and percent of daily gain on the first day"""
BORN_DAYS_BEFORE = 8.0
FADES = range(12, 16)
"""days on which Possum drinks little and loses"""
FED_EVERY_H = ((7, 3.0), (14, 4.0), (999, 5.0))
"""(until this day of the soak, hours between bottles)"""
LISTEN_H = 4.0
"""from here, for an hour of each day, the network hears every sample"""


class Month:
    """A source of sound, weight, ticks, clock and host; ``sampled`` hears of each stretch's end."""

    name = "scale"

    def __init__(
        self, config: Config, start_s: float, *, hours: float, sample_h: float, seed: int
    ) -> None:
        self.start_s, self._hours, self._sample_h = start_s, hours, sample_h
        self.passed_s = 0.0
        born = time.strftime("%Y-%m-%d", time.gmtime(start_s - BORN_DAYS_BEFORE * DAY_S))
        self.babies = [
            SimBaby(name=name, species=species, weight_g=grams, born=born, gain_pct_day=gain)  # type: ignore[arg-type]  # two of its kinds
            for name, species, grams, gain in LITTER
        ]
        self._seed = seed
        self._box_g = BOX_G
        self._awake: list[tuple[float, float]] = []
        self._cries: list[tuple[float, str, float, int]] = []
        """of the day: second, kind, length, seed; the sound is made when its time comes"""
        self._probe = HostProbe(config)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._play, name="month", daemon=True)
        self._turned_s = time.monotonic()

    def attach(
        self,
        *,
        ready: Callable[[], bool],
        backlog: Callable[[], int],
        sampled: Callable[[float], None],
        ended: Callable[[], None],
    ) -> None:
        """When to begin, how far the daemon is behind, and whom to tell."""
        self._ready, self._backlog = ready, backlog
        self._sampled, self._ended = sampled, ended

    def awake(self, t_s: float) -> bool:
        """Whether the network hears this second."""
        return any(begin <= t_s < end for begin, end in self._awake)

    # ------------------------------------------------------------------ a source

    def start(self, put: Put) -> None:
        """Begin the month."""
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

    # ------------------------------------------------------------------ the story

    def _script(self, day: int) -> SimulatedBox:
        """One day; box and babies are as heavy as the day before left them."""
        rng = np.random.default_rng([self._seed, 5, day])
        start_s = self.start_s + day * DAY_S
        fades = day in FADES
        if day:
            for baby in self.babies:
                baby.weight_g = baby.at(start_s)
        self.babies[1].gain_pct_day = -3.0 if fades else LITTER[1][3]
        box = SimulatedBox(self._seed + day, start_s, self.babies, box_g=self._box_g)
        self._cries = []
        self._awake = [(start_s + LISTEN_H * HOUR_S, start_s + (LISTEN_H + 1) * HOUR_S)]
        every_h = next(hours for until, hours in FED_EVERY_H if day < until)
        for begin_h in np.arange(0.4, 21.0, every_h):
            kind = "kitten" if rng.uniform() < 0.5 else "puppy"
            self._cry(start_s, kind, begin_h * HOUR_S - 300.0, 70.0, rng)
            for place, baby in enumerate(self.babies):
                at_s = start_s + begin_h * HOUR_S + place * 840.0 + rng.uniform(0, 60)
                share = rng.uniform(0.038, 0.048)
                if fades and baby is self.babies[1]:
                    share = 0.004
                box.feed(at_s, baby.name, share * baby.at(at_s), rng.uniform(300, 540))
        for _ in range(2):
            self._cry(start_s, "kitten", rng.uniform(1, 22) * HOUR_S,
                      rng.uniform(20, 200), rng)  # fmt: skip
        self._keep_house(day, start_s, box)
        return box

    def _keep_house(self, day: int, start_s: float, box: SimulatedBox) -> None:
        """Clean bedding every evening; a heat pad now and then; a loose plug once a week."""
        clean_s = start_s + 22.7 * HOUR_S
        wet_g = box.carried_g - BOX_G - sum(baby.at(clean_s) for baby in self.babies)
        box.box_off(clean_s)
        box.box_on(clean_s + 240.0, heavier_g=-wet_g)
        self._box_g = box.carried_g - sum(baby.at(start_s + DAY_S) for baby in self.babies)
        if day % 3 == 1:
            box.thing(start_s + 2.2 * HOUR_S, 380.0)
            box.thing(start_s + 9.7 * HOUR_S, -380.0)
        if day % 7 == 5:
            box.cut(start_s + 15 * HOUR_S, start_s + 15 * HOUR_S + 240.0)

    def _cry(
        self, start_s: float, kind: str, at_s: float, seconds: float,
        rng: np.random.Generator,
    ) -> None:  # fmt: skip
        self._cries.append((at_s - 5.0, kind, seconds, int(rng.integers(1 << 30))))
        self._awake.append((start_s + at_s - 60.0, start_s + at_s + seconds + 60.0))

    def _play(self) -> None:
        deadline_s = time.monotonic() + 30.0
        while not self._ready() and time.monotonic() < deadline_s:
            time.sleep(0.05)
        left_s = int(self._hours * HOUR_S)
        day = 0
        while left_s > 0 and self._day(day, min(left_s, int(DAY_S))):
            left_s -= int(DAY_S)
            day += 1
        self._ended()

    def _day(self, day: int, seconds: int) -> bool:
        """Play one day, or what is left of the month; False when stopped."""
        room = Room(self._seed, noise_db=-58.0)
        box = self._script(day)
        start_s = self.start_s + day * DAY_S
        scale = box.blocks(start_s, start_s + DAY_S, block_s=BLOCK_S)
        held: ScaleBlock | None = next(scale)
        for second in range(seconds):
            while self._backlog() > MOST_BACKLOG and not self._stopping.is_set():
                time.sleep(0.001)
            if self._stopping.is_set():
                return False
            held = self._second(start_s + second, room, second, held, scale)
            if (day * DAY_S + second + 1) % (self._sample_h * HOUR_S) == 0:
                while self._backlog() and not self._stopping.is_set():
                    time.sleep(0.01)
                self._sampled(self.passed_s / HOUR_S)
        return True

    def _second(
        self, now_s: float, room: Room, second: int, held: ScaleBlock | None,
        scale: Iterator[ScaleBlock],
    ) -> ScaleBlock | None:  # fmt: skip
        """Put what one second brings; returns the block of the scale that comes next."""
        if second % 60 == 0:
            self._put(ClockReading(now_s, now_s, synced=True))
        if second % 30 == 0:
            self._put(self._probe.report(now_s))
        if second % int(BLOCK_S) == 0:
            for cry in [cry for cry in self._cries if cry[0] <= second]:
                at_s, kind, seconds, seed = cry
                self._cries.remove(cry)
                sound = bout(kind, np.random.default_rng(seed), seconds, level_db=-32.0)  # type: ignore[arg-type]  # two of its kinds
                room.add(at_s + 5.0, sound)
            count = int(BLOCK_S) * AUDIO_RATE_HZ
            self._put(AudioBlock(now_s, room.render(second * AUDIO_RATE_HZ, count)))
        if held is not None and held.t_s < now_s + 1.0:
            self._put(held)
            held = next(scale, None)
        self._put(Tick(now_s + 1.0))
        self.passed_s = now_s + 1.0 - self.start_s
        self._turned_s = time.monotonic()
        return held

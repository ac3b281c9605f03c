"""Healthy nights through the daemon's recorder: which alerts are raised though nothing is wrong.

    python -m calibration.evaluation.healthy_nights --nights 20 --workers 2

Each night is twelve hours of a litter that is fed, cries before some bottles and gains: simulated
sound and weights, the real pipeline and journal. Sources pause for seconds now and then, and the
daemon restarts, in order (SIGTERM) and by ``kill -9``: neither may raise anything. Every alert but
crying is a false one. The network is given the minute around each cry only; all sound is examined
for signs of life.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import msgspec
import numpy as np

from calibration.evaluation.metrics import poisson_rate
from monitor.config import Config, MicrophoneConfig, ScaleConfig
from monitor.core.cry.detector import CryDetector, Heard
from monitor.daemon.recorder import Recorder
from monitor.data.shipped import cry_model
from monitor.events import (
    AUDIO_RATE_HZ,
    Alert,
    AnyEvent,
    AudioBlock,
    ClockReading,
    Observation,
    RosterChanged,
    ScaleBlock,
    Tick,
)
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.simulation.cell import CHEAP_CELL, GOOD_CELL, Cell
from monitor.simulation.sounds import Room, bout
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.times import DAY_S, HOUR_S, parse_rfc3339, utc_date

START_S = parse_rfc3339("2026-03-02T19:00:00Z")
BLOCK_S = 2
"""of sound and of readings; shorter than the 3 s after which a source counts as stalled"""
LISTENS_S = 60.0
"""the network hears so long before and after a cry"""
NAMES = ("Ann", "Ben", "Cleo", "Dot")

Span = tuple[float, float]


class Script(msgspec.Struct):
    """One night: what happens in the box, and to the daemon."""

    box: SimulatedBox
    room: Room
    awake: list[Span]
    deaf: list[Span]
    weightless: list[Span]
    restarts: list[tuple[float, float, bool]]
    """when, for how long, and whether in order (SIGTERM)"""


class Tally(msgspec.Struct):
    """Alerts of some nights, by kind (and source)."""

    raised: Counter[str] = msgspec.field(default_factory=Counter)
    spoken: Counter[str] = msgspec.field(default_factory=Counter)
    """messages that make a phone sound: raised and reminded, and not silent"""


class SparedDetector(CryDetector):
    """The real detector; what lies outside ``awake`` does not reach its network."""

    def __init__(self, awake: Sequence[Span]) -> None:
        super().__init__(cry_model())
        self._awake = awake

    def observe(self, block: AudioBlock) -> Heard:
        """As the real one; after a spared stretch the next block begins a new one."""
        awake = any(begin <= block.t_s - START_S < end for begin, end in self._awake)
        return super().observe(block) if awake else Heard([], [], [])


def script(seed: int, hours: float) -> Script:
    """A night drawn from a seed."""
    rng = np.random.default_rng([seed, 77])
    cell = GOOD_CELL if rng.uniform() < 0.7 else CHEAP_CELL
    babies = _litter(rng)
    box = SimulatedBox(seed, START_S, babies, cell=cell, box_g=float(rng.uniform(600, 1100)))
    room = Room(seed, noise_db=float(rng.uniform(-66, -50)))
    night = Script(box, room, [], [], [], [])
    every_h = float(rng.uniform(1.9, 2.4))
    for begin_h in np.arange(0.5, hours - 1.0, every_h):
        begin_s = float(begin_h) * HOUR_S
        if rng.uniform() < 0.5:
            _cry(night, begin_s - 200.0, float(rng.uniform(30, 120)), rng)
        for place, baby in enumerate(babies):
            at_s = START_S + begin_s + place * 840.0 + float(rng.uniform(0, 90))
            grams = float(rng.uniform(0.04, 0.05)) * baby.at(at_s)
            box.feed(at_s, baby.name, grams, float(rng.uniform(300, 540)))
    _disturb(night, rng, hours)
    return night


def _litter(rng: np.random.Generator) -> list[SimBaby]:
    count, grams = int(rng.integers(1, 5)), float(rng.uniform(110, 260))
    babies = []
    for name in NAMES[:count]:
        age_days = float(rng.uniform(4, 18))
        born = utc_date(START_S - age_days * DAY_S)
        babies.append(
            SimBaby(
                name=name,
                species="kitten",
                weight_g=grams,
                born=born,
                gain_pct_day=float(rng.uniform(4, 6)),
            )
        )
        grams += float(rng.uniform(15, 40))
    return babies


def _cry(night: Script, at_s: float, seconds: float, rng: np.random.Generator) -> None:
    night.room.add(at_s, bout("kitten", rng, seconds, level_db=-32.0))
    night.awake.append((at_s - LISTENS_S, at_s + seconds + LISTENS_S))


def _disturb(night: Script, rng: np.random.Generator, hours: float) -> None:
    """Pauses of either source for up to 8 s, and restarts that take up to 20 s."""

    def moment() -> float:
        return float(rng.uniform(0.1, hours - 0.1)) * HOUR_S

    for spans in (night.deaf, night.weightless):
        for begin_s in (moment() for _ in range(4)):
            spans.append((begin_s, begin_s + float(rng.uniform(2, 8))))
    for begin_s in sorted(moment() for _ in range(3)):
        night.restarts.append((begin_s, float(rng.uniform(3, 20)), bool(rng.uniform() < 0.5)))


def live(seed: int, hours: float = 12.0) -> Tally:
    """One night; every alert that came of it."""
    night, tally = script(seed, hours), Tally()
    cell: Cell = night.box.cell
    with tempfile.TemporaryDirectory(prefix="nights-") as folder:
        config = Config(
            box="nights",
            state_dir=folder,
            microphone=MicrophoneConfig(source="simulated"),
            scale=ScaleConfig(
                source="simulated",
                counts_per_gram=cell.counts_per_gram,
                zero_counts=cell.zero_counts,
            ),
        )
        run = _Run(config, night, tally)
        restarts = list(night.restarts)
        down_until_s = 0.0
        for second, observations in _seconds(night, hours):
            if restarts and second >= restarts[0][0]:
                _, down_s, in_order = restarts.pop(0)
                run.stop(in_order=in_order)
                down_until_s = second + down_s
            if second >= down_until_s:
                run.live(START_S + second, observations)
        run.stop(in_order=True)
    return tally


class _Run:
    """The daemon's recorder, started when first needed and after each stop."""

    def __init__(self, config: Config, night: Script, tally: Tally) -> None:
        self._config, self._night, self._tally = config, night, tally
        self._recorder: Recorder | None = None
        self._is_new = True

    def live(self, now_s: float, observations: Sequence[Observation]) -> None:
        """Fold one second in."""
        recorder = self._recorder or self._start(now_s)
        for observation in observations:
            self._count(recorder.handle(observation))

    def stop(self, *, in_order: bool) -> None:
        """End the process; in order, it saves what a crash loses."""
        if self._recorder is not None:
            if in_order:
                self._recorder.save(self._recorder.now_s)
            self._recorder.journal.close()
        self._recorder = None

    def _start(self, now_s: float) -> Recorder:
        journal = Journal.open(self._config.journal_path)
        if self._is_new:
            babies = [baby.as_baby() for baby in self._night.box.babies.values()]
            journal.write(Batch(events=[RosterChanged(t_s=START_S, baby=baby) for baby in babies]))
            self._is_new = False
        recorder = self._recorder = Recorder(self._config, journal, start_s=now_s)
        recorder.pipeline.detector = SparedDetector(self._night.awake)
        return recorder

    def _count(self, events: Sequence[AnyEvent]) -> None:
        for event in events:
            if not isinstance(event, Alert) or event.state not in {"raised", "reminded"}:
                continue
            name = event.kind
            if event.kind == "monitor_blind":
                name += f" ({event.title})"  # type: ignore[assignment]  # a label from here on
            self._tally.raised[name] += event.state == "raised"
            self._tally.spoken[name] += not event.silent


def _seconds(night: Script, hours: float) -> Iterator[tuple[int, list[Observation]]]:
    """What the sources say in each second."""
    end_s = START_S + hours * HOUR_S
    scale = night.box.blocks(START_S, end_s, block_s=float(BLOCK_S))
    weights: ScaleBlock | None = next(scale, None)
    for second in range(int(hours * HOUR_S)):
        found: list[Observation] = []
        if second % 60 == 0:
            found.append(ClockReading(START_S + second, START_S + second, synced=True))
        if second % BLOCK_S == 0:
            samples = night.room.render(second * AUDIO_RATE_HZ, BLOCK_S * AUDIO_RATE_HZ)
            if not _within(night.deaf, second):
                found.append(AudioBlock(START_S + second, samples))
        while weights is not None and weights.t_s < START_S + second + 1.0:
            if not _within(night.weightless, second):
                found.append(weights)
            weights = next(scale, None)
        yield second, [*found, Tick(START_S + second + 1.0)]


def _within(spans: Sequence[Span], second: float) -> bool:
    return any(begin <= second < end for begin, end in spans)


def _night(job: tuple[int, float]) -> Tally:
    return live(*job)


def show(total: Tally, nights: int) -> str:
    """A line per kind: raised and spoken per night, with exact Poisson intervals."""
    lines = [f"{nights} nights, per night:      raised (90 % interval)        spoken"]
    for name in sorted(total.spoken | total.raised):
        rate = poisson_rate(total.raised[name], nights)
        spoken = total.spoken[name] / nights
        lines.append(f"{name:36s} {rate}    {spoken:.2f}")
    false = sum(count for name, count in total.raised.items() if name != "crying")
    lines.append(f"{'all but crying':36s} {poisson_rate(false, nights)}")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nights", type=int, default=20)
    parser.add_argument("--hours", type=float, default=12.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--list", action="store_true", help="a line for each night with a false alert"
    )
    asked = parser.parse_args(argv)
    os.environ["TZ"] = "UTC"  # quiet hours are local time
    time.tzset()
    jobs = [(asked.seed * 1000 + k, asked.hours) for k in range(asked.nights)]
    total = Tally()
    with ProcessPoolExecutor(asked.workers) as pool:
        for (seed, _), tally in zip(jobs, pool.map(_night, jobs), strict=True):
            total.raised += tally.raised
            total.spoken += tally.spoken
            false = {name: count for name, count in tally.raised.items() if name != "crying"}
            if asked.list and any(false.values()):
                print(f"night {seed}: {false}")
    print(show(total, asked.nights))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Scripted nights through the whole pipeline: how many alerts they raise.

    python -m calibration.evaluation.alert_nights --boxes 2 --workers 2

Every box of ``scenario_boxes`` for its twelve hours, with a microphone that hears the litter call
before and during each bottle. Nobody is ill and nothing is broken. Printed: alerts a night by kind,
and how many of them make a push.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import cast

import numpy as np

from calibration.evaluation.scenario_boxes import HARD, SEPARABLE
from calibration.evaluation.scenario_parts import START_S, Box, Random
from monitor.config import Config, MicrophoneConfig, ScaleConfig
from monitor.core.cry.bouts import BoutEvent
from monitor.core.cry.detector import CryDetector, Heard
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import growth_reference
from monitor.events import AUDIO_RATE_HZ, Alert, AudioBlock, CryEnded, CryStarted, Tick
from monitor.simulation.box import Truth
from monitor.times import HOUR_S

DECIDED_S, ENDED_S = 2.0, 5.0
"""from a bout's first call until it is certain, and from its last call until it is over"""
CALLS_EARLY_S = (60.0, 1500.0)
"""a litter wakes this long before the bottle comes"""
BOUT_S, PAUSE_S = (2.0, 12.0), (3.0, 60.0)


class ScriptedDetector:
    """A detector with scripted bouts; the sound it is given is not used."""

    level_db = -50.0
    crying: CryStarted | None = None
    state = None
    """the timeline of a script stays"""

    def __init__(self, bouts: Sequence[tuple[float, float]]) -> None:
        started: list[tuple[float, BoutEvent]] = [
            (a + DECIDED_S, CryStarted(t_s=a, species="kitten", score=0.9, decided_s=a + DECIDED_S))
            for a, _ in bouts
        ]
        ended: list[tuple[float, BoutEvent]] = [
            (b + ENDED_S, CryEnded(t_s=b, started_s=a, species="kitten", score=0.9))
            for a, b in bouts
        ]
        self._coming = sorted([*started, *ended], key=lambda pair: pair[0])

    def observe(self, block: AudioBlock) -> Heard:
        """The bouts known by the end of the block."""
        told: list[BoutEvent] = []
        while self._coming and self._coming[0][0] <= block.end_s:
            told.append(self._coming.pop(0)[1])
            self.crying = told[-1] if isinstance(told[-1], CryStarted) else None
        return Heard([], told, [])

    def flush(self) -> Heard:
        """Nothing is held back."""
        return Heard([], [], [])


def calls(r: Random, truth: Sequence[Truth]) -> list[tuple[float, float]]:
    """Bouts of a litter that wakes before its bottles, and calls while others are out."""
    out: list[tuple[float, float]] = []
    end_s = -math.inf
    for move in truth:
        if move.kind != "lift" or r.uniform() < 0.5:
            continue
        t_s = max(end_s, move.t_s - float(r.uniform(*CALLS_EARLY_S)))
        while t_s < move.t_s + 60.0:
            bout_s = float(r.uniform(*BOUT_S))
            out.append((t_s, t_s + bout_s))
            end_s = t_s + bout_s + ENDED_S + float(r.uniform(*PAUSE_S))
            t_s = end_s
    return out


def pipeline_of(box: Box, bouts: Sequence[tuple[float, float]]) -> Pipeline:
    """The daemon's own pipeline for a box, with quiet hours as by default (UTC)."""
    cell = box.box.cell
    pipeline = Pipeline(
        Config(
            box="night",
            microphone=MicrophoneConfig(source="simulated"),
            scale=ScaleConfig(
                source="simulated",
                counts_per_gram=cell.counts_per_gram,
                zero_counts=cell.zero_counts,
            ),
        ),
        babies=[baby.as_baby() for baby in box.box.babies.values()],
        history=[],
        model=None,
        reference=growth_reference(),
        start_s=START_S,
        local_minute=lambda t_s: int(t_s // 60) % 1440,
    )
    pipeline.detector = cast("CryDetector", ScriptedDetector(bouts))
    return pipeline


def told(box: Box, seed: int) -> list[Alert]:
    """Every change in an alert's life that one night makes."""
    r = np.random.default_rng([seed, 77])
    pipeline = pipeline_of(box, calls(r, box.box.truth))
    room = r.normal(0, 2e-4, AUDIO_RATE_HZ).astype(np.float32)
    alerts: list[Alert] = []
    end_s = START_S + box.hours * HOUR_S
    scale = {math.floor(b.times_s[0]): b for b in box.box.blocks(START_S, end_s)}
    for now_s in np.arange(START_S, end_s):
        sound = np.roll(room, int(r.integers(AUDIO_RATE_HZ))) * np.float32(r.uniform(0.8, 1.2))
        events = pipeline.observe(AudioBlock(now_s, sound))
        if (block := scale.get(math.floor(now_s))) is not None:
            events += pipeline.observe(block)
        events += pipeline.observe(Tick(now_s + 1.0))
        alerts += [event for event in events if isinstance(event, Alert)]
    return alerts


def _night(job: tuple[str, int]) -> tuple[str, Counter[str], int]:
    name, seed = job
    build = {f.__name__: f for f in (*SEPARABLE, *HARD)}[name]
    r = np.random.default_rng([seed, sum(name.encode())])
    alerts = told(build(r), seed)
    raised = Counter(f"{a.kind} {a.severity}" for a in alerts if a.state == "raised")
    return name, raised, sum(not a.silent for a in alerts)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the alerts a night, by scenario and in all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, default=2, help="nights per scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args(argv)
    names = [f.__name__ for f in (*SEPARABLE, *HARD)]
    jobs = [(name, args.seed * 1000 + k) for name in names for k in range(args.boxes)]
    total: Counter[str] = Counter()
    pushes = 0
    with ProcessPoolExecutor(args.workers) as pool:
        for name, raised, pushed in pool.map(_night, jobs):
            total += raised
            pushes += pushed
            print(f"{name:12s} {pushed:3d} pushes  {dict(sorted(raised.items()))}", flush=True)
    nights = len(jobs)
    print(f"{nights} nights: {pushes / nights:.2f} pushes a night")
    for kind, count in sorted(total.items()):
        print(f"  {kind:28s} {count:4d}  {count / nights:.2f} a night")


if __name__ == "__main__":
    main()

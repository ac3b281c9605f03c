"""The same courses as ``fading_courses``, from a simulated cell's counts through the whole core.

``python -m calibration.evaluation.fading_boxes --kittens CSV --puppies CSV [--courses 12]`` scripts
a box (``simulation.box``) with the weights, bottles and movement of a simulated litter, gives its
counts to the pipeline that the daemon runs, and prints beside each other when ``fading`` was told
by it and by the fast evaluation. Nobody listens in either; a carer answers one question a day.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from calibration.evaluation.fading_courses import Job, jobs
from calibration.evaluation.fading_drive import OUT_S, START_S, follow, weighings
from calibration.evaluation.fading_worlds import HOURS, Animal, Litter, halves, litter
from calibration.evaluation.growth_records import Rows, read_records
from monitor.commands import Assign
from monitor.config import Config, MicrophoneConfig, ScaleConfig
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import growth_reference
from monitor.events import Alert, AnyEvent, Command, ScaleBlock, Species, Tick, Unassigned, WeighIn
from monitor.simulation.box import SimBaby, SimulatedBox
from monitor.times import DAY_S, HOUR_S, MINUTE_S, utc_date

MOST_BABIES = 3
APART_S = 120.0
"""between one baby's return and the next one's lift"""


class Move(NamedTuple):
    """One baby is taken out at ``t_s`` and takes in so much."""

    t_s: float
    name: str
    milk_g: float


class Confirmed(NamedTuple):
    """One course: the hour at which ``fading`` was told of the baby that fades, of both ways."""

    job: Job
    onset_h: float
    fast_h: float | None
    whole_h: float | None
    false: int
    """``fading`` told of a baby that was well, by the whole core"""
    named: int
    unnamed: int
    """moves"""


def bottles(made: Litter) -> list[Move]:
    """Of all babies, one after another, with the milk that the fast evaluation gives them."""
    r = np.random.default_rng([made.seed, 43])
    found = []
    for i, animal in enumerate(made.animals):
        weighed = weighings(r, made, i)
        late_s = i * (OUT_S + APART_S)
        for lift, back in zip(weighed[::2], weighed[1::2], strict=True):
            found.append(Move(lift.t_s + late_s, animal.name, back.weight_g - lift.weight_g))
    return sorted(found)


def boxed(made: Litter, fed: list[Move]) -> Iterator[ScaleBlock]:
    """The counts of ten days, a minute at a time; ``fed`` gets each bottle as it really begins."""
    babies = [_baby(animal) for animal in made.animals]
    box = SimulatedBox(made.seed, START_S, babies)
    waiting, free_s = bottles(made), START_S + 1.0
    for h in range(HOURS - 1):
        from_s = START_S + h * HOUR_S
        for baby, animal in zip(babies, made.animals, strict=True):
            baby.lively = float(animal.lively[h])
            baby.change_gain(from_s, _gain(animal, h))
        while waiting and waiting[0].t_s < from_s + HOUR_S:
            begin_s = max(waiting[0].t_s, free_s, from_s + 1.0)
            if begin_s + OUT_S + APART_S > from_s + HOUR_S:
                break  # in the next hour: what an hour does is scripted as one
            move = waiting.pop(0)
            box.feed(begin_s, move.name, move.milk_g, OUT_S)
            fed.append(move._replace(t_s=begin_s))
            free_s = begin_s + OUT_S + APART_S
        yield from box.blocks(from_s, from_s + HOUR_S, MINUTE_S)


def _baby(animal: Animal) -> SimBaby:
    born = utc_date(START_S - animal.age_day * 24.0 * HOUR_S)
    grams = round(math.exp(animal.log_g[0]))
    return SimBaby(name=animal.name, species=animal.species, born=born, weight_g=grams,
                   gain_pct_day=_gain(animal, 0))  # fmt: skip


def _gain(animal: Animal, h: int) -> float:
    return 2400.0 * float(animal.log_g[h + 1] - animal.log_g[h])


def told_by_all(made: Litter) -> list[AnyEvent]:
    """Everything the pipeline makes of it; the carer answers one "who was it?" a day."""
    cell = SimulatedBox(made.seed, START_S, []).cell
    scale = ScaleConfig(
        source="simulated",
        counts_per_gram=cell.counts_per_gram,
        zero_counts=cell.zero_counts,
    )
    core = Pipeline(
        Config(box="course", scale=scale, microphone=MicrophoneConfig(source="none")),
        babies=[_baby(animal).as_baby() for animal in made.animals],
        history=[],
        model=None,
        reference=growth_reference(),
        start_s=START_S,
        local_minute=lambda t_s: int(t_s // MINUTE_S) % 1440,
    )
    events: list[AnyEvent] = []
    fed: list[Move] = []
    answered_s = -math.inf
    for block in boxed(made, fed):
        new = [*core.observe(block), *core.observe(Tick(block.t_s))]
        asked = next((e for e in new if isinstance(e, Unassigned) and e.move == "lift"), None)
        if asked is not None and block.t_s - answered_s >= DAY_S:
            who = next(move.name for move in reversed(fed) if move.t_s <= asked.t_s)
            answer = Assign(step_id=asked.step_id, baby=who)
            new += core.observe(Command(block.t_s, answer))
            answered_s = block.t_s
        events += new
    return events


def confirm(job: Job, made: Litter) -> Confirmed:
    """One litter both ways; nobody hears it."""
    made.hears = False
    fades = next(animal for animal in made.animals if animal.fade is not None)
    fast = next(told for told in follow(made) if told.animal is fades)
    events = told_by_all(made)
    raised = [e for e in events if isinstance(e, Alert) and e.kind == "fading"
              and e.state == "raised"]  # fmt: skip
    told_h = [(e.t_s - START_S) / HOUR_S for e in raised if e.baby == fades.name]
    onset_h = fades.onset_h
    first_h = fast.first_h("fading", onset_h)
    return Confirmed(
        job, onset_h, None if first_h is None else first_h + 1.0,
        next((h for h in told_h if h >= onset_h), None),
        len(raised) - sum(h >= onset_h for h in told_h),
        sum(isinstance(e, WeighIn) for e in events),
        sum(isinstance(e, Unassigned) for e in events),
    )  # fmt: skip


def row(found: Confirmed) -> str:
    """One line of the table; hours after the onset."""
    fast, whole = (_after(h, found.onset_h) for h in (found.fast_h, found.whole_h))
    moves = found.named + found.unnamed
    return (f"| {found.job.species}, {found.job.fade} | {fast} | {whole} "
            f"| {found.named} of {moves} | {found.false} |")  # fmt: skip


def _after(h: float | None, onset_h: float) -> str:
    return "not told" if h is None else f"{h - onset_h:.0f} h"


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kittens", type=Path, required=True)
    parser.add_argument("--puppies", type=Path, required=True)
    parser.add_argument("--courses", type=int, default=12)
    parser.add_argument("--seed", type=int, default=50_000)
    args = parser.parse_args(argv)
    records: dict[Species, dict[str, Rows]] = {
        "kitten": halves(read_records(args.kittens))[1],
        "puppy": halves(read_records(args.puppies))[1],
    }
    print("| course | fast | whole core | moves named | false |\n|---|---|---|---|---|")
    done = 0
    for job in jobs(20 * args.courses, args.seed):
        if done == args.courses or job.fade is None or job.disturbance != "none":
            continue
        made = litter(records[job.species], job.species, job.fade, "none", job.seed)
        if len(made.animals) <= MOST_BABIES:
            print(row(confirm(job, made)), flush=True)
            done += 1


if __name__ == "__main__":
    main()

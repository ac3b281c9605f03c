"""How much earlier a baby that fades is told of by signs that agree, and how often falsely.

``python -m calibration.evaluation.fading_courses --kittens CSV --puppies CSV [--litters 120]`` runs
simulated litters (``fading_worlds``) through the core's records, rules and judgement
(``fading_drive``) and prints, for ``fading`` and each rule that was there before, how many courses
it told, how long after the onset and how long before ``losing_weight``, and how often it spoke of a
baby that was well. Constants were chosen with ``--half 0`` (every second real record, other
seeds); ``--half 1`` is what is reported.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from calibration.evaluation.fading_bound import Bound, known, looked, looking_limit, rows
from calibration.evaluation.fading_compare import (
    Result,
    Spoken,
    against_rules,
    against_signs,
    curve,
    milk_missed,
)
from calibration.evaluation.fading_drive import Told, follow
from calibration.evaluation.fading_worlds import (
    DISTURBANCES,
    FADES,
    WORST_BAD_DAY,
    Animal,
    Disturbance,
    Fade,
    Litter,
    halves,
    litter,
)
from calibration.evaluation.growth_records import Rows, read_records
from calibration.evaluation.scenario_score import wilson
from monitor.events import Species

WARM_UP_H = 48.0
"""Before that there is no baseline: neither right nor wrong."""
WEEK_H = 168.0
EARLY_H = 12.0
RULES = ("fading", "watch", "losing_weight", "not_gaining", "low_intake")
"""of what a line is printed; ``watch``: the level, shown and not told"""


class Job(NamedTuple):
    """One litter to simulate."""

    species: Species
    fade: Fade | None
    disturbance: Disturbance
    seed: int


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one baby, for one rule."""

    fade: Fade | None
    disturbance: Disturbance
    weeks: float
    """in which it was well"""
    false: int
    delay_h: float | None
    """from the onset to the first word; ``None``: none, or it does not fade"""
    lead_h: float | None
    """before ``losing_weight``, or before the end where that never came"""


def jobs(litters: int, seed: int) -> list[Job]:
    """Half of the litters have one that fades; disturbances and kinds take turns."""
    found = []
    for k in range(litters):
        species: Species = "kitten" if k % 3 else "puppy"
        pair = k // 2
        fade = FADES[pair % len(FADES)] if k % 2 else None
        disturbance = DISTURBANCES[pair % len(DISTURBANCES)] if not k % 2 or pair % 2 else "none"
        found.append(Job(species, fade, disturbance, seed + k))
    return found


def told(job: Job, records: dict[Species, dict[str, Rows]]) -> list[tuple[Job, Told]]:
    """One litter through the core."""
    made = litter(records[job.species], job.species, job.fade, job.disturbance, job.seed)
    return [(job, each) for each in follow(made)]


def course(job: Job, of: Told, spoken: Sequence[bool]) -> Course:
    """What one rule, ``spoken`` hour by hour, came to for one baby."""
    animal, hours = of.animal, len(of.kinds)
    well_h = math.ceil(animal.onset_h) if animal.fade is not None else hours
    on = spoken[int(WARM_UP_H) : well_h]
    false = sum(now and not before for before, now in zip([False, *on], on, strict=False))
    weeks = max(well_h - WARM_UP_H, 0.0) / WEEK_H
    if animal.fade is None:
        return Course(fade=None, disturbance=job.disturbance, weeks=weeks, false=false,
                      delay_h=None, lead_h=None)  # fmt: skip
    first_h, end_h = _first(spoken, well_h), losing_h(of)
    lead_h = None if first_h is None else end_h - first_h
    delay_h = None if first_h is None else first_h + 1 - animal.onset_h
    return Course(fade=animal.fade, disturbance=job.disturbance, weeks=weeks, false=false,
                  delay_h=delay_h, lead_h=lead_h)  # fmt: skip


def losing_h(of: Told) -> int:
    """The hour of ``losing_weight`` of a baby that fades, or the end where it never comes."""
    found = _first(spoken_by(of, "losing_weight"), math.ceil(of.animal.onset_h))
    return len(of.kinds) if found is None else found


def spoken_by(of: Told, rule: str) -> list[bool]:
    """Hour by hour, whether the running rules say it."""
    if rule == "watch":
        return [level in {"watch", "act"} for level in of.levels]
    return [rule in kinds for kinds in of.kinds]


def _first(on: Sequence[bool], from_h: int) -> int | None:
    return next((h for h in range(from_h, len(on)) if on[h]), None)


def _measured(found: Sequence[tuple[Job, Told]], spoken: Spoken) -> Result:
    courses = [course(job, of, spoken(of)) for job, of in found]
    weeks, false = sum(c.weeks for c in courses), sum(c.false for c in courses)
    fading = [c for c in courses if c.fade is not None]
    early = sum(c.lead_h is not None and c.lead_h >= EARLY_H for c in fading)
    return 100.0 * false / max(weeks, 1e-9), 100.0 * early / max(len(fading), 1)


def rate_interval(events: int, weeks: float) -> tuple[float, float]:
    """95 % of a rate per 100 weeks: exact for a Poisson count (Garwood), by bisection."""
    return (100.0 / weeks * _bound(events, 0.975, above=False),
            100.0 / weeks * _bound(events, 0.025, above=True))  # fmt: skip


def _bound(events: int, p: float, *, above: bool) -> float:
    """The mean at which so few (or, below, so many) events have the probability."""
    if events == 0 and not above:
        return 0.0
    low, high = 0.0, 10.0 + 3.0 * events
    for _ in range(60):
        middle = 0.5 * (low + high)
        until = events if above else events - 1
        tail = sum(math.exp(-middle + k * math.log(middle) - math.lgamma(k + 1))
                   for k in range(until + 1))  # fmt: skip
        low, high = (middle, high) if tail > p else (low, middle)
    return 0.5 * (low + high)


def line(name: str, courses: Sequence[Course]) -> str:
    """One row of the table."""
    fading = [c for c in courses if c.fade is not None]
    early = sum(c.lead_h is not None and c.lead_h >= EARLY_H for c in fading)
    delays = [c.delay_h for c in fading if c.delay_h is not None]
    leads = [c.lead_h if c.lead_h is not None else -math.inf for c in fading]
    weeks, false = sum(c.weeks for c in courses), sum(c.false for c in courses)
    n = max(len(fading), 1)
    low, high = rate_interval(false, weeks) if weeks else (0.0, math.inf)
    early_low, early_high = wilson(early, n)
    return (
        f"| {name} | {len(delays)} of {len(fading)} | {np.median(delays) if delays else 0:.0f} h "
        f"| {_lead(leads)} "
        f"| {100 * early / n:.0f} % ({early_low:.0f} to {early_high:.0f}) "
        f"| {100 * false / max(weeks, 1e-9):.1f} ({low:.1f} to {high:.1f}) |"
    )


def _lead(leads: Sequence[float]) -> str:
    """The median, where at least half were told at all."""
    middle = float(np.median(leads)) if leads else math.nan
    return f"{middle:+.0f} h" if math.isfinite(middle) else "not told"


HEAD = (
    "| | told | after onset (median) | before losing_weight (median) | 12 h before it (95 %) "
    "| false, per 100 weeks of a healthy baby (95 %) |\n|---|---|---|---|---|---|"
)


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kittens", type=Path, required=True)
    parser.add_argument("--puppies", type=Path, required=True)
    parser.add_argument("--litters", type=int, default=120)
    parser.add_argument("--half", type=int, choices=(0, 1), default=1)
    parser.add_argument("--seed", type=int, default=50_000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args(argv)
    records: dict[Species, dict[str, Rows]] = {
        "kitten": halves(read_records(args.kittens))[args.half],
        "puppy": halves(read_records(args.puppies))[args.half],
    }
    with ProcessPoolExecutor(args.workers) as pool:
        work = pool.map(partial(told, records=records), jobs(args.litters, args.seed), chunksize=2)
        found = [each for batch in work for each in batch]
    print(f"{args.litters} litters, {len(found)} babies, ten days each")
    for part in (_rules_table, _kinds_table, _disturbances, _compared, _ceiling):
        print("\n" + "\n".join(part(found)), flush=True)
    print("\nwhat no rule can pass, at one false alert in 100 weeks")
    print("\n".join(rows(bounds(found, records))), flush=True)


Found = Sequence[tuple[Job, Told]]


def bounds(found: Found, records: dict[Species, dict[str, Rows]]) -> list[Bound]:
    """Of every baby that fades."""
    limit = looking_limit([of for _, of in found])
    made = []
    for job, of in found:
        if of.animal.fade is not None:
            until_h = losing_h(of) - EARLY_H
            made.append(
                Bound(
                    of.animal.fade,
                    until_h - of.animal.onset_h,
                    looked(of, until_h, limit),
                    known(of.animal, *_unbent(job, of, records), until_h),
                )
            )
    return made


def _unbent(job: Job, of: Told, records: dict[Species, dict[str, Rows]]) -> tuple[Animal, Litter]:
    """The same baby and its litter, had nobody begun to fade."""
    made = litter(records[job.species], job.species, None, job.disturbance, job.seed)
    return next(each for each in made.animals if each.name == of.animal.name), made


def _rules_table(found: Found) -> list[str]:
    return [HEAD, *(line(rule, [course(job, of, spoken_by(of, rule)) for job, of in found])
                    for rule in RULES)]  # fmt: skip


def _kinds_table(found: Found) -> list[str]:
    ours = [course(job, of, spoken_by(of, "fading")) for job, of in found]
    rows = [line(fade, [c for c in ours if c.fade == fade]) for fade in FADES]
    return ["fading, by what happens", HEAD, *rows]


def _disturbances(found: Found) -> list[str]:
    rows = ["fading, falsely, by what disturbs a healthy litter"]
    ours = [course(job, of, spoken_by(of, "fading")) for job, of in found]
    for disturbance in DISTURBANCES:
        weeks = sum(c.weeks for c in ours if c.disturbance == disturbance)
        false = sum(c.false for c in ours if c.disturbance == disturbance)
        rows.append(f"{disturbance:12s} {false:3d} in {weeks:4.0f} weeks")
    return rows


def _compared(found: Found) -> list[str]:
    measure = partial(_measured, found)
    rate, _ = measure(lambda of: spoken_by(of, "fading"))
    return [
        "what each rate of false alerts buys", *curve(measure),
        "\nat the rate of each rule: told 12 h before losing_weight",
        *against_rules(measure, [rule for rule in RULES if rule not in {"fading", "watch"}]),
        f"\neach group of signs by itself at {rate:.1f} false ones in 100 weeks",
        *against_signs(measure, rate),
    ]  # fmt: skip


def _ceiling(found: Found) -> list[str]:
    missed = [milk_missed(of.animal, losing_h(of) - EARLY_H) for _, of in found if of.animal.fade]
    less = sum(each <= WORST_BAD_DAY for each in missed)
    return [
        f"12 h before losing_weight {less} of {len(missed)} have left no more milk than a healthy",
        f"baby on the worst bad day, {WORST_BAD_DAY:g} of a day's (true amounts, no scatter)",
    ]


if __name__ == "__main__":
    main()

"""How often a healthy baby is told to drink too little, and how soon one that does is told of.

``python -m calibration.evaluation.intake_days`` prints alerts per 100 baby-days for simulated
babies that are lifted for every bottle, and hours until those that drink less are told of. No
record of bottles is public: amounts follow the reference, each with the scatter of its day and of
its bottle, and the scale sees them net of what is voided meanwhile.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from calibration.evaluation.scenario_score import wilson
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.low_intake import low_intake
from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import growth_reference
from monitor.events import Baby, Condition, Species, Weighing
from monitor.times import DAY_S, HOUR_S, MINUTE_S, utc_date

START_S = 1_700_000_000.0
DAY_SD, BOTTLE_SD = 0.15, 0.25
"""relative scatter of a day's appetite and of one bottle"""
VOIDS_P, VOID_SHARE = 0.5, (0.005, 0.015)
"""of bottles during which it empties itself, and how much of its weight"""
NIGHT_TIMES = 1.8
"""the longest gap of a day, in intervals"""


class Drinker(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated baby."""

    species: Species
    age_day: float
    days: float = 4.0
    share: float = 1.0
    """of the usual milk that it drinks from day ``from_day`` on"""
    from_day: float = 0.0
    in_the_nest: float = 0.0
    """share of bottles that it gets without being lifted, and nobody tells of"""


def told(drinker: Drinker, reference: GrowthReference, seed: int) -> Iterator[tuple[float, bool]]:
    """(hours since the turn, whether it is told to drink too little) after each bottle."""
    r = np.random.default_rng([seed, round(100 * drinker.age_day), drinker.species == "puppy"])
    born = utc_date(START_S - drinker.age_day * DAY_S)
    record = BabyRecord(baby=Baby(id="a", name="A", species=drinker.species, born=born))
    expected = reference.expected(record.baby, drinker.age_day, None)
    g = expected.weight_g[1] * float(r.uniform(0.85, 1.15))
    t_s, k, appetite = START_S, 0, 1.0
    while t_s < START_S + drinker.days * DAY_S:
        expected = reference.expected(record.baby, drinker.age_day + (t_s - START_S) / DAY_S, g)
        interval_s = 0.5 * sum(expected.feed_interval_h) * HOUR_S
        if k % 7 == 0:
            appetite = float(np.exp(r.normal(0.0, DAY_SD)))
        low = t_s >= START_S + drinker.from_day * DAY_S
        milk = expected.milk_ml_per_kg_day[1] * interval_s / DAY_S / 1000.0 * g
        milk *= appetite * float(np.exp(r.normal(0.0, BOTTLE_SD))) * (drinker.share if low else 1.0)
        gap_s = interval_s * (NIGHT_TIMES if k % 7 == 6 else float(r.uniform(0.75, 1.15)))
        if r.uniform() >= drinker.in_the_nest:
            _bottle(record, t_s, g, milk, k, r)
            record.refresh(reference)
            said = low_intake(
                record, reference, t_s + HOUR_S, away=False, seen_from_s=START_S - HOUR_S
            )
            too_little = isinstance(said, Condition) and " needs " in said.message
            yield (t_s - START_S) / HOUR_S - 24.0 * drinker.from_day, too_little
        gain = expected.gain_g_per_day[1] / expected.weight_g[1] * float(r.uniform(0.5, 1.4))
        if low and drinker.share < 1.0:  # what it does not drink it does not gain
            gain *= (drinker.share - 0.5) / 0.5
        g *= math.exp(gain * gap_s / DAY_S)
        t_s, k = t_s + gap_s, k + 1


def _bottle(
    record: BabyRecord, t_s: float, g: float, milk: float, k: int, r: np.random.Generator
) -> None:
    void = float(r.uniform(*VOID_SHARE)) * g if r.uniform() < VOIDS_P else 0.0
    wobble = float(r.normal(0.0, 0.008)) * g
    for move, at, seen in (("lift", t_s, g), ("return", t_s + 10 * MINUTE_S, g + milk - void)):
        record.put(
            Weighing(
                step_id=f"{move}{k}",
                t_s=at,
                baby="A",
                weight_g=seen + wobble + float(r.normal(0.0, 0.3)),
                sigma_g=0.3,
                move="lift" if move == "lift" else "return",
            )
        )


AGES: tuple[tuple[Species, float], ...] = (
    ("kitten", 3.0), ("kitten", 10.0), ("kitten", 20.0),
    ("puppy", 3.0), ("puppy", 10.0), ("puppy", 20.0),
)  # fmt: skip


def raised(drinker: Drinker, reference: GrowthReference, seed: int) -> int:
    """How many times it begins to be told."""
    states = [said for _, said in told(drinker, reference, seed)]
    return sum(b and not a for a, b in zip([False, *states], states, strict=False))


def _healthy(runs: int, reference: GrowthReference, in_the_nest: float) -> None:
    for species, age in AGES:
        drinker = Drinker(species=species, age_day=age, in_the_nest=in_the_nest)
        counts = [raised(drinker, reference, seed) for seed in range(runs)]
        days = runs * drinker.days
        babies = sum(count > 0 for count in counts)
        low, high = wilson(babies, runs)
        print(f"{species} day {age:2.0f}  {100 * sum(counts) / days:5.2f} alerts in 100 days; "
              f"{babies} of {runs} babies in {drinker.days:.0f} days "
              f"({low:.1f} to {high:.1f} %)")  # fmt: skip


def _drinking_less(runs: int, reference: GrowthReference, share: float) -> None:
    for species, age in AGES:
        drinker = Drinker(species=species, age_day=age, share=share, from_day=2.0)
        hours = [
            next((h for h, said in told(drinker, reference, seed) if said and h >= 0.0), None)
            for seed in range(runs)
        ]
        found = [h for h in hours if h is not None]
        median = f"{np.median(found):.0f} h" if found else "never"
        print(f"{species} day {age:2.0f}  {len(found)} of {runs} told, median {median}")


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    args = parser.parse_args(argv)
    reference = growth_reference()
    print("Healthy, lifted for every bottle")
    _healthy(args.runs, reference, 0.0)
    print("Healthy, half of the bottles in the nest and not told of")
    _healthy(args.runs, reference, 0.5)
    for share in (0.6, 0.4):
        print(f"Drinking {100 * share:.0f} % of the usual from the third day on, within two days")
        _drinking_less(args.runs, reference, share)


if __name__ == "__main__":
    main()

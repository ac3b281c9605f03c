"""How often the scale names the right baby: scripted boxes with truth, scored.

``python -m calibration.evaluation.scenarios`` prints, per scenario and in total, how many single
moves were weighed and named right, named wrong, left unassigned or missed, how many weigh-ins
were claimed where nothing of the kind happened, and the error in grams. Every claim that was ever
made counts, also one that was withdrawn later. Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from calibration.evaluation.absence_days import ABSENCES
from calibration.evaluation.carers_days import DAYS
from calibration.evaluation.replayed_box import run
from calibration.evaluation.scenario_boxes import HARD, SEPARABLE
from calibration.evaluation.scenario_parts import START_S
from calibration.evaluation.scenario_score import Score, score, wilson
from monitor.times import HOUR_S


def scenario_names() -> list[str]:
    """All scenarios, the separable ones first."""
    return [f.__name__ for f in (*SEPARABLE, *HARD, *DAYS, *ABSENCES)]


def evaluate(name: str, seed: int) -> Score:
    """Build, run and score one box."""
    build = {f.__name__: f for f in (*SEPARABLE, *HARD, *DAYS, *ABSENCES)}[name]
    r = np.random.default_rng([seed, sum(name.encode())])
    box = build(r)
    weights = {b.name: b.weight_g for b in box.box.babies.values()}
    for baby in box.box.babies.values():  # scripting moved them on: register the first weight
        baby.weight_g = weights[baby.name]
    end_s = START_S + box.hours * HOUR_S - 60.0
    return score([t for t in box.box.truth if t.t_s < end_s], run(box))


def _evaluate(job: tuple[str, int]) -> tuple[str, Score]:
    return job[0], evaluate(*job)


def _line(name: str, s: Score) -> str:
    low, high = wilson(s.right, s.moves)
    bad = s.wrong + s.false_claims + s.joint_wrong
    bad_low, bad_high = wilson(bad, s.claims)
    p95 = float(np.percentile(np.abs(s.errors_g), 95)) if s.errors_g else math.nan
    share = 100.0 * s.right / max(s.moves, 1)
    return (
        f"{name:12s} {s.moves:6d} {share:6.2f} ({low:5.1f}-{high:5.1f}) {s.unassigned:5d} "
        f"{s.missed:5d} {s.wrong:4d} {s.false_claims:4d} "
        f"{100.0 * bad / max(s.claims, 1):6.2f} ({bad_low:4.2f}-{bad_high:4.2f}) {p95:6.2f} "
        f"{s.joint_right:4d}/{s.joint_moves:<4d} {s.joint_wrong:3d}"
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, default=10, help="boxes per scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=None, choices=scenario_names())
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args(argv)
    names = args.only or scenario_names()
    jobs = [(name, args.seed * 1000 + k) for name in names for k in range(args.boxes)]
    totals: dict[str, Score] = {name: Score(errors_g=[]) for name in names}
    with ProcessPoolExecutor(args.workers) as pool:
        for name, result in pool.map(_evaluate, jobs):
            totals[name].add(result)
    print(
        "scenario      moves  right% (95 % interval) unass  miss wrng fals  bad% of claims "
        "  p95 g  joint right  wrong"
    )
    for title, group in (("separable", SEPARABLE), ("hard", HARD), ("days", (*DAYS, *ABSENCES))):
        total = Score(errors_g=[])
        for f in group:
            if f.__name__ in totals:
                print(_line(f.__name__, totals[f.__name__]))
                total.add(totals[f.__name__])
        print(_line(title.upper(), total))
    everything = Score(errors_g=[])
    for each in totals.values():
        everything.add(each)
    print(_line("ALL", everything))


if __name__ == "__main__":
    main()

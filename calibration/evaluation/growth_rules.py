"""How soon a baby that fades is noticed, and how often one that thrives is not left in peace.

``python -m calibration.evaluation.growth_rules`` prints, for simulated babies weighed at each
bottle or by hand, how many hours pass from the turn to the first weight alert, and the alerts per
day of those that gain. ``growth_base_rates`` counts on real records.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import msgspec
import numpy as np

from monitor.commands import Weigh
from monitor.config import ScaleConfig
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.scale.weigher import Weigher
from monitor.data.shipped import growth_reference
from monitor.events import Baby, Command, Species, Weighing
from monitor.simulation.box import SimBaby
from monitor.times import DAY_S, HOUR_S, utc_date

START_S = 1_700_000_000.0
WEIGHT_ALERTS = frozenset({"losing_weight", "not_gaining"})


class Fade(msgspec.Struct, frozen=True, kw_only=True):
    """One simulated baby."""

    species: Species
    age_day: float
    weight_g: float
    gain_pct_day: float
    turn_day: float = 3.0
    """gains until then"""
    then_pct_day: float | None = None
    """``None``: goes on gaining"""
    days: float = 6.0
    feeds_a_day: float = 8.0
    typed_a_day: float = 1.0
    by_hand: bool = False
    """typed instead, with the scatter of a hand weighing; otherwise lifted at each bottle"""


def first_alert_h(fade: Fade, seed: int) -> float | None:
    """Hours from the turn to the first weight alert (negative: before it); ``None``: none."""
    r = np.random.default_rng([seed, 7])
    reference = growth_reference()
    born = utc_date(START_S - fade.age_day * DAY_S)
    record = BabyRecord(
        baby=Baby(id="a", name="A", species=fade.species, born=born, weight_g=fade.weight_g)
    )
    sim = SimBaby(
        name="A", species=fade.species, weight_g=fade.weight_g, gain_pct_day=fade.gain_pct_day
    )
    sim.start(START_S)
    t_s, turned, k = START_S + HOUR_S, False, 0
    turn_s = START_S + fade.turn_day * DAY_S
    while t_s < START_S + fade.days * DAY_S:
        if not turned and t_s >= turn_s and fade.then_pct_day is not None:
            sim.change_gain(turn_s, fade.then_pct_day)
            turned = True
        k += 1
        if fade.by_hand:
            scatter = float(r.normal(0.0, 0.012)) * sim.at(t_s)
            _typed(record, t_s, round(sim.at(t_s) + scatter), k)
            t_s += (DAY_S + float(r.uniform(-1.5, 1.5)) * HOUR_S) / fade.typed_a_day
        else:
            _bottle(record, sim, t_s, k, r)
            t_s += DAY_S / fade.feeds_a_day * float(r.uniform(0.75, 1.25))
        record.refresh(reference)
        if record.concern_since_s is not None:
            return (record.concern_since_s - turn_s) / HOUR_S
    return None


def _typed(record: BabyRecord, t_s: float, grams: float, k: int) -> None:
    record.put(
        Weighing(step_id=f"t{k}", t_s=t_s, baby="A", weight_g=grams, sigma_g=1.0, origin="typed")
    )


def _bottle(record: BabyRecord, sim: SimBaby, t_s: float, k: int, r: np.random.Generator) -> None:
    """Lift, drink, return; sometimes it has emptied itself before, sometimes it drinks little."""
    wobble = float(r.normal(0.0, 0.008)) * sim.at(t_s)
    lifted = sim.at(t_s) + wobble + float(r.normal(0.0, 0.4))
    intake = float(r.normal(0.045, 0.012)) * sim.at(t_s)
    sim.eat(t_s + 600.0, intake)
    back = sim.at(t_s + 600.0) + wobble + float(r.normal(0.0, 0.4))
    for move, at, grams in (("lift", t_s, lifted), ("return", t_s + 600.0, back)):
        record.put(
            Weighing(
                step_id=f"{move}{k}",
                t_s=at,
                baby="A",
                weight_g=grams,
                sigma_g=0.4,
                move="lift" if move == "lift" else "return",
            )
        )


def watched(
    rows: Sequence[tuple[float, float]], species: Species, *, born: str | None = None
) -> list[tuple[float, set[str]]]:
    """(age in days, open weight alerts) after each weighing; the first is at birth."""
    born = born or utc_date(rows[0][0])
    baby = Baby(id="a", name="A", species=species, born=born, weight_g=rows[0][1])
    reference = growth_reference()
    path = Weigher(ScaleConfig(), [baby], start_s=rows[0][0], reference=reference)
    seen: list[tuple[float, set[str]]] = []
    for t_s, grams in rows:
        path.observe(Command(t_s=t_s, request=Weigh(baby="A", grams=grams, confirm=True)))
        kinds: set[str] = {c.kind for c in path.conditions(t_s) if c.kind in WEIGHT_ALERTS}
        seen.append(((t_s - rows[0][0]) / DAY_S, kinds))
    return seen


def alerts_raised(rows: Sequence[tuple[float, float]], species: Species) -> list[tuple[float, str]]:
    """(age in days, kind) of each weight alert; the first weighing is at birth."""
    raised: list[tuple[float, str]] = []
    open_kinds: set[str] = set()
    for age, kinds in watched(rows, species):
        raised += [(age, kind) for kind in sorted(kinds - open_kinds)]
        open_kinds = kinds
    return raised


def _fades() -> list[tuple[str, Fade]]:
    rows = []
    for species, weight in (("kitten", 180.0), ("puppy", 300.0)):
        for age in (8.0, 18.0, 30.0):
            for then in (-5.0, -2.5, None):
                grams = weight * (1.0 + age / 12.0)
                fade = Fade(
                    species="kitten" if species == "kitten" else "puppy",
                    age_day=age,
                    weight_g=grams,
                    gain_pct_day=5.0 if age < 14 else 3.5,
                    then_pct_day=then,
                )
                rows.append((f"{species} day {age:.0f}", fade))
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--bottles", type=float, default=8.0, help="a day")
    parser.add_argument("--typed", type=float, default=1.0, help="weighings by hand a day")
    args = parser.parse_args(argv)
    print("baby            rate %/d  weighed     alerted  median h  95 % h  before the turn")
    for name, fade in _fades():
        for by_hand in (False, True):
            one = msgspec.structs.replace(
                fade, by_hand=by_hand, feeds_a_day=args.bottles, typed_a_day=args.typed
            )
            hours = [first_alert_h(one, seed) for seed in range(args.runs)]
            found = sorted(h for h in hours if h is not None and h >= 0)
            early = sum(h is not None and h < 0 for h in hours)
            rate = fade.gain_pct_day if fade.then_pct_day is None else fade.then_pct_day
            middle = f"{np.median(found):8.1f} {np.percentile(found, 95):8.1f}" if found else ""
            how = "by hand" if by_hand else "bottles"
            alerted = f"{len(found):4d}/{args.runs:<4d}"
            print(f"{name:15s} {rate:+8.1f}  {how:10s} {alerted} {middle:17s} {early}")


if __name__ == "__main__":
    main()

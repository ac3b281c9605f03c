"""How often the growth rules are wrong about healthy litters, and whether they find a loss at once.

``python -m calibration.evaluation.growth_base_rates --kittens CSV... --puppies CSV...`` prints the
protocol below and its tables. Nothing is fitted here: the limits of ``core/growth/first_days.py``
are published or follow from the growth reference, and the tables say what they cost and miss.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.evaluation.growth_records import OUNCE_G, Rows, read_records
from calibration.evaluation.growth_rules import watched
from monitor.events import Species
from monitor.times import DAY_S, HOUR_S, midnight_utc_s, utc_date

PROTOCOL = """\
Protocol
 1. Every record is replayed weight by weight through the daemon's own path (a typed weighing, then
    the conditions). The first weight counts as that of birth.
 2. A false alarm: a weight alert for an animal that thrived. Counted are alerts raised, and
    animal-days on which one was open. Animals are the unit: intervals are 90 % bootstraps over
    whole animals; where nothing happened, the bound is what nothing in that many animals leaves
    possible (exact, 95 %).
 3. Coarse scales: the same records as a scale of that division would have shown them, with eight
    shifts of the weight below one division, so that no animal's luck with rounding decides.
 4. A loss: an animal's record with its first 48 hours replaced by a loss of 7 % in 36 hours (even,
    in the first half, or after a gain of 3 %), weighed every 3, 6, 12 or 24 hours and at 36, born
    just after midnight, at noon and just before midnight (a date of birth has no hour). "As shown":
    the scale shows it. "With scatter": each weight is off by what this animal's own weights of days
    2 to 14 are off its own curve (leave-one-out residuals of a parabola). Found: an alert is open
    at the 36-hour weighing, or by the one at 48.
 5. Cross-validation: for each animal the strictest loss limit of the candidates that stays at or
    below 0.5 % of animal-days on all *other* animals, judged on this one.
 6. No record has several weights on the first day, so that is simulated: a healthy newborn loses
    2 % in 8 hours, then gains as the reference's slow ones do (kitten 8 %, puppy 6 % a day); it is
    weighed by hand every 3, 6 or 12 hours for three days, with a scatter of 1.6 % and up to 2 %
    more or less by whether it has drunk.
"""
DIVISIONS = (("1 g", 1.0), ("2 g", 2.0), ("5 g", 5.0), ("10 g", 10.0), ("ounce", OUNCE_G))
SHIFTS = 8
SPANS_DAY = ((0.0, 2.0), (2.0, 14.0), (0.0, 14.0), (14.0, 28.0), (28.0, 42.0))
CANDIDATES_PCT = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
LOSS, BY_H, LAST_H = 0.07, 36.0, 48.0
EVERY_H = (3.0, 6.0, 12.0, 24.0)
BORN_H = (0.5, 12.5, 23.5)


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """What one animal's record gave within a span of ages."""

    animal: str
    days: float
    raised: int
    days_open: int


def count(
    animal: str, rows: Rows, species: Species, low_day: float, high_day: float
) -> Count | None:
    """Alerts of one record between two ages; ``None`` when it has no day there."""
    lasted = (rows[-1][0] - rows[0][0]) / DAY_S
    days = min(lasted, high_day) - low_day
    if days <= 0:
        return None
    raised, open_days, before = 0, set(), set[str]()
    for age, kinds in watched(rows, species):
        if low_day <= age < high_day:
            raised += len(kinds - before)
            if kinds:
                open_days.add(int(age))
        before = kinds
    return Count(animal=animal, days=days, raised=raised, days_open=len(open_days))


def rate_with_interval(counts: Sequence[Count], of: Callable[[Count], float]) -> str:
    """Per cent of animal-days with a 90 % interval over whole animals."""
    days = sum(c.days for c in counts)
    events = sum(of(c) for c in counts)
    animals = len({c.animal for c in counts})
    if not events:
        at_most = 100.0 * (1.0 - 0.05 ** (1.0 / animals))
        return f"0.00 % (none; at most {at_most:.0f} % of animals have any)"
    share = grouped_shares(counts, of)
    low, high = np.percentile(share, [5, 95])
    return f"{100 * events / days:.2f} % [{low:.2f}, {high:.2f}]"


def grouped_shares(
    counts: Sequence[Count], of: Callable[[Count], float], rounds: int = 2000
) -> NDArray[np.float64]:
    """Bootstrap over animals: per cent of days in each round."""
    names = sorted({c.animal for c in counts})
    events = np.array([sum(of(c) for c in counts if c.animal == n) for n in names])
    days = np.array([sum(c.days for c in counts if c.animal == n) for n in names])
    draw = np.random.default_rng(1).integers(0, len(names), (rounds, len(names)))
    share: NDArray[np.float64] = 100.0 * events[draw].sum(1) / days[draw].sum(1)
    return share


def rounded(rows: Rows, division_g: float, shift: float = 0.0) -> Rows:
    """As a scale with this division shows weights ``shift`` divisions greater."""
    return [(t_s, max(round(g / division_g + shift), 1) * division_g) for t_s, g in rows]


# ---------------------------------------------------------------------- a loss


def scatter(rows: Rows) -> NDArray[np.float64]:
    """How far an animal's weights lie from a curve through its others, as shares; days 2 to 14."""
    day = np.array([(t_s - rows[0][0]) / DAY_S for t_s, _ in rows])
    keep = (day >= 1.5) & (day <= 14.0)
    x, y = day[keep], np.log(np.array([g for _, g in rows])[keep])
    design = np.vander(x, 3)
    hat = design @ np.linalg.pinv(design)
    off: NDArray[np.float64] = (y - hat @ y) / (1.0 - np.diag(hat))
    return off


SHAPES: dict[str, Callable[[float], float]] = {
    "even": lambda h: -LOSS * min(h / BY_H, 1.0),
    "in the first half": lambda h: -LOSS * min(2.0 * h / BY_H, 1.0),
    "after a gain of 3 %": lambda h: (
        0.0025 * h if h <= 12.0 else 0.03 - (0.03 + LOSS) * min((h - 12.0) / 24.0, 1.0)
    ),
}


def losing(birth_g: float, shape: str, every_h: float, born_h: float) -> Rows:
    """A newborn that has lost 7 % by hour 36, born at an hour of the day."""
    hours = sorted({*np.arange(0.0, LAST_H, every_h).tolist(), BY_H, LAST_H})
    start_s = midnight_utc_s("2026-03-02") + born_h * HOUR_S
    return [(start_s + h * HOUR_S, birth_g * (1.0 + SHAPES[shape](h))) for h in hours]


def found(rows: Rows, species: Species) -> tuple[bool, bool]:
    """Whether an alert is open at 36 h, and whether one was by 48 h."""
    born = utc_date(rows[0][0])
    seen = watched(rows, species, born=born)
    by_36 = [kinds for age, kinds in seen if age * 24.0 <= BY_H + 0.01]
    return bool(by_36[-1]), any(kinds for _, kinds in seen)


def losses(
    records: dict[str, Rows],
    species: Species,
    division_g: float,
    *,
    scattered: bool,
    born_hours: Sequence[float] = BORN_H,
) -> Iterator[tuple[bool, bool]]:
    """``found`` for every animal, shape, schedule and hour of birth."""
    for number, rows in enumerate(records.values()):
        off = scatter(rows) if scattered else np.zeros(1)
        r = np.random.default_rng([number, 11])
        for shape in SHAPES:
            for every_h in EVERY_H:
                for born_h in born_hours:
                    lost = losing(rows[0][1], shape, every_h, born_h)
                    if scattered:
                        lost = [(t, g * float(np.exp(r.choice(off)))) for t, g in lost]
                    yield found(rounded(lost, division_g), species)


# ---------------------------------------------------------------------- cross-validation


def loss_of_first_days_pct(rows: Rows) -> float:
    """The greatest loss since the first weight that was shown between hours 18 and 54."""
    first_s, first_g = rows[0]
    later = [g for t_s, g in rows if 18.0 <= (t_s - first_s) / HOUR_S <= 54.0]
    return max((100.0 * (first_g - g) / first_g for g in later), default=-100.0)


def left_out(records: dict[str, Rows]) -> list[tuple[str, float, bool]]:
    """(animal, limit chosen on the others, whether it is a false alarm here); for two or more."""
    loss = {name: loss_of_first_days_pct(rows) for name, rows in records.items()}
    out = []
    for name in records if len(records) > 1 else ():
        others = [loss[other] for other in records if other != name]
        days = 14.0 * len(others)
        for limit in CANDIDATES_PCT:
            if 100.0 * sum(each >= limit for each in others) / days <= 0.5:
                out.append((name, limit, loss[name] >= limit))
                break
    return out


# ---------------------------------------------------------------------- weighed often


def thriving(species: Species, every_h: float, seed: int) -> Rows:
    """Three days of a healthy newborn weighed by hand."""
    r = np.random.default_rng([seed, round(every_h), species == "puppy"])
    start_s = midnight_utc_s("2026-03-02") + r.uniform(0.0, 24.0) * HOUR_S
    birth_g = r.uniform(80.0, 110.0) if species == "kitten" else r.uniform(200.0, 400.0)
    gain = 0.08 if species == "kitten" else 0.06
    hours = np.arange(0.0, 72.1, every_h)
    true = np.where(hours < 8.0, 1.0 - 0.0025 * hours, 0.98 * np.exp(gain * (hours - 8.0) / 24.0))
    off = r.normal(0.0, 0.016, hours.size) + r.uniform(-0.02, 0.02, hours.size)
    grams = np.round(birth_g * true * np.exp(off))
    return [(start_s + h * HOUR_S, float(g)) for h, g in zip(hours, grams, strict=True)]


# ---------------------------------------------------------------------- printing


def _print_healthy(records: dict[str, Rows], species: Species) -> None:
    print(f"\n{len(records)} healthy {species} records as they were written")
    print("age, days   animal-days  alerts raised, of days              days with one open")
    for low, high in SPANS_DAY:
        counts = [c for n, rows in records.items() if (c := count(n, rows, species, low, high))]
        if counts:
            days = sum(c.days for c in counts)
            raised = rate_with_interval(counts, lambda c: c.raised)
            opened = rate_with_interval(counts, lambda c: c.days_open)
            print(f"{low:3.0f} to {high:3.0f}  {days:11.0f}  {raised:34s}  {opened}")


def _print_coarse(records: dict[str, Rows], species: Species) -> None:
    print(f"\nThe same {species} records on coarse scales, alerts raised, of animal-days")
    for name, division_g in DIVISIONS:
        for low, high in ((0.0, 14.0), (14.0, 28.0)):
            counts = [
                c
                for animal, rows in records.items()
                for k in range(SHIFTS)
                if (c := count(
                    animal, rounded(rows, division_g, k / SHIFTS - 0.5), species, low, high
                ))
            ]  # fmt: skip
            if counts:
                rate = rate_with_interval(counts, lambda c: c.raised)
                print(f"{name:6s} day {low:2.0f} to {high:2.0f}: {rate}")


def _print_losses(records: dict[str, Rows], species: Species) -> None:
    print(f"\n7 % lost in 36 hours, {species} records: found at 36 h, by 48 h")
    for name, division_g in DIVISIONS:
        for scattered in (False, True):
            pairs = list(losses(records, species, division_g, scattered=scattered))
            at_36, by_48 = (sum(pair[i] for pair in pairs) for i in (0, 1))
            how = "with scatter" if scattered else "as shown"
            print(f"{name:6s} {how:13s} {at_36}/{len(pairs)}  {by_48}/{len(pairs)}")


def _print_often(species: Species, runs: int = 100) -> None:
    print(f"\nSimulated healthy {species} newborns weighed often: with an alert in three days")
    for every_h in EVERY_H[:3]:
        told = sum(
            any(kinds for _, kinds in watched(thriving(species, every_h, seed), species))
            for seed in range(runs)
        )
        print(f"every {every_h:2.0f} h  {told}/{runs} = {100 * told / runs / 14:.2f} % of 14 days")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the protocol and the tables; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kittens", type=Path, nargs="*", default=[])
    parser.add_argument("--puppies", type=Path, nargs="*", default=[])
    args = parser.parse_args(argv)
    print(PROTOCOL)
    species: Species
    for species, paths in (("kitten", args.kittens), ("puppy", args.puppies)):
        records = {
            f"{path.stem}/{name}": rows
            for path in paths
            for name, rows in read_records(path).items()
        }
        if not records:
            continue
        _print_healthy(records, species)
        if species == "kitten":  # the puppies' scale shows whole ounces already
            _print_coarse(records, species)
        _print_losses(records, species)
        _print_often(species)
        print("\nLeft out, one after the other: limit chosen on the others, false alarm here")
        for name, limit, wrong in left_out(records):
            print(f"{name:40s} {limit:.0f} %  {'false alarm' if wrong else 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Simulated litters for ten days, hour by hour: what each baby weighs, drinks, moves and calls.

Growth is that of real records, bent where a baby fades; the rest are assumptions, written here. A
baby's milk, weight, movement and calls follow one another as ``_FADES`` says; healthy litters have
bad days, weaning, vaccinations, twins and changes of company, milk and carer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from calibration.evaluation.growth_records import Rows
from monitor.events import Species
from monitor.times import DAY_S

Values = NDArray[np.float64]
Random = np.random.Generator

HOURS = 240
MAINTENANCE = 0.5
"""Share of its usual milk with which a baby neither gains nor loses: 1 g of gain needs 2 to 5 g of
milk (SACN p. 309), so at 20 % of its weight a day and 5 % of gain half of the milk is gain."""
MILK_G_DAY = {"kitten": 0.20, "puppy": 0.17}
"""grams a day and gram of weight, in the first four weeks"""
BOTTLE_SCATTER, DAY_SCATTER, LITTER_SCATTER = 0.22, 0.06, 0.04
REFUSED = 0.03
"""share of bottles that a healthy baby takes next to nothing of"""
LIFT_SCATTER, LIFT_WANDERS = 0.007, 0.006
"""relative scatter of a lift, and of what wanders from bottle to bottle (full bladder, bowel)"""
LIFT_KEPT = 0.7
"""share of the latter that is still there at the next bottle"""
LIVELY_DAYS = 0.25
"""how much more or less a healthy baby moves from one day to the next"""
CRY_MIN_H = 1.0
BAD_DAY_H, BAD_DAY_LEAVES = 24.0, 0.45
"""How long the worst bad day of a healthy baby lasts, and what share of its milk it leaves."""
WORST_BAD_DAY = BAD_DAY_H / 24.0 * BAD_DAY_LEAVES
"""... in days of its usual milk"""
SMOOTHED = 2
"""Daily weights on either side with which one is averaged: by hand, of any phase, they scatter by
1.3 to 2.2 %, the puppies' are whole ounces, and the scatter of a lift is added by itself."""

Fade = Literal["refusal", "slow", "cold", "quiet", "recovery"]
Disturbance = Literal[
    "none", "bad day", "weaning", "vaccination", "twins", "company", "carer", "milk", "blind"
]
FADES: tuple[Fade, ...] = ("refusal", "slow", "cold", "quiet", "recovery")
DISTURBANCES: tuple[Disturbance, ...] = (
    "none", "bad day", "weaning", "vaccination", "twins", "company", "carer", "milk", "blind",
)  # fmt: skip


class Animal(msgspec.Struct):
    """One baby; arrays hold a value an hour."""

    name: str
    species: Species
    age_day: float
    log_g: Values
    """true weight without milk, of the healthy baby; bent by ``settle``"""
    drinks: Values
    """share of its usual milk"""
    lively: Values
    """times its usual movement"""
    cries: Values
    fed_cries: Values
    """minutes an hour of calls just after full bottles"""
    refuses: Values
    """share of bottles"""
    wastes: Values
    """of its weight a day, lost without drinking less"""
    fade: Fade | None = None
    onset_h: float = 0.0
    gone_h: float | None = None
    """it leaves the nursery"""

    def settle(self) -> None:
        """Weight follows milk with some hours' delay."""
        usual = np.diff(self.log_g, append=self.log_g[-1])
        late = np.convolve(np.pad(self.drinks, (6, 0), "edge"), np.ones(7) / 7.0, "valid")
        lost = (1.0 - late) / (1.0 - MAINTENANCE) * np.maximum(usual, 0.03 / 24.0)
        bent = usual - np.maximum(lost, 0.0) - self.wastes / 24.0
        self.log_g = self.log_g[0] + np.concatenate(([0.0], np.cumsum(bent)[:-1]))


class Litter(msgspec.Struct):
    """One nursery for ten days."""

    animals: list[Animal]
    disturbance: Disturbance
    feeds_h: Values
    hears: bool
    seen: NDArray[np.bool_]
    """hours in which the scale is read"""
    unnamed: float = 0.0
    """share of moves that nobody could name"""
    seed: int = 0


def litter(records: dict[str, Rows], species: Species, fade: Fade | None, disturbance: Disturbance,
           seed: int) -> Litter:  # fmt: skip
    """A litter of one to five with this disturbance, one of them with this fade."""
    r = np.random.default_rng([seed, 41])
    n = 1 + int(r.integers(0, 5))
    n = max(n, 2) if disturbance in {"twins", "company"} else n
    first, last = {"weaning": (24.0, 32.0), "vaccination": (31.5, 32.0)}.get(
        disturbance, (2.0, 26.0)
    )
    age = float(r.uniform(first, last))
    names = list(records)
    animals = [
        _animal(r, f"b{i}", species, records[names[int(r.integers(len(names)))]], age)
        for i in range(n)
    ]
    every = float(np.interp(age, (0, 7, 14, 21, 28, 42), (2.6, 3.0, 3.4, 4.0, 4.8, 6.0)))
    made = Litter(animals, disturbance, _times(r, every), bool(r.uniform() < 0.8),
                  np.ones(HOURS, bool), seed=seed)  # fmt: skip
    _DISTURBANCES[disturbance](r, made)
    if fade is not None:
        _bend(r, animals[int(r.integers(n))], fade)
    for animal in animals:
        animal.settle()
    return made


def _times(r: Random, every_h: float) -> Values:
    gaps = every_h * r.uniform(0.75, 1.25, int(HOURS / every_h * 1.4))
    times: Values = np.cumsum(gaps)
    return times[times < HOURS - 0.6]


def _animal(r: Random, name: str, species: Species, rows: Rows, age: float) -> Animal:
    """One that grows as a real one did, from this age on, a little larger or smaller."""
    day = np.array([(t_s - rows[0][0]) / DAY_S for t_s, _ in rows])
    logs = np.log(np.array([g for _, g in rows]))
    wide = SMOOTHED
    logs = np.convolve(np.pad(logs, wide, "edge"), np.ones(2 * wide + 1) / (2 * wide + 1), "valid")
    at = age + np.arange(HOURS) / 24.0
    log_g = np.interp(at, day, logs) + float(r.normal(0.0, 0.05))
    milk = np.interp(at, (0, 28, 35, 42, 60), (1.0, 1.0, 0.75, 0.5, 0.3))
    days = np.repeat(r.normal(0.0, 0.12, 11), 24)[:HOURS]
    ones = np.ones(HOURS)
    return Animal(
        name, species, age, log_g, milk, np.exp(days) * ones,
        np.exp(np.repeat(r.normal(0.0, LIVELY_DAYS, 11), 24)[:HOURS]),
        0.05 * ones, REFUSED + 0.10 * (1.0 - milk), 0.0 * ones,
    )  # fmt: skip


def ramp(onset_h: float, hours: float) -> Values:
    """0 before the onset, 1 ``hours`` after it."""
    ramped: Values = np.clip((np.arange(HOURS) - onset_h) / max(hours, 1.0), 0.0, 1.0)
    return ramped


# ---------------------------------------------------------------------- fading


def _bend(r: Random, animal: Animal, fade: Fade) -> None:
    """Let it fade; what it does first and what follows is what the kinds differ in."""
    onset = float(r.uniform(72.0, 120.0))
    animal.fade, animal.onset_h = fade, onset
    course: Fade = fade
    if fade == "recovery":
        course = "refusal" if r.uniform() < 0.5 else "cold"
    back = 1.0 - ramp(onset + r.uniform(30.0, 48.0), 24.0) if fade == "recovery" else np.ones(HOURS)

    def fall(late_h: float, over_h: float, to: float) -> Values:
        down: Values = 1.0 - (1.0 - to) * ramp(onset + late_h, over_h) * back
        return down

    depth, pace = float(r.uniform(0.15, 0.5)), float(r.uniform(8.0, 36.0))
    if course == "refusal":
        animal.drinks *= fall(0.0, pace, depth)
        animal.refuses = np.maximum(animal.refuses, 0.4 * (1.0 - fall(0.0, pace, 0.0)))
        animal.lively *= fall(12.0, 36.0, 0.6)
        animal.cries *= 2.0 - fall(0.0, 8.0, 0.3) - (1.0 - fall(30.0, 24.0, 0.0))
        animal.fed_cries += 0.4 * (1.0 - fall(0.0, 8.0, 0.0))
    elif course == "slow":
        animal.drinks *= fall(24.0, 72.0, 0.75)
        animal.wastes += float(r.uniform(0.05, 0.08)) * (1.0 - fall(0.0, 72.0, 0.0))
        animal.lively *= fall(12.0, 72.0, 0.7)
    elif course == "cold":
        animal.drinks *= fall(4.0, pace, 0.8 * depth + 0.1)
        animal.lively *= fall(0.0, 8.0, 0.35)
        animal.cries *= fall(0.0, 4.0, -0.2) * fall(10.0, 8.0, 0.2)
        animal.cries = np.abs(animal.cries)
        animal.fed_cries += 0.5 * (1.0 - fall(0.0, 4.0, 0.0)) * fall(12.0, 8.0, 0.0)
    else:
        animal.lively *= fall(0.0, 24.0, float(r.uniform(0.3, 0.5)))
        animal.cries *= fall(0.0, 24.0, 0.3)
        animal.drinks *= fall(18.0, 30.0, depth)


# ---------------------------------------------------------------------- healthy disturbance


def _none(_r: Random, _made: Litter) -> None:
    """An ordinary week."""


def _bad_day(r: Random, made: Litter) -> None:
    """One baby, twice in ten days, drinks and moves less for 8 to 24 hours."""
    animal = made.animals[0]
    for start in r.uniform(60.0, 220.0, 2):
        dip = ramp(start, 4.0) - ramp(start + r.uniform(8.0, BAD_DAY_H), 4.0)
        animal.drinks *= 1.0 - float(r.uniform(0.2, BAD_DAY_LEAVES)) * dip
        animal.lively *= 1.0 - 0.25 * dip
        animal.cries *= 1.0 + 0.5 * dip


def _vaccination(r: Random, made: Litter) -> None:
    """All are quiet for a day and drink less."""
    start = float(r.uniform(100.0, 180.0))
    dip = ramp(start, 4.0) - ramp(start + r.uniform(16.0, 36.0), 8.0)
    for animal in made.animals:
        animal.lively *= 1.0 - 0.5 * dip
        animal.drinks *= 1.0 - 0.25 * dip
        animal.cries *= 1.0 - 0.3 * dip


def _twins(_r: Random, made: Litter) -> None:
    made.unnamed = 0.7


def _company(r: Random, made: Litter) -> None:
    """One leaves."""
    made.animals[-1].gone_h = float(r.uniform(96.0, 160.0))


def _carer(r: Random, made: Litter) -> None:
    """Another carer: fewer, larger bottles, and the box is handled otherwise."""
    start = float(r.uniform(90.0, 150.0))
    keep = (made.feeds_h < start) | (np.arange(len(made.feeds_h)) % 3 > 0)
    made.feeds_h = made.feeds_h[keep]
    for animal in made.animals:
        animal.cries *= 1.0 + float(r.uniform(-0.4, 0.6)) * ramp(start, 2.0)


def _milk(r: Random, made: Litter) -> None:
    """Another milk: all drink a quarter less for two days."""
    start = float(r.uniform(90.0, 170.0))
    dip = ramp(start, 4.0) - ramp(start + 48.0, 12.0)
    for animal in made.animals:
        animal.drinks *= 1.0 - 0.25 * dip


def _blind(r: Random, made: Litter) -> None:
    """The scale is away for hours, more than once."""
    for start in r.uniform(30.0, 225.0, 4):
        made.seen[int(start) : int(start + r.uniform(3.0, 14.0))] = False


_DISTURBANCES = {
    "none": _none, "bad day": _bad_day, "weaning": _none, "vaccination": _vaccination,
    "twins": _twins, "company": _company, "carer": _carer, "milk": _milk, "blind": _blind,
}  # fmt: skip


def halves(records: dict[str, Rows]) -> tuple[dict[str, Rows], dict[str, Rows]]:
    """Records on which constants may be chosen, and those on which they are judged."""
    names: Sequence[str] = sorted(records)
    return {n: records[n] for n in names[::2]}, {n: records[n] for n in names[1::2]}

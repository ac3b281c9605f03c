"""A simulated litter through the core's own records, rules and judgement, hour by hour.

Weighings, bottles and hours of liveliness and calls are given to ``BabyRecord``, ``ConcernWriter``
and ``FadingWatch`` as the pipeline would; scale, tracker and cry detector are left out (names and
grams are right, or missing). ``fading_boxes`` runs some courses through scale and tracker as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import numpy as np

from calibration.evaluation.fading_worlds import (
    BOTTLE_SCATTER,
    CRY_MIN_H,
    DAY_SCATTER,
    HOURS,
    LIFT_KEPT,
    LIFT_SCATTER,
    LIFT_WANDERS,
    LITTER_SCATTER,
    MILK_G_DAY,
    Animal,
    Litter,
    Random,
    Values,
)
from monitor.core.fading.hours import Hour
from monitor.core.fading.judgement import Course, Judgement, considered, decide, strongest
from monitor.core.fading.watch import FadingWatch
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.conditions import ConcernWriter, Watch
from monitor.core.growth.reference import GrowthReference
from monitor.data.shipped import growth_reference
from monitor.events import Baby, Condition, Weighing
from monitor.times import DAY_S, HOUR_S, MINUTE_S, utc_date

START_S = 1_700_006_400.0
"""a whole hour"""
OUT_S = 480.0
AWAKE = 0.2
"""share of the time a baby moves (``simulation.box`` moves them as often)"""
AWAKE_HOURS = 12.0
"""The larger, the less one hour's share differs from the next one's (a beta distribution)."""
CRY_SHAPE = 0.6
"""The smaller, the fewer hours hold most of the calls (a gamma distribution)."""
STIRRED = 0.45
"""the box's liveliness while one moves"""
SETTLED_H = 6.0
"""since when a baby that left is left out of the judgement"""


Score = Literal["fading", "score", "gain", "drinking", "moving", "crying"]
"""``fading``: of signs that agree; ``score``: of all; the rest of one group by itself"""
Scores = dict[Score, float]
"""without those that cannot be had"""


class Recorder:
    """Judges as the watch does, and keeps what the signs said, together and each by itself."""

    def __init__(self) -> None:
        self.said: list[Scores] = []

    def judge(self, litter: Sequence[Course], now_s: float) -> list[Judgement | None]:
        """Judge each baby; ``said`` has the most of each score over all hours of onset."""
        found = list(considered(litter, now_s))
        self.said = [{} for _ in litter]
        for each in found:
            said = self.said[each.baby]
            now: Scores = {group: s.evidence for group, s in strongest(each.signs).items()}
            now["score"] = each.judgement.score
            if each.judgement.agree:
                now["fading"] = each.judgement.score
            for name, value in now.items():
                said[name] = max(said.get(name, -math.inf), value)
        return decide(len(litter), found)


class Told(msgspec.Struct):
    """What was said of one baby, hour by hour."""

    animal: Animal
    kinds: list[frozenset[str]] = []
    """alert kinds stated, by hour; severity "info" left out"""
    levels: list[str | None] = []
    scores: list[Scores] = []

    def first_h(self, kind: str, from_h: float = 0.0) -> float | None:
        """The first hour from ``from_h`` on at which it was stated."""
        return next(
            (h for h in range(math.ceil(from_h), len(self.kinds)) if kind in self.kinds[h]), None
        )

    def raised(self, kind: str, until_h: float = HOURS) -> int:
        """How often it began to be stated."""
        on = [kind in kinds for kinds in self.kinds[: math.ceil(until_h)]]
        return sum(now and not before for before, now in zip([False, *on], on, strict=False))


Probe = Callable[[float, list[BabyRecord], FadingWatch], None]
"""sees every hour: the time, the records, the watch"""


def follow(made: Litter, probe: Probe | None = None) -> list[Told]:
    """Ten days of this litter; what was said of each."""
    r = np.random.default_rng([made.seed, 43])
    reference = growth_reference()
    recorder = Recorder()
    watch, writer = FadingWatch(reference, recorder.judge), ConcernWriter(reference)
    records = [_record(animal) for animal in made.animals]
    weighed = [weighings(r, made, i) for i in range(len(records))]
    hours = _hours(r, made)
    told = [Told(animal) for animal in made.animals]
    for h in range(HOURS):
        now_s = START_S + (h + 1) * HOUR_S
        here = [i for i, a in enumerate(made.animals) if a.gone_h is None or h < a.gone_h]
        for i in here:
            _put(records[i], weighed[i], now_s, reference)
            watch.state.hours.setdefault(records[i].baby.id, []).append(hours[i][h])
        watch.forget()
        watch.observe(now_s, [records[i] for i in here])
        fading = {c.key for c in watch.conditions([records[i] for i in here])}
        for i, scores in zip(here, recorder.said, strict=True):
            kinds = _rules(writer, records[i], now_s)
            told[i].kinds.append(kinds | ({"fading"} if records[i].baby.id in fading else set()))
            said = watch.watch(records[i].baby.id)
            told[i].scores.append(scores)
            told[i].levels.append(said.level if said is not None else None)
        if probe is not None:
            probe(now_s, [records[i] for i in here], watch)
    return told


def _record(animal: Animal) -> BabyRecord:
    born = utc_date(START_S - animal.age_day * DAY_S)
    grams = round(math.exp(animal.log_g[0]))
    return BabyRecord(baby=Baby(id=animal.name, name=animal.name, species=animal.species,
                                born=born, weight_g=grams))  # fmt: skip


def _rules(writer: ConcernWriter, record: BabyRecord, now_s: float) -> frozenset[str]:
    seen = Watch(since_s=START_S, blind=False, timed_since_s=-math.inf, maybe_fed_s=None, out=False)
    found = writer.baby(record, now_s, seen)
    return frozenset(c.kind for c in found if isinstance(c, Condition) and c.severity != "info")


def _put(
    record: BabyRecord, waiting: list[Weighing], now_s: float, reference: GrowthReference
) -> None:
    """As at every move: each weighing is followed by a look at growth."""
    while waiting and waiting[0].t_s <= now_s:
        record.put(waiting.pop(0))
        if not waiting or waiting[0].move == "lift":
            record.refresh(reference)


def weighings(r: Random, made: Litter, i: int) -> list[Weighing]:
    """Lifts and returns of one baby at every bottle."""
    animal, out = made.animals[i], list[Weighing]()
    litter_day = np.exp(np.random.default_rng([made.seed, 44]).normal(0.0, LITTER_SCATTER, 11))
    own_day = np.exp(r.normal(0.0, DAY_SCATTER, 11))
    gut_g, before_h, wander = 0.0, made.feeds_h[0] - 3.0, 0.0
    for at_h in made.feeds_h.tolist():
        h = int(at_h)
        grams = math.exp(animal.log_g[h])
        gut_g *= math.exp(-(at_h - before_h) / 1.5)
        wander = LIFT_KEPT * wander + float(r.normal(0.0, LIFT_WANDERS * LIFT_KEPT))
        scatter = wander + float(r.normal(0.0, LIFT_SCATTER))
        share = MILK_G_DAY[animal.species] * min(at_h - before_h, 8.0) / 24.0
        milk_g = grams * share * animal.drinks[h] * float(np.exp(r.normal(0.0, BOTTLE_SCATTER)))
        milk_g *= litter_day[h // 24] * own_day[h // 24]
        if r.uniform() < animal.refuses[h]:
            milk_g *= float(r.uniform(0.0, 0.1))
        milk_g -= grams * 0.015 * (r.uniform() < 0.05)  # passed while it was out
        before_h = at_h
        lift_g = grams * math.exp(scatter) + gut_g
        named = made.seen[h] and r.uniform() >= made.unnamed
        if named:
            out += _pair(animal.name, at_h, lift_g, milk_g, r)
        gut_g = max(gut_g + milk_g, 0.0)
    return out


def _pair(name: str, at_h: float, lift_g: float, milk_g: float, r: Random) -> list[Weighing]:
    t_s = START_S + at_h * HOUR_S
    moves = (("lift", t_s, lift_g), ("return", t_s + OUT_S, lift_g + milk_g))
    return [
        Weighing(step_id=f"{name}-{at:.0f}", t_s=at, baby=name,
                 weight_g=g + float(r.normal(0.0, 0.2)), sigma_g=0.2, move=move)  # type: ignore[arg-type]
        for move, at, g in moves
    ]  # fmt: skip


def _hours(r: Random, made: Litter) -> list[list[Hour]]:
    """Of every baby, its 240 hours."""
    animals, n = made.animals, len(made.animals)
    day = 1.0 + 0.25 * np.sin(2.0 * np.pi * (np.arange(HOURS) - 8.0) / 24.0)
    here = np.array([[a.gone_h is None or h < a.gone_h for h in range(HOURS)] for a in animals])
    awake = np.array([_awake(r, a, day) for a in animals]) * here
    cries = np.array([_cries(r, a, day) for a in animals]) * here
    fed = np.array([a.fed_cries * r.gamma(0.5, 2.0, HOURS) for a in animals]) * here
    company = here.sum(0)
    fed_at = np.bincount(made.feeds_h.astype(int), minlength=HOURS)
    heard = 60 if made.hears else 0
    out = []
    for i in range(n):
        rows = []
        for h in range(HOURS):
            others = np.delete(awake[:, h], i)
            lively = STIRRED * (1.0 - np.prod(1.0 - awake[:, h]))
            without = STIRRED * (1.0 - np.prod(1.0 - others))
            out_min = int(fed_at[h] * OUT_S / MINUTE_S * (company[h] > 1))
            in_min = max(60 - out_min - int(fed_at[h]) * 12, 0)
            still = in_min * float(np.prod(1.0 - awake[:, h]))
            seen = bool(made.seen[h])
            own = float(cries[:, h].sum() + fed[:, h].sum()) / max(company[h], 1)
            few = company[h] <= 3
            rows.append(Hour(
                START_S + h * HOUR_S, int(company[h]),
                in_min * seen, in_min * seen * lively,
                out_min * seen, float(r.binomial(out_min, without / STIRRED) * STIRRED) * seen,
                round(still) * seen, heard, own * few,
                float(fed[:, h].sum()) / max(company[h], 1) * few,
            ))  # fmt: skip
        out.append(rows)
    return out


def _awake(r: Random, animal: Animal, day: Values) -> Values:
    """Share of each hour in which it moves."""
    mean = np.clip(AWAKE * animal.lively * day, 0.01, 0.9)
    shared: Values = r.beta(mean * AWAKE_HOURS, (1.0 - mean) * AWAKE_HOURS)
    return shared


def _cries(r: Random, animal: Animal, day: Values) -> Values:
    """Minutes an hour: many small, few large."""
    minutes: Values = CRY_MIN_H * animal.cries * day * r.gamma(CRY_SHAPE, 1.0 / CRY_SHAPE, HOURS)
    return minutes

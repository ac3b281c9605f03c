"""``low_intake``: bottles refused one after the other, or too little in half a day or a day.

Refused bottles are told one by one. The sum tells where every bottle was passable and together
they were not enough. It is judged at the last bottle, only of a baby that lives on milk, and only
where every bottle of that time was seen with its amount: a scale that was blind, a bottle of
unknown amount, a mother that visits or somebody who has it leave it open.

``python -m calibration.evaluation.intake_days`` counts how often healthy babies are told of.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from monitor.alert_kinds import Severity
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.feeding import FeedRecord, poor_run
from monitor.core.growth.pairing import lost_sight_s
from monitor.core.growth.reference import SOLIDS_DAY, Expected, GrowthReference
from monitor.events import Baby, CannotJudge, Closed, Condition
from monitor.times import HOUR_S

STALE_INTAKE_S = 12 * HOUR_S
"""Poor bottles that no other has followed for this long can be neither kept up nor denied."""
WEANING_DAY = 35.0
"""From about five weeks they eat on their own (gruel from three to four weeks)."""
SPANS = ((24.0, 2.0 / 3.0, 1), (12.0, 0.5, 0))
"""(hours, share of the least that it needs in them, gaps that may be a night). What the scale sees
is net of what was voided meanwhile."""
THRIVES_SHARE = 0.5
"""One that gains half of what others do has drunk more than was seen (fed in the nest, voids)."""
SKIPPED_TIMES = 1.6
"""A gap of more than so many usual intervals is a night, or bottles were given in the nest and not
told of; those that are missing are "overdue"."""
GAIN_OF_S = 12 * HOUR_S
"""A gain of longer ago says nothing about this day's bottles."""

Finding = Condition | CannotJudge | Closed


class TooLittle(msgspec.Struct, frozen=True, kw_only=True):
    """What was drunk in so many hours to the last bottle."""

    hours: float
    drank_ml: float
    need_ml: tuple[float, float]
    t_s: float


def low_intake(
    record: BabyRecord,
    reference: GrowthReference,
    now_s: float,
    *,
    away: bool,
    seen_from_s: float | None,
) -> Finding | None:
    """What there is to say of one baby's drinking.

    ``away``: somebody has said that they have it; ``seen_from_s``: since when no bottle of it can
    have escaped notice, ``None`` when nobody can say.
    """
    expected = record.expected(reference, now_s)
    run = poor_run(record.bottles)
    little = None if away or seen_from_s is None else too_little(record, expected, seen_from_s)
    key, name = record.baby.id, record.baby.name
    if record.baby.also_nurses:
        why = f"{name} nurses, too: how much it drinks is not known."
        return Closed(kind="low_intake", key=key, why=why)
    if not run and little is None:
        return None
    if away:
        why = f"{name} is with somebody: what it drinks there is not seen."
        return Closed(kind="low_intake", key=key, why=why)
    last_s = run[-1].t_s if little is None else little.t_s
    if now_s - last_s > STALE_INTAKE_S:
        return CannotJudge(kind="low_intake", key=key, why="no bottle seen for half a day")
    if little is not None and len(run) < 2:
        return _too_little(record, little)
    if len(run) < 2 and eats_alone(record.baby, expected.age_day):
        return None
    return _refused(record, run)


def eats_alone(baby: Baby, age_day: float) -> bool:
    """Whether solids feed it: nobody waits for its bottle."""
    return age_day > WEANING_DAY if baby.weaning is None else baby.weaning


# ------------------------------------------------------------------ too little in a day


def too_little(record: BabyRecord, expected: Expected, seen_from_s: float) -> TooLittle | None:
    """The longer of the two spans in which it drank too little; ``None``: enough, or not known."""
    bottles, weight_g = record.bottles, record.weight_g
    if not bottles or not weight_g or not _on_milk_alone(record, expected) or _thrives(
        record, expected, bottles[-1].t_s
    ):  # fmt: skip
        return None
    last_s = bottles[-1].t_s
    known_s = max(seen_from_s, lost_sight_s(record.weighings), _unknown_s(bottles))
    low, _, high = expected.milk_ml_per_kg_day
    longest_s = SKIPPED_TIMES * 0.5 * sum(expected.feed_interval_h) * HOUR_S
    for hours, share, nights in SPANS:
        from_s = last_s - hours * HOUR_S
        day = hours / 24.0 * weight_g / 1000.0
        drank = sum(max(f.amount_g or 0.0, 0.0) for f in bottles if f.t_s > from_s)
        times = [f.t_s for f in bottles if f.t_s > from_s]
        skipped = sum(b - a > longest_s for a, b in pairwise([from_s, *times]))
        if known_s <= from_s and skipped <= nights and drank < share * low * day:
            need = (low * day, high * day)
            return TooLittle(hours=hours, drank_ml=drank, need_ml=need, t_s=last_s)
    return None


def _on_milk_alone(record: BabyRecord, expected: Expected) -> bool:
    baby = record.baby
    if baby.also_nurses or baby.weaning:
        return False
    return expected.age_day <= SOLIDS_DAY or baby.weaning is False


def _thrives(record: BabyRecord, expected: Expected, t_s: float) -> bool:
    """It gains well enough to have drunk more than was seen."""
    report = record.report
    if report is None or report.gain_24h_g is None or t_s - report.t_s > GAIN_OF_S:
        return False
    return report.gain_24h_pct is not None and (
        report.gain_24h_pct
        >= THRIVES_SHARE * 100.0 * expected.gain_g_per_day[1] / expected.weight_g[1]
    )


def _unknown_s(bottles: Sequence[FeedRecord]) -> float:
    """The last bottle of which nobody knows how much it was."""
    return max((f.t_s for f in bottles if f.amount_g is None), default=0.0)


def _too_little(record: BabyRecord, little: TooLittle) -> Condition:
    name, (low, high) = record.baby.name, little.need_ml
    severity: Severity = "critical" if record.concern_since_s is not None else "warning"
    return Condition(
        kind="low_intake",
        key=record.baby.id,
        severity=severity,
        baby=name,
        since_s=little.t_s,
        title=f"{name} is drinking little",
        message=f"{name} drank {little.drank_ml:.0f} ml in {little.hours:.0f} h and needs "
        f"{low:.0f} to {high:.0f} ml. Offer a bottle now and more often, keep it warm; if it "
        "drinks no more, call your vet.",
        why="all bottles of that time together, for its weight and age; each of them may have "
        "been passable",
        all_clear=f"{name} has drunk enough since.",
    )


# ------------------------------------------------------------------ refused bottles


def _refused(record: BabyRecord, run: Sequence[FeedRecord]) -> Condition:
    last, name = run[-1], record.baby.name
    severity: Severity = "info" if len(run) == 1 else "warning"
    if len(run) >= 2 and record.concern_since_s is not None:
        severity = "critical"
    message = (
        f"{name} took {spoken_intake(last)} in the last bottle. Offer it again in an hour."
        if len(run) == 1
        else f"{name} took next to nothing in {len(run)} bottles in a row "
        f"({spoken_intake(last)} in the last). Offer again, keep it warm, call your vet."
    )
    return Condition(
        kind="low_intake",
        key=record.baby.id,
        severity=severity,
        baby=name,
        since_s=run[0].t_s,
        title=f"{name} is drinking little",
        message=message,
        times=len(run),
        why="net gain below 0.8 % of body weight while out; a full bottle adds 4 to 5 %",
    )


def spoken_intake(feed: FeedRecord) -> str:
    """What was drunk, with its unit."""
    return "an unknown amount" if feed.net_g is None else f"{round(feed.net_g, 1) + 0.0:+.1f} g"

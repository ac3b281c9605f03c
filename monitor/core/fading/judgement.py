"""One judgement from all signs of a baby: well, watch or act.

For every hour at which it may have begun to fade, the signs since then are compared with the days
before it, and their evidence is added up; the hour for which that is the most is the answer. That
is Page's CUSUM (a sequential likelihood ratio) with every hour's baseline worked out anew, so
nothing is remembered but what was weighed, drunk and heard: what is undone was never there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeVar

import msgspec

from monitor.core.fading.curve import Curve
from monitor.core.fading.drinking import drinking, rate, refusals, refusing
from monitor.core.fading.gaining import bend, gaining
from monitor.core.fading.hours import Hour
from monitor.core.fading.moving import hour_signs
from monitor.core.fading.signs import Group, Sign
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.feeding import FeedRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.growth.trend import Point
from monitor.times import DAY_S, HOUR_S

BEGAN_H = (9.0, 13.0, 24.0, 36.0, 54.0, 78.0)
"""Hours ago at which it may have begun."""
BASELINE_S = 4 * DAY_S
"""What is usual: the days before that."""
MOST: dict[Group, float] = {"gain": 12.0, "drinking": 12.0, "moving": 4.0, "crying": 4.0}
LEAST = -1.0
"""No group says more or less than this: whatever made one number odd, another has to agree, and one
that is as usual does not outweigh those that are not. How a box of several moves and calls is least
of all one baby's own."""
SPEAKS = 1.0
"""A sign with this much evidence is one that agrees (three times as likely when fading)."""
WATCH, ACT = 3.5, 7.8
"""Evidence from which on somebody should look, and from which on somebody is told."""
AGREE = 2
"""So many groups of signs must agree before somebody is told."""
OWN = frozenset({"gain", "drinking"})
"""One of these must be among them, or it must be alone: what a box of several does is nobody's."""

Level = Literal["well", "watch", "act"]
T = TypeVar("T")


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What the signs of one baby say together."""

    level: Level
    score: float
    agree: bool
    """enough signs speak for it, one of them its own"""
    since_s: float
    """when it may have begun"""
    signs: list[Sign]
    """those that agree, the strongest first"""


class Course(NamedTuple):
    """What is known of one baby for its signs, by the time of the judgement."""

    points: Sequence[Point]
    """weights before a bottle"""
    bottles: Sequence[FeedRecord]
    hours: Sequence[Hour]
    curve: Curve
    """the reference's gain over these days"""
    need: Curve
    """the milk it should need for its weight"""

    @classmethod
    def of(
        cls,
        record: BabyRecord,
        hours: Sequence[Hour],
        now_s: float,
        reference: GrowthReference,
    ) -> Course:
        """As its record and its hours have it."""
        from_s = now_s - BASELINE_S - BEGAN_H[-1] * HOUR_S
        days = [from_s + k * DAY_S for k in range(int((now_s - from_s) // DAY_S) + 2)]
        expected = [record.expected(reference, t_s) for t_s in days]
        curve = Curve.of(days, [e.gain_g_per_day[1] / e.weight_g[1] for e in expected])
        need = Curve.of(days, [e.milk_ml_per_kg_day[1] for e in expected])
        points = [p for p in record.points() if p.t_s > from_s]
        bottles = [b for b in record.bottles if b.t_s > from_s]
        return cls(points, bottles, hours, curve, need)


def judge(litter: Sequence[Course], now_s: float) -> list[Judgement | None]:
    """Judge each baby of one species; ``None`` for one of which no sign can be had."""
    return decide(len(litter), considered(litter, now_s))


class Considered(NamedTuple):
    """What the signs of one baby say, if it began to fade at one of the hours."""

    baby: int
    """its place in the litter"""
    signs: Sequence[Sign]
    judgement: Judgement


def decide(babies: int, found: Iterable[Considered]) -> list[Judgement | None]:
    """Of each baby the judgement with the most evidence; signs that agree come first."""
    best: list[Judgement | None] = [None] * babies
    for each in found:
        before = best[each.baby]
        if before is None or _rank(each.judgement) > _rank(before):
            best[each.baby] = each.judgement
    return best


def considered(litter: Sequence[Course], now_s: float) -> Iterator[Considered]:
    """Every baby of which a sign can be had, for every hour at which it may have begun."""
    for hours in BEGAN_H:
        since_s = now_s - hours * HOUR_S
        for i, signs in enumerate(signs_since(litter, since_s, now_s)):
            if signs:
                yield Considered(i, signs, _summed(signs, since_s, alone=len(litter) == 1))


def _rank(judgement: Judgement) -> tuple[bool, float]:
    return judgement.level == "act", judgement.score


def strongest(signs: Sequence[Sign]) -> dict[Group, Sign]:
    """Of each group the sign with the most evidence."""
    found: dict[Group, Sign] = {}
    for sign in sorted(signs, key=lambda each: each.evidence):
        found[sign.group] = sign
    return found


def _summed(signs: Sequence[Sign], since_s: float, *, alone: bool) -> Judgement:
    best = strongest(signs).values()
    score = sum(min(max(sign.evidence, LEAST), MOST[sign.group]) for sign in best)
    agreeing = [sign for sign in best if sign.evidence >= SPEAKS]
    agreeing.sort(key=lambda each: -each.evidence)
    own = alone or any(sign.group in OWN for sign in agreeing)
    agree = own and len(agreeing) >= AGREE
    return Judgement(
        level="act" if agree and score >= ACT else "watch" if score >= WATCH else "well",
        score=score,
        agree=agree,
        since_s=since_s,
        signs=agreeing,
    )


def signs_since(litter: Sequence[Course], since_s: float, now_s: float) -> Iterator[list[Sign]]:
    """Every sign that can be had of each baby, if it began to fade at ``since_s``."""
    start_s = since_s - BASELINE_S
    bends = [bend(each.points, each.curve, start_s, since_s) for each in litter]
    rates = [rate(each.bottles, each.need, start_s, since_s) for each in litter]
    refused = [refusals(each.bottles, start_s, since_s) for each in litter]
    for i, course in enumerate(litter):
        own_bend, own_rate, own_refusals = bends[i], rates[i], refused[i]
        found = [
            gaining(own_bend, _others(bends, i)) if own_bend is not None else None,
            drinking(own_rate, _others(rates, i)) if own_rate is not None else None,
            refusing(own_refusals, _others(refused, i)) if own_refusals is not None else None,
            *hour_signs(course.hours, start_s, since_s, now_s),
        ]
        yield [sign for sign in found if sign is not None]


def _others(all_of: Sequence[T | None], i: int) -> list[T]:
    return [each for k, each in enumerate(all_of) if k != i and each is not None]

"""One judgement from all signs of a baby: well, watch or act.

For every hour at which it may have begun to fade, the signs since then are compared with the days
before it, and their evidence is added up; the hour for which that is the most is the answer. That
is Page's CUSUM (a sequential likelihood ratio) with every hour's baseline worked out anew, so
nothing is remembered but what was weighed, drunk and heard: what is undone was never there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from monitor.core.fading.drinking import drinking, refusing
from monitor.core.fading.gaining import bend, gaining
from monitor.core.fading.signs import Sign
from monitor.core.growth.baby_record import BabyRecord
from monitor.core.growth.feeding import FeedRecord
from monitor.core.growth.reference import GrowthReference
from monitor.core.growth.trend import Point
from monitor.times import DAY_S, HOUR_S

BEGAN_H = (8.0, 12.0, 18.0, 24.0, 36.0, 48.0)
"""Hours ago at which it may have begun."""
BASELINE_S = 4 * DAY_S
"""What is usual: the days before that."""
SPEAKS = 0.7
"""A sign with this much evidence is one that agrees (twice as likely when fading)."""
WATCH, ACT = 2.0, 4.0
"""Evidence from which on somebody should look, and from which on somebody is told."""
AGREE = 2
"""So many groups of signs must agree before somebody is told."""

Level = Literal["well", "watch", "act"]


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What the signs of one baby say together."""

    level: Level
    score: float
    since_s: float
    """when it may have begun"""
    signs: list[Sign]
    """those that agree, the strongest first"""


class Course(NamedTuple):
    """What is known of one baby for its signs, by the time of the judgement."""

    points: Sequence[Point]
    """weights before a bottle"""
    bottles: Sequence[FeedRecord]
    prior: float
    """the reference's gain, a share of the weight a day"""

    @classmethod
    def of(cls, record: BabyRecord, now_s: float, reference: GrowthReference) -> Course:
        """As its record has it."""
        expected = record.expected(reference, now_s)
        prior = expected.gain_g_per_day[1] / expected.weight_g[1]
        return cls(record.points(), record.bottles, prior)


def judge(own: Course, litter: Sequence[Course], now_s: float) -> Judgement | None:
    """Judge one baby; ``None`` when none of its signs can be had.

    ``litter``: the others of its species.
    """
    found = [_since(own, litter, now_s - h * HOUR_S) for h in BEGAN_H]
    known = [each for each in found if each is not None]
    return max(known, key=lambda each: each.score, default=None)


def _since(own: Course, litter: Sequence[Course], since_s: float) -> Judgement | None:
    strongest: dict[str, Sign] = {}
    for sign in sorted(_signs(own, litter, since_s), key=lambda each: each.evidence):
        strongest[sign.group] = sign
    if not strongest:
        return None
    score = sum(sign.evidence for sign in strongest.values())
    agreeing = [sign for sign in strongest.values() if sign.evidence >= SPEAKS]
    agreeing.sort(key=lambda each: -each.evidence)
    level = _level(score, len(agreeing))
    return Judgement(level=level, score=score, since_s=since_s, signs=agreeing)


def _level(score: float, agreeing: int) -> Level:
    if score >= ACT and agreeing >= AGREE:
        return "act"
    return "watch" if score >= WATCH else "well"


def _signs(own: Course, litter: Sequence[Course], since_s: float) -> list[Sign]:
    start_s = since_s - BASELINE_S
    bends = [bend(each.points, each.prior, start_s, since_s) for each in (own, *litter)]
    found = [
        gaining(bends[0], [b for b in bends[1:] if b is not None]) if bends[0] else None,
        drinking(own.bottles, start_s, since_s),
        refusing(own.bottles, start_s, since_s),
    ]
    return [sign for sign in found if sign is not None]

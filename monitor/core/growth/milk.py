"""The milk of one baby: what it drank in a day against what it needs, and its next bottle.

1 ml of milk is 1 g here. What nobody knows is ``None``: the amount of a bottle, what it drinks at
its mother. Then nothing is set against the need, and its next bottle is what it usually takes.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from monitor.core.growth.feeding import FeedRecord, interval_s, usual_g
from monitor.core.growth.next_bottle import next_bottle_ml, within_comfort_ml
from monitor.core.growth.reference import Expected
from monitor.events import Baby
from monitor.times import DAY_S

LEAST_GAIN_G = 1.0
"""Less is no gain that milk could be set against."""


class Milk(msgspec.Struct, frozen=True, kw_only=True):
    """As in the document of the baby."""

    intake_24h_g: float | None = None
    intake_24h_ml_per_kg: float | None = None
    need_24h_ml_per_kg: float | None = None
    next_feed_ml: float | None = None
    milk_g_per_gain_g: float | None = None


def milk_of(
    baby: Baby,
    bottles: Sequence[FeedRecord],
    expected: Expected,
    *,
    weight_g: float | None,
    gain_24h_g: float | None,
    now_s: float,
) -> Milk:
    """What is known at ``now_s``; ``weight_g`` is ``None`` where it is not known or too old."""
    recent = [f.amount_g for f in bottles if f.t_s > now_s - DAY_S]
    known = [g for g in recent if g is not None]
    drank = sum(known) if known and len(known) == len(recent) else None
    whole_day = drank if bottles and bottles[0].t_s <= now_s - DAY_S else None
    nurses = baby.also_nurses is True
    return Milk(
        intake_24h_g=sum(known) if known else None,
        intake_24h_ml_per_kg=None if drank is None or not weight_g else 1000.0 * drank / weight_g,
        need_24h_ml_per_kg=None if nurses or not weight_g else expected.milk_ml_per_kg_day[1],
        next_feed_ml=_next_ml(baby, bottles, expected, weight_g, whole_day, now_s),
        milk_g_per_gain_g=None if nurses else _per_gain(whole_day, gain_24h_g),
    )


def _next_ml(
    baby: Baby,
    bottles: Sequence[FeedRecord],
    expected: Expected,
    weight_g: float | None,
    drank_g: float | None,
    now_s: float,
) -> float | None:
    if weight_g is None:
        return None
    if baby.also_nurses:
        usual = usual_g(bottles, now_s)
        return None if usual is None else within_comfort_ml(usual, weight_g)
    every_s = interval_s(bottles, expected)
    return next_bottle_ml(weight_g, expected.milk_ml_per_kg_day[1], every_s, drank_g)


def _per_gain(drank_g: float | None, gain_g: float | None) -> float | None:
    if drank_g is None or gain_g is None or gain_g < LEAST_GAIN_G or drank_g <= 0.0:
        return None
    return drank_g / gain_g

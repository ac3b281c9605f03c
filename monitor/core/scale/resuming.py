"""After a restart: the records are brought up to what the journal knows by then."""

from __future__ import annotations

import math
from collections.abc import Sequence

from monitor.codec import converted
from monitor.core.scale.parts import Parts
from monitor.events import Baby, Feed, HandFeed, Weighing


def reconcile(
    parts: Parts,
    *,
    babies: Sequence[Baby],
    history: Sequence[Weighing],
    told: Sequence[Feed],
    now_s: float,
) -> None:
    """Bring restored records up to what was given at the start: babies, weighings, bottles told of.

    Weighings and bottles are in order of time.

    Who is not among ``babies`` has left; typed weighings that the snapshot does not know were
    entered in between and are accepted.
    """
    claims, roster = parts.claims, parts.roster
    known = {record.baby.id: i for i, record in enumerate(claims.records)}
    named = {baby.id: baby for baby in babies}
    for key, i in known.items():
        record = claims.records[i]
        if key in named:
            claims.rename(record.baby.name, named[key].name)
            record.baby = named[key]
        elif record.here:
            roster.retire(i, now_s)
    for key, baby in named.items():
        if key not in known:
            roster.admit(baby, now_s)
    for i, record in enumerate(claims.records):
        mine = [w for w in history if record.here and w.baby == record.baby.name]
        bottles = [f for f in told if record.here and f.baby == record.baby.name]
        by_hand = [converted(HandFeed, feed, g=feed.net_g) for feed in bottles]
        record.recall(mine, parts.reference, by_hand)
        had = {w.step_id for w in record.weighings}
        last_s = record.latest.t_s if record.latest is not None else -math.inf
        for weighing in mine:
            later = weighing.move is None or weighing.t_s > last_s
            if later and weighing.step_id not in had:
                claims.put(i, weighing)

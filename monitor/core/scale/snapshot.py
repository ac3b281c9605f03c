"""From a snapshot back to work: encode, decode, and bring the records up to date."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from monitor.core.growth.reference import GrowthReference
from monitor.core.scale.claims import Claims
from monitor.core.scale.roster import Roster
from monitor.core.scale.state import WeigherState
from monitor.errors import InputError
from monitor.events import Baby, Weighing


def encoded(state: WeigherState) -> bytes:
    """Everything but old weighings, which the journal has."""
    records = [record.light() for record in state.claims.records]
    light = msgspec.structs.replace(state.claims, records=records)
    return msgspec.msgpack.encode(msgspec.structs.replace(state, claims=light))


def decoded(snapshot: bytes) -> WeigherState:
    """The state in a snapshot, of this version or an earlier one.

    Raises:
        InputError: it cannot be read; start without it.
    """
    try:
        return msgspec.msgpack.decode(snapshot, type=WeigherState)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise InputError(f"the saved state of the scale cannot be read: {error}") from error


def reconcile(
    claims: Claims,
    roster: Roster,
    reference: GrowthReference,
    *,
    babies: Sequence[Baby],
    history: Sequence[Weighing],
    now_s: float,
) -> None:
    """Bring restored records up to the babies and the history (by time) given at the start.

    Who is not among ``babies`` has left; typed weighings that the snapshot does not know were
    entered in between and are accepted.
    """
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
        record.recall(mine, reference)
        had = {w.step_id for w in record.weighings}
        last_s = record.latest.t_s if record.latest is not None else -math.inf
        for weighing in mine:
            later = weighing.move is None or weighing.t_s > last_s
            if later and weighing.step_id not in had:
                claims.put(i, weighing)

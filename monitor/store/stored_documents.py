"""The values of a journal that are documents, and how each is checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec

from monitor.events import (
    Alert,
    Baby,
    Candidate,
)
from monitor.host.boot_clock import BootClock
from monitor.store.lineage import Carried, CopyOf, Generation, Lost

FIRST_S, LAST_S = -1e9, 4.2e9
"""1938 to 2103: no clock of a nursery shows another time, and no duration in it is longer"""
LARGEST = 2**53
"""an integer that a float still holds exactly"""


def _is_baby(value: bytes, key: object) -> bool:
    baby = msgspec.json.decode(value, type=Baby)
    numbers = (baby.weight_g, baby.adult_weight_kg)
    moments = (baby.registered_s, baby.retired_s)
    if baby.born is not None:
        date.fromisoformat(baby.born)
    return (
        baby.id == key
        and 0 < len(baby.name.strip()) <= 200
        and all(number is None or 0.0 < number < 1e5 for number in numbers)
        and all(moment is None or FIRST_S <= moment <= LAST_S for moment in moments)
    )


def _are_candidates(value: bytes, _key: object) -> bool:
    found = msgspec.json.decode(value, type=list[Candidate])
    return all(0.0 <= candidate.p <= 1.0 for candidate in found)


def _is_args(value: bytes, _key: object) -> bool:
    msgspec.json.decode(value, type=dict[str, Any])
    return True


def _is_change(value: bytes, _key: object) -> bool:
    change = msgspec.msgpack.decode(value, type=Carried)
    return change.event is None or FIRST_S <= change.event.t_s <= LAST_S


def _is_alert(value: bytes, _key: object) -> bool:
    alert = msgspec.json.decode(value, type=Alert)
    return all(FIRST_S <= t_s <= LAST_S for t_s in (alert.t_s, alert.since, alert.until or 0.0))


def _is_something(value: bytes, _key: object) -> bool:
    return bool(value)


def _are_pushed(value: bytes, _key: object) -> bool:
    msgspec.json.decode(value, type=dict[str, bool])
    return True


def _text(pattern: str) -> Callable[[bytes, object], bool]:
    return lambda value, _key: re.fullmatch(pattern, value.decode()) is not None


def _number(value: bytes, _key: object) -> bool:
    return FIRST_S <= float(value) <= LAST_S


def _clock(value: bytes, _key: object) -> bool:
    clock = msgspec.json.decode(value, type=BootClock)
    moments = (clock.offset_s, clock.began_s, clock.guessed_s or 0.0)
    return all(FIRST_S <= moment <= LAST_S for moment in moments)


def _lost(value: bytes, _key: object) -> bool:
    lost = msgspec.json.decode(value, type=Lost)
    return FIRST_S <= lost.at <= LAST_S and "/" not in lost.file


def _generation(value: bytes, _key: object) -> bool:
    return 0 <= msgspec.json.decode(value, type=Generation).count <= LARGEST


def _copy_of(value: bytes, _key: object) -> bool:
    took_over = msgspec.json.decode(value, type=CopyOf).took_over
    return all(0 < i <= LARGEST for ids in took_over.values() for i in ids)


DOCUMENTS: dict[str, Callable[[bytes, object], bool]] = {
    "babies.document": _is_baby,
    "unassigned.candidates": _are_candidates,
    "inbox.args": _is_args,
    "carried.change": _is_change,
    "pushes.document": _is_alert,
    "state.pushed": _are_pushed,
    "state.identity": _text("[0-9a-zA-Z_-]{1,64}"),
    "state.clock": _clock,
    "state.core_scale": _is_something,
    "state.core_alerts": _is_something,
    "state.core_crying": _is_something,
    "state.core_activity": _is_something,
    "state.handover": _is_something,
    "state.pipeline": _is_something,
    "state.pipeline_light": _is_something,
    "state.pipeline_at": _number,
    "state.opened_at": _number,
    "state.lost": _lost,
    "state.generation": _generation,
    "state.taken_in": _generation,
    "state.copy_of": _copy_of,
    "state.discovery_mode": _text("device|entity|off"),
    "state.discovery_box": _text("[^/+#\0]{1,200}"),
}
"""Values that are documents: what decodes each, by table and column or state and key."""


def is_unreadable(name: object, value: object, key: object) -> int:
    """Whether a document is not one: the SQL function ``unreadable``."""
    rule = DOCUMENTS.get(str(name))
    if rule is None:
        return 0
    try:
        return int(not isinstance(value, bytes) or not rule(value, key))
    except (msgspec.MsgspecError, ValueError, OverflowError):
        return 1

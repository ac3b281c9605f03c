"""Structs to other structs, and to JSON for outside: RFC 3339 times, rounded numbers, null.

Inside, every time is a float on the nursery timeline. Here, and only here, fields that hold a
moment become text: ``at``, ``since``, ``until``, ``*_at`` and the ``*_s`` moments listed below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from monitor.times import parse_rfc3339, rfc3339
from monitor.timeshift import TimeShift

_MOMENTS = frozenset({"at", "since", "until", "out_since", "from", "to"})
_INTERNAL = frozenset({"t_s", "silent", "decided_s", "started_s", "until_s", "stamp", "entries"})
"""fields of the vocabulary that the contract expresses otherwise or not at all"""

_DECIMALS = {"_g": 2, "_pct": 2, "_s": 3, "_db": 1, "_c": 1}

_encoder = msgspec.json.Encoder()

S = TypeVar("S", bound=msgspec.Struct)


def converted(kind: type[S], *sources: msgspec.Struct, **more: object) -> S:
    """A ``kind`` of the fields that ``sources`` have under the same names, and of ``more``.

    What comes later wins; fields that ``kind`` does not have are left out.

    Raises:
        TypeError: a field without a default is in none of them.
    """
    known: dict[str, object] = {}
    for source in sources:
        known |= msgspec.structs.asdict(source)
    known |= more
    return kind(**{name: known[name] for name in kind.__struct_fields__ if name in known})


def event_document(event: msgspec.Struct, *, start_s: float = 0.0) -> dict[str, Any]:
    """The JSON object of an event: ``event``, ``at``, ``t_s`` first, then its own fields.

    ``start_s`` is subtracted for ``t_s`` (offset into a replay).
    """
    fields = msgspec.to_builtins(event)
    t_s = fields["t_s"]
    head = {
        "event": fields["event"],
        "at": rfc3339(t_s),
        "t_s": round(t_s - start_s, 3),
    }
    del fields["event"]
    return head | _public(fields)


def document(struct: msgspec.Struct) -> dict[str, Any]:
    """The JSON object of a retained document."""
    return _public(msgspec.to_builtins(struct))


def restamped(payload: bytes, shift: TimeShift) -> bytes:
    """A JSON object with the moments in it moved; anything else as it is."""
    try:
        fields = msgspec.json.decode(payload, type=dict[str, Any])
        for key, value in fields.items():
            if isinstance(value, str) and (key in _MOMENTS or key.endswith("_at")):
                fields[key] = rfc3339(shift.moment(parse_rfc3339(value)))
    except (msgspec.MsgspecError, ValueError, OverflowError):
        return payload
    return encode(fields)


def encode(value: object) -> bytes:
    """JSON bytes of anything the two functions above return."""
    return _encoder.encode(value)


def encode_line(value: object) -> str:
    """One line of JSON text."""
    return _encoder.encode(value).decode()


def _public(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _value(key, value)
        for key, value in fields.items()
        if key not in _INTERNAL and (key != "by" or value is not None)
    }


def _value(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _public(value)
    if isinstance(value, list):
        return [_public(item) if isinstance(item, dict) else _value(key, item) for item in value]
    if not isinstance(value, float):
        return value
    if key in _MOMENTS or key.endswith("_at"):
        return rfc3339(value)
    if not math.isfinite(value):
        return None
    decimals = next((d for suffix, d in _DECIMALS.items() if key.endswith(suffix)), 4)
    return round(value, decimals)

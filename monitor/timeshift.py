"""Moments that can be shifted: a boot's stretch of the timeline is put where it belongs.

A Pi without a battery clock does not know the time when it wakes; it times everything rightly
among itself and learns late, from the network, how far off all of it is. Then everything
remembered from this boot is shifted by the same seconds, and what is older stays. ``Moment``
marks, in the types, the fields that hold a time of the timeline (all other floats are durations or
measurements); ``shifted`` follows the marks through whatever holds them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, TypeVar, cast

import msgspec
from msgspec import inspect

Moment = Annotated[float, msgspec.Meta(extra={"shifts": "moment"})]
"""a time on the nursery timeline, in seconds"""
Deadline = Annotated[float, msgspec.Meta(extra={"shifts": "deadline"})]
"""one that lies ahead: it is shifted if the moment it was set (``t_s`` of its struct) is"""

S = TypeVar("S", bound=msgspec.Struct)


class TimeShift(msgspec.Struct, frozen=True, kw_only=True):
    """Moments in [since_s, until_s) are shifted by ``by_s``."""

    by_s: float
    since_s: float = -math.inf
    until_s: float = math.inf
    sure: bool = True
    """they are where they belong then; False: only put out of the way"""

    def covers(self, t_s: float) -> bool:
        """Whether this moment is shifted."""
        return self.since_s <= t_s < self.until_s

    def moment(self, t_s: float) -> float:
        """Where this moment is then."""
        return t_s + self.by_s if self.covers(t_s) else t_s


_Shifter = Callable[[Any, TimeShift], Any]


def shifted(value: S, shift: TimeShift) -> S:
    """The same struct, every moment in it shifted; one that knows better has ``shifted`` itself."""
    own = getattr(value, "shifted", None)
    return cast("S", own(shift)) if own is not None else shifted_fields(value, shift)


def shifted_fields(value: S, shift: TimeShift) -> S:
    """As ``shifted``, field by field, for a struct's own ``shifted`` to begin with."""
    changes: dict[str, Any] = {}
    for name, shifter in _shifters(type(value)):
        changes[name] = shifter(getattr(value, name), shift)
    for name in _deadlines(type(value)):
        deadline_s = getattr(value, name)
        if deadline_s is not None and shift.covers(cast("Any", value).t_s):
            changes[name] = deadline_s + shift.by_s
    return msgspec.structs.replace(value, **changes) if changes else value


def marks(kind: type[msgspec.Struct]) -> dict[str, str]:
    """What the types of a struct's own fields say: name to "moment" or "deadline"."""
    found = {}
    for field in _fields(kind):
        mark = _mark(field.type)
        if mark is not None:
            found[field.name] = mark
    return found


def _fields(kind: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    return cast("inspect.StructType", _bare(inspect.type_info(kind))).fields


def _bare(node: inspect.Type) -> inspect.Type:
    return _bare(node.type) if isinstance(node, inspect.Metadata) else node


def _mark(node: inspect.Type) -> str | None:
    if isinstance(node, inspect.Metadata):
        return (node.extra or {}).get("shifts") or _mark(node.type)
    inner: tuple[inspect.Type, ...] = ()
    if isinstance(node, inspect.UnionType):
        inner = node.types
    elif isinstance(node, inspect.ListType | inspect.VarTupleType):
        inner = (node.item_type,)
    elif isinstance(node, inspect.TupleType):
        inner = node.item_types
    elif isinstance(node, inspect.DictType):
        inner = (node.value_type,)
    return next((mark for part in inner if (mark := _mark(part))), None)


@cache
def _shifters(kind: type[msgspec.Struct]) -> tuple[tuple[str, _Shifter], ...]:
    shifters = ((field.name, _shifter(field.type)) for field in _fields(kind))
    return tuple((name, shifter) for name, shifter in shifters if shifter is not None)


@cache
def _deadlines(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return tuple(name for name, mark in marks(kind).items() if mark == "deadline")


def _shifter(node: inspect.Type) -> _Shifter | None:
    """How a value of this type is shifted; ``None`` for one that holds no moment."""
    if isinstance(node, inspect.Metadata):
        if (node.extra or {}).get("shifts") == "moment":
            return lambda value, shift: shift.moment(value)
        return _shifter(node.type)
    if isinstance(node, inspect.StructType):
        return shifted
    if isinstance(node, inspect.UnionType):
        return _union_shifter(node)
    if isinstance(node, inspect.ListType | inspect.VarTupleType):
        return _each(
            _shifter(node.item_type), list if isinstance(node, inspect.ListType) else tuple
        )
    if isinstance(node, inspect.TupleType):
        return _places([_shifter(part) for part in node.item_types])
    if isinstance(node, inspect.DictType) and (shifter := _shifter(node.value_type)) is not None:
        return lambda value, shift: {key: shifter(item, shift) for key, item in value.items()}
    return None


def _union_shifter(node: inspect.UnionType) -> _Shifter | None:
    shifters = [shifter for part in node.types if (shifter := _shifter(part)) is not None]
    if not shifters:
        return None

    def shift_one(value: Any, shift: TimeShift) -> Any:
        if value is None or isinstance(value, str):
            return value
        return (
            shifted(value, shift)
            if isinstance(value, msgspec.Struct)
            else shifters[0](value, shift)
        )

    return shift_one


def _each(shifter: _Shifter | None, make: Callable[[Any], Any]) -> _Shifter | None:
    if shifter is None:
        return None
    return lambda value, shift: make([shifter(item, shift) for item in value])


def _places(shifters: list[_Shifter | None]) -> _Shifter | None:
    if not any(shifters):
        return None
    return lambda value, shift: tuple(
        item if shifter is None else shifter(item, shift)
        for item, shifter in zip(value, shifters, strict=True)
    )

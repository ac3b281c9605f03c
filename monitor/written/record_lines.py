"""A baby's record on its way from box to box: who it is, and one short line for each thing known.

A line is an item of ``history`` without what is usual. Its id is that of the box it comes from; in
the box where it arrives it is marked with that box's name, unless it was carried there before. A
digest over all of it tells both boxes whether they have the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from monitor.alert_kinds import AlertKind, Severity
from monitor.codec import encode
from monitor.errors import CommandError
from monitor.events import (
    Alert,
    AlertState,
    Baby,
    Entries,
    Feed,
    FeedOrigin,
    Move,
    Note,
    Origin,
    Species,
    Stamp,
    Weighing,
)
from monitor.names import NoteKind, check_name, has_control
from monitor.times import parse_rfc3339, rfc3339

WHAT = ("weighings", "feeds", "notes", "alerts")
"""kinds of history that go with a baby; cries are the box's: a microphone hears no names"""
FINEST_G = 0.01
"""history rounds to this; no weighing is surer"""

Line = dict[str, Any]
Id = Annotated[str, Meta(max_length=200, pattern=r"^[A-Za-z0-9_@.-]+$")]
Sigma = Annotated[float, Meta(ge=0, le=1e5)]
Text = Annotated[str, Meta(max_length=200)]
Sentences = Annotated[str, Meta(max_length=1000)]


class _Line(msgspec.Struct, tag_field="what", forbid_unknown_fields=True):
    id: Id
    at: str
    guessed: bool = False
    """the clock was not known then"""
    by: Text | None = None
    """who said so"""

    @property
    def key(self) -> str:
        """What no other line of its kind has."""
        return self.id

    @property
    def t_s(self) -> float:
        return parse_rfc3339(self.at)

    @property
    def stamp(self) -> Stamp:
        """No shift of another box's clock moves it."""
        return "guess" if self.guessed else "person"


class WeighingLine(_Line, tag="weighing", forbid_unknown_fields=True, kw_only=True):
    """One weighing."""

    weight_g: Annotated[float, Meta(ge=FINEST_G, le=1e5)]
    sigma_g: Sigma = 0.0
    move: Move | None = None
    confidence: Annotated[float, Meta(ge=0, le=1)] = 1.0
    origin: Origin = "scale"
    only_weighed: bool = False


class FeedLine(_Line, tag="feed", forbid_unknown_fields=True, kw_only=True):
    """One bottle."""

    net_g: Annotated[float, Meta(ge=-1e5, le=1e5)] | None = None
    sigma_g: Sigma | None = None
    out_s: Annotated[float, Meta(ge=0, le=1e7)] | None = None
    origin: FeedOrigin = "scale"
    how: Text | None = None


class NoteLine(_Line, tag="note", forbid_unknown_fields=True, kw_only=True):
    """One line of the care log."""

    kind: NoteKind
    value: Text | float | None = None
    text: Text | None = None


class AlertLine(_Line, tag="alert", forbid_unknown_fields=True, kw_only=True):
    """One change in the life of an alert about it."""

    kind: AlertKind
    state: AlertState
    severity: Severity
    since: str
    title: Sentences
    message: Sentences = ""
    why: Sentences = ""

    @property
    def key(self) -> str:
        """One alert has several."""
        return f"{self.id} {self.state} {self.at}"


AnyLine = WeighingLine | FeedLine | NoteLine | AlertLine


class _Who(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A baby as it is described to another box."""

    id: Annotated[str, Meta(min_length=1, max_length=80)]
    name: str
    species: Species
    born: date | None = None
    adult_weight_kg: Annotated[float, Meta(gt=0, le=1000)] | None = None
    weight_g: Annotated[float, Meta(gt=0, le=1e5)] | None = None
    also_nurses: bool | None = None
    weaning: bool | None = None
    registered_at: str | None = None


def packed(item: Mapping[str, Any]) -> Line | None:
    """The line of an item of ``history``; ``None`` for one that stays with the box."""
    if item.get("what") not in {"weighing", "feed", "note", "alert"}:
        return None
    usual = {"confidence": 1.0, "origin": "scale", "only_weighed": False, "guessed": False}
    return {
        name: float(value) if type(value) is int else value
        for name, value in sorted(item.items())
        if value is not None and name not in {"baby", "from"} and usual.get(name) != value
    }


def digest(who: Line, lines: Iterable[Line]) -> str:
    """Of a baby and its record, in whatever order."""
    parts = sorted(encode(dict(sorted(line.items()))) for line in lines)
    return hashlib.sha256(b"\n".join([encode(dict(sorted(who.items()))), *parts])).hexdigest()


def described(baby: Baby) -> Line:
    """Who a baby is."""
    names = ("id", "name", "species", "born", "adult_weight_kg", "weight_g", "also_nurses",
             "weaning")  # fmt: skip
    fields = msgspec.to_builtins(baby)
    found = {name: fields[name] for name in names if fields.get(name) is not None}
    if baby.registered_s is not None:
        found["registered_at"] = rfc3339(baby.registered_s)
    return {name: float(v) if type(v) is int else v for name, v in found.items()}


def baby_of(who: Line) -> Baby:
    """The baby that is described.

    Raises:
        CommandError: it is none that this box can take.
    """
    found: _Who = _read(who, _Who)
    if has_control(found.id):
        raise CommandError('"who" has an id with control characters')
    check_name(found.name)
    fields = msgspec.to_builtins(found)
    registered = fields.pop("registered_at")
    return Baby(**fields, registered_s=None if registered is None else _moment(registered))


def checked(line: Line) -> AnyLine:
    """A line as it came in.

    Raises:
        CommandError: it is none.
    """
    found: AnyLine = _read(line, AnyLine)
    _moment(found.at)
    if isinstance(found, AlertLine):
        _moment(found.since)
    return found


def entries(baby: str, lines: Iterable[Line], origin: str, here: str) -> Entries:
    """All lines as this box ``here`` keeps them, of a baby that comes from ``origin``."""
    found = sorted((checked(line) for line in lines), key=lambda line: line.t_s)
    weighings, feeds, notes, alerts = [], [], [], []
    for line in found:
        if isinstance(line, AlertLine):
            alerts.append(_alert(line, baby, marked(line.id, origin, here), origin))
            continue
        base: Line = {"step_id": marked(line.id, origin, here), "baby": baby}
        base |= {"t_s": line.t_s, "stamp": line.stamp}
        own = msgspec.structs.asdict(line)
        more = {name: own[name] for name in own if name not in {"id", "at", "guessed"}}
        if isinstance(line, WeighingLine):
            more["sigma_g"] = max(line.sigma_g, FINEST_G)
            weighings.append(Weighing(**base, **more))
        elif isinstance(line, FeedLine):
            feeds.append(Feed(**base, **more))
        else:
            notes.append(Note(**base, **more))
    return Entries(weighings=weighings, feeds=feeds, notes=notes, alerts=alerts)


def _alert(line: AlertLine, baby: str, key: str, origin: str) -> Alert:
    return Alert(
        id=key, kind=line.kind, state=line.state, severity=line.severity, baby=baby,
        since=_moment(line.since), t_s=line.t_s, title=line.title, message=line.message,
        why=line.why, box=origin, by=line.by,
    )  # fmt: skip


def marked(key: str, origin: str, here: str) -> str:
    """The id in this box: what came from elsewhere says so, what comes home no longer does."""
    head, at, box = key.rpartition("@")
    if not at:
        return f"{key}@{origin}"
    return head if box == here else key


def _read(fields: Line, kind: Any) -> Any:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise CommandError(
            f"the record cannot be read here ({error}): both boxes need the same version of the "
            "monitor"
        ) from error


def _moment(text: str) -> float:
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise CommandError(f'the record has a time that is none: "at" {error}') from error

"""Requests as they arrive, read strictly: a typed request, or a refusal in one sentence.

Anybody on the broker can write to a command topic, and dashboards send what a person typed; msgspec
decodes it by the types of ``commands``. Amounts, times and dates may be sent as people write them;
here they become grams and RFC 3339.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from datetime import time as clock_time
from typing import Any, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import Meta

from monitor.commands import VERBS, Request
from monitor.errors import CommandError
from monitor.names import LONGEST_NAME, has_control
from monitor.times import parse_rfc3339, rfc3339
from monitor.written.days import LocalNow, parse_day
from monitor.written.fields import LONGEST_TEXT
from monitor.written.grams import parse_grams, spoken_grams
from monitor.written.masses import parse_mass
from monitor.written.moments import local_s, parse_moment, split_moment, spoken_moment
from monitor.written.verb import verb_of

LONGEST_PAYLOAD = 4096
DEEPEST = 2
"""a table of lists"""


def request(verb: str, args: dict[str, Any], now: LocalNow | None = None) -> Request:
    """The request with these arguments; what is ``None`` is left out.

    Args:
        verb: what is asked for.
        args: by name: plain values.
        now: when and where they were written; None: times are RFC 3339, dates ISO 8601.

    Raises:
        CommandError: one sentence.
    """
    kind = VERBS.get(verb)
    if kind is None:
        raise CommandError(f"there is no command {_quoted(verb)}")
    given = {name: _clean(verb, name, value) for name, value in args.items() if value is not None}
    read = _as_written(kind, given, now)
    try:
        if "verb" in given:  # msgspec would take it for the tag
            raise CommandError(_fault(kind, read))
        return msgspec.convert(read, kind)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, CommandError):  # of the type itself
            raise error.__cause__ from None
        raise CommandError(_fault(kind, read)) from error


class Asked(NamedTuple):
    """A request with what is beside it in its JSON object."""

    request: Request
    request_id: str | None
    """that its answer echoes"""
    by: str | None
    """who asks, by the name of a carer"""


def read_request(verb: str, payload: bytes, now: LocalNow | None = None) -> Asked:
    """The request in a JSON object.

    ``now`` as for ``request``.

    Raises:
        CommandError: one sentence, with the ``request_id`` where that could be read.
    """
    if verb not in VERBS:
        raise CommandError(f"there is no command {_quoted(verb)}")
    fields = _object(verb, payload)
    request_id = _request_id(fields.pop("request_id", None))
    try:
        by = carer(verb, fields.pop("by", None))
        return Asked(request(verb, fields, now), request_id, by)
    except CommandError as error:
        error.request_id = request_id
        raise


def understood(asked: Request, now: LocalNow) -> str | None:
    """What was read as an amount or a time, said back: ``113.4 g, yesterday 23:10``; or None."""
    said = [
        _SAID[written](getattr(asked, field.name), now)
        for field in msgspec.structs.fields(type(asked))
        if (written := _written(field.type)) in _SAID and getattr(asked, field.name) is not None
    ]
    return ", ".join(said) or None


def _object(verb: str, payload: bytes) -> dict[str, Any]:
    if len(payload) > LONGEST_PAYLOAD:
        raise CommandError(f"{verb} is {len(payload)} bytes long; {LONGEST_PAYLOAD} are allowed")
    if not payload.strip():
        return {}
    try:
        fields = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CommandError(f"{verb} is not valid JSON: {error}") from error
    except RecursionError as error:
        raise CommandError(f"{verb} is nested too deeply") from error
    if not isinstance(fields, dict):
        raise CommandError(f'{verb} must be a JSON object such as {{"id": "..."}}')
    return fields


def _request_id(value: Any) -> str | None:
    """What the answer echoes; anything that is no short plain text or number is not echoed."""
    if isinstance(value, bool | dict | list) or value is None:
        return None
    text = str(value)
    return text if len(text) <= LONGEST_TEXT and not has_control(text) else None


def carer(verb: str, value: Any) -> str | None:
    """Whoever is named in ``by``: a name as of a baby; None where nobody is.

    Raises:
        CommandError: it is no name.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > LONGEST_NAME or has_control(value):
        raise CommandError(f'{verb}: "by" must be a name of at most {LONGEST_NAME} characters')
    return value.strip() or None


def _clean(verb: str, name: str, value: Any, depth: int = 0) -> Any:
    """What no type can say: numbers are finite, text steers nothing and has no space around it.

    Lists and tables are looked into as deep as a setting may go; no type takes one that is deeper.
    """
    if isinstance(value, list) and depth < DEEPEST:
        return [_clean(verb, name, item, depth + 1) for item in value]
    if isinstance(value, dict) and depth < DEEPEST:
        return {key: _clean(verb, name, item, depth + 1) for key, item in value.items()}
    if isinstance(value, str):
        if has_control(value):
            raise CommandError(f"{verb}: {_quoted(name)} contains control characters")
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:  # JSON may hold an integer of four thousand digits
            number = math.inf
        if not math.isfinite(number):
            raise CommandError(f"{verb}: {_quoted(name)} is not a finite number")
        return number
    return value


def _fault(kind: type[Request], given: dict[str, Any]) -> str:
    """Why these fields are none of ``kind``: the first fault, in a sentence."""
    verb = verb_of(kind)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name, value in given.items():
        nested = name in fields and _is_nested(fields[name].type)
        if isinstance(value, dict | list) and not nested:
            return f"{verb}: {_quoted(name)} must be a plain value"
        if name not in fields:
            known = ", ".join(fields) or "nothing"
            return f"{verb} does not know {_quoted(name)}; it takes {known}"
        try:
            msgspec.convert(value, fields[name].type)
        except msgspec.ValidationError:
            return _field_fault(verb, name, value, fields[name].type)
    missing = [name for name, field in fields.items() if field.required and name not in given]
    return f'{verb} needs "{missing[0]}"'


_NOUNS: dict[type, tuple[str, type]] = {
    str: ("text", str),
    date: ("text", str),
    float: ("a number", float),
    bool: ("true or false", bool),
}
"""of the type of a field: what it must be, and the plain type that it is sent as"""


def _field_fault(verb: str, name: str, value: Any, hint: Any) -> str:
    base, meta = _without_none(hint)
    if _is_nested(hint):
        return f'{verb}: "{name}" must be {meta.description}'
    if get_origin(base) is Literal:
        return f'{verb}: "{name}" must be {" or ".join(get_args(base))}'
    noun, sent_as = _NOUNS[base]
    if type(value) is not sent_as:
        return f'{verb}: "{name}" must be {noun}'
    if not isinstance(value, str):
        return f'"{name}" is {value:g}: {meta.description}'
    if len(value) > LONGEST_TEXT:
        return f'{verb}: "{name}" is longer than {LONGEST_TEXT} characters'
    return f'"{name}" is {value!r}: {meta.description}' if value else f'"{name}" is missing'


def _without_none(hint: Any) -> tuple[Any, Meta]:
    """The type of a field and its limits; optional or not."""
    if type(None) in get_args(hint):
        hint = next(part for part in get_args(hint) if part is not type(None))
    limits = getattr(hint, "__metadata__", None)
    return (get_args(hint)[0], limits[0]) if limits else (hint, Meta())


def _rfc3339(text: str, now: LocalNow) -> str:
    try:
        parse_rfc3339(text)
    except ValueError:
        return rfc3339(parse_moment(text, now))
    return text


def _bound(text: str, now: LocalNow, *, days: int) -> str:
    """A moment, or a day: its midnight, so many days later."""
    try:
        day, clock, seconds = split_moment(text, now)
        if day is not None and clock is None and seconds is None:
            return rfc3339(local_s(day + timedelta(days=days), clock_time(), now))
    except (ValueError, OverflowError, OSError):
        pass  # "20 min ago", or none: refused below
    return _rfc3339(text, now)


def _is_nested(hint: Any) -> bool:
    """Whether a field of this type takes lists and tables."""
    return bool((_without_none(hint)[1].extra or {}).get("nested"))


def _written(hint: Any) -> str | None:
    """How people may write a field of this type, as its limits say."""
    return (_without_none(hint)[1].extra or {}).get("written")


_READ: dict[str, Callable[[str, LocalNow], Any]] = {
    "weight": lambda text, _: parse_grams(text),
    "milk": lambda text, _: parse_grams(text, milk=True),
    "mass": lambda text, _: parse_mass(text),
    "adult": lambda text, _: parse_grams(text, unit="kg", most_g=math.inf) / 1000.0,
    "moment": _rfc3339,
    "since": lambda text, now: _bound(text, now, days=0),
    "until": lambda text, now: _bound(text, now, days=1),
    "day": lambda text, now: parse_day(text, now).isoformat(),
}
_SAID: dict[str | None, Callable[[Any, LocalNow], str]] = {
    "weight": lambda grams, _: spoken_grams(grams),
    "milk": lambda grams, _: spoken_grams(grams),
    "adult": lambda kg, _: f"{kg:.3g} kg grown up",
    "moment": lambda at, now: spoken_moment(parse_rfc3339(at), now),
    "since": lambda at, now: spoken_moment(parse_rfc3339(at), now),
    "until": lambda at, now: spoken_moment(parse_rfc3339(at), now),
    "day": lambda born, _: f"born {born.isoformat()}",
}
_ANYWHERE = LocalNow(0.0)
"""what does not depend on when and where it was written is read without knowing it"""


def _as_written(kind: type[Request], given: dict[str, Any], now: LocalNow | None) -> dict[str, Any]:
    """``given`` with what people write as the plain values that the types hold."""
    read = dict(given)
    for field in msgspec.structs.fields(kind):
        text = given.get(field.name)
        written = _written(field.type)
        if not isinstance(text, str) or written is None or not text:
            continue
        if now is None and written in {"moment", "since", "until", "day"}:
            continue
        try:
            read[field.name] = _READ[written](text, now or _ANYWHERE)
        except ValueError as error:
            raise CommandError(f'"{field.name}" {error}') from error
    return read


def _quoted(text: str) -> str:
    """Foreign text in a sentence: short, printable, in quotes."""
    printable = "".join(c if c.isprintable() else "?" for c in text[:40])
    return f'"{printable}"'

"""What a person can ask for: one typed request a verb, read strictly, refused in one sentence.

Anybody on the broker can write to a command topic, and dashboards send what a person typed. The
union ``Request`` is the only list of verbs: fields, limits and defaults stand in the types, and
msgspec decodes them for every way in (broker, inbox, command line, button). Whether a request makes
sense now (who is here, what is open, which weight can be meant) is for the core to say.

Amounts, times and dates may be sent as people write them; here they become grams and RFC 3339.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, cast, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from monitor.errors import CommandError
from monitor.names import THINGS, HistoryKind, NoteKind, Species, check_name, has_control
from monitor.times import parse_rfc3339, rfc3339
from monitor.written.days import LocalNow, parse_day
from monitor.written.grams import parse_grams, spoken_grams
from monitor.written.moments import parse_moment, spoken_moment

LONGEST_PAYLOAD = 4096
LONGEST_TEXT = 200
SNOOZE_MIN = 30.0
SNOOZE_LONGEST_MIN = 720.0
"""half a day: a snooze that was forgotten must not outlive the next feed by much"""

COLDEST_C, HOTTEST_C = 20.0, 45.0
"""A chilled neonate that still lives is at 30 degrees; 45 is a number in Fahrenheit cut short."""

# The description of a limit says what to give instead; it ends the sentence of a refusal. "written"
# says that text is read as people write it: see _as_written.
Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Filled = Annotated[str, Meta(max_length=LONGEST_TEXT, pattern=r"\S")]
Grams = Annotated[
    float,
    Meta(
        gt=0,
        le=100_000,
        description="a weight in grams is above 0",
        extra={"written": "weight"},
    ),
]
MilkGrams = Annotated[
    float,
    Meta(
        gt=0,
        le=1000,
        description="an amount to drink is above 0 and at most 1000 g",
        extra={"written": "milk"},
    ),
]
"""an amount to drink; ``8 ml`` counts as 8 g"""
PageItems = Annotated[float, Meta(ge=1, le=200, description="give 1 to 200")]
At = Annotated[str, Meta(max_length=LONGEST_TEXT, extra={"written": "moment"})]
"""RFC 3339 with a zone; at the edge also as people write it, in the box's own zone"""
Minutes = Annotated[
    float,
    Meta(gt=0, le=SNOOZE_LONGEST_MIN, description="give more than 0 and at most 720 (12 h)"),
]
AdultKg = Annotated[
    float,
    Meta(ge=0.5, le=120, description="it must be 0.5 to 120 kg", extra={"written": "adult"}),
]
Day = Annotated[date, Meta(description="write a date as 2026-01-31", extra={"written": "day"})]


class Verb(Struct, frozen=True, tag_field="verb", forbid_unknown_fields=True, omit_defaults=True):
    """Base of the requests: the tag is the verb, as in topics and in the inbox."""


class Acknowledge(Verb, frozen=True, kw_only=True, tag="acknowledge"):
    """An alert was seen; without ``id`` every open one."""

    id: Text | None = None


class Snooze(Verb, frozen=True, kw_only=True, tag="snooze"):
    """Say it again later; without ``id`` every open alert."""

    id: Text | None = None
    minutes: Minutes = SNOOZE_MIN


class NotACry(Verb, frozen=True, kw_only=True, tag="not_a_cry"):
    """Somebody listened: the crying alert that is open was none."""

    id: Text | None = None


class SendTestAlert(Verb, frozen=True, kw_only=True, tag="test_alert"):
    """Raise an alert that says that it is a test."""


class Tare(Verb, frozen=True, kw_only=True, tag="tare"):
    """What lies in the empty box now belongs to the box."""


class ExpectWeighIn(Verb, frozen=True, kw_only=True, tag="weigh_in"):
    """The next baby lifted out or put back is weighed, not fed."""

    cancel: bool = False


class Assign(Verb, frozen=True, kw_only=True, tag="assign"):
    """The answer to "who was it?": a baby, one of ``names.NOBODY``, or a thing by its name."""

    step_id: Filled
    baby: Text | None = None
    """a thing that is known already may be named here as well: one list of names to choose from"""
    object: Filled | None = None
    """a thing; one that has not been named before is known from then on"""

    def __post_init__(self) -> None:
        """It says one of them."""
        if self.baby is None and self.object is None:
            raise CommandError('assign needs "baby", or "object" for a thing')
        if self.baby is not None and self.object is not None:
            raise CommandError('assign takes either "baby" or "object", not both')
        if self.object is not None and self.object.lower() not in THINGS:
            check_name(self.object)


class ThingForget(Verb, frozen=True, kw_only=True, tag="thing_forget"):
    """A thing is no longer used: nobody is taken for it any more."""

    name: Filled


class Weigh(Verb, frozen=True, kw_only=True, tag="weigh"):
    """A weight typed by hand."""

    baby: Filled
    grams: Grams
    at: At | None = None
    """now when it is left out"""
    confirm: bool = False
    """yes, it really weighs that"""

    def __post_init__(self) -> None:
        """A time that is none is refused."""
        _ = self.at_s

    @property
    def at_s(self) -> float | None:
        """``at`` in Unix seconds."""
        return moment_s(self.at)


class FeedByHand(Verb, frozen=True, kw_only=True, tag="feed"):
    """A bottle that the scale did not see; without ``grams`` it counts for the rhythm only."""

    baby: Filled
    grams: MilkGrams | None = None
    at: At | None = None
    """now when it is left out"""
    how: Text | None = None
    """such as "tube"; kept as it was said"""
    usual: bool = False
    """as much as it usually takes, where that is known and ``grams`` is left out"""
    confirm: bool = False
    """yes, it really took that much"""

    def __post_init__(self) -> None:
        """A time that is none is refused."""
        _ = self.at_s

    @property
    def at_s(self) -> float | None:
        """``at`` in Unix seconds."""
        return moment_s(self.at)


class WriteNote(Verb, frozen=True, kw_only=True, tag="note"):
    """A line of the care log, about one baby or about all of them."""

    kind: NoteKind
    baby: Filled | None = None
    value: Text | float | None = None
    text: Text | None = None
    at: At | None = None
    """now when it is left out"""

    def __post_init__(self) -> None:
        """A time that is none is refused, and a temperature that nobody has."""
        _ = self.at_s
        if self.kind == "temperature_c":
            _check_temperature(self.value)

    @property
    def at_s(self) -> float | None:
        """``at`` in Unix seconds."""
        return moment_s(self.at)


class Correct(Verb, frozen=True, kw_only=True, tag="correct"):
    """What was wrong with one weighing: who, how much, or that it ever was."""

    step_id: Filled
    baby: Filled | None = None
    grams: Grams | None = None
    void: bool = False

    def __post_init__(self) -> None:
        """It says at least one of them."""
        if self.baby is None and self.grams is None and not self.void:
            raise CommandError('correct needs one of "grams", "baby" or "void"')


class BabyAdd(Verb, frozen=True, kw_only=True, tag="baby_add"):
    """A baby comes to the nursery."""

    name: Filled
    species: Species
    born: Day | None = None
    weight_g: Grams | None = None
    adult_weight_kg: AdultKg | None = None
    confirm: bool = False
    """yes, it really weighs that"""

    def __post_init__(self) -> None:
        """The name is one that a baby may have."""
        check_name(self.name)


class BabyEdit(Verb, frozen=True, kw_only=True, tag="baby_edit"):
    """What is known about a baby changes; what is left out stays."""

    name: Filled
    rename: Filled | None = None
    species: Species | None = None
    born: Day | None = None
    weight_g: Grams | None = None
    adult_weight_kg: AdultKg | None = None
    confirm: bool = False
    """yes, it really weighs that"""

    def __post_init__(self) -> None:
        """The new name is one that a baby may have."""
        if self.rename is not None:
            check_name(self.rename)


class BabyRetire(Verb, frozen=True, kw_only=True, tag="baby_retire"):
    """A baby has left; its history is kept."""

    name: Filled


class BabyDelete(Verb, frozen=True, kw_only=True, tag="baby_delete"):
    """A baby was registered by mistake; refused once it has a history."""

    name: Filled


class Undo(Verb, frozen=True, kw_only=True, tag="undo"):
    """Take back the last thing that a person entered, or the one with this ``id``."""

    id: Filled | None = None


class History(Verb, frozen=True, kw_only=True, tag="history"):
    """What happened, newest first; a page at a time."""

    what: HistoryKind = "all"
    baby: Filled | None = None
    since: At | None = None
    until: At | None = None
    """before that"""
    limit: PageItems | None = None
    next: Text | None = None
    """as the page before gave it: go on there"""

    def __post_init__(self) -> None:
        """A time that is none is refused."""
        _ = self.since_s, self.until_s

    @property
    def since_s(self) -> float | None:
        """``since`` in Unix seconds."""
        return moment_s(self.since)

    @property
    def until_s(self) -> float | None:
        """``until`` in Unix seconds."""
        return moment_s(self.until)


AlertRequest = Acknowledge | Snooze | NotACry | SendTestAlert
"""carried out by ``core.alerts``"""
ScaleRequest = (
    Tare
    | ExpectWeighIn
    | Assign
    | ThingForget
    | Weigh
    | FeedByHand
    | WriteNote
    | Correct
    | BabyAdd
    | BabyEdit
    | BabyRetire
    | BabyDelete
    | Undo
)
"""carried out by ``core.scale``"""
JournalRequest = History
"""answered from what is stored"""
Request = AlertRequest | ScaleRequest | JournalRequest


def verb_of(kind: type[Request] | Request) -> str:
    """The verb of a request, or of its type."""
    return str(kind.__struct_config__.tag)


VERBS: dict[str, type[Request]] = {verb_of(kind): kind for kind in get_args(Request)}


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


def read_request(
    verb: str, payload: bytes, now: LocalNow | None = None
) -> tuple[Request, str | None]:
    """The request in a JSON object, and the ``request_id`` that its answer echoes.

    ``now`` as for ``request``.

    Raises:
        CommandError: one sentence, with the ``request_id`` where that could be read.
    """
    if verb not in VERBS:
        raise CommandError(f"there is no command {_quoted(verb)}")
    fields = _object(verb, payload)
    request_id = _request_id(fields.pop("request_id", None))
    try:
        return request(verb, fields, now), request_id
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


def arguments(asked: Request) -> dict[str, Any]:
    """What ``request`` makes ``asked`` of again: plain values, without those left out."""
    fields = cast("dict[str, Any]", msgspec.to_builtins(asked))
    del fields["verb"]
    return fields


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


def _clean(verb: str, name: str, value: Any) -> Any:
    """What no type can say: numbers are finite, text steers nothing and has no space around it."""
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
        if isinstance(value, dict | list):
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


def moment_s(at: str | None) -> float | None:
    """Unix seconds of a field ``at``; None when it was left out.

    Raises:
        CommandError: it is no RFC 3339 time.
    """
    try:
        return None if at is None else parse_rfc3339(at)
    except ValueError as error:
        raise CommandError(f'"at" {error}') from error


def _written(hint: Any) -> str | None:
    """How people may write a field of this type, as its limits say."""
    return (_without_none(hint)[1].extra or {}).get("written")


_READ: dict[str, Callable[[str, LocalNow], Any]] = {
    "weight": lambda text, _: parse_grams(text),
    "milk": lambda text, _: parse_grams(text, milk=True),
    "adult": lambda text, _: parse_grams(text, unit="kg", most_g=math.inf) / 1000.0,
    "moment": _rfc3339,
    "day": lambda text, now: parse_day(text, now).isoformat(),
}
_SAID: dict[str | None, Callable[[Any, LocalNow], str]] = {
    "weight": lambda grams, _: spoken_grams(grams),
    "milk": lambda grams, _: spoken_grams(grams),
    "adult": lambda kg, _: f"{kg:.3g} kg grown up",
    "moment": lambda at, now: spoken_moment(parse_rfc3339(at), now),
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
        if now is None and written in {"moment", "day"}:
            continue
        try:
            read[field.name] = _READ[written](text, now or _ANYWHERE)
        except ValueError as error:
            raise CommandError(f'"{field.name}" {error}') from error
    return read


def _check_temperature(value: str | float | None) -> None:
    try:
        degrees = float(str(value).replace(",", "."))
    except ValueError:
        degrees = math.nan
    if not COLDEST_C <= degrees <= HOTTEST_C:
        raise CommandError(
            f'"value" of temperature_c is degrees Celsius from {COLDEST_C:g} to {HOTTEST_C:g}'
        )


def _quoted(text: str) -> str:
    """Foreign text in a sentence: short, printable, in quotes."""
    printable = "".join(c if c.isprintable() else "?" for c in text[:40])
    return f'"{printable}"'

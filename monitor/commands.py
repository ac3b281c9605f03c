"""Commands from phones and dashboards: read strictly, refused with one sentence.

Anybody on the broker can write to a command topic, retained commands would be carried out again
at every reconnect, and dashboards send what a person typed. So only known verbs with flat, short,
well-typed arguments pass; whether they make sense now is for the core to say.
"""

from __future__ import annotations

import math
from typing import Any, cast, get_args

import msgspec

from monitor.errors import CommandError
from monitor.events import Command, Verb
from monitor.names import has_control

LONGEST_PAYLOAD = 4096
LONGEST_TEXT = 200
ARGUMENTS: dict[str, dict[str, type]] = {
    "acknowledge": {"id": str},
    "snooze": {"id": str, "minutes": float},
    "not_a_cry": {"id": str},
    "test_alert": {},
    "tare": {},
    "weigh_in": {"cancel": bool},
    "assign": {"step_id": str, "baby": str},
    "weigh": {"baby": str, "grams": float, "at": str, "confirm": bool},
    "correct": {"step_id": str, "baby": str, "grams": float, "void": bool},
    "baby_add": {
        "name": str,
        "species": str,
        "born": str,
        "weight_g": float,
        "adult_weight_kg": float,
    },
    "baby_edit": {
        "name": str,
        "rename": str,
        "species": str,
        "born": str,
        "weight_g": float,
        "adult_weight_kg": float,
    },
    "baby_retire": {"name": str},
}
NEEDED: dict[str, tuple[str, ...]] = {
    "assign": ("step_id", "baby"),
    "weigh": ("baby", "grams"),
    "correct": ("step_id",),
    "baby_add": ("name", "species"),
    "baby_edit": ("name",),
    "baby_retire": ("name",),
}


def parse_command(topic: str, payload: bytes, base: str, *, retain: bool, now_s: float) -> Command:
    """Read one message from ``<base>/cmd/<verb>``.

    Raises:
        CommandError: one sentence; nothing of the command was carried out.
    """
    verb = topic.removeprefix(f"{base}/cmd/")
    if verb not in get_args(Verb):
        raise CommandError(f"there is no command {_quoted(verb)}")
    if retain:
        raise CommandError(f"{verb} arrived retained and was ignored: send it without retain")
    fields = _object(verb, payload)
    request_id = _request_id(fields.pop("request_id", None))
    try:
        args = _arguments(verb, fields)
    except CommandError as error:
        error.request_id = request_id
        raise
    return Command(t_s=now_s, verb=cast("Verb", verb), args=args, request_id=request_id)


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


def _arguments(verb: str, fields: dict[str, Any]) -> dict[str, Any]:
    for name, value in fields.items():
        if isinstance(value, dict | list):
            raise CommandError(f"{verb}: {_quoted(name)} must be a plain value")
        if isinstance(value, str):
            _check_text(verb, name, value)
    args = {name: _value(verb, name, value) for name, value in fields.items() if value is not None}
    for name in NEEDED.get(verb, ()):
        if name not in args:
            raise CommandError(f'{verb} needs "{name}"')
    return args


def _check_text(verb: str, name: str, text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise CommandError(f"{verb}: {_quoted(name)} is longer than {LONGEST_TEXT} characters")
    if has_control(text):
        raise CommandError(f"{verb}: {_quoted(name)} contains control characters")


def _value(verb: str, name: str, value: Any) -> Any:
    wanted = ARGUMENTS[verb].get(name)
    if wanted is None:
        known = ", ".join(ARGUMENTS[verb]) or "nothing"
        raise CommandError(f"{verb} does not know {_quoted(name)}; it takes {known}")
    if wanted is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(verb, name, value)
    if type(value) is not wanted:
        noun = {str: "text", float: "a number", bool: "true or false"}[wanted]
        raise CommandError(f'{verb}: "{name}" must be {noun}')
    return value


def _finite(verb: str, name: str, value: float) -> float:
    try:
        number = float(value)
    except OverflowError:  # JSON may hold an integer of four thousand digits
        number = math.inf
    if not math.isfinite(number):
        raise CommandError(f'{verb}: "{name}" is not a finite number')
    return number


def _quoted(text: str) -> str:
    """Foreign text in a sentence: short, printable, in quotes."""
    printable = "".join(c if c.isprintable() else "?" for c in text[:40])
    return f'"{printable}"'

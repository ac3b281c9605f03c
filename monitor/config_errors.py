"""What a person reads when the configuration is wrong: the key, what is there, what belongs there.

msgspec names the place and the type; here that becomes a sentence with the allowed values, the
pin that was counted on the header, the nearest spelling. Pins are BCM numbers; the header's own
numbers are from the Raspberry Pi documentation ("GPIO and the 40-pin header").
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

HEADER_BCM = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10,
    21: 9, 22: 25, 23: 11, 24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19,
    36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
"""position on the 40-pin header: BCM number; the other positions are power and ground"""
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PLAIN = {
    "int": "a whole number", "float": "a number", "str": "text in quotes",
    "bool": "true or false", "array": "a list in [ ]", "object": "a table", "null": "nothing",
}  # fmt: skip
_FORMS = {
    "alerts.night.from": 'a time such as "22:00"',
    "alerts.night.to": 'a time such as "07:00"',
    "probe.topic": 'one topic, without "+" and "#"',
    "notify.page_url": 'an address such as "http://nursery.local:8080"',
    "shelter.records_url": 'an address such as "http://127.0.0.1:8428"',
    "shelter.rules_url": 'an address such as "http://127.0.0.1:8880"',
    "mqtt.discovery_prefix": 'letters, digits, "_", "-" and "/"',
}
"""what a pattern means to a person"""


def byte_order_mark(content: bytes) -> str | None:
    """What an editor put before the text, or None: a sentence that follows the file's name."""
    if content.startswith(_MARKS):
        return "begins with a byte-order mark: save it again as plain UTF-8 without one (BOM)"
    return None


def sentence(message: str, kind: type, raw: Any) -> str:
    """Turn msgspec's report into one sentence with the key's path: ``scale.dout_pin: ...``.

    Args:
        message: of the ``ValidationError``.
        kind: the struct that was wanted.
        raw: the same content without a type; the value at the key is looked up there.
    """
    text, _, path = message.partition(" - at `$")
    key = path.rstrip("`").lstrip(".")
    if unknown := re.match(r"Object contains unknown field `(.+)`", text):
        return _unknown(unknown[1], key, kind)
    if missing := re.match(r"Object missing required field `(.+)`", text):
        name = f"{key}.{missing[1]}" if key else missing[1]
        return f'the key "{name}" is missing'
    said = _about(text, key, kind, _value(raw, key))
    return f'"{key}": {said}' if key else said


def header_pin(position: int) -> str:
    """What lies at a position of the header, for somebody who counted there."""
    bcm = HEADER_BCM.get(position)
    if bcm is not None:
        return f"pin {position} of the header is BCM {bcm}"
    return f"pin {position} of the header is power or ground"


def host_problem(host: str) -> str | None:
    """Why a broker's host is none, with what to write instead; None when it may be one."""
    given = host.strip()
    if "://" in given:
        name = given.partition("://")[2].partition("/")[0].partition(":")[0]
        return f'is a URL: write the name alone, host = "{name}"'
    if given.startswith("[") or given.endswith("]"):
        return f'has brackets: write the address alone, host = "{given.strip("[]")}"'
    if given != host or re.search(r"\s", given):
        return "has a space in it: write the name or address alone"
    if re.fullmatch(r"[^:]+:\d+", given):
        name, _, port = given.partition(":")
        return f'has a port in it: write host = "{name}" and port = {port}'
    if "@" in given:
        return "has a user in it: write the name alone, and the user as username"
    if "/" in given:
        return "has a / in it: write the name or address alone"
    return None


def _unknown(field: str, key: str, kind: type) -> str:
    name = f"{key}.{field}" if key else field
    found = _type_at(kind, key)
    known = [f.encode_name for f in found.fields] if isinstance(found, inspect.StructType) else []
    import difflib

    near = difflib.get_close_matches(field, known, n=1)
    if near:
        return f'unknown key "{name}": did you mean "{near[0]}"?'
    return (
        f'unknown key "{name}": remove it, or check its spelling (known here: {", ".join(known)})'
    )


def _about(text: str, key: str, kind: type, value: Any) -> str:
    if text.startswith("Invalid enum value"):
        allowed = ", ".join(f'"{name}"' for name in _allowed(_type_at(kind, key)))
        return f"{_shown(value)} is none of {allowed}"
    if key.endswith("_pin") and isinstance(value, int) and not isinstance(value, bool):
        return f"{value} is no BCM number (0 to 27); {header_pin(value)}"
    if "matching regex" in text and key in _FORMS:
        return f"{_shown(value)} is not {_FORMS[key]}"
    if limit := re.fullmatch(r"Expected `\w+`(?: \| `?null`?)? (>=|<=|>|<) (\S+)", text):
        words = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
        return f"{_shown(value)} is not possible: {words[limit[1]]} {limit[2].removesuffix('.0')}"
    if wrong := re.fullmatch(r"Expected `(.+)`, got `(.+)`", text):
        wanted = " or ".join(_PLAIN.get(word, word) for word in wrong[1].split(" | ")
                             if word != "null")  # fmt: skip
        return f"give {wanted}, not {_PLAIN.get(wrong[2], wrong[2])}"
    if text.endswith("of length >= 1"):
        return "is empty"
    return f"{text[:1].lower()}{text[1:]}"


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _type_at(kind: type, key: str) -> inspect.Type:
    found = inspect.type_info(kind)
    for part in key.split(".") if key else []:
        for candidate in _branches(found):
            if isinstance(candidate, inspect.StructType):
                fields = {field.encode_name: field.type for field in candidate.fields}
                if part in fields:
                    found = fields[part]
                    break
    return found


def _branches(found: inspect.Type) -> Iterator[inspect.Type]:
    yield from found.types if isinstance(found, inspect.UnionType) else (found,)


def _allowed(found: inspect.Type) -> list[str]:
    for candidate in _branches(found):
        if isinstance(candidate, inspect.LiteralType):
            return [str(value) for value in candidate.values]
    return []


def _value(raw: Any, key: str) -> Any:
    for part in key.split(".") if key else []:
        raw = raw.get(part) if isinstance(raw, dict) else None
    return raw


def untyped(content: bytes) -> Any:
    """The configuration as plain tables, for ``sentence``; None when it cannot be read at all."""
    try:
        return msgspec.toml.decode(content)
    except (msgspec.DecodeError, ValueError):
        return None

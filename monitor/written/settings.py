"""Which settings a person may change, and a value as people write it.

The keys are those of the configuration; what leads elsewhere on the machine, or decides whether
sound is kept, stays with whoever may edit the file. Secrets have keys of their own here: a password
is none of the configuration's, and push addresses hold passwords.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, NoReturn, get_args

import msgspec
from msgspec import inspect

from monitor.config import ClockTime, Config
from monitor.documents import SettingKind
from monitor.errors import CommandError
from monitor.names import has_control
from monitor.written.grams import parse_grams
from monitor.written.moments import parse_clock
from monitor.written.setup_requests import Given

STAYS_IN_THE_FILE = frozenset({
    "state_dir", "trust_clock", "microphone.file", "microphone.model",
    "microphone.keep_cries_days", "microphone.keep_cries_mb", "scale.file", "probe.file",
    "probe.directory", "mqtt.password_file", "notify.urls_file",
})  # fmt: skip
"""paths, what the machine is, and whether sound is kept"""
FILE_TABLES = frozenset({"page", "shelter"})
"""of another process than the box"""
PASSWORD = "mqtt.password"  # noqa: S105 - a key
SECRETS = {
    PASSWORD: "secret-mqtt-password",
    "notify.urls": "secret-push-urls",
    "notify.critical_urls": "secret-push-critical-urls",
    "notify.escalation_urls": "secret-push-escalation-urls",
}
"""key: the file in the state directory that holds it"""
LONGEST_VALUE = 2000
SPELT_OUT = str.maketrans({"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00df": "ss"})
_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})
_NONE = frozenset({"", "none", "null"})
_CLOCK = get_args(ClockTime)[1].pattern


class Setting(NamedTuple):
    """A key, and what a value of it may be; whether it fits the others is the configuration's."""

    key: str
    kind: SettingKind
    default: Any
    choices: list[str]
    least: float | None
    most: float | None
    optional: bool


@cache
def settings() -> Mapping[str, Setting]:
    """Every setting that a person may change, by its key, in the order of the configuration."""
    found: dict[str, Setting] = {}
    for each in _of(inspect.type_info(Config), "", Config(box="box")):
        found[each.key] = each
        if each.key == "mqtt.username":
            found[PASSWORD] = Setting(PASSWORD, "secret", None, [], None, None, optional=True)
    return found


def tables() -> set[str]:
    """Names under which several settings can be set at once."""
    return {key.rpartition(".")[0] for key in settings()} - {""}


def changes(key: str, value: Given) -> dict[str, Any]:
    """What ``key`` and ``value`` ask for: plain values by key, ``None`` for "there is none".

    Raises:
        CommandError: there is no such setting, or this is no value of it.
    """
    known = settings()
    if isinstance(value, dict):
        if key not in tables():
            raise CommandError(f'"{_shown(key)}" is no table of settings: give one value')
        if not value:
            raise CommandError(f'"{key}" is given nothing')
        pairs = [(f"{key}.{name}", each) for name, each in value.items()]
        return {name: read(_known(known, name), each) for name, each in pairs}
    return {key: read(_known(known, key), value)}


def known_key(key: str) -> list[str]:
    """The settings that a key or the name of a table stands for.

    Raises:
        CommandError: there is none.
    """
    if key in tables():
        return [each for each in settings() if each.startswith(f"{key}.")]
    return [_known(settings(), key).key]


def read(setting: Setting, value: Any) -> Any:
    """The plain value of what a person wrote or a form sent.

    Raises:
        CommandError: it is none of this setting's; one sentence, without a secret's value.
    """
    if isinstance(value, str) and setting.key in SECRETS and setting.key != PASSWORD:
        value = " ".join(value.split())  # addresses come one a line
    if isinstance(value, str) and (len(value) > LONGEST_VALUE or has_control(value)):
        raise CommandError(f'"{setting.key}" is too long or contains control characters')
    text = value.strip() if isinstance(value, str) else None
    if value is None or (text is not None and text.lower() in _NONE and setting.optional):
        return None if setting.optional else _empty(setting)
    if text == "":
        return _empty(setting)
    match setting.kind:
        case "yes_no":
            return _yes_no(setting, value)
        case "number" | "whole_number":
            return _number(setting, value)
        case "list" | "secret" if setting.key != PASSWORD:
            return _list(setting, value)
        case "time" if text is not None:
            return _time(setting, text)
        case _ if text is not None:
            return as_box_name(text) if setting.key == "box" else text
        case "text" | "choice" | "secret" if isinstance(value, int | float) and not isinstance(
            value, bool
        ):
            return f"{value:.15g}"  # a form or a shell does not know that digits are meant as text
    raise _refused(setting, value)


def as_box_name(text: str) -> str:
    """A name as people write it (``Kitten Box``, ``Dachböden``) as part of every topic."""
    plain = text.lower().translate(SPELT_OUT)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_") or text


def _of(found: inspect.Type, prefix: str, defaults: Any) -> Iterator[Setting]:
    for field in found.fields if isinstance(found, inspect.StructType) else ():
        key = f"{prefix}{field.encode_name}"
        default = getattr(defaults, field.name)
        branches = _branches(field.type)
        table = next((b for b in branches if isinstance(b, inspect.StructType)), None)
        if key in STAYS_IN_THE_FILE or key in FILE_TABLES:
            continue
        if table is not None:
            yield from _of(table, f"{key}.", default)
        else:
            yield _setting(key, branches, default)


def _setting(key: str, branches: list[inspect.Type], default: Any) -> Setting:
    optional = any(isinstance(branch, inspect.NoneType) for branch in branches) or default == ""
    kind: SettingKind = "text"
    choices: list[str] = []
    least = most = None
    for branch in branches:
        match branch:
            case inspect.BoolType():
                kind = "yes_no"
            case inspect.IntType() | inspect.FloatType():
                kind = "whole_number" if isinstance(branch, inspect.IntType) else "number"
                least = branch.ge if branch.ge is not None else branch.gt
                most = branch.le if branch.le is not None else branch.lt
            case inspect.LiteralType(values=values):
                kind, choices = "choice", [str(value) for value in values]
            case inspect.ListType():
                kind, optional = "list", True
            case inspect.StrType(pattern=pattern) if pattern == _CLOCK:
                kind = "time"
    if key in SECRETS:
        kind = "secret"
    default = list(default) if isinstance(default, list) else default
    return Setting(key, kind, default, choices, least, most, optional)


def _branches(found: inspect.Type) -> list[inspect.Type]:
    if isinstance(found, inspect.Metadata):
        found = found.type
    return list(found.types) if isinstance(found, inspect.UnionType) else [found]


def _known(known: Mapping[str, Setting], key: str) -> Setting:
    if key in known:
        return known[key]
    if key in STAYS_IN_THE_FILE:
        raise CommandError(f'"{key}" is changed in the configuration file only')
    import difflib

    near = difflib.get_close_matches(key, known, n=1)
    ending = [each for each in known if each.rpartition(".")[2] == key]
    hint = (near or ending)[:1]
    meant = f': did you mean "{hint[0]}"?' if hint else ': "nursery set" shows them all'
    raise CommandError(f'there is no setting "{_shown(key)}"{meant}')


def _yes_no(setting: Setting, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else f"{value}".removesuffix(".0")
    if word in _YES | _NO:
        return word in _YES
    raise _refused(setting, value)


def _number(setting: Setting, value: Any) -> float | int:
    number = value
    if isinstance(value, str):
        try:
            number = parse_grams(value) if setting.key.endswith("_g") else _plain(value)
        except ValueError as error:
            raise _refused(setting, value) from error
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise _refused(setting, value)
    if setting.kind == "whole_number":
        if float(number) != int(number):
            raise _refused(setting, value)
        return int(number)
    return float(number)


def _plain(text: str) -> float:
    """``412.7`` or ``412,7``."""
    decimal_comma = text.count(",") == 1 and "." not in text
    number = float(text.replace(",", ".") if decimal_comma else text)
    if not math.isfinite(number):
        raise ValueError("no number")
    return number


def _list(setting: Setting, value: Any) -> list[str]:
    """Addresses: a list, or text with one a line or with spaces between."""
    given = value.split() if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise _refused(setting, value)
    return [each.strip() for each in given if each.strip()]


def _time(setting: Setting, text: str) -> str:
    try:
        return parse_clock(text).strftime("%H:%M")
    except ValueError:
        if text.isdigit() and int(text) < 24:
            return f"{int(text):02d}:00"
        raise _refused(setting, text) from None


def _empty(setting: Setting) -> NoReturn:
    raise CommandError(f'"{setting.key}" cannot be left empty: {_wanted(setting)}')


def _refused(setting: Setting, value: Any) -> CommandError:
    shown = "this" if setting.kind == "secret" else f'"{_shown(str(value))}"'
    return CommandError(f'"{setting.key}": {shown} will not do, {_wanted(setting)}')


def _wanted(setting: Setting) -> str:
    wanted = {
        "text": "text", "number": "a number", "whole_number": "a whole number",
        "yes_no": "yes or no", "choice": " or ".join(setting.choices),
        "time": "a time such as 22:00", "list": "addresses, one a line",
        "secret": "text" if setting.key == PASSWORD else "addresses, one a line",
    }[setting.kind]  # fmt: skip
    return f"give {wanted}"


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:60])


def spoken(setting: Setting, value: Any) -> str:
    """A value in a sentence; of a secret only whether there is one."""
    if setting.kind == "secret":
        if isinstance(value, list):
            return f"{len(value)} address{'' if len(value) == 1 else 'es'}"
        return "given" if value else "none"
    if value is None or value in ("", []):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.15g}"
    return ", ".join(value) if isinstance(value, list) else str(value)


def as_toml(values: dict[str, Any]) -> str:
    """A TOML file of plain values by dotted key."""
    by_table: dict[str, list[str]] = {}
    for key, value in values.items():
        table, _, name = key.rpartition(".")
        written = msgspec.json.encode(value).decode()
        by_table.setdefault(table, []).append(f"{name} = {written}\n")
    text = "".join(by_table.pop("", []))
    return text + "".join(f"\n[{table}]\n{''.join(by_table[table])}" for table in sorted(by_table))

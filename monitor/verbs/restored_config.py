"""A configuration from a backup, made to fit the machine on which it is restored.

Directories stay those of this machine; files that the configuration names come to lie beside it,
or stay where the same file lies already.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from monitor.config import Config
from monitor.config_file import parse_config
from monitor.errors import ConfigError, InputError
from monitor.store.backup import Backup, Part, plain
from monitor.store.settings import value_of
from monitor.verbs import backup_places as places

DIRECTORIES = ("state_dir", "page.state_dir")


class Placed(NamedTuple):
    """One file of a backup, and where it goes."""

    part: Part
    path: Path


class Plan(NamedTuple):
    """What is written besides the state directory and the page's."""

    config: Config
    text: bytes
    """of the configuration file"""
    files: list[Placed]


def plan(backup: Backup, target: Path) -> Plan:
    """Where everything goes when ``target`` is the configuration from now on.

    Raises:
        InputError: the configuration in the backup cannot be used here.
    """
    if places.CONFIG not in backup.parts:
        raise InputError(f"the backup of {backup.manifest.box} has no configuration in it")
    raw = backup.content(places.CONFIG)
    origin = f"the configuration in the backup of {backup.manifest.box}"
    try:
        then = parse_config(raw, origin)
    except ConfigError as error:
        raise InputError(f"{error}; was it written by another version?") from error
    here = _here(target)
    changes: dict[str, str] = {}
    if here is not None:
        for key in DIRECTORIES:
            if (own := value_of(key, here)) != value_of(key, then):
                changes[key] = own
    files = []
    for part in backup.named("config"):
        if part.key is None or part.key not in places.FILE_KEYS or part.path is None:
            continue
        path, is_there = _place(backup, part, target)
        if not is_there:
            files.append(Placed(part, path))
        if str(path) != os.path.abspath(value_of(part.key, then) or ""):  # noqa: PTH100 - resolves no link
            changes[part.key] = str(path)
    files += [
        Placed(part, target.parent / Path(part.name).name) for part in backup.named("service")
    ]
    text = with_values(raw, changes)
    return Plan(parse_config(text, origin), text, files)


def _here(target: Path) -> Config | None:
    """What this machine's configuration says, if it has one that can be read."""
    try:
        return parse_config(target.read_bytes(), str(target))
    except (OSError, ConfigError):
        return None


def _place(backup: Backup, part: Part, target: Path) -> tuple[Path, bool]:
    """Beside the configuration; or where it was, when the same lies there already: True."""
    was = Path(part.path or "")
    beside = target.parent / plain(was.name)
    if was.parent == Path(backup.manifest.config).parent:
        return beside, False
    try:
        if was.is_file() and was.read_bytes() == backup.content(part.name):
            return was, True
    except OSError:
        pass  # what cannot be read here is written beside the configuration
    return beside, False


def with_values(raw: bytes, changes: dict[str, str]) -> bytes:
    """The TOML file with other texts for these keys; its comments stay.

    Raises:
        InputError: it is written in a way in which that cannot be done line by line.
    """
    lines = raw.decode().splitlines()
    for key, value in changes.items():
        table, _, name = key.rpartition(".")
        line = f"{name} = {msgspec.json.encode(value).decode()}"
        at = _line_of(lines, table, name)
        if at is not None:
            lines[at] = line
        elif table == "":
            lines.insert(0, line)
        elif (head := _head_of(lines, table)) is not None:
            lines.insert(head + 1, line)
        else:
            lines += ["", f"[{table}]", line]
    text = "\n".join(lines) + "\n"
    try:
        if _changed(raw, changes) == msgspec.toml.decode(text):
            return text.encode()
    except msgspec.DecodeError:
        pass
    raise InputError(
        f"the configuration in the backup writes {' and '.join(sorted(changes))} in a way that "
        "cannot be changed here: give it one line each, and make the backup again"
    )


def _changed(raw: bytes, changes: dict[str, str]) -> dict[str, Any]:
    tables: dict[str, Any] = msgspec.toml.decode(raw)
    for key, value in changes.items():
        table, _, name = key.rpartition(".")
        place = tables.setdefault(table, {}) if table else tables
        place[name] = value
    return tables


def _head_of(lines: list[str], table: str) -> int | None:
    for at, line in enumerate(lines):
        if re.fullmatch(rf"\s*\[\s*{re.escape(table)}\s*\]\s*(#.*)?", line):
            return at
    return None


def _line_of(lines: list[str], table: str, name: str) -> int | None:
    """The line in which the key of this table stands; "" is the part before the first table."""
    here = ""
    for at, line in enumerate(lines):
        if head := re.match(r"\s*\[+\s*([^\]]*?)\s*\]", line):
            here = head[1]
        elif here == table and re.match(rf"\s*{re.escape(name)}\s*=", line):
            return at
    return None

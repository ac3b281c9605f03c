"""Recorded commands: one JSON object a line, ``{"t_s": 3600.0, "verb": "feed", "args": {...}}``.

Only the form is read here. Whether a verb exists and takes these arguments is for the one who
carries it out to say, as for a phone's: such a command is refused when its time has come.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec

from monitor.errors import InputError


class RecordedCommand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line; ``t_s`` counts from the start of the recording."""

    t_s: float
    verb: str
    args: dict[str, Any] = {}


def read_commands(path: str | Path) -> list[RecordedCommand]:
    """The commands in order of time; those of one moment in the order of their lines.

    Raises:
        InputError: names the file and the line.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text") from error
    found = [
        _command(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()
    ]
    return sorted(found, key=lambda command: command.t_s)


def _command(path: str | Path, number: int, line: str) -> RecordedCommand:
    try:
        command = msgspec.json.decode(line, type=RecordedCommand)
    except msgspec.MsgspecError as error:
        why = str(error).replace(" - at `$", ", at `")
        raise InputError(f"{path}, line {number}: {why}") from error
    if not math.isfinite(command.t_s) or command.t_s < 0:
        raise InputError(f'{path}, line {number}: "t_s" is seconds from the start, 0 or more')
    return command

"""A rescuer's own lists: typed weighings as CSV, babies as JSON.

Header ``time,baby,weight_g``; times are RFC 3339 with a zone. Every complaint names file and line,
and a file with one bad line is refused whole, so that nothing is half imported.
"""

from __future__ import annotations

import csv
import math
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from monitor.errors import CommandError, InputError
from monitor.events import Baby, Species, slug
from monitor.names import check_name
from monitor.times import DAY_S, parse_rfc3339, rfc3339

LONGEST_FILE = 10_000_000
"""bytes; ten years of a busy nursery's weighings have two million"""
LONGEST_SPAN_S = 10 * 366 * DAY_S
WEIGHTS_HEADER = ["time", "baby", "weight_g"]


class TypedWeighing(msgspec.Struct, frozen=True):
    """One line of the file."""

    line: int
    t_s: float
    baby: str
    weight_g: float


class _BabyLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    species: Species
    born: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] | None = None
    weight_g: Annotated[float, Meta(ge=5, le=20_000)] | None = None
    adult_weight_kg: Annotated[float, Meta(ge=0.5, le=120)] | None = None
    also_nurses: bool | None = None
    weaning: bool | None = None


def read_weights(path: str | Path) -> list[TypedWeighing]:
    """Typed weighings in order of time.

    Raises:
        InputError: names the file and the line.
    """
    try:
        if Path(path).stat().st_size > LONGEST_FILE:
            raise InputError(f"{path} is larger than any list of weighings")
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {path}: {why}") from error
    if not rows or [cell.strip().lower() for cell in rows[0]] != WEIGHTS_HEADER:
        raise InputError(f'{path}, line 1: the header must be "{",".join(WEIGHTS_HEADER)}"')
    weighings = [
        _weighing(path, number, row) for number, row in enumerate(rows[1:], start=2) if any(row)
    ]
    weighings.sort(key=lambda weighing: weighing.t_s)
    if weighings and weighings[-1].t_s - weighings[0].t_s > LONGEST_SPAN_S:
        first, last = rfc3339(weighings[0].t_s), rfc3339(weighings[-1].t_s)
        raise InputError(f"{path} reaches from {first} to {last}: check the years")
    return weighings


def _weighing(path: str | Path, line: int, row: list[str]) -> TypedWeighing:
    if len(row) != len(WEIGHTS_HEADER):
        raise InputError(f"{path}, line {line}: expected 3 columns, found {len(row)}")
    try:
        t_s = parse_rfc3339(row[0])
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{path}, line {line}: {row[0]!r} is no time with a zone, such as 2026-01-31T02:14:05Z"
        ) from error
    try:
        weight_g = float(row[2])
    except ValueError as error:
        raise InputError(f"{path}, line {line}: {row[2]!r} is no weight in grams") from error
    if not math.isfinite(weight_g) or not 0 < weight_g <= 20_000:
        raise InputError(f"{path}, line {line}: {row[2]!r} is no weight in grams")
    return TypedWeighing(line, t_s, row[1].strip(), weight_g)


def read_babies(path: str | Path, registered_s: float) -> list[Baby]:
    """Babies from a JSON list of ``{"name", "species", "born", "weight_g"}``.

    Raises:
        InputError: names the file and the entry; two babies may not share a slug.
    """
    try:
        lines = msgspec.json.decode(Path(path).read_bytes(), type=list[_BabyLine])
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {str(error).replace(' - at `$', ', at `')}") from error
    babies: list[Baby] = []
    taken: dict[str, str] = {}
    for line in lines:
        _check(path, line)
        key = slug(line.name)
        if key in taken:
            raise InputError(
                f"{path}: {line.name!r} and {taken[key]!r} would share the topic {key!r}: "
                "give one another name"
            )
        taken[key] = line.name
        babies.append(
            Baby(id=f"replay-{key}", registered_s=registered_s, **msgspec.structs.asdict(line))
        )
    return babies


def _check(path: str | Path, line: _BabyLine) -> None:
    try:
        check_name(line.name)
        if line.born is not None:
            date.fromisoformat(line.born)
    except CommandError as error:
        raise InputError(f"{path}: {line.name[:60]!r}: {error}") from error
    except ValueError as error:
        raise InputError(f'{path}: "born" of {line.name!r} is {line.born}: {error}') from error

"""Reads a recorded load cell: a CSV with the header ``time_s,counts``, in bounded memory.

A day at 40 Hz is 3.4 million lines, so numbers are parsed by numpy a piece at a time. The fast path
only takes a piece that is a perfect grid of numbers; anything else goes line by line, which is slow
but can say which line is wrong. A recording with a fault is refused, never patched: a line dropped
in silence would look like a step.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from monitor.errors import InputError
from monitor.events import ScaleBlock

_BYTES_PER_ROW = 24
"""typical width of a row; only sizes the pieces read"""

Table = NDArray[np.float64]
"""shape (n, 2): time_s, counts"""


class Columns(NamedTuple):
    """Where the two columns stand, and how many columns there are."""

    time_s: int
    counts: int
    width: int


def read_scale_csv(path: str | Path, chunk: int = 65_536) -> Iterator[ScaleBlock]:
    """Yield the recording as blocks of about ``chunk`` values, times in the file's own seconds.

    Columns may stand in any order and others may be present. Lines that are empty are skipped.

    Raises:
        InputError: with file and line, when the header lacks a column, a field is not a finite
            number, time does not increase, or the file cannot be read or holds no values.
    """
    source = Path(path)
    last_s, line = -np.inf, 2
    try:
        with source.open("rb") as stream:
            columns = _header(stream.readline(), source)
            for piece in _pieces(stream, chunk * _BYTES_PER_ROW):
                table = _grid(piece, columns)
                if table is None or not _is_sound(table, last_s):
                    table = _line_by_line(piece, columns, source, line, last_s)
                line += piece.count(b"\n")
                if len(table):
                    last_s = float(table[-1, 0])
                    yield ScaleBlock(np.ascontiguousarray(table[:, 0]), table[:, 1].copy())
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror or error}") from error
    if last_s == -np.inf:
        raise InputError(f"{source}: there is a header but no values under it")


def _header(raw: bytes, source: Path) -> Columns:
    names = [name.strip() for name in raw.decode("utf-8-sig", "replace").strip().split(",")]
    for name in ("time_s", "counts"):
        if name not in names:
            found = ", ".join(names) if any(names) else "nothing"
            raise InputError(
                f'{source}, line 1: no column "{name}" (found: {found[:120]}); '
                'the first line must be "time_s,counts"'
            )
    return Columns(names.index("time_s"), names.index("counts"), len(names))


def _pieces(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Pieces of about ``size`` bytes that end at the end of a line."""
    rest = b""
    while data := stream.read(size):
        head, newline, tail = data.rpartition(b"\n")
        if newline:
            yield rest + head + newline
            rest = tail
        else:
            rest += data
    if rest:
        yield rest + b"\n"


def _grid(piece: bytes, columns: Columns) -> Table | None:
    """Parse a piece at once, or ``None`` when it is not a perfect grid of numbers."""
    if not piece.strip():
        return None
    try:
        values = np.loadtxt(BytesIO(piece), delimiter=",", comments=None, ndmin=2)
    except ValueError:
        return None
    if values.shape[1] != columns.width or not len(values):
        return None
    return values[:, [columns.time_s, columns.counts]]


def _is_sound(table: Table, last_s: float) -> bool:
    times = table[:, 0]
    return bool(np.isfinite(table).all() and times[0] > last_s and (np.diff(times) > 0).all())


def _line_by_line(piece: bytes, columns: Columns, source: Path, first: int, last_s: float) -> Table:
    """Parse line by line; the first fault raises with its line number."""
    rows: list[tuple[float, float]] = []
    for number, raw in enumerate(piece.decode("utf-8", "replace").split("\n")[:-1], first):
        text = raw.strip()
        if not text:
            continue
        where = f"{source}, line {number}"
        fields = text.split(",")
        if len(fields) != columns.width:
            raise InputError(f"{where}: {len(fields)} fields where the header has {columns.width}")
        time_s = _number(fields[columns.time_s], "time_s", where)
        if time_s <= last_s:
            raise InputError(
                f"{where}: time_s {time_s:g} does not come after {last_s:g}; "
                "the lines must be in order of time, each time once"
            )
        rows.append((time_s, _number(fields[columns.counts], "counts", where)))
        last_s = time_s
    return np.array(rows, np.float64).reshape(-1, 2)


def _number(field: str, column: str, where: str) -> float:
    try:
        value = float(field)
    except ValueError:
        raise InputError(f"{where}: {column} is {field.strip()!r}, which is not a number") from None
    if not np.isfinite(value):
        raise InputError(f"{where}: {column} is {field.strip()}, which is no reading")
    return value

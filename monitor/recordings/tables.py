"""Tables as people keep them: bytes of a CSV, TSV, .xlsx, .xls or .ods file to rows of cells.

Text may be UTF-8, UTF-16 or of a Windows code page, with any usual character between the cells. A
workbook is read by python-calamine, which is optional.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import NamedTuple

from monitor.errors import InputError
from monitor.host.extras import install_command

Cell = str | float | datetime | date | clock_time
"""text has no space around it; a blank cell is "" """

LONGEST_FILE = 10_000_000
"""bytes; ten years of a busy nursery's weighings have two million"""
MOST_ROWS = 200_000
MOST_CELLS = 500
"""of one row"""
CODE_PAGES = ("cp1252", "cp1250", "cp1251")
"""Western, Central European, Cyrillic Windows: what a spreadsheet there saves as CSV"""
SEPARATORS = ("\t", ";", "|", ",")
"""the rarest inside a cell first"""
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""first bytes of .xlsx and .ods, and of .xls"""
_THIN = "\u00a0\u202f"
"""spaces between thousands"""


class Row(NamedTuple):
    """One row and where it stands, counted from 1."""

    line: int
    cells: list[Cell]


class Table(NamedTuple):
    """A text file, or one sheet of a workbook."""

    sheet: str
    """"" for a text file"""
    rows: list[Row]
    """without those that are blank"""
    how: str
    """how it was read, for a person"""


def read_tables(data: bytes) -> list[list[Table]]:
    """The tables of a file; several ways to read it when its bytes do not say which is meant.

    Raises:
        InputError: a phrase that follows the name of the file.
    """
    if len(data) > LONGEST_FILE:
        raise InputError("is larger than any list of weighings")
    if data.startswith(_WORKBOOK):
        return [_sheets(data)]
    return [[_text_table(text, encoding)] for text, encoding in _decoded(data)]


def _sheets(data: bytes) -> list[Table]:
    try:
        import python_calamine as calamine
    except ImportError as error:
        command = install_command("lists")
        raise InputError(f"is a workbook: save it as CSV, or: {command}") from error
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        found = [
            (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for name in book.sheet_names
        ]
    except calamine.PasswordError as error:
        raise InputError("has a password: save it without one, or as CSV") from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise InputError("is a workbook that cannot be read: save it as CSV") from error
    return [
        Table(name, _rows([[_cell(value) for value in row] for row in rows]), f'sheet "{name}"')
        for name, rows in found
    ]


def _cell(value: object) -> Cell:
    if isinstance(value, timedelta):  # a time of day, to some programs
        return (datetime.min + value).time() if timedelta(0) <= value < timedelta(1) else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, datetime | date | clock_time):
        return value
    return _plain(str(value))


def _decoded(data: bytes) -> list[tuple[str, str]]:
    """Text and encoding, the most likely first."""
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(mark):
            return [_strictly(data, encoding)]
    if data.count(0) > len(data) / 4:
        return [_strictly(data, "utf-16-le" if data[1:2] == b"\0" else "utf-16-be")]
    if b"\0" in data:
        raise InputError("is no text: save the list as CSV")
    try:
        return [_strictly(data, "utf-8")]
    except InputError:
        found = []
        for page in CODE_PAGES:
            try:
                found.append(_strictly(data, page))
            except InputError:
                continue
        return found or [(data.decode("latin-1"), "latin-1")]


def _strictly(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), encoding.removesuffix("-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"is no whole {encoding} text: save the list as CSV again") from error


def _text_table(text: str, encoding: str) -> Table:
    text = text.removeprefix("\ufeff")
    first, _, rest = text.partition("\n")
    declared = re.fullmatch(r"sep=(.)\s*", first)  # Excel's own line
    if declared is not None:
        rows = [[], *_split(rest, declared[1])]
        return Table("", _rows(rows), f"{_spoken(declared[1])}, {encoding}")
    best: list[list[str]] = []
    how = "one column"
    for separator in SEPARATORS:
        rows = _split(text, separator)
        if _fits(rows):
            best, how = rows, _spoken(separator)
            break
    else:
        best = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
        how = "columns of spaces" if _fits(best) else how
    return Table("", _rows(best), f"{how}, {encoding}")


def _split(text: str, separator: str) -> list[list[str]]:
    try:
        rows: list[list[str]] = []
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False):
            rows += [row]
            if len(rows) > MOST_ROWS or len(row) > MOST_CELLS:
                raise InputError("is larger than any list of weighings")
    except csv.Error as error:
        raise InputError(f"cannot be read: {error}") from error
    return rows


def _fits(rows: list[list[str]]) -> bool:
    """Whether half of the lines at least fall into several cells."""
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    several = sum(count for width, count in widths.items() if width > 1)
    return 0 < several >= 0.5 * sum(widths.values())


def _rows(rows: Sequence[Sequence[Cell]]) -> list[Row]:
    found = [
        Row(number, [_plain(cell) if isinstance(cell, str) else cell for cell in row])
        for number, row in enumerate(rows, start=1)
    ]
    return [row for row in found if any(cell != "" for cell in row.cells)]


def _plain(text: str) -> str:
    """One line without space around it, nor the apostrophe that keeps a name from a formula."""
    text = "".join(c if c.isprintable() or c in _THIN else " " for c in text).strip()
    return text[1:] if text[:1] == "'" and text[1:2] in set("=+-@\t\r") else text


def _spoken(separator: str) -> str:
    return "tabs between cells" if separator == "\t" else f'"{separator}" between cells'

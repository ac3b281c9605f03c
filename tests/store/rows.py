"""What lies in a journal's file, read and written past the journal by a connection of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any


def rows(path: Path, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """What the query finds among all that is committed."""
    with closing(sqlite3.connect(path, timeout=5.0)) as opened:
        return opened.execute(query, values).fetchall()


def put_in(path: Path, statement: str, values: Sequence[Any] = ()) -> None:
    """Carry the statement out, as another program or a failing card would."""
    with closing(sqlite3.connect(path, timeout=5.0)) as opened, opened:
        opened.execute(statement, values)

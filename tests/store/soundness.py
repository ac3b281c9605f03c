"""Whether a journal's file is sound, as SQLite sees it."""

import sqlite3
from contextlib import closing
from pathlib import Path


def damage(path: Path) -> str | None:
    """None when the file is sound, else what SQLite found."""
    with closing(sqlite3.connect(path)) as opened:
        found = str(opened.execute("PRAGMA quick_check(1)").fetchone()[0])
    return None if found == "ok" else found

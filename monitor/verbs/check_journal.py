"""The line of ``nursery check`` about the journal: sound, writable, nothing set aside."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from monitor.config import Config
from monitor.host.ownership import is_there, open_own, refuse_link
from monitor.store.card import can_be_read, kept_aside
from monitor.store.kept_journals import sentence
from monitor.store.reading import JournalReader
from monitor.times import DAY_S
from monitor.verbs.finding import Finding


def check_journal(config: Config) -> Finding:
    """Whether the journal is sound and its directory can be written."""
    path = config.journal_path
    folder = path.parent
    if not is_there(folder):
        return Finding(
            "journal", "failed", f"{folder} does not exist",
            "run: sudo nursery install, or set state_dir to a directory you own",
        )  # fmt: skip
    if not os.access(folder, os.W_OK):
        return Finding(
            "journal", "failed", f"{folder} cannot be written by this user",
            "run: sudo nursery check",
        )  # fmt: skip
    for name in ("daemon.lock", f"{path.name}-wal", f"{path.name}-shm"):
        refuse_link(folder / name)
    if not is_there(path):
        return Finding("journal", "ok", f"{path} will be created at the first start")
    os.close(open_own(path, os.O_RDONLY))
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2.0)
        try:
            verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        finally:
            connection.close()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok" and not can_be_read(path):
        return Finding(
            "journal", "failed", f"the card does not answer for {path}",
            "the monitor goes on in memory meanwhile; check the card, or replace it",
        )  # fmt: skip
    if verdict != "ok":
        return Finding(
            "journal", "failed", f"{path} is damaged: {verdict}",
            "copy it away; the monitor starts a new one and keeps the old aside",
        )  # fmt: skip
    return _what_lies_beside(path) or Finding(
        "journal", "ok", f"{path}, {path.stat().st_size / 1e6:.1f} MB, is sound"
    )


def _what_lies_beside(path: Path) -> Finding | None:
    """Other journals that wait for a person, and values that were left out within a day."""
    if files := kept_aside(path, "copy"):
        told = " ".join(sentence(file) for file in files)
        return Finding("journal", "warning", "another journal is kept aside", told)
    journal = JournalReader.open_for_reading(path)
    try:
        counts = journal.rejected_since(time.time() - DAY_S)
    finally:
        journal.close()
    if not counts:
        return None
    where = ", ".join(f"{table} {count}" for table, count in sorted(counts.items()))
    return Finding(
        "journal", "warning", f"stored values were damaged and are left out ({where})",
        "check the list of babies and their weights: nursery baby list",
    )  # fmt: skip

"""The identity's line of ``nursery check``: whether another box is known to publish as this one.

What the state directory knows: on which computer it was last used, whether an earlier card is
still announced, and what the monitor has seen at the broker. What a running monitor says in
``health`` is read with the broker's line.
"""

from __future__ import annotations

import os
from pathlib import Path

from monitor.config import Config
from monitor.core.health.identity import identity_sentence
from monitor.host.ownership import is_there, open_own
from monitor.mqtt.identity import IDENTITY, found_documents, used_elsewhere
from monitor.store.reading import JournalReader
from monitor.verbs.finding import Finding


def check_identity(config: Config, *, busy: bool, root: Path = Path("/")) -> Finding:
    """Whether this box is the only one of its kind; ``busy``: a monitor runs here.

    Raises:
        JournalError: the journal cannot be read.
        OSError: the same.
    """
    path = config.journal_path
    if not is_there(path):
        return Finding("identity", "ok", "drawn at the first start")
    os.close(open_own(path, os.O_RDONLY))
    journal = JournalReader.open_for_reading(path)
    try:
        return _judged(journal, config.box, busy, root)
    finally:
        journal.close()


def _judged(journal: JournalReader, box: str, busy: bool, root: Path) -> Finding:
    for alert in journal.open_alerts():
        sign = str(alert["id"]).partition("not_delivered-identity_")[2].partition("-")[0]
        if sign in {"twin", "namesake", "taken_over"}:
            when = "now" if busy else "when the monitor last ran"
            return Finding(
                "identity", "failed" if busy else "warning", f"{alert['title']} ({when})",
                alert["message"],
            )  # fmt: skip
    if used_elsewhere(journal, root):
        return Finding(
            "identity", "warning", "this state directory was last used on another computer",
            identity_sentence(["copied"], box) or "",
        )  # fmt: skip
    if found_documents(journal) is not None:
        return Finding(
            "identity", "warning", "an earlier card is still announced at the broker",
            identity_sentence(["found"], box) or "",
        )  # fmt: skip
    drawn = journal.load_state(IDENTITY) is not None
    text = f"{box} is the only one known, on the computer that it was last used on"
    return Finding("identity", "ok", text if drawn else "drawn at the first start")

"""The set-up's line of ``nursery check``: whether anybody is watched, else what is missing."""

from __future__ import annotations

from monitor.config import Config
from monitor.core.set_up import STEPS, SettingUp
from monitor.daemon.core_memory import kept_part
from monitor.host.ownership import is_there
from monitor.names import SET_UP_NEEDS
from monitor.store.reading import JournalReader
from monitor.verbs.finding import Finding

GO_ON = "go on on the page on the phone (nursery page --pair), or see: nursery set-up"


def check_set_up(config: Config) -> Finding:
    """What the journal knows of the set-up, or that it has not begun.

    Raises:
        JournalError: the journal cannot be read.
        InputError: what it remembers of the set-up cannot be.
    """
    if not is_there(config.journal_path):
        return Finding("set-up", "warning", "not begun: nobody is watched yet", GO_ON)
    journal = JournalReader.open_for_reading(config.journal_path)
    try:
        babies, kept = journal.babies(), kept_part(journal, "set_up")
        setting_up = SettingUp(config, babies, () if kept else journal.weighings())
    finally:
        journal.close()
    if kept is not None:
        setting_up.resume(kept)
    status = setting_up.status()
    if status.missing:
        missing = ", ".join(SET_UP_NEEDS[step] for step in status.missing)
        return Finding("set-up", "warning", f"nobody is watched yet; missing: {missing}", GO_ON)
    left = [step for step in STEPS if not status.steps[step]]
    if left:
        return Finding("set-up", "ok", f"it watches; not done yet: {', '.join(left)}")
    return Finding("set-up", "ok", "everything is set up")

"""What is wrong with what lies on the card, by the computer's last report, as conditions."""

from __future__ import annotations

from monitor.events import Condition, HostReport


def _journal_lost(since_s: float, report: HostReport) -> Condition:
    return Condition(
        kind="monitor_blind",
        key="journal_lost",
        severity="warning",
        since_s=since_s,
        title="Journal was damaged",
        message=f"A fresh journal was begun; {report.journal_lost}. Check the list of babies.",
        why="the journal failed its integrity check at the start",
        all_clear="The monitor has kept its new journal for a day.",
    )


def _journals_kept(since_s: float, report: HostReport) -> Condition:
    return Condition(
        kind="monitor_blind",
        key="journals_kept",
        severity="warning",
        since_s=since_s,
        title="Another journal is kept aside",
        message=" ".join(report.journals_kept),
        why="a copy kept in memory does not belong to the journal on the card",
        all_clear="No other journal is kept aside any more.",
    )


def _rows_rejected(since_s: float, report: HostReport) -> Condition:
    counts = report.rows_rejected
    where = ", ".join(f"{table} {count}" for table, count in sorted(counts.items()))
    return Condition(
        kind="monitor_blind",
        key="rows_rejected",
        severity="warning",
        since_s=since_s,
        title="Stored values were damaged",
        message=f"{sum(counts.values())} stored values are left out and kept aside ({where}). "
        "Check the list of babies and their weights.",
        why="the journal held values that cannot be right",
        all_clear="The damaged values have been left out for a day.",
    )


def _settings(since_s: float, report: HostReport) -> Condition:
    said = report.settings_problem or ""
    return Condition(
        kind="monitor_blind",
        key="settings",
        severity="warning",
        since_s=since_s,
        title="Settings cannot be used",
        message=f"{said[:1].upper()}{said[1:]}.",
        why="what was set on the page or by command is damaged, or does not fit the configuration",
        all_clear="All settings are used again.",
    )


def _roster(since_s: float, report: HostReport) -> Condition:
    return Condition(
        kind="monitor_blind",
        key="roster",
        severity="critical",
        since_s=since_s,
        title="Watching without the list of babies",
        message="The card cannot be read: who is here, their weights and bottles are unknown; "
        "cries and the scale are still watched. Check the card, or replace it.",
        why=report.journal_error or "the card cannot be read",
        all_clear="The list of babies can be read again.",
    )


STORED = {
    "journal_lost": _journal_lost,
    "journals_kept": _journals_kept,
    "rows_rejected": _rows_rejected,
    "settings": _settings,
    "roster": _roster,
}
"""what is wrong with what was stored"""

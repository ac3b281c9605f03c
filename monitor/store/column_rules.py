"""What a column's values may be: by the schema, its unit and the vocabulary; as SQL."""

from __future__ import annotations

from typing import NamedTuple, get_args

from monitor.alert_kinds import AlertKind, Severity
from monitor.events import (
    AlertState,
    CryContext,
    FeedOrigin,
    Move,
    Origin,
    Voice,
)
from monitor.names import NoteKind
from monitor.store.stored_documents import DOCUMENTS, FIRST_S, LARGEST, LAST_S

LONGEST_TEXT = 65_536
LONGEST_BLOB = 16_000_000
"""a whole snapshot is some 20 kB"""
_UNITS = {"_s": (FIRST_S, LAST_S), "_g": (-1e5, 1e5), "_db": (-400.0, 200.0)}
_LIMITS = {
    "confidence": (0.0, 1.0),
    "score": (0.0, 1.0),
    "activity": (0.0, 1e6),
    "sigma_g": (0.0, 1e5),
    "expires_s": (FIRST_S, 1e11),
    "out_s": (0.0, LAST_S),
    "cry_s": (0.0, LAST_S),
    "qos": (0, 2),
    "synced": (0, 1),
    "only_weighed": (0, 1),
    "urgency": (0, 2),
    "is_reminder": (0, 1),
    "silent": (0, 1),
    "ok": (0, 1),
    "id": (0, LARGEST),
    "rejected.id": (-(2**63), 2**63 - 1),
    "weighings.weight_g": (0.01, 1e5),
    "weighing_history.weight_g": (0.01, 1e5),
    "weighings.sigma_g": (1e-6, 1e5),
}
"""by column, or by table and column where only that one is meant"""
_CHOICES: dict[str, tuple[str, ...]] = {
    "weighings.move": get_args(Move),
    "weighings.origin": get_args(Origin),
    "weighing_history.move": get_args(Move),
    "weighing_history.origin": get_args(Origin),
    "feeds.origin": get_args(FeedOrigin),
    "notes.kind": get_args(NoteKind),
    "unassigned.move": get_args(Move),
    "cries.species": get_args(Voice),
    "calls.species": get_args(Voice),
    "cries.context": get_args(CryContext),
    "alerts.kind": get_args(AlertKind),
    "alerts.state": get_args(AlertState),
    "alerts.severity": get_args(Severity),
    "alerts.own_severity": get_args(Severity),
}
_NOT_EMPTY = frozenset({"topic", "step_id", "baby", "id", "slug", "verb", "key"})


class Column(NamedTuple):
    """One column, as SQLite describes it."""

    name: str
    kind: str
    needed: bool


def failing(table: str, column: Column) -> str:
    """SQL: this column's value is not what the schema, its unit and the vocabulary promise."""
    name = f'"{column.name}"'
    rules = {
        "REAL": _outside(table, column, "('real', 'integer')"),
        "INTEGER": _outside(table, column, "('integer')"),
        "TEXT": _unspoken(table, column),
        "BLOB": f"typeof({name}) != 'blob' OR length({name}) > {LONGEST_BLOB}",
    }
    rule = rules[column.kind]
    document = "'state.' || key" if table == "state" else f"'{table}.{column.name}'"
    if column.kind == "BLOB" and (table == "state" or f"{table}.{column.name}" in DOCUMENTS):
        key = "id" if table == "babies" else "NULL"
        rule += f" OR unreadable({document}, {name}, {key})"
    if column.needed:
        return f"{name} IS NULL OR {rule}"
    return f"{name} IS NOT NULL AND ({rule})"


def _outside(table: str, column: Column, kinds: str) -> str:
    unit = next((limits for end, limits in _UNITS.items() if column.name.endswith(end)), None)
    known = _LIMITS.get(f"{table}.{column.name}") or _LIMITS.get(column.name) or unit
    low, high = known or (-LARGEST, LARGEST)
    name = f'"{column.name}"'
    return f"typeof({name}) NOT IN {kinds} OR {name} NOT BETWEEN {low!r} AND {high!r}"


def _unspoken(table: str, column: Column) -> str:
    name = f'"{column.name}"'
    # Zeros are what a file gives that was cut off within a page; nothing here writes a NUL.
    rule = (
        f"typeof({name}) != 'text' OR length({name}) > {LONGEST_TEXT} "
        f"OR instr(CAST({name} AS BLOB), x'00')"
    )
    if column.name in _NOT_EMPTY:
        rule += f" OR trim({name}) = ''"
    if (choices := _CHOICES.get(f"{table}.{column.name}")) is not None:
        allowed = ", ".join(f"'{choice}'" for choice in choices)
        rule += f" OR {name} NOT IN ({allowed})"
    return rule

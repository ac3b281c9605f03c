"""How each event changes the journal's tables; the caller owns the transaction."""

from __future__ import annotations

import sqlite3
import time

import msgspec

from monitor.events import (
    Alert,
    AnyEvent,
    Baby,
    CallHeard,
    CommandResult,
    CryEnded,
    Feed,
    Note,
    RecordArrived,
    Retraction,
    RosterChanged,
    Stamp,
    Unassigned,
    WeighIn,
    Weighing,
    origin_of,
)
from monitor.store.checked_rows import CheckedRows

PERSON = "person"
"""in the column ``session``: the time was given by a person, or for an alert by another box, and no
clock's error moves it"""

_COLUMNS = {
    "weighings": (
        "step_id", "baby", "move", "weight_g", "sigma_g", "confidence", "origin", "t_s",
        "session", "synced", "only_weighed", "by",
    ),
    "feeds": (
        "step_id", "baby", "net_g", "sigma_g", "out_s", "t_s", "session", "synced", "origin",
        "how", "by",
    ),
    "notes": ("step_id", "baby", "kind", "value", "text", "t_s", "session", "synced", "by"),
    "unassigned": (
        "step_id", "move", "weight_g", "sigma_g", "candidates", "t_s", "session", "synced",
    ),
    "cries": ("started_s", "species", "score", "context", "t_s", "session", "synced"),
    "calls": ("species", "score", "t_s", "session", "synced"),
    "alerts": (
        "id", "kind", "state", "severity", "baby", "since_s", "title", "message", "why", "t_s",
        "session", "synced", "own_severity", "silent", "by",
    ),
}  # fmt: skip
"""what is written of an event: its fields by their names, and what is given beside it"""


class EventRows:
    """Writes events through one connection, in the name of one session of the program."""

    def __init__(self, connection: sqlite3.Connection, rows: CheckedRows, session: str) -> None:
        self._db, self._rows, self._session = connection, rows, session

    def write(self, event: AnyEvent, *, synced: bool) -> None:
        """Write what a later reader needs of it; ``synced``: its times are the world's.

        Raises:
            sqlite3.Error: the file refuses.
        """
        if isinstance(event, WeighIn):
            self._keep_history(event.step_id)
            session, known = self._told(event.stamp)
            self._insert("weighings", event, known, session=session)
            self._delete(event.step_id, "unassigned")
        elif isinstance(event, Feed):
            self._write_feed(event, synced)
        elif isinstance(event, Note):
            value = None if event.value is None else msgspec.json.encode(event.value).decode()
            session, known = self._told(event.stamp)
            self._insert("notes", event, known, session=session, value=value)
        elif isinstance(event, Unassigned):
            self._keep_history(event.step_id)
            self._delete(event.step_id, "weighings")
            candidates = msgspec.json.encode(event.candidates)
            self._insert("unassigned", event, synced, candidates=candidates)
        elif isinstance(event, Retraction):
            self._keep_history(event.step_id)
            self._delete(event.step_id, "weighings", "feeds", "unassigned", "notes")
        elif isinstance(event, CryEnded):
            self._insert("cries", event, synced)
        elif isinstance(event, CallHeard):
            self._insert("calls", event, synced)
        elif isinstance(event, Alert):
            self._insert("alerts", event, synced, since_s=event.since)
        elif isinstance(event, RosterChanged):
            self._write_roster(event)
        elif isinstance(event, RecordArrived):
            self._write_record(event)
        elif isinstance(event, CommandResult) and event.origin.startswith("inbox:"):
            self._write_answer(event)

    def write_baby(self, baby: Baby) -> None:
        """Write who a baby is now; rows under an earlier name get the new one.

        Raises:
            sqlite3.Error: the file refuses.
        """
        known = self._rows.read("babies", "id = ?", (baby.id,))
        old = msgspec.json.decode(known[0]["document"], type=Baby).name if known else baby.name
        if old != baby.name:
            for table in ("weighings", "weighing_history", "feeds", "notes", "alerts"):
                self._db.execute(
                    f"UPDATE {table} SET baby = ? WHERE baby = ?",  # noqa: S608 - fixed names
                    (baby.name, old),
                )
        self._db.execute(
            "INSERT INTO babies (id, slug, retired_s, document) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, "
            "retired_s = excluded.retired_s, document = excluded.document",
            (baby.id, baby.slug, baby.retired_s, msgspec.json.encode(baby)),
        )

    def _write_roster(self, event: RosterChanged) -> None:
        if event.deleted:
            self._db.execute("DELETE FROM babies WHERE id = ?", (event.baby.id,))
        else:
            self.write_baby(event.baby)

    def _write_record(self, event: RecordArrived) -> None:
        """Exactly this is what was known before it came; what was made here since then stays."""
        entries = event.entries
        known = {
            *(each.step_id for each in entries.weighings),
            *(each.step_id for each in entries.feeds),
            *(each.step_id for each in entries.notes),
        }
        for table in ("weighings", "feeds", "notes") if event.replaces else ():
            rows = self._db.execute(
                f"SELECT step_id, t_s FROM {table} WHERE baby = ?",  # noqa: S608 - fixed names
                (event.baby,),
            ).fetchall()
            for row in rows:
                here = not origin_of(row["step_id"]) and row["t_s"] >= event.since
                if row["step_id"] not in known and not here:
                    self._keep_history(row["step_id"])
                    self._delete(row["step_id"], table)
        for weighing in entries.weighings:
            session, sure = self._told(weighing.stamp)
            self._insert("weighings", weighing, sure, session=session)
        for feed in entries.feeds:
            session, sure = self._told(feed.stamp)
            self._insert("feeds", feed, sure, session=session)
        for note in entries.notes:
            self.write(note, synced=True)
        self._write_alerts(event.baby, entries.alerts)

    def _write_alerts(self, baby: str, alerts: list[Alert]) -> None:
        """What another box told of it; what comes home was never away."""
        rows = self._db.execute(
            "SELECT DISTINCT id FROM alerts WHERE baby = ? AND session != ?", (baby, PERSON)
        ).fetchall()
        own = {row["id"] for row in rows}
        for alert in alerts:
            if alert.id not in own:
                self._insert("alerts", alert, True, since_s=alert.since, session=PERSON)

    def _write_answer(self, event: CommandResult) -> None:
        row = int(event.origin.removeprefix("inbox:"))
        answer = None if event.answer is None else msgspec.json.encode(event.answer).decode()
        self._db.execute(
            "UPDATE inbox SET done_s = ?, ok = ?, error = ?, understood = ?, answer = ? "
            "WHERE id = ?",
            (event.t_s, event.ok, event.error, event.understood, answer, row),
        )

    def _write_feed(self, event: Feed, synced: bool) -> None:
        session, known = self._told(event.stamp)
        if event.origin == "scale":
            session, known = self._session, synced
        self._insert("feeds", event, known, session=session)

    def _told(self, stamp: Stamp) -> tuple[str, bool]:
        """Session and certainty of what has its own word for its time."""
        return PERSON if stamp == "person" else self._session, stamp != "guess"

    def _insert(self, table: str, event: AnyEvent | Weighing, synced: bool, **more: object) -> None:
        given = {"session": self._session, "synced": synced} | more
        columns = _COLUMNS[table]
        values = [given[name] if name in given else getattr(event, name) for name in columns]
        marks = ", ".join("?" * len(columns))
        self._db.execute(
            f"INSERT OR REPLACE INTO {table} ({', '.join(map(_quoted, columns))}) VALUES ({marks})",  # noqa: S608 - fixed names
            values,
        )

    def _delete(self, step_id: str, *tables: str) -> None:
        for table in tables:
            self._db.execute(f"DELETE FROM {table} WHERE step_id = ?", (step_id,))  # noqa: S608 - fixed names

    def _keep_history(self, step_id: str) -> None:
        self._db.execute(
            "INSERT INTO weighing_history SELECT step_id, baby, move, weight_g, sigma_g, "
            "confidence, origin, t_s, session, synced, ? FROM weighings WHERE step_id = ?",
            (time.time(), step_id),
        )


def _quoted(column: str) -> str:
    """``by`` is a word of SQL."""
    return f'"{column}"'

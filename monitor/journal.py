"""The journal: one SQLite file that remembers what happened, through crashes and power cuts.

Write-ahead log with full synchronisation: an alert and its outbox rows are one transaction, on
the card before anybody is told. Telemetry is collected and written once a minute, because an SD
card wears out (a row of its own costs about 8 kB of writes, one of sixty about 0.2 kB). A file
that fails its integrity check is kept aside under a dated name and a fresh one is begun, with
what could be saved of it.
Times are Unix seconds; rows taken before the clock was synchronised say so, and move when it is.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, cast

import msgspec

from monitor.codec import restamped
from monitor.errors import CARD_ERRNOS, CardError, JournalError
from monitor.events import (
    Alert,
    AnyEvent,
    Baby,
    Command,
    CommandResult,
    CryEnded,
    Feed,
    Retraction,
    RosterChanged,
    Stamp,
    Unassigned,
    WeighIn,
    Weighing,
)
from monitor.migrations import migrate
from monitor.moments import Moment, Shift, moved
from monitor.outbox import Outbox, OutboxMessage
from monitor.ownership import like_parent
from monitor.push_rows import PushRows
from monitor.retained import RetainedTopics
from monitor.salvage import salvage

RETENTION_S = {
    "telemetry": 31 * 86_400.0,
    "cries": 365 * 86_400.0,
    "alerts": 365 * 86_400.0,
    "unassigned": 365 * 86_400.0,
    "weighing_history": 365 * 86_400.0,
    "inbox": 31 * 86_400.0,
}
"""What is pruned and after how long. Weighings and feeds are a baby's medical record: kept."""

PERSON = "person"
"""in the column ``session``: the time was given by a person and no clock's error moves it"""

MAX_S = 1e12
"""beyond any time"""

_STAMPED = {
    "weighings": (("t_s",), True),
    "weighing_history": (("t_s",), True),
    "unassigned": (("t_s",), True),
    "feeds": (("t_s",), True),
    "cries": (("t_s", "started_s"), True),
    "alerts": (("t_s", "since_s"), True),
    "telemetry": (("t_s",), False),
}
"""tables with times: which columns, and whether they say how sure those are"""


class MinuteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One minute of telemetry."""

    t_s: Moment
    cry_s: float
    activity: float | None
    level_db: float | None
    in_box: str
    """slugs, sorted, separated by spaces; "?" when unknown"""


class Journal:
    """Opened by one daemon (or one command) at a time for writing; readers are welcome."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self.path = path
        self.set_aside: Path | None = None
        """where a damaged journal was moved, when this one was begun in its place"""
        self.salvaged: dict[str, int] = {}
        """how many rows of it could be saved, by table"""
        self.stands_in_for: Path | None = None
        """the journal on a card that cannot be written, while this one is kept in memory"""
        self.why_away = ""
        self.outbox = Outbox(connection)
        self.pushes = PushRows(connection)
        self.retained = RetainedTopics(connection)
        self._session = uuid.uuid4().hex
        self._seen_version: int | None = None
        self._handed_out = 0

    # ------------------------------------------------------------------ opening

    @classmethod
    def open(cls, path: str | Path) -> Journal:
        """Open or create the file; a damaged one is moved aside first.

        Raises:
            CardError: the card is full, read-only or failing.
            JournalError: the directory or file cannot be written for another reason.
        """
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size == 0 and not _log_of(path).exists():
                return cls._begin_anew(path)  # a power cut can leave a file without its content
            try:
                journal = cls(_connect(path), path)
                journal.babies(retired=True)  # a page may be whole and its content not
                return journal
            except msgspec.MsgspecError:
                journal.close()
                return cls._begin_anew(path)
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                return cls._begin_anew(path)
        except (OSError, sqlite3.Error) as error:
            kind = CardError if _is_the_card(error) else JournalError
            raise kind(
                f"cannot open the journal {path}: {error}; check that its directory exists, "
                "is writable and has space"
            ) from error

    @classmethod
    def _begin_anew(cls, path: Path) -> Journal:
        aside = _move_aside(path)
        connection = _connect(path)
        journal = cls(connection, path)
        journal.set_aside, journal.salvaged = aside, salvage(aside, connection)
        lost = {"at": time.time(), "file": aside.name, "saved": journal.salvaged}
        journal.save_state(lost=msgspec.json.encode(lost))
        return journal

    @classmethod
    def open_for_reading(cls, path: str | Path) -> Journal:
        """Open an existing journal without the right to change it.

        Raises:
            JournalError: there is none, or it cannot be read.
        """
        path = Path(path)
        if not path.exists():
            raise JournalError(f"there is no journal at {path} yet: has the monitor run here?")
        try:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
            connection.row_factory = sqlite3.Row
            return cls(connection, path)
        except sqlite3.Error as error:
            raise JournalError(f"cannot read the journal {path}: {error}") from error

    def move_to(self, path: Path) -> None:
        """Write everything to ``path``, in place of what is there, and go on there.

        Raises:
            CardError: it cannot be written there, or not be read here; nothing has changed.
        """
        fresh = path.with_suffix(".new")
        try:
            self._db.rollback()
            with closing(sqlite3.connect(fresh)) as target:
                self._db.backup(target)
            Journal.open(path).close()  # folds its log in: a log must not outlive its journal
            fresh.replace(path)
            like_parent(path)
            connection = _connect(path)
        except (OSError, sqlite3.Error) as error:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise CardError(f"cannot write the journal {path}: {error}") from error
        self._db.close()
        self._db, self.path = connection, path
        self._seen_version = None
        self.outbox.reconnect(connection)
        self.pushes.reconnect(connection)
        self.retained.reconnect(connection)

    def close(self) -> None:
        """Close the file; the write-ahead log is folded in."""
        self._db.close()

    # ------------------------------------------------------------------ identity and state

    def identity(self) -> str:
        """The box's own stored identity: unique ids come from it, never from a name."""
        found = self.load_state("identity")
        if found is None:
            found = uuid.uuid4().hex.encode()
            self.save_state(identity=found)
        return found.decode()

    def load_state(self, key: str) -> bytes | None:
        """A value saved under ``key``, or None."""
        row = self._db.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return bytes(row["value"]) if row else None

    def save_state(self, **values: bytes) -> None:
        """Keep each value under its key, all in one transaction.

        Raises:
            JournalError: nothing was written.
        """
        try:
            with self._db:
                self._save_state(values)
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def _refused(self, error: sqlite3.Error) -> JournalError:
        kind = CardError if _is_the_card(error) else JournalError
        return kind(f"cannot write the journal {self.path}: {error}")

    def _save_state(self, values: Mapping[str, bytes]) -> None:
        self._db.executemany(
            "INSERT INTO state (key, value) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            list(values.items()),
        )

    def last_s(self) -> float:
        """The latest time of any row but those a person dated; 0 for an empty journal."""
        row = self._db.execute(
            "SELECT max(t) AS t FROM (SELECT max(t_s) AS t FROM weighings WHERE session != 'person'"
            " UNION SELECT max(t_s) FROM telemetry UNION SELECT max(t_s) FROM alerts)"
        ).fetchone()
        return float(row["t"] or 0.0)

    # ------------------------------------------------------------------ what happened

    def record(
        self,
        events: Iterable[AnyEvent],
        messages: Sequence[OutboxMessage] = (),
        *,
        synced: bool = True,
        state: Mapping[str, bytes] | None = None,
    ) -> None:
        """Write events, the messages they cause and values to resume from in one transaction.

        ``synced`` is False until the wall clock has been synchronised (see ``move``).

        Raises:
            CardError: nothing of it was written: the card is full, read-only or failing.
            JournalError: nothing of it was written (locked, damaged).
        """
        try:
            with self._db:
                for event in events:
                    self._record_one(event, synced)
                for message in messages:
                    self.outbox.add(message)
                pushes = self.pushes.write_held()
                self._save_state(state or {})
        except sqlite3.Error as error:
            raise self._refused(error) from error
        self.pushes.release(pushes)

    def _record_one(self, event: AnyEvent, synced: bool) -> None:
        t_s = event.t_s
        common = (t_s, self._session, synced)
        if isinstance(event, WeighIn):
            self._keep_history(event.step_id)
            session = PERSON if event.stamp == "person" else self._session
            self._insert(
                "weighings",
                event.step_id, event.baby, event.move, event.weight_g, event.sigma_g,
                event.confidence, event.origin, t_s, session, event.stamp != "guess",
                event.only_weighed,
            )  # fmt: skip
            self._db.execute("DELETE FROM unassigned WHERE step_id = ?", (event.step_id,))
        elif isinstance(event, Feed):
            self._insert(
                "feeds", event.step_id, event.baby, event.net_g, event.sigma_g, event.out_s, *common
            )
        elif isinstance(event, Unassigned):
            candidates = msgspec.json.encode(event.candidates)
            self._keep_history(event.step_id)
            self._db.execute("DELETE FROM weighings WHERE step_id = ?", (event.step_id,))
            self._insert(
                "unassigned",
                event.step_id, event.move, event.weight_g, event.sigma_g, candidates, *common,
            )  # fmt: skip
        elif isinstance(event, Retraction):
            self._keep_history(event.step_id)
            for table in ("weighings", "feeds", "unassigned"):
                self._db.execute(f"DELETE FROM {table} WHERE step_id = ?", (event.step_id,))  # noqa: S608 - fixed names
        elif isinstance(event, CryEnded):
            self._insert(
                "cries", event.started_s, event.species, event.score, event.context,
                *common,
            )  # fmt: skip
        elif isinstance(event, Alert):
            self._insert(
                "alerts", event.id, event.kind, event.state, event.severity, event.baby,
                event.since, event.title, event.message, event.why, *common,
            )  # fmt: skip
        elif isinstance(event, RosterChanged):
            self._save_baby(event.baby)
        elif isinstance(event, CommandResult) and event.origin.startswith("inbox:"):
            self._db.execute(
                "UPDATE inbox SET done_s = ?, ok = ?, error = ? WHERE id = ?",
                (t_s, event.ok, event.error, int(event.origin.removeprefix("inbox:"))),
            )

    def _insert(self, table: str, *values: object) -> None:
        marks = ", ".join("?" * len(values))
        self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)  # noqa: S608 - fixed names

    def _keep_history(self, step_id: str) -> None:
        self._db.execute(
            "INSERT INTO weighing_history SELECT step_id, baby, move, weight_g, sigma_g, "
            "confidence, origin, t_s, session, synced, ? FROM weighings WHERE step_id = ?",
            (time.time(), step_id),
        )

    def move(self, shifts: Sequence[Shift], **state: bytes) -> int:
        """The clock turned out to be off: move what the shifts cover, and save ``state`` with it.

        Times that a person typed stay. Returns how many rows were moved.

        Raises:
            JournalError: nothing was moved.
        """
        count = 0
        try:
            with self._db:
                for shift in shifts:
                    count += sum(self._move(table, shift) for table in _STAMPED)
                    self._move_babies(shift)
                    self.outbox.move(shift, restamped)
                    self.pushes.move(shift)
                self._save_state(state)
        except sqlite3.Error as error:
            raise self._refused(error) from error
        return count

    def _move(self, table: str, shift: Shift) -> int:
        span = (max(shift.since_s, -MAX_S), min(shift.until_s, MAX_S))
        columns, synced = _STAMPED[table]
        moves = [
            f"{column} = CASE WHEN {column} >= {span[0]!r} AND {column} < {span[1]!r} "
            f"THEN -({column} + {shift.by_s!r}) ELSE {column} END"
            for column in columns
        ]
        if synced:
            moves.append(f"synced = {int(shift.sure)}")
        typed = "AND session != 'person'" if synced else ""
        # By way of negative times: rows that follow each other must not meet on the way.
        moved = self._db.execute(
            f"UPDATE {table} SET {', '.join(moves)} WHERE t_s >= ? AND t_s < ? {typed}",  # noqa: S608 - fixed names
            span,
        ).rowcount
        back = ", ".join(f"{column} = abs({column})" for column in columns)
        self._db.execute(f"UPDATE {table} SET {back} WHERE t_s < 0")  # noqa: S608 - fixed names
        return moved

    def _move_babies(self, shift: Shift) -> None:
        for baby in self.babies(retired=True):
            if (changed := moved(baby, shift)) != baby:
                self._save_baby(changed)

    def record_minutes(self, rows: Sequence[MinuteRow]) -> None:
        """Write collected telemetry in one transaction."""
        try:
            with self._db:
                self._db.executemany(
                    "INSERT OR REPLACE INTO telemetry VALUES (?, ?, ?, ?, ?)",
                    [(r.t_s, r.cry_s, r.activity, r.level_db, r.in_box) for r in rows],
                )
        except sqlite3.Error as error:
            raise self._refused(error) from error

    def prune(self, now_s: float) -> int:
        """Forget what is older than its retention; returns how many rows went.

        Raises:
            JournalError: nothing was forgotten.
        """
        gone = 0
        try:
            with self._db:
                for table, keep_s in RETENTION_S.items():
                    column = "submitted_s" if table == "inbox" else "t_s"
                    gone += self._db.execute(
                        f"DELETE FROM {table} WHERE {column} < ?",  # noqa: S608 - fixed names
                        (now_s - keep_s,),
                    ).rowcount
        except sqlite3.Error as error:
            raise self._refused(error) from error
        return gone

    # ------------------------------------------------------------------ who is here

    def babies(self, *, retired: bool = False) -> list[Baby]:
        """The babies in the nursery in order of registration; with ``retired`` also those gone."""
        rows = self._db.execute(
            "SELECT document FROM babies WHERE ? OR retired_s IS NULL ORDER BY rowid", (retired,)
        )
        return [msgspec.json.decode(row["document"], type=Baby) for row in rows]

    def _save_baby(self, baby: Baby) -> None:
        row = self._db.execute("SELECT document FROM babies WHERE id = ?", (baby.id,)).fetchone()
        if row and (old := msgspec.json.decode(row["document"], type=Baby).name) != baby.name:
            for table in ("weighings", "weighing_history", "feeds", "alerts"):
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

    def weighings(self, since_s: float = 0.0, baby: str | None = None) -> list[Weighing]:
        """Weighings in order of time; ``baby`` is a name."""
        rows = self._rows("weighings", since_s, baby)
        return [
            Weighing(
                step_id=row["step_id"], t_s=row["t_s"], baby=row["baby"],
                weight_g=row["weight_g"], sigma_g=row["sigma_g"], move=row["move"],
                confidence=row["confidence"], origin=row["origin"], stamp=_stamp(row),
                # A file that is only read may still lack the newest column.
                only_weighed="only_weighed" in row.keys() and bool(row["only_weighed"]),  # noqa: SIM118 - of a Row, "in" asks for values
            )
            for row in rows
        ]  # fmt: skip

    def feeds(self, since_s: float = 0.0, baby: str | None = None) -> list[Feed]:
        """Feeds in order of time."""
        return [
            Feed(
                t_s=row["t_s"], baby=row["baby"], net_g=row["net_g"], sigma_g=row["sigma_g"],
                out_s=row["out_s"], step_id=row["step_id"],
            )
            for row in self._rows("feeds", since_s, baby)
        ]  # fmt: skip

    def cries(self, since_s: float = 0.0) -> list[CryEnded]:
        """Bouts in order of time."""
        return [
            CryEnded(
                t_s=row["t_s"], started_s=row["started_s"], species=row["species"],
                score=row["score"], context=row["context"],
            )
            for row in self._rows("cries", since_s, None)
        ]  # fmt: skip

    def alerts(self, since_s: float = 0.0, baby: str | None = None) -> list[sqlite3.Row]:
        """Rows of the alerts' lives in order of time (columns as in ``migrations.py``)."""
        return self._rows("alerts", since_s, baby)

    def open_alerts(self) -> list[sqlite3.Row]:
        """The latest row of each alert that has not been cleared, oldest first."""
        return self._db.execute(
            "SELECT * FROM alerts WHERE state != 'cleared' AND rowid IN "
            "(SELECT max(rowid) FROM alerts GROUP BY id) ORDER BY rowid"
        ).fetchall()

    def unassigned(self, since_s: float = 0.0) -> list[sqlite3.Row]:
        """Weighings nobody has been named for, in order of time."""
        return self._rows("unassigned", since_s, None)

    def telemetry(self, since_s: float = 0.0) -> list[MinuteRow]:
        """Minutes in order of time."""
        return [
            MinuteRow(**{k: row[k] for k in MinuteRow.__struct_fields__})
            for row in self._rows("telemetry", since_s, None)
        ]

    def _rows(self, table: str, since_s: float, baby: str | None) -> list[sqlite3.Row]:
        where, values = "t_s >= ?", [since_s]
        if baby is not None:
            where += " AND baby = ?"
            values = [since_s, cast("Any", baby)]
        return self._db.execute(
            f"SELECT * FROM {table} WHERE {where} ORDER BY t_s",  # noqa: S608 - fixed names
            values,
        ).fetchall()

    # ------------------------------------------------------------------ commands typed on the Pi

    def submit(self, verb: str, args: dict[str, Any]) -> int:
        """Leave a command for the daemon; returns its number."""
        with self._db:
            cursor = self._db.execute(
                "INSERT INTO inbox (verb, args, submitted_s) VALUES (?, ?, ?)",
                (verb, msgspec.json.encode(args), time.time()),
            )
        return int(cursor.lastrowid or 0)

    def submitted(self, t_s: float) -> list[Command]:
        """Commands not answered yet, stamped ``t_s``; their results find them by ``origin``.

        Asked every second: the tables are read only when another connection has written.
        """
        version = self._db.execute("PRAGMA data_version").fetchone()[0]
        if version == self._seen_version:
            return []
        self._seen_version = version
        rows = self._db.execute(
            "SELECT * FROM inbox WHERE done_s IS NULL AND id > ? ORDER BY id", (self._handed_out,)
        ).fetchall()
        # Once: while the card refuses, an answer is not on it yet although the deed is done.
        self._handed_out = max([self._handed_out, *(row["id"] for row in rows)])
        return [
            Command(
                t_s=t_s,
                verb=row["verb"],
                args=msgspec.json.decode(row["args"]),
                origin=f"inbox:{row['id']}",
            )
            for row in rows
        ]

    def answer(self, number: int) -> tuple[bool, str | None] | None:
        """(ok, error) of a submitted command, or None while it waits."""
        row = self._db.execute("SELECT * FROM inbox WHERE id = ?", (number,)).fetchone()
        return None if row is None or row["done_s"] is None else (bool(row["ok"]), row["error"])

    def withdraw(self, number: int) -> None:
        """Take back a submitted command nobody answered."""
        with self._db:
            self._db.execute("DELETE FROM inbox WHERE id = ? AND done_s IS NULL", (number,))

    def check(self) -> str | None:
        """None when the file is sound, else what SQLite found."""
        try:
            found = str(self._db.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.Error as error:
            return str(error)
        return None if found == "ok" else found


def _stamp(row: sqlite3.Row) -> Stamp:
    if row["session"] == PERSON:
        return "person"
    return "clock" if row["synced"] else "guess"


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _is_the_card(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in CARD_ERRNOS
    name = getattr(error, "sqlite_errorname", "")
    return name.startswith(("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR"))


def _connect(path: Path) -> sqlite3.Connection:
    path.touch()
    like_parent(path)  # SQLite gives its -wal and -shm files the owner of the database itself
    connection = sqlite3.connect(path, timeout=5)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_autocheckpoint = 200")
        connection.execute("PRAGMA journal_size_limit = 1000000")
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _move_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    path.rename(aside)
    for ending in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    return aside

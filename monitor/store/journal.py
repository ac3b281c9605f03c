"""The journal: one SQLite file that remembers what happened, through crashes and power cuts.

Write-ahead log with full synchronisation: an alert and its outbox rows are one transaction, on
the card before anybody is told. Telemetry is collected and written once a minute, because an SD
card wears out (a row of its own costs about 8 kB of writes, one of sixty about 0.2 kB). A file
that fails its integrity check is kept aside under a dated name and a fresh one is begun, with
what could be saved of it.
Times are Unix seconds; rows taken before the clock was synchronised say so, and move when it is.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec

from monitor.codec import restamped
from monitor.errors import CardError, JournalError
from monitor.events import (
    Alert,
    AnyEvent,
    Baby,
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
from monitor.host.ownership import is_there, open_own, refuse_link, trust
from monitor.store import card
from monitor.store.card import refusal
from monitor.store.checked_rows import Carried, CheckedRows, CopyOf, Generation, tables
from monitor.store.inbox import Inbox
from monitor.store.outbox import Outbox, OutboxMessage
from monitor.store.push_rows import PushRow, PushRows
from monitor.store.retained import RetainedTopics
from monitor.store.salvage import salvage
from monitor.store.schema import migrate
from monitor.timeshift import Moment, TimeShift, moved

RETENTION_S = {
    "telemetry": 31 * 86_400.0,
    "cries": 365 * 86_400.0,
    "alerts": 365 * 86_400.0,
    "unassigned": 365 * 86_400.0,
    "weighing_history": 365 * 86_400.0,
    "inbox": 31 * 86_400.0,
    "rejected": 365 * 86_400.0,
}
"""What is pruned and after how long. Weighings and feeds are a baby's medical record: kept."""

PERSON = "person"
"""in the column ``session``: the time was given by a person and no clock's error moves it"""

MAX_S = 1e12
"""beyond any time"""

PATIENCE_S = 5.0
"""A command waits this long for another program's lock; the daemon's loop does not."""

FIRST_NUMBER = 2**48
"""of what a copy begins by itself: no journal on a card ever counts as far"""

IN_MEMORY = Path(":memory:")
"""where a journal stands that has no file"""

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


_OWN = frozenset({"generation", "copy_of", "taken_in", "opened_at"})
"""values that belong to one file and not to what it holds"""


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

    def __init__(
        self, connection: sqlite3.Connection, path: Path, patience_s: float = PATIENCE_S
    ) -> None:
        self._db = connection
        self._patience_s = patience_s
        self.path = path
        self.set_aside: Path | None = None
        """where a damaged journal was moved, when this one was begun in its place"""
        self.salvaged: dict[str, int] = {}
        """how many rows of it could be saved, by table"""
        self.failed_over_from: Path | None = None
        """the journal on a card that cannot be written, while this one is kept in memory"""
        self.failover_reason = ""
        self.copy_of: CopyOf | None = None
        """whose place this one has taken; every change is kept for that one to follow"""
        self.rows = CheckedRows(connection)
        self.outbox = Outbox(connection, path, self.rows)
        self.pushes = PushRows(connection)
        self.retained = RetainedTopics(connection)
        self.inbox = Inbox(connection, path, self.rows)
        self.generation: Generation | None = None
        """which state of which journal this is; None: one of an earlier version, not written yet"""
        self._session = uuid.uuid4().hex
        self._values: dict[str, bytes] = {}

    # ------------------------------------------------------------------ opening

    @classmethod
    def open(cls, path: str | Path, *, patience_s: float = PATIENCE_S) -> Journal:
        """Open or create the file; a damaged one is moved aside first.

        Args:
            path: of the file; ``IN_MEMORY`` for one that is gone with the process.
            patience_s: how long another program's lock is waited for, each time.

        Raises:
            CardError: the card is full, read-only or failing.
            LockedError: another program has locked it.
            JournalError: the directory or file cannot be written for another reason.
        """
        path = Path(path)
        try:
            if path == IN_MEMORY:
                return cls(_connect(path, patience_s), path, patience_s)
            trust(path.parent)
            path.parent.mkdir(parents=True, exist_ok=True)
            _refuse_links(path)
            if path.exists() and path.stat().st_size == 0 and not card.log_of(path).exists():
                return cls._begin_anew(path, patience_s)  # a power cut can empty a file
            return cls._open_sound(path, patience_s)
        except JournalError:
            raise
        except (OSError, sqlite3.Error) as error:
            raise refusal("open", path, error) from error

    @classmethod
    def _open_sound(cls, path: Path, patience_s: float) -> Journal:
        try:
            journal = cls(_connect(path, patience_s), path, patience_s)
            journal._read_memory()  # a page may be whole and its content not
            return journal
        except sqlite3.DatabaseError as error:
            # A card that answers no read looks like damage to SQLite.
            if isinstance(error, sqlite3.OperationalError) or card.is_the_card(error, path):
                raise
            return cls._begin_anew(path, patience_s)

    def _read_memory(self) -> None:
        stored = self.rows.value("generation")
        if stored is not None:
            self.generation = msgspec.json.decode(stored, type=Generation)
        self._values = {row["key"]: row["value"] for row in self.rows.read("state")}
        stored = self.rows.value("copy_of")
        if stored is not None:
            self.copy_of = msgspec.json.decode(stored, type=CopyOf)
        self.outbox.recall()

    @classmethod
    def _begin_anew(cls, path: Path, patience_s: float) -> Journal:
        aside = card.move_aside(path, "damaged")
        connection = _connect(path, patience_s)
        journal = cls(connection, path, patience_s)
        journal.set_aside, journal.salvaged = aside, salvage(aside, connection)
        journal._read_memory()
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
        try:
            trust(path.parent)
            if not is_there(path):
                raise JournalError(f"there is no journal at {path} yet: has the monitor run here?")
            os.close(open_own(path, os.O_RDONLY))
            _refuse_links(path)
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
            connection.row_factory = sqlite3.Row
            return cls(connection, path)
        except JournalError:
            raise
        except (OSError, sqlite3.Error) as error:
            raise refusal("read", path, error) from error

    def copy_to(self, path: Path) -> None:
        """Write everything to ``path``, which nobody has open.

        Raises:
            CardError: it cannot be written there, or not be read here; nothing has changed.
            LockedError: another program has locked it.
        """
        try:
            self._db.rollback()
            card.write_beside(self._db, path)
        except (OSError, sqlite3.Error) as error:
            raise CardError(f"cannot copy the journal {self.path} to {path}: {error}") from error

    def switch_to(self, other: Journal) -> None:
        """Be ``other`` from now on: its file, its rows. What is held in memory stays held."""
        with suppress(sqlite3.Error):
            self._db.close()
        self._db, self.path, self.rows = other._db, other.path, other.rows
        self.generation, self.copy_of = other.generation, other.copy_of
        self.set_aside = other.set_aside or self.set_aside
        self._values = other._values
        self.outbox.reconnect(self._db, self.path, self.rows)
        self.pushes.reconnect(self._db)
        self.retained.reconnect(self._db)
        self.inbox.reconnect(self._db, self.path, self.rows)
        with suppress(sqlite3.Error):
            self.outbox.recall()

    def close(self) -> None:
        """Close the file; the write-ahead log is folded in."""
        with suppress(sqlite3.Error):  # a card that is gone takes no farewell
            self._db.close()

    # ------------------------------------------------------------------ identity and state

    def identity(self) -> str:
        """The box's own stored identity: unique ids come from it, never from a name.

        Raises:
            JournalError: it cannot be read now.
        """
        found = self.load_state("identity")
        if found is None:
            found = self._values.get("identity") or uuid.uuid4().hex.encode()
            self._values["identity"] = found
            with suppress(JournalError):  # the next start draws another one, then
                self.save_state(identity=found)
        return found.decode()

    @property
    def known_values(self) -> dict[str, bytes]:
        """What ``state`` held when it was last read or written here; the file is not asked."""
        return {key: value for key, value in self._values.items() if key not in _OWN}

    def load_state(self, key: str) -> bytes | None:
        """A value saved under ``key``; None when there is none, or none that can be meant.

        Raises:
            CardError, JournalError: it cannot be read now.
        """
        with self._reading():
            return self.rows.value(key)

    def reject_state(self, key: str, why: str) -> None:
        """Set a value aside that its reader could not use.

        Raises:
            JournalError: it is still there.
        """
        with self._writing():
            self.rows.reject_value(key, why)

    def save_state(self, **values: bytes) -> None:
        """Keep each value under its key, all in one transaction.

        Raises:
            JournalError: nothing was written.
        """
        with self._changing():
            self._save_state(values)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise refusal("read", self.path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction; nothing of it is there when it raises ``JournalError``."""
        try:
            with self._db:
                yield
        except sqlite3.Error as error:
            self.outbox.rolled_back()
            raise refusal("write", self.path, error) from error
        self.outbox.committed()

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """One transaction that leads to the next generation."""
        with self._writing():
            yield
            # Another program may have changed it since: a command typed on the Pi.
            stored = self.rows.value("generation")
            before = Generation(uuid.uuid4().hex, 0, "")
            if stored is not None:
                before = msgspec.json.decode(stored, type=Generation)
            after = before.next(self._session)
            self._save_state({"generation": msgspec.json.encode(after)})
        self.generation = after

    def _save_state(self, values: Mapping[str, bytes]) -> None:
        self._db.executemany(
            "INSERT INTO state (key, value) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            list(values.items()),
        )
        self._values |= values

    def set_bad_rows_aside(self) -> dict[str, int]:
        """Move rows that cannot be what they say to the table ``rejected``; counts by table.

        Raises:
            JournalError: none was moved; every reading leaves them out all the same.
        """
        with self._writing():
            return self.rows.set_aside()

    def rejected_since(self, unix_s: float) -> dict[str, int]:
        """How many rows were set aside since then, by table.

        Raises:
            JournalError: it cannot be read now.
        """
        with self._reading():
            return self.rows.rejected_since(unix_s)

    def last_s(self) -> float:
        """The latest time of any row but those a person dated; 0 for an empty journal."""
        sound = self.rows.sound
        with self._reading():
            row = self._db.execute(
                "SELECT max(t) AS t FROM (SELECT max(t_s) AS t FROM weighings "  # noqa: S608 - fixed names
                f"WHERE session != 'person' AND {sound('weighings')} "
                f"UNION SELECT max(t_s) FROM telemetry WHERE {sound('telemetry')} "
                f"UNION SELECT max(t_s) FROM alerts WHERE {sound('alerts')})"
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
        with self._changing():
            for event in events:
                self._record_one(event, synced)
                if self.copy_of is not None:
                    self._carry(Carried(event=event), synced)
            for message in messages:
                self.outbox.add(message)
            pushes = self.pushes.write_held()
            self._save_state(state or {})
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

    def move(self, shifts: Sequence[TimeShift], **state: bytes) -> int:
        """The clock turned out to be off: move what the shifts cover, and save ``state`` with it.

        Times that a person typed stay. Returns how many rows were moved.

        Raises:
            JournalError: nothing was moved.
        """
        count = 0
        with self._changing():
            for shift in shifts:
                count += sum(self._move(table, shift) for table in _STAMPED)
                self._move_babies(shift)
                if self.copy_of is not None:
                    self._carry(Carried(shift=shift), shift.sure)
                self.outbox.move(shift, restamped)
                self.pushes.move(shift)
            self._save_state(state)
        return count

    def _move(self, table: str, shift: TimeShift) -> int:
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

    def _move_babies(self, shift: TimeShift) -> None:
        for baby in self.babies(retired=True):
            if (changed := moved(baby, shift)) != baby:
                self._save_baby(changed)

    def record_minutes(self, rows: Sequence[MinuteRow]) -> None:
        """Write collected telemetry in one transaction."""
        with self._writing():
            self._db.executemany(
                "INSERT OR REPLACE INTO telemetry VALUES (?, ?, ?, ?, ?)",
                [(r.t_s, r.cry_s, r.activity, r.level_db, r.in_box) for r in rows],
            )

    def prune(self, now_s: float) -> int:
        """Forget what is older than its retention; returns how many rows went.

        Raises:
            JournalError: nothing was forgotten.
        """
        gone = 0
        with self._writing():
            for table, keep_s in RETENTION_S.items():
                column = {"inbox": "submitted_s", "rejected": "at_s"}.get(table, "t_s")
                gone += self._db.execute(
                    f"DELETE FROM {table} WHERE {column} < ?",  # noqa: S608 - fixed names
                    (now_s - keep_s,),
                ).rowcount
        return gone

    # ------------------------------------------------------------------ between two journals

    @property
    def knows_roster(self) -> bool:
        """False for a copy that was begun without the list of babies."""
        return self.copy_of is None or self.copy_of.roster

    def prove(self) -> None:
        """Write something, so that a card that refuses shows it.

        Raises:
            JournalError: it does.
        """
        with self._writing():
            self._save_state({"opened_at": repr(time.time()).encode()})

    def become_copy(self, copy_of: CopyOf) -> None:
        """From now on every change is kept, for another journal to follow.

        Raises:
            JournalError: this one cannot be written.
        """
        self.save_state(copy_of=msgspec.json.encode(copy_of))
        self.copy_of = copy_of

    def write_as_journal(self, path: Path) -> None:
        """Write this copy to ``path``, where nothing is, as a journal of its own.

        Raises:
            CardError: nothing is there.
        """
        self.copy_to(path)
        with closing(sqlite3.connect(path)) as written, written:
            written.execute("DELETE FROM state WHERE key = 'copy_of'")
            written.execute("DELETE FROM carried")

    def begin_with(
        self,
        babies: Iterable[Baby],
        state: Mapping[str, bytes],
        waiting: Iterable[OutboxMessage] = (),
        pushes: Iterable[PushRow] = (),
    ) -> None:
        """Take what is known without a file: who is here, values, messages by their numbers.

        Raises:
            JournalError: this one cannot be written.
        """
        with self._changing():
            # Numbers that the journal on the card does not have: one on its way stays the same one.
            for table in _queues(self._db):
                self._count_from(table, FIRST_NUMBER + secrets.randbits(47))
            for baby in babies:
                self._save_baby(baby)
            for message in waiting:
                self.outbox.add(message)
            self.pushes.add(pushes)
            self._save_state(state)

    def _carry(self, change: Carried, synced: bool) -> None:
        self._db.execute(
            "INSERT INTO carried (change, synced) VALUES (?, ?)",
            (msgspec.msgpack.encode(change), synced),
        )

    def follow(self, copy: Journal) -> None:
        """Carry out all that happened in a copy of this journal, in one transaction.

        Of a whole copy the queues and values are the truth. One that was begun without the list
        of babies has neither values to resume from nor babies that are known here already.

        Raises:
            JournalError: nothing of it was added.
        """
        copy_of = copy.copy_of or CopyOf(generation=None, whole=False, roster=False)
        known = {baby.slug for baby in self.babies()}
        with copy._reading():
            changes = copy.rows.read("carried", "1 ORDER BY id")
            minutes = copy.rows.read("telemetry")
            values = copy.rows.read("state")
            queues = {table: copy.rows.read(table) for table in _queues(copy._db)}
            numbers = dict(map(tuple, copy._db.execute("SELECT name, seq FROM sqlite_sequence")))
        with self._changing():
            for row in changes:
                change = msgspec.msgpack.decode(row["change"], type=Carried)
                self._follow_one(change, bool(row["synced"]), set() if copy_of.roster else known)
            for minute in minutes:
                self._insert("telemetry", *minute)
            for queue, ids in copy_of.took_over.items():
                self._db.executemany(f"DELETE FROM {queue} WHERE id = ?", [(i,) for i in ids])  # noqa: S608 - checked names
            for table, rows in queues.items():
                self._follow_queue(table, rows, numbers, whole=copy_of.whole)
            if copy_of.roster:
                self._save_state({r["key"]: r["value"] for r in values if r["key"] not in _OWN})
            self._save_state({"taken_in": msgspec.json.encode(copy.generation)})
        self.outbox.recall()

    def _follow_one(self, change: Carried, synced: bool, known: set[str]) -> None:
        event = change.event
        if change.shift is not None:
            for table in _STAMPED:
                self._move(table, change.shift)
            self._move_babies(change.shift)
        elif isinstance(event, RosterChanged) and event.baby.slug in known:
            return
        elif event is not None:
            self._record_one(event, synced)

    def _follow_queue(
        self, table: str, rows: Sequence[sqlite3.Row], numbers: Mapping[str, int], *, whole: bool
    ) -> None:
        if whole:
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - fixed names
        for row in rows:
            marks = ", ".join("?" * len(row))
            self._db.execute(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", tuple(row))  # noqa: S608 - fixed names
        self._count_from(table, numbers.get(table, 0))

    def _count_from(self, table: str, number: int) -> None:
        """The next row of a queue gets a number beyond this one, and beyond all it has had."""
        asked = "SELECT max(seq) FROM sqlite_sequence WHERE name = ?"
        had = self._db.execute(asked, (table,)).fetchone()[0] or 0
        self._db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        self._db.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, max(had, number))
        )

    # ------------------------------------------------------------------ who is here

    def babies(self, *, retired: bool = False) -> list[Baby]:
        """The babies in the nursery in order of registration; with ``retired`` also those gone."""
        with self._reading():
            rows = self.rows.read("babies", "(? OR retired_s IS NULL) ORDER BY rowid", (retired,))
        return [msgspec.json.decode(row["document"], type=Baby) for row in rows]

    def _save_baby(self, baby: Baby) -> None:
        known = self.rows.read("babies", "id = ?", (baby.id,))
        old = msgspec.json.decode(known[0]["document"], type=Baby).name if known else baby.name
        if old != baby.name:
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
        """Rows of the alerts' lives in order of time (columns as in ``schema.py``)."""
        return self._rows("alerts", since_s, baby)

    def open_alerts(self) -> list[sqlite3.Row]:
        """The latest row of each alert that has not been cleared, oldest first."""
        with self._reading():
            return self.rows.read(
                "alerts",
                "state != 'cleared' AND rowid IN "  # noqa: S608 - fixed names
                f"(SELECT max(rowid) FROM alerts WHERE {self.rows.sound('alerts')} GROUP BY id) "
                "ORDER BY rowid",
            )

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
        where, values = "t_s >= ?", [since_s, *([] if baby is None else [baby])]
        if baby is not None:
            where += " AND baby = ?"
        with self._reading():
            return self.rows.read(table, f"{where} ORDER BY t_s", values)

    def check(self) -> str | None:
        """None when the file is sound, else what SQLite found."""
        try:
            found = str(self._db.execute("PRAGMA quick_check(1)").fetchone()[0])
        except sqlite3.Error as error:
            return str(error)
        return None if found == "ok" else found


def _queues(connection: sqlite3.Connection) -> list[str]:
    """Tables of what is still to be done: no event tells what becomes of their rows."""
    known = {*_STAMPED, "babies", "state", "inbox", "carried", "rejected"}
    return [table for table in tables(connection) if table not in known]


def _stamp(row: sqlite3.Row) -> Stamp:
    if row["session"] == PERSON:
        return "person"
    return "clock" if row["synced"] else "guess"


def _refuse_links(path: Path) -> None:
    """SQLite opens journal and log by their names: none of them may lead elsewhere."""
    for name in ("", "-wal", "-shm"):
        refuse_link(path.with_name(path.name + name))


def _connect(path: Path, patience_s: float) -> sqlite3.Connection:
    if path != IN_MEMORY:
        os.close(open_own(path, os.O_RDWR | os.O_CREAT))
    connection = sqlite3.connect(path, timeout=patience_s)
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

"""The journal: one SQLite file that remembers what happened, through crashes and power cuts.

Write-ahead log with full synchronisation: an alert and its outbox rows are one transaction, on
the card before anybody is told. Telemetry is collected and written once a minute, because an SD
card wears out (a row of its own costs about 8 kB of writes, one of sixty about 0.2 kB). A file
that fails its integrity check is kept aside under a dated name and a fresh one is begun, with
what could be saved of it.
Times are Unix seconds; rows taken before the clock was synchronised say so, and are shifted when
it is.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from monitor.errors import CardError, JournalError
from monitor.events import Baby
from monitor.host.ownership import trust
from monitor.store import card, copies
from monitor.store.card import refusal
from monitor.store.event_rows import EventRows
from monitor.store.inbox import Inbox
from monitor.store.lineage import CopyOf, Generation
from monitor.store.opening import IN_MEMORY, connect, refuse_links
from monitor.store.outbox_message import OutboxMessage
from monitor.store.push_rows import PushRow
from monitor.store.retained import RetainedTopics
from monitor.store.salvage import salvage
from monitor.store.writing import JournalWriter

PATIENCE_S = 5.0
"""A command waits this long for another program's lock; the daemon's loop does not."""


class Journal(JournalWriter):
    """Opened by one daemon or command at a time for writing; any number may read."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection, path)
        self.set_aside: Path | None = None
        """where a damaged journal was moved, when this one was begun in its place"""
        self.salvaged: dict[str, int] = {}
        """how many rows of it could be saved, by table"""
        self.failed_over_from: Path | None = None
        """the journal on a card that cannot be written, while this one is kept in memory"""
        self.failover_reason = ""
        self.retained = RetainedTopics(connection)
        self.inbox = Inbox(connection, path, self.rows)

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
                return cls(connect(path, patience_s), path)
            trust(path.parent)
            path.parent.mkdir(parents=True, exist_ok=True)
            refuse_links(path)
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
            journal = cls(connect(path, patience_s), path)
            journal._recall()  # a page may be whole and its content not
            return journal
        except sqlite3.DatabaseError as error:
            # A card that answers no read looks like damage to SQLite.
            if isinstance(error, sqlite3.OperationalError) or card.is_the_card(error, path):
                raise
            return cls._begin_anew(path, patience_s)

    @classmethod
    def _begin_anew(cls, path: Path, patience_s: float) -> Journal:
        aside = card.move_aside(path, "damaged")
        connection = connect(path, patience_s)
        journal = cls(connection, path)
        journal.set_aside, journal.salvaged = aside, salvage(aside, connection)
        journal._recall()
        lost = {"at": time.time(), "file": aside.name, "saved": journal.salvaged}
        journal.save_state(lost=msgspec.json.encode(lost))
        return journal

    def _recall(self) -> None:
        stored = self.rows.value("generation")
        if stored is not None:
            self.generation = msgspec.json.decode(stored, type=Generation)
        self._values = {row["key"]: row["value"] for row in self.rows.read("state")}
        stored = self.rows.value("copy_of")
        if stored is not None:
            self.copy_of = msgspec.json.decode(stored, type=CopyOf)
        self.outbox.recall()

    def switch_to(self, other: Journal) -> None:
        """Be ``other`` from now on: its file, its rows. What is held in memory stays held."""
        self.close()
        self._db, self.path, self.rows = other._db, other.path, other.rows
        self._events = EventRows(self._db, self.rows, self._session)
        self.generation, self.copy_of = other.generation, other.copy_of
        self.set_aside = other.set_aside or self.set_aside
        self._values = other._values
        self.outbox.reconnect(self._db, self.path, self.rows)
        self.pushes.reconnect(self._db)
        self.retained.reconnect(self._db)
        self.inbox.reconnect(self._db, self.path, self.rows)
        with suppress(sqlite3.Error):
            self.outbox.recall()

    # ------------------------------------------------------------------ between two journals

    @property
    def knows_roster(self) -> bool:
        """False for a copy that was begun without the list of babies."""
        return self.copy_of is None or self.copy_of.roster

    def prove(self) -> None:
        """Write a value, so that a card that refuses raises.

        Raises:
            JournalError: it does.
        """
        with self._writing():
            self._save_state({"opened_at": repr(time.time()).encode()})

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
        copies.forget_copy(path)

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
            chance = random.SystemRandom()
            for table in copies.queues(self._db):
                first = copies.FIRST_NUMBER + chance.getrandbits(47)
                copies.count_from(self._db, table, first)
            for baby in babies:
                self._events.write_baby(baby)
            for message in waiting:
                self.outbox.add(message)
            self.pushes.add(pushes)
            self._save_state(state)

    def follow(self, copy: Journal) -> None:
        """Carry out all that happened in a copy of this journal, in one transaction.

        Of a whole copy the queues and values are the truth. One that was begun without the list
        of babies has neither values to resume from nor babies that are known here already.

        Raises:
            JournalError: nothing of it was added.
        """
        known = {baby.slug for baby in self.babies()}
        with copy.reading():
            content = copies.read_copy(copy._db, copy.rows, copy.copy_of, copy.generation)
        with self._changing():
            copies.follow_changes(
                content, known, lambda e, synced: self._events.write(e, synced=synced), self._shift
            )
            copies.follow_rows(self._db, content)
            if content.copy_of.roster:
                self._save_state(content.values)
            self._save_state({"taken_in": msgspec.json.encode(content.generation)})
        self.outbox.recall()

"""What changes a journal: batches, values, minutes, pruning; each in one transaction."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from monitor.errors import JournalError
from monitor.store import copies
from monitor.store.batch import Batch
from monitor.store.card import refusal
from monitor.store.event_rows import EventRows
from monitor.store.lineage import Carried, CopyOf, Generation
from monitor.store.outbox import Outbox
from monitor.store.push_rows import PushRows
from monitor.store.reading import JournalReader, MinuteRow
from monitor.store.shifting import shift_rows
from monitor.times import DAY_S
from monitor.timeshift import TimeShift, shifted

RETENTION_S = {
    "telemetry": 31 * DAY_S,
    "cries": 365 * DAY_S,
    "calls": 365 * DAY_S,
    "alerts": 365 * DAY_S,
    "unassigned": 365 * DAY_S,
    "weighing_history": 365 * DAY_S,
    "inbox": 31 * DAY_S,
    "rejected": 365 * DAY_S,
}
"""What is pruned and after how long. Weighings and feeds are a baby's medical record: kept."""


class JournalWriter(JournalReader):
    """Reads and writes one journal; every change gives it its next generation."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection, path)
        self.copy_of: CopyOf | None = None
        """whose place this one has taken; every change is kept for that one to follow"""
        self.outbox = Outbox(connection, path, self.rows)
        self.pushes = PushRows(connection)
        self.generation: Generation | None = None
        """which state of which journal this is; None: one of an earlier version, not written yet"""
        self._session = uuid.uuid4().hex
        self._events = EventRows(connection, self.rows, self._session)
        self._values: dict[str, bytes] = {}

    # ------------------------------------------------------------------ stored values

    def identity(self) -> str:
        """The box's own stored identity: unique ids come from it, never from a name.

        Raises:
            JournalError: it cannot be read now.
        """
        found = self.load_state("identity")
        if found is None:
            found = self._values.get("identity") or uuid.uuid4().hex.encode()
            self._values["identity"] = found
            with suppress(JournalError):  # without it the next start draws another one
                self.save_state(identity=found)
        return found.decode()

    @property
    def known_values(self) -> dict[str, bytes]:
        """What ``state`` held when it was last read or written here; the file is not asked."""
        return {key: v for key, v in self._values.items() if key not in copies.OF_THE_FILE}

    def save_state(self, **values: bytes) -> None:
        """Keep each value under its key, all in one transaction.

        Raises:
            JournalError: nothing was written.
        """
        with self._changing():
            self._save_state(values)

    def reject_state(self, key: str, why: str) -> None:
        """Set a value aside that its reader could not use.

        Raises:
            JournalError: it is still there.
        """
        with self._writing():
            self.rows.reject_value(key, why)

    def set_bad_rows_aside(self) -> dict[str, int]:
        """Move rows that cannot be what they say to the table ``rejected``; counts by table.

        Raises:
            JournalError: none was moved; every reading leaves them out all the same.
        """
        with self._writing():
            return self.rows.set_aside()

    # ------------------------------------------------------------------ what happened

    def write(self, batch: Batch) -> None:
        """Write all of it in one transaction; times that a person gave are not shifted.

        Raises:
            CardError: nothing of it was written: the card is full, read-only or failing.
            JournalError: nothing of it was written (locked, damaged).
        """
        with self._changing():
            for shift in batch.shifts:
                self._shift(shift)
                if self.copy_of is not None:
                    copies.carry(self._db, Carried(shift=shift), synced=shift.sure)
                self.outbox.shift(shift)
                self.pushes.shift(shift)
            for event in batch.events:
                self._events.write(event, synced=batch.synced)
                if self.copy_of is not None:
                    copies.carry(self._db, Carried(event=event), synced=batch.synced)
            for message in batch.messages:
                self.outbox.add(message)
            self.pushes.write(batch.pushes)
            self._save_state(batch.state)

    def _shift(self, shift: TimeShift) -> None:
        shift_rows(self._db, shift)
        for baby in self.babies(retired=True):
            if (changed := shifted(baby, shift)) != baby:
                self._events.write_baby(changed)

    def record_minutes(self, rows: Sequence[MinuteRow]) -> None:
        """Write collected telemetry in one transaction."""
        with self._writing():
            for row in rows:
                copies.insert_row(self._db, "telemetry", msgspec.structs.astuple(row))

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

    # ------------------------------------------------------------------ transactions

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

    def _save_state(self, values: Mapping[str, bytes | None]) -> None:
        kept = {key: value for key, value in values.items() if value is not None}
        self._db.executemany(
            "DELETE FROM state WHERE key = ?", [(k,) for k in values.keys() - kept]
        )
        self._db.executemany(
            "INSERT INTO state (key, value) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            list(kept.items()),
        )
        self._values = {k: v for k, v in self._values.items() if k not in values} | kept

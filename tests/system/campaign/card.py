"""The memory card under the state directory: it fills up, turns read-only, or loses what it held.

Where this process may mount, the card is a small tmpfs and both faults are the kernel's own; where
it may not, and for a card that turns read-only while files are open on it (a kernel does that after
an error, and nobody can ask a tmpfs for it), the preloaded ``FakeHost`` answers for the card.
"""

from __future__ import annotations

import errno
import random
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from monitor.core.state import PARTS
from tests.system.dead_card import DeadCard
from tests.system.fake_host import FakeHost

SIZE = "400m"
"""of which nothing is used; below 100 MB of free space the monitor calls a card full"""
PAGE = 4096


class Card:
    """The state directory at ``folder``."""

    def __init__(self, folder: Path, host: FakeHost, dead: DeadCard) -> None:
        folder.mkdir(parents=True)
        self.folder, self._host, self._dead = folder, host, dead
        self.is_real = self._mount("-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "campaign")

    @property
    def journal(self) -> Path:
        return self.folder / "journal.sqlite"

    def leave_no_slack(self) -> None:
        """Nobody has the journal open: its write-ahead log goes into it and away.

        What a killed daemon left of the log is room that a full card still has.
        """
        with closing(sqlite3.connect(self.journal)) as journal:
            journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def fill(self) -> None:
        """Not a byte is left."""
        if self.is_real:
            used = sum(path.stat().st_blocks for path in self.folder.iterdir()) * 512
            self._mount("-o", f"remount,size={used + PAGE}", "campaign")
        else:
            self._host.set(card_errno=errno.ENOSPC)

    def empty(self) -> None:
        """Somebody made space."""
        if self.is_real:
            self._mount("-o", f"remount,size={SIZE}", "campaign")
        self._host.set(card_errno=0)

    def protect(self, *, in_use: bool) -> None:
        """Read-only from now on; ``in_use``: while files on it are open for writing."""
        if in_use or not self.is_real:
            self._host.set(card_errno=errno.EROFS)
        else:
            assert self._mount("-o", "remount,ro", "campaign"), "somebody still writes on the card"

    def allow(self) -> None:
        """Writable again."""
        if self.is_real:
            self._mount("-o", "remount,rw", "campaign")
        self._host.set(card_errno=0)

    def die(self) -> None:
        """It answers nothing any more, reads included; the commonest end of a card."""
        self._dead.die()

    def revive(self) -> None:
        """It answers again, with what it held."""
        self._dead.revive()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Another program holds the journal's lock."""
        with closing(sqlite3.connect(self.journal, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def poison(self, chance: random.Random) -> str:
        """Put garbage where the daemon keeps what it resumes from; returns where."""
        key = chance.choice(["clock", *(f"core_{part}" for part in PARTS), "pipeline_at"])
        garbage = chance.choice([b"", b"garbage", b"\xff" * 5000, b"1e999", b"{}", b"null"])
        with closing(sqlite3.connect(self.journal)) as db, db:
            db.execute("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", (key, garbage))
        return key

    def forget_boot(self) -> None:
        """Take the boot's clock out of the journal."""
        with closing(sqlite3.connect(self.journal)) as db, db:
            db.execute("DELETE FROM state WHERE key = 'clock'")

    def damage(self, chance: random.Random) -> str:
        """What a power cut can leave of the journal, while no process has it open."""
        with closing(sqlite3.connect(self.journal)) as db:  # its log is folded in first
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        content = bytearray(self.journal.read_bytes())
        how = chance.choice(["emptied", "truncated", "headless", "scribbled"])
        if how == "emptied":
            content.clear()
        elif how == "truncated":
            del content[chance.randrange(PAGE, len(content) - 1) :]
        elif how == "headless":
            content[:100] = chance.randbytes(100)
        else:
            begin = chance.randrange(1, len(content) // PAGE - 1) * PAGE
            content[begin : begin + 4 * PAGE] = chance.randbytes(4 * PAGE)[: len(content) - begin]
        self.journal.write_bytes(content)
        return how

    def remove(self) -> None:
        """Unmount; the folder is the caller's."""
        self.revive()
        self.allow()
        if self.is_real:
            subprocess.run(["umount", "--lazy", self.folder], check=False, capture_output=True)

    def _mount(self, *options: str) -> bool:
        done = subprocess.run(["mount", *options, self.folder], check=False, capture_output=True)
        return done.returncode == 0

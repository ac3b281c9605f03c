"""The state of the journal itself for ``health``: damage, rows left out, files kept aside."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from monitor.errors import JournalError
from monitor.events import HostReport
from monitor.store.journal import Journal
from monitor.store.kept_journals import KeptJournals
from monitor.store.lineage import Lost
from monitor.times import DAY_S

LOST_STATED_S = DAY_S
"""A damaged journal is reported for a day: long enough for everybody who looks after the box."""


class JournalReport:
    """Of one journal, wherever it stands just now. Times are timeline seconds."""

    def __init__(self, journal: Journal, log: Callable[[str], None]) -> None:
        """Nothing is known before ``look``; ``log`` takes one line for a person."""
        self._journal, self._log = journal, log
        self._kept = KeptJournals(journal)
        self._lost: str | None = None
        self._lost_until_s = self._rejected_until_s = float("-inf")
        self.rejected: dict[str, int] = {}
        """how many stored rows could not be used, by table"""

    @property
    def kept(self) -> list[str]:
        """A sentence for each journal that is kept aside and waits for a person."""
        return self._kept.sentences()

    def set_rows_aside(self) -> None:
        """Set rows aside that are no values of their columns, before anything overwrites them."""
        try:
            found = self._journal.set_bad_rows_aside()
        except JournalError as error:  # they are left out of every reading all the same
            self._log(str(error))
            return
        for table, count in found.items():
            self._log(f"{count} unusable rows of {table} were set aside in the journal")

    def look(self, now_s: float, *, synced: bool) -> None:
        """Read what was lost and what was set aside; after the core was built of the rest.

        Raises:
            JournalError: the journal cannot be read.
        """
        self.rejected = self._journal.rejected_since(time.time() - LOST_STATED_S)
        self._rejected_until_s = now_s + LOST_STATED_S
        stored = self._journal.load_state("lost")
        self._lost, self._lost_until_s = None, float("-inf")
        if stored is None:
            return
        lost = msgspec.json.decode(stored, type=Lost)
        babies, weights = lost.saved.get("babies", 0), lost.saved.get("weighings", 0)
        saved = f"{babies} babies and {weights} weights could be saved"
        self._lost = f"{saved}, the old file is kept as {lost.file}"
        self._lost_until_s = (lost.at if synced else now_s) + LOST_STATED_S

    def completed(self, report: HostReport, *, error: str | None, synced: bool) -> HostReport:
        """The host's report with what is to be said of the journal."""
        return msgspec.structs.replace(
            report,
            journal_error=error,
            journal_lost=self._lost if report.t_s < self._lost_until_s else None,
            rows_rejected=self.rejected if report.t_s < self._rejected_until_s else {},
            journals_kept=self.kept,
            roster_known=self._journal.knows_roster,
            clock_known=synced,
        )

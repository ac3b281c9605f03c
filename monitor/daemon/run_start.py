"""Where a run of the recorder begins on the timeline."""

from __future__ import annotations

import time

import msgspec

from monitor.errors import JournalError
from monitor.host.boot_clock import BootClock, RunStart, boot_id, boot_s, locate_run
from monitor.store import failover
from monitor.store.journal import Journal


def read_run_start(journal: Journal, *, synced: bool) -> RunStart:
    """Where a run that begins now lies, by the journal and this machine's clocks.

    Raises:
        CardError: neither the journal nor one in memory can be read.
    """
    try:
        return _read(journal, synced)
    except JournalError as error:  # the card went between two readings
        failover.fail_over(journal, str(error), failover.NOTHING)
        return _read(journal, synced)


def certain(start_s: float) -> RunStart:
    """For a timeline that is right by definition: a simulation, a test."""
    clock = BootClock(boot_id="", offset_s=0.0, began_s=start_s, known=True)
    return RunStart(clock=clock, start_s=start_s)


def _read(journal: Journal, synced: bool) -> RunStart:
    saved = journal.load_state("clock")
    return locate_run(
        None if saved is None else msgspec.json.decode(saved, type=BootClock),
        boot_id=boot_id(),
        boot_s=boot_s(),
        unix_s=time.time(),
        synced=synced,
        last_s=max(journal.last_s(), float(journal.load_state("pipeline_at") or 0.0)),
    )

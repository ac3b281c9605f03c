"""The journal while its card refuses: a copy in memory, and the way back.

A card that has failed once is often read-only from then on, and often answers no read either. A
monitor that stops recording, or does not start, leaves a box unwatched; so the journal goes on in
the service's runtime directory (memory, under systemd), reports that, and returns to the card when
that can be written. What only the copy holds survives a crash of the daemon, but not a power cut.

A journal on a card is never replaced by a copy: it follows what happened there, one change after
the other, and only when the copy was made of what is there now (``Generation``). A copy of anything
else (a backup was restored, the card is another one) is kept aside and asked about.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec

from monitor.errors import CardError, JournalError, LockedError
from monitor.events import Baby
from monitor.store import card
from monitor.store.batch import Batch
from monitor.store.journal import Journal
from monitor.store.lineage import CopyOf
from monitor.store.opening import IN_MEMORY

ROOM_BYTES = 1_000_000
"""free, beside twice the journal itself, before a return to the card is tried"""

PATIENCE_S = 0.2
"""The loop waits this long for another program's lock: an alert is delayed by no more than that."""

FailBack = Literal["followed", "joined", "other"]
"""followed: the card's journal has repeated every change of the copy; joined: it has, and has the
list of babies, which the copy lacked; other: it is another journal, and the copy is kept aside"""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a running monitor can say without its journal."""

    babies: Sequence[Baby] | None
    """None: nobody knows"""
    state: Mapping[str, bytes]


NOTHING = Known(babies=None, state={})
"""at the start, before anything could be read"""


def open_journal(path: Path, log: Callable[[str], None] = lambda _text: None) -> Journal:
    """The journal at ``path``, or one in memory while its card refuses or a program locks it.

    Raises:
        JournalError: the directory or file cannot be used for a reason that will not pass.
    """
    left = _earlier_copy(log)
    try:
        on_card = _open_on_card(path)
    except (CardError, LockedError) as error:
        if left is not None:
            left.failed_over_from, left.failover_reason = path, str(error)
            return left
        return _copy(path, error)
    if left is None:
        return on_card
    left.failed_over_from, left.failover_reason = path, "it could not be written at the last start"
    on_card.close()
    try:
        fail_back(left, log)
    except JournalError as error:
        log(f"the copy in memory cannot be moved to the card: {error}")
    return left


def fail_over(journal: Journal, why: str, known: Known) -> None:
    """The card refuses a running daemon: go on in memory.

    With a copy of the journal where that can be read, else with what the monitor still knows.

    Raises:
        CardError: the journal is in memory already, and refuses there.
    """
    if journal.failed_over_from is not None:
        raise CardError(why)
    on_card, generation = journal.path, journal.generation
    copy_path = _runtime_path() or _temporary_path(on_card)
    try:
        card.remove_journal(copy_path)
        journal.copy_to(copy_path)
        copy = Journal.open(copy_path, patience_s=PATIENCE_S)
        copy.become_copy(CopyOf(generation=copy.generation, whole=True))
    except (JournalError, OSError):
        waiting = journal.outbox.remembered
        pushes = [row for row in journal.pushes.waiting() if row.id > 0]
        copy = _begin(copy_path)
        copy.begin_with(known.babies or (), known.state, waiting, pushes)
        copy.become_copy(
            CopyOf(
                generation=generation,
                whole=False,
                roster=known.babies is not None,
                took_over={
                    "outbox": [row.id for row in waiting],
                    "pushes": [row.id for row in pushes],
                },
            )
        )
    journal.switch_to(copy)
    journal.failed_over_from, journal.failover_reason = on_card, why


def fail_back(journal: Journal, log: Callable[[str], None] = lambda _text: None) -> FailBack:
    """Bring what a copy holds back to the card, and go on there.

    Raises:
        CardError: the card still refuses; nothing has changed.
        LockedError: another program has locked the journal on it; nothing has changed.
    """
    path = journal.failed_over_from
    if path is None:
        return "followed"
    _check_room(journal, path)
    on_card = _open_on_card(path)
    try:
        end = _bring_back(journal, on_card, log)
    except (JournalError, OSError) as error:
        on_card.close()
        raise error if isinstance(error, JournalError) else CardError(str(error)) from error
    copy_path = journal.path
    journal.switch_to(Journal.open(path, patience_s=PATIENCE_S) if end == "moved" else on_card)
    journal.failed_over_from, journal.copy_of = None, None
    if copy_path != IN_MEMORY:
        with suppress(OSError):
            card.remove_journal(copy_path)
    return "followed" if end == "moved" else end


def _bring_back(
    copy: Journal, on_card: Journal, log: Callable[[str], None]
) -> FailBack | Literal["moved"]:
    copy_of = copy.copy_of
    if on_card.load_state("taken_in") == msgspec.json.encode(copy.generation):
        return "followed"  # a crash came between following and removing the copy
    if copy_of is not None and not copy_of.roster:
        on_card.follow(copy)
        return "joined"
    is_new = (
        on_card.generation is None and not on_card.babies(retired=True) and not on_card.weighings()
    )
    if copy_of is not None and copy_of.whole and (is_new or on_card.set_aside is not None):
        # Nothing is there that the copy does not have: an empty card, or what was saved of damage.
        path = on_card.path
        on_card.close()
        card.remove_journal(path)
        copy.write_as_journal(path)
        return "moved"
    if copy_of is not None and copy_of.generation == on_card.generation:
        on_card.follow(copy)
        return "followed"
    aside = card.aside_name(on_card.path, "copy")
    copy.copy_to(aside)
    waiting = [msgspec.structs.replace(row, id=0) for row in copy.outbox.everything()]
    on_card.write(Batch(messages=waiting))
    log(f"the copy in memory is not of the journal on the card: it is kept as {aside}")
    return "other"


def _check_room(journal: Journal, path: Path) -> None:
    try:
        disk = os.statvfs(path.parent)
        size = 0 if journal.path == IN_MEMORY else journal.path.stat().st_size
    except OSError as error:
        raise CardError(f"cannot reach {path}: {error}") from error
    if disk.f_flag & os.ST_RDONLY or disk.f_bavail * disk.f_frsize < 2 * size + ROOM_BYTES:
        raise CardError(f"{path} is on a card that is full or read-only")


def _open_on_card(path: Path) -> Journal:
    journal = Journal.open(path, patience_s=PATIENCE_S)
    try:
        journal.prove()  # a card may be readable, and not a byte left
    except JournalError:
        journal.close()
        raise
    return journal


def _earlier_copy(log: Callable[[str], None]) -> Journal | None:
    """The copy that an earlier process left, if it is one."""
    copy_path = _runtime_path()
    try:
        if copy_path is None or not copy_path.exists():
            return None
        if copy_path.stat().st_size == 0 and not card.log_of(copy_path).exists():
            card.remove_journal(copy_path)
            log(f"the copy in memory, {copy_path}, was empty")
            return None
        left = Journal.open(copy_path, patience_s=PATIENCE_S)
    except (OSError, JournalError) as error:
        log(f"the copy in memory cannot be used: {error}")
        return None
    if left.set_aside is not None:
        log(f"the copy in memory was damaged and is not used; it is kept as {left.set_aside}")
        left.close()
        card.remove_journal(copy_path)
        return None
    return left


def _copy(path: Path, error: JournalError) -> Journal:
    """A journal in memory that begins with what the card still gives."""
    copy_path = _runtime_path() or _temporary_path(path)
    incoming = copy_path.with_name(f"incoming-{copy_path.name}")
    copy_of = CopyOf(generation=None, whole=True)
    try:
        card.remove_journal(incoming)
        card.remove_journal(copy_path)
        for source, file in ((path, incoming), (card.log_of(path), card.log_of(incoming))):
            with suppress(FileNotFoundError):
                shutil.copyfile(source, file)
        if incoming.exists():
            taken = Journal.open(incoming)
            copy_of = CopyOf(generation=taken.generation, whole=taken.set_aside is None)
            taken.copy_to(copy_path)
            taken.close()
            card.remove_journal(incoming)
        journal = Journal.open(copy_path, patience_s=PATIENCE_S)
    except (OSError, JournalError):
        # The card cannot be read either: the copy begins without its content.
        copy_of = CopyOf(generation=None, whole=False, roster=False)
        journal = _begin(copy_path)
        journal.begin_with((), {})
    journal.become_copy(copy_of)
    journal.failed_over_from, journal.failover_reason = path, str(error)
    return journal


def _begin(copy_path: Path) -> Journal:
    """An empty journal in memory; without a file when there is no place for one."""
    try:
        card.remove_journal(copy_path)
        return Journal.open(copy_path, patience_s=PATIENCE_S)
    except (OSError, JournalError):
        return Journal.open(IN_MEMORY)


def _runtime_path() -> Path | None:
    """Where systemd keeps files for this service in memory; nobody else can write there."""
    folder = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(folder) / "spare.sqlite" if folder else None


def _temporary_path(path: Path) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="nursery-")) / path.name
    except OSError:
        return IN_MEMORY

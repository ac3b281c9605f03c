"""``nursery identity`` and ``nursery adopt``: what to do about copied cards and fresh ones.

Both write into the journal and nothing else; the daemon follows within a second, or at its next
start.
"""

from __future__ import annotations

from typing import TextIO

from monitor.config import Config
from monitor.errors import CommandError
from monitor.mqtt import identity
from monitor.mqtt.identity import BoxIdentity, Found, found_documents
from monitor.store.journal import Journal


def show_identity(config: Config, out: TextIO) -> int:
    """Say who this box is and whether anything about it waits for a decision; returns 0.

    Raises:
        JournalError: there is no journal yet, or it cannot be read.
    """
    journal = Journal.open_for_reading(config.journal_path)
    try:
        stored = journal.load_state(identity.IDENTITY)
        known = "not drawn yet" if stored is None else stored.decode(errors="replace")
        out.write(f"{config.box}: identity {known}\n")
        for text in _open_questions(journal):
            out.write(f"  {text}\n")
    finally:
        journal.close()
    return 0


def renew_identity(config: Config, out: TextIO) -> int:
    """Draw a new identity; returns 0.

    Raises:
        JournalError: the state directory cannot be used; nothing has changed.
    """
    journal = Journal.open(config.journal_path)
    try:
        new = identity.renew(journal, config.box, journal.babies())
    finally:
        journal.close()
    out.write(
        f"{config.box} has a new identity: {new}\n"
        "Home Assistant shows it and its babies as new devices. If another box still has the name "
        f"{config.box}, give this one another: box = in its configuration.\n"
    )
    return 0


def keep_identity(config: Config, out: TextIO) -> int:
    """Bind the identity to this computer from now on; returns 0.

    Raises:
        JournalError: the state directory cannot be used; nothing has changed.
    """
    journal = Journal.open(config.journal_path)
    try:
        identity.keep(journal)
    finally:
        journal.close()
    out.write(f"{config.box} lives on this computer now; nothing else has changed.\n")
    return 0


def adopt_found(config: Config, *, remove: bool, show: bool, out: TextIO) -> int:
    """Go on as the box that is announced at the broker, or have it removed there; returns 0.

    Raises:
        CommandError: nothing was found that waits for a decision.
        JournalError: the state directory cannot be used; nothing has changed.
    """
    journal = Journal.open(config.journal_path)
    try:
        found = found_documents(journal)
        if found is None:
            raise CommandError(
                f"the broker announces no earlier card of {config.box}, as far as the monitor has "
                "looked: it looks once, when it first connects"
            )
        if show:
            _show(found, out)
        elif remove:
            identity.remove(journal, found)
            out.write(
                f"{len(found.topics)} documents of an earlier card are emptied as soon as the "
                f"monitor is connected; then {config.box} announces itself.\n"
            )
        else:
            missing = identity.adopt(journal, found, journal.babies())
            out.write(f"{config.box} goes on as the earlier card: nothing is shown twice.\n")
            for name in missing:
                out.write(
                    f'{name} is known there and not here: nursery baby add "{name}" --species ...\n'
                )
    finally:
        journal.close()
    return 0


def _show(found: Found, out: TextIO) -> None:
    who = ", ".join(found.names.values()) or "nobody"
    box = "a box" if found.identity is not None else "no box"
    out.write(f"Announced by an earlier card: {box}, and of its babies: {who}\n")
    for topic in found.topics:
        out.write(f"  {topic}\n")


def _open_questions(journal: Journal) -> list[str]:
    texts = []
    if BoxIdentity(journal).copied:
        texts.append(
            "last used on another computer. If that one still watches: nursery identity --new; "
            "if it is gone: nursery identity --keep"
        )
    if found_documents(journal) is not None:
        texts.append("an earlier card is still announced at the broker: nursery adopt --show")
    return texts

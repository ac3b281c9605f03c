"""An earlier card of this box is still announced: whoever knows says what becomes of it.

As ``nursery adopt`` on the command line; from the page, for who has no keyboard at the box. Only
the journal is written: what is announced follows within a second.
"""

from __future__ import annotations

import msgspec

from monitor.errors import JournalError
from monitor.events import Command, CommandResult
from monitor.mqtt import identity
from monitor.store.journal import Journal
from monitor.written.setup_requests import Adopt


def carry_out(command: Command, journal: Journal, box: str) -> CommandResult | None:
    """Go on as the earlier card, or have it removed; ``None``: the command is another."""
    asked = command.request
    if not isinstance(asked, Adopt):
        return None
    try:
        found = identity.found_documents(journal)
        if found is None:
            return command.answer(f"the broker announces no earlier card of {box}")
        if asked.remove:
            identity.remove(journal, found)
            said, missing = f"the earlier card's entities go, and {box} appears as a new box", []
        else:
            missing = identity.adopt(journal, found, journal.babies())
            said = f"{box} goes on as the earlier card: nothing is shown twice"
    except JournalError as error:
        return command.answer(str(error))
    if missing:
        said += f". Known there and not here yet: {', '.join(missing)}; register them by the name"
    return msgspec.structs.replace(command.answer(said=said), answer={"missing": missing})

"""Questions about the past are answered from the journal, which the core does not know."""

from __future__ import annotations

import msgspec

from monitor.commands import History
from monitor.errors import CommandError, JournalError
from monitor.events import Command, CommandResult, Observation
from monitor.store.history import page
from monitor.store.reading import JournalReader


def looked_back(journal: JournalReader, observation: Observation) -> CommandResult | None:
    """The answer to ``history``; ``None`` for anything else."""
    if not isinstance(observation, Command) or not isinstance(observation.request, History):
        return None
    asked = observation.request
    try:
        found = page(journal, asked)
    except (CommandError, JournalError) as error:
        return observation.answer(str(error))
    answer = {
        "what": asked.what, "items": found.items, "next": found.next, "babies": found.babies,
    }  # fmt: skip
    return msgspec.structs.replace(observation.answer(), answer=answer)

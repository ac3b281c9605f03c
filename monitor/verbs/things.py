"""``thing list``: which things are known, as the daemon or the last command left them."""

from __future__ import annotations

from typing import TextIO

from monitor.codec import document, encode_line
from monitor.config import Config
from monitor.core.scale.known_things import KnownThings
from monitor.core.scale.state import WeigherState
from monitor.daemon.core_memory import kept_part
from monitor.documents import ThingStatus
from monitor.host.ownership import is_there
from monitor.store.reading import JournalReader

_WHERE = {True: "in the box", False: "out", None: "in the box or out, nobody can tell"}


def list_things(config: Config, *, as_json: bool, out: TextIO) -> int:
    """Print each with its grams and where it is.

    Raises:
        JournalError: the journal cannot be read.
        InputError: what it remembers of the scale cannot be.
    """
    things = _known(config)
    for thing in things:
        if as_json:
            out.write(encode_line(document(thing)) + "\n")
        else:
            out.write(f"{thing.name}: {thing.grams:.0f} g, {_WHERE[thing.in_box]}\n")
    if not as_json and not things:
        out.write('None yet: nursery assign STEP --object "hot-water bottle"\n')
    return 0


def _known(config: Config) -> list[ThingStatus]:
    if not is_there(config.journal_path):
        return []
    journal = JournalReader.open_for_reading(config.journal_path)
    try:
        state = kept_part(journal, "scale")
    finally:
        journal.close()
    return KnownThings(state.occupancy).known() if isinstance(state, WeigherState) else []

"""``nursery summary``: the last hours in words."""

from __future__ import annotations

import textwrap
from typing import TextIO

from monitor.codec import encode_line
from monitor.commands import Summarize
from monitor.config import Config
from monitor.verbs.local import ask

WIDTH = 80


def print_summary(config: Config, *, hours: float, as_json: bool, out: TextIO) -> int:
    """Print it; a running daemon makes it and keeps it as the retained one.

    Raises:
        CommandError: it was refused.
        JournalError: the state directory cannot be used, or the daemon does not answer.
    """
    said = ask(config, Summarize(hours=hours))
    out.write(encode_line(said) + "\n" if as_json else textwrap.fill(said["text"], WIDTH) + "\n")
    return 0

"""What bringing a list and taking it back have in common: the file, the nursery, the person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from monitor.config import Config
from monitor.errors import InputError
from monitor.events import Baby, Weighing
from monitor.host.ownership import is_there
from monitor.recordings.weight_list import Choices, DayOrderError, WeightList, read_list
from monitor.store.reading import JournalReader
from monitor.written.days import LocalNow


class ListFile(NamedTuple):
    """The caller's file."""

    path: str
    data: bytes


class Consent(NamedTuple):
    """How a person is asked."""

    agree: Callable[[str], bool]
    day_first: Callable[[str], bool] | None
    """whether the day stands before the month; ``None``: nobody can be asked"""


class Nursery(NamedTuple):
    """Who is or was there, and what they weighed."""

    babies: list[Baby]
    weighings: list[Weighing]


def nursery_of(config: Config) -> Nursery:
    """What the journal has; nobody where there is none."""
    if not is_there(config.journal_path):
        return Nursery([], [])
    journal = JournalReader.open_for_reading(config.journal_path)
    try:
        return Nursery(journal.babies(retired=True), journal.weighings())
    finally:
        journal.close()


def read_file(
    file: ListFile, babies: Sequence[Baby], now: LocalNow, choices: Choices, consent: Consent
) -> WeightList:
    """What is understood of the file; a person is asked once where two ways are possible.

    Raises:
        InputError: it is no list, or something about it must be said.
    """
    try:
        try:
            return read_list(file.data, babies, now, choices)
        except DayOrderError as question:
            if consent.day_first is None:
                how = "add --day-first or --month-first"
                raise InputError(f"has days that can be two: {question}; {how}") from None
            day_first = consent.day_first(f"{file.path}: {question}")
            return read_list(file.data, babies, now, choices._replace(day_first=day_first))
    except InputError as error:
        raise InputError(f"{file.path} {error}; nothing was changed") from error

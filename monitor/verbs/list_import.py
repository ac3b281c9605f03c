"""``weigh --csv``: a rescuer's own list of weighings comes into the nursery.

What was understood is shown before anything is written: rehearsed by the rules that judge a typed
weight, so that what would be questioned is named first. The weighings then go into the inbox all
at once, and are carried out one after another: what an interruption leaves there, the daemon does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TextIO

import msgspec

from monitor.commands import Request, Weigh
from monitor.config import Config
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import growth_reference
from monitor.errors import InputError
from monitor.events import Baby, Command, CommandResult, Weighing
from monitor.host.ownership import is_there
from monitor.recordings.weight_list import (
    Choices,
    DayOrderError,
    Found,
    LeftOut,
    WeightList,
    read_list,
)
from monitor.store.reading import JournalReader
from monitor.times import local_minute, rfc3339
from monitor.verbs.local import local_now, submit_all
from monitor.written.days import LocalNow
from monitor.written.grams import spoken_grams
from monitor.written.moments import spoken_moment

MOST_SHOWN = 20
"""lines of what is left out"""
SAME_G = 0.06
"""two weights that a list or a report rounds to one"""
PROGRESS_EVERY_S = 2.0


class ListFile(NamedTuple):
    """The caller's file."""

    path: str
    data: bytes


class Consent(NamedTuple):
    """How a person is asked."""

    agree: Callable[[str], bool]
    day_first: Callable[[str], bool] | None
    """whether the day stands before the month; ``None``: nobody can be asked"""


class _Nursery(NamedTuple):
    babies: list[Baby]
    weighings: list[Weighing]


def import_list(
    config: Config,
    file: ListFile,
    choices: Choices,
    consent: Consent,
    *,
    confirm: bool,
    out: TextIO,
    err: TextIO,
) -> int:
    """Import a list for good; 1 when something of it was left out or nothing was agreed, else 0.

    Args:
        config: the box's settings.
        file: the list.
        choices: what a person has said about it beforehand.
        consent: how a person is asked for the rest.
        confirm: its weights are believed although they can hardly be meant.
        out: what was understood, and the result.
        err: how far it has come.

    Raises:
        InputError: the file is no list, or something about it must be said; nothing was imported.
        JournalError: the daemon does not answer; says what was imported and what happens next.
    """
    now, nursery = local_now(config), _nursery(config)
    read = _read(file, nursery.babies, now, choices, consent)
    known, fresh = _set_apart(read, nursery.weighings)
    accepted, refused = _rehearsed(config, nursery, fresh, now, confirm=confirm)
    left_out = [*read.left_out, *refused]
    out.write(f"{file.path}\n")
    _show(read, accepted, now, out)
    if known:
        out.write(f"{len(known)} are in the nursery already\n")
    _show_left_out(left_out, out)
    total = len(read.found) + len(read.left_out)
    if accepted and not consent.agree(f"Import {len(accepted)} weighings?"):
        out.write("nothing was imported\n")
        return 1
    answers = _submit(config, accepted, confirm=confirm, total=total, err=err)
    for one, error in zip(accepted, answers, strict=True):
        if error is not None:
            out.write(f"{one.place} left out: {error}\n")
    imported = answers.count(None)
    out.write(f"{imported} of {total} weighings imported\n")
    return 0 if imported + len(known) == total else 1


def _nursery(config: Config) -> _Nursery:
    if not is_there(config.journal_path):
        return _Nursery([], [])
    journal = JournalReader.open_for_reading(config.journal_path)
    try:
        return _Nursery(journal.babies(retired=True), journal.weighings())
    finally:
        journal.close()


def _read(
    file: ListFile, babies: Sequence[Baby], now: LocalNow, choices: Choices, consent: Consent
) -> WeightList:
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
        raise InputError(f"{file.path} {error}; nothing was imported") from error


def _set_apart(read: WeightList, weighings: Sequence[Weighing]) -> tuple[list[Found], list[Found]]:
    """What the nursery has already, and what is new."""
    there: dict[tuple[str, int], list[float]] = {}
    for weighing in weighings:
        there.setdefault((weighing.baby, round(weighing.t_s)), []).append(weighing.weight_g)
    known: list[Found] = []
    fresh: list[Found] = []
    for one in read.found:
        same = there.get((one.baby, round(one.t_s)), [])
        is_known = any(abs(grams - one.weight_g) <= SAME_G for grams in same)
        (known if is_known else fresh).append(one)
    return known, fresh


def _rehearsed(
    config: Config, nursery: _Nursery, fresh: list[Found], now: LocalNow, *, confirm: bool
) -> tuple[list[Found], list[LeftOut]]:
    """What the nursery would take, and what it would question; nothing is written."""
    replace = msgspec.structs.replace
    pipeline = Pipeline(
        replace(
            config,
            microphone=replace(config.microphone, source="none"),
            scale=replace(config.scale, source="none"),
        ),
        babies=[baby for baby in nursery.babies if baby.retired_s is None],
        history=nursery.weighings,
        model=None,
        reference=growth_reference(),
        start_s=now.t_s,
        local_minute=local_minute,
    )
    pipeline.know_clock(now.clock_known)
    accepted: list[Found] = []
    refused: list[LeftOut] = []
    for one in fresh:
        command = Command(t_s=now.t_s, request=_request(one, confirm=confirm), origin="desk")
        results = [e for e in pipeline.observe(command) if isinstance(e, CommandResult)]
        error = next((e.error or "it was refused" for e in results if not e.ok), None)
        if error is None:
            accepted.append(one)
        else:
            refused.append(LeftOut(one.place, error))
    return accepted, refused


def _request(one: Found, *, confirm: bool) -> Weigh:
    return Weigh(baby=one.baby, grams=one.weight_g, at=rfc3339(one.t_s), confirm=confirm)


def _submit(
    config: Config, accepted: list[Found], *, confirm: bool, total: int, err: TextIO
) -> list[str | None]:
    shown_s = time.monotonic()

    def progress(done: int) -> None:
        nonlocal shown_s
        if time.monotonic() - shown_s >= PROGRESS_EVERY_S:
            shown_s = time.monotonic()
            err.write(f"{done} of {total} weighings imported so far\n")
            err.flush()

    requests: list[Request] = [_request(one, confirm=confirm) for one in accepted]
    return submit_all(config, requests, progress=progress, leave=True) if requests else []


# ---------------------------------------------------------------------- what is shown


def _show(read: WeightList, accepted: list[Found], now: LocalNow, out: TextIO) -> None:
    out.write("".join(f"  {note}\n" for note in read.notes))
    if not accepted:
        return
    rows = [("baby", "weighings", "first", "last", "weights")]
    for name in sorted({one.baby for one in accepted}):
        own = [one for one in accepted if one.baby == name]
        grams = sorted(one.weight_g for one in own)
        span = f"{spoken_grams(grams[0])} to {spoken_grams(grams[-1])}"
        first, last = (spoken_moment(one.t_s, now) for one in (own[0], own[-1]))
        rows.append((name, str(len(own)), first, last, span))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        out.write(f"  {'  '.join(cells).rstrip()}\n")


def _show_left_out(left_out: list[LeftOut], out: TextIO) -> None:
    for one in left_out[:MOST_SHOWN]:
        out.write(f"{one.place} left out: {one.why}\n")
    if len(left_out) > MOST_SHOWN:
        out.write(f"... and {len(left_out) - MOST_SHOWN} more left out\n")

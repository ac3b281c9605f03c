"""``weigh --csv``: a rescuer's own list of weighings comes into the nursery.

What was understood is shown before anything is written: rehearsed by the rules that judge a typed
weight, so that what would be questioned is named first. The weighings then go into the inbox all
at once, and are carried out one after another: what an interruption leaves there, the daemon does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TextIO

from monitor.config import Config
from monitor.events import Weighing
from monitor.recordings.weight_list import (
    Choices,
    Found,
    LeftOut,
    WeightList,
)
from monitor.verbs.list_rehearsal import Accepted, Rehearsal
from monitor.verbs.list_source import Consent, ListFile, nursery_of, read_file
from monitor.verbs.local import local_now, submit_all
from monitor.written.days import LocalNow
from monitor.written.grams import spoken_grams
from monitor.written.moments import spoken_moment

MOST_SHOWN = 20
"""reasons for what is left out"""
SAME_G = 0.06
"""two weights that a list or a report rounds to one"""
PROGRESS_EVERY_S = 2.0


def import_list(
    config: Config,
    file: ListFile,
    choices: Choices,
    consent: Consent,
    *,
    confirm: bool,
    by: str | None = None,
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
        by: who brings it, by the name of a carer.
        out: what was understood, and the result.
        err: how far it has come.

    Raises:
        InputError: the file is no list, or something about it must be said; nothing was imported.
        JournalError: the daemon does not answer; says what was imported and what happens next.
    """
    now, nursery = local_now(config), nursery_of(config)
    read = read_file(file, nursery.babies, now, choices, consent)
    known, fresh = _set_apart(read, nursery.weighings)
    rehearsal = Rehearsal(nursery, now, confirm=confirm)
    accepted = rehearsal.run(fresh)
    out.write(f"{file.path}\n")
    _show([*read.notes, *rehearsal.notes], [each.one for each in accepted], now, out)
    _show_left_out(len(known), [*read.left_out, *rehearsal.left_out], out)
    total = len(read.found) + len(read.left_out)
    if accepted and not consent.agree(f"Import {len(accepted)} weighings?"):
        out.write("nothing was imported\n")
        return 1
    imported = _import(config, accepted, by, progress_to(err, total, "imported"), out)
    out.write(f"{imported} of {total} weighings imported\n")
    return 0 if imported + len(known) == total else 1


def _import(
    config: Config,
    accepted: list[Accepted],
    by: str | None,
    progress: Callable[[int], None],
    out: TextIO,
) -> int:
    """Have them stored; names those that were refused, and returns how many were not."""
    if not accepted:
        return 0
    requests = [each.request for each in accepted]
    answers = submit_all(config, requests, progress=progress, leave=True, by=by)
    for each, error in zip(accepted, answers, strict=True):
        if error is not None:
            out.write(f"{each.one.place} left out: {error}\n")
    return answers.count(None)


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


def progress_to(err: TextIO, total: int, done_to_them: str) -> Callable[[int], None]:
    """Tells every few seconds how far a long list has come."""
    shown_s = time.monotonic()

    def progress(done: int) -> None:
        nonlocal shown_s
        if time.monotonic() - shown_s >= PROGRESS_EVERY_S:
            shown_s = time.monotonic()
            err.write(f"{done} of {total} weighings {done_to_them} so far\n")
            err.flush()

    return progress


# ---------------------------------------------------------------------- what is shown


def _show(notes: list[str], accepted: list[Found], now: LocalNow, out: TextIO) -> None:
    out.write("".join(f"  {note}\n" for note in notes))
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


def _show_left_out(known: int, left_out: list[LeftOut], out: TextIO) -> None:
    """How many are known already; then one line a reason, with the first place that has it."""
    if known:
        out.write(f"{known} are in the nursery already\n")
    by_reason: dict[str, list[str]] = {}
    for one in left_out:
        by_reason.setdefault(one.why, []).append(one.place)
    for why, places in list(by_reason.items())[:MOST_SHOWN]:
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        out.write(f"{places[0]}{more} left out: {why}\n")
    hidden = sum(len(places) for places in list(by_reason.values())[MOST_SHOWN:])
    if hidden:
        out.write(f"... and {hidden} more left out\n")

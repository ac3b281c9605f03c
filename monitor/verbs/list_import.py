"""``weigh --csv``: a rescuer's own list of weighings comes into the nursery.

What was understood is shown before anything is written: rehearsed by the rules that judge a typed
weight, so that what would be questioned is named first. The weighings then go into the inbox all
at once, and are carried out one after another: what an interruption leaves there, the daemon does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple, TextIO

import msgspec

from monitor.commands import Request, Weigh
from monitor.config import Config
from monitor.core.pipeline import Pipeline
from monitor.core.scale.doubts import PLAUSIBLE_RATIO
from monitor.data.shipped import growth_reference
from monitor.events import Command, CommandResult, Weighing
from monitor.recordings.weight_list import (
    Choices,
    Found,
    LeftOut,
    WeightList,
)
from monitor.times import local_minute, rfc3339
from monitor.verbs.list_source import Consent, ListFile, Nursery, nursery_of, read_file
from monitor.verbs.local import local_now, submit_all
from monitor.written.days import LocalNow
from monitor.written.grams import spoken_grams
from monitor.written.moments import spoken_moment

MOST_SHOWN = 20
"""reasons for what is left out"""
AGREE = 3
"""weighings of a list that agree with one another tell more than one number at registration"""
SAME_G = 0.06
"""two weights that a list or a report rounds to one"""
PROGRESS_EVERY_S = 2.0


class Accepted(NamedTuple):
    """A weighing that the nursery takes."""

    one: Found
    confirm: bool = False

    @property
    def request(self) -> Request:
        """What is asked of the nursery."""
        one = self.one
        at = rfc3339(one.t_s)
        return Weigh(baby=one.baby, grams=one.weight_g, at=at, confirm=self.confirm)


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
    now, nursery = local_now(config), nursery_of(config)
    read = read_file(file, nursery.babies, now, choices, consent)
    known, fresh = _set_apart(read, nursery.weighings)
    rehearsal = _Rehearsal(config, nursery, now, confirm=confirm)
    rehearsal.run(fresh)
    accepted = rehearsal.accepted
    out.write(f"{file.path}\n")
    _show([*read.notes, *rehearsal.notes], [each.one for each in accepted], now, out)
    _show_left_out(len(known), [*read.left_out, *rehearsal.left_out], out)
    total = len(read.found) + len(read.left_out)
    if accepted and not consent.agree(f"Import {len(accepted)} weighings?"):
        out.write("nothing was imported\n")
        return 1
    imported = _import(config, accepted, progress_to(err, total, "imported"), out)
    out.write(f"{imported} of {total} weighings imported\n")
    return 0 if imported + len(known) == total else 1


def _import(
    config: Config, accepted: list[Accepted], progress: Callable[[int], None], out: TextIO
) -> int:
    """Have them stored; names those that were refused, and returns how many were not."""
    if not accepted:
        return 0
    requests = [each.request for each in accepted]
    answers = submit_all(config, requests, progress=progress, leave=True)
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


class _Rehearsal:
    """What the nursery would take, and what it would question; nothing is written."""

    def __init__(self, config: Config, nursery: Nursery, now: LocalNow, *, confirm: bool) -> None:
        replace = msgspec.structs.replace
        self._pipeline = Pipeline(
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
        self._pipeline.know_clock(now.clock_known)
        self._nursery, self._now, self._confirm = nursery, now, confirm
        self.accepted: list[Accepted] = []
        self.left_out: list[LeftOut] = []
        self.notes: list[str] = []

    def run(self, fresh: list[Found]) -> None:
        """Each baby's in order of time."""
        for name in dict.fromkeys(one.baby for one in fresh):
            own = [one for one in fresh if one.baby == name]
            refused = self._take([Accepted(one, self._confirm) for one in own])
            if len(refused) == len(own) and self._contradicts_registration(name, own):
                self.notes.append(
                    f"the list agrees with itself, and not with {name}'s registration"
                )
                refused = self._take([Accepted(own[0], True), *(Accepted(o) for o in own[1:])])
            self.left_out += refused
        self.accepted.sort(key=lambda each: each.one.t_s)

    def _take(self, weighings: list[Accepted]) -> list[LeftOut]:
        refused = []
        for each in weighings:
            command = Command(t_s=self._now.t_s, request=each.request, origin="desk")
            results = [e for e in self._pipeline.observe(command) if isinstance(e, CommandResult)]
            error = next((e.error or "it was refused" for e in results if not e.ok), None)
            if error is None:
                self.accepted.append(each)
            else:
                refused.append(LeftOut(each.one.place, error))
        return refused

    def _contradicts_registration(self, name: str, own: list[Found]) -> bool:
        """Only the weight at registration is known, and three or more of the list agree."""
        if len(own) < AGREE or any(weighing.baby == name for weighing in self._nursery.weighings):
            return False
        ratios = [two.weight_g / one.weight_g for one, two in pairwise(own)]
        return all(1 / PLAUSIBLE_RATIO < ratio < PLAUSIBLE_RATIO for ratio in ratios)


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

"""What the journal remembers of the core, and how the core is built from it.

Each part of ``CoreState`` is a value of its own in the journal's ``state``: a card wears out, so
what is most of it (the scale) is written only when the box changes hands, and a value that a torn
page has spoilt costs its own part. A value is written only when it differs from the one before.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, get_args

import msgspec

from monitor.commands import ScaleRequest
from monitor.config import Config
from monitor.core import old_snapshot
from monitor.core.pipeline import Pipeline
from monitor.core.state import PARTS, CoreState, decoded, encoded
from monitor.data.shipped import cry_model, growth_reference
from monitor.errors import InputError, JournalError
from monitor.events import (
    Alert,
    AnyEvent,
    BoxOff,
    BoxOn,
    CommandResult,
    CryEnded,
    JointWeighIn,
    ObjectMoved,
    ThingChanged,
    Unassigned,
    WeighIn,
)
from monitor.store.journal import Journal
from monitor.store.reading import JournalReader
from monitor.times import DAY_S, local_minute
from monitor.timeshift import TimeShift
from monitor.written.verb import verb_of

HISTORY_S = 90 * DAY_S
"""Weighings read at the start: longer than any baby stays on the bottle."""

TOLD_S = 8 * DAY_S
"""Bottles told of by hand that are read where no snapshot has them: enough for a rhythm, and for
what was usual before a baby began to fade (at most 78 hours ago, after four days)."""

SAVE_EVERY_S = 1800.0
"""Every part is written this often. What a crash loses in between is how the last half-hour of
quiet looked; what matters is written with the events that changed it."""

_CHANGES_OCCUPANCY = (
    WeighIn, Unassigned, JointWeighIn, ObjectMoved, ThingChanged, BoxOff, BoxOn,
)  # fmt: skip
"""What changes who is in the box: every part is written in its transaction."""

_CHANGES_ALERTS = (CryEnded, Alert)
"""What changes what is open: all but the scale are. An alert that a restart forgot would be told
again under another id."""

_ENTERED = frozenset(verb_of(kind) for kind in get_args(ScaleRequest))

ALL_BUT_SCALE = tuple(part for part in PARTS if part != "scale")

_UNUSABLE = (msgspec.MsgspecError, ValueError, TypeError, LookupError, ArithmeticError)
"""what a saved state raises that was not saved by this version, or not by us"""

Rows = dict[str, bytes | None]
"""values of the journal's ``state`` by key; ``None``: it is to go"""

_OLD_KEYS = ("pipeline", "pipeline_light")
"""until 28 November 2026: a whole snapshot, and a newer one without the scale"""


def rows_of(
    state: CoreState, now_s: float, parts: Iterable[str] = tuple(PARTS)
) -> dict[str, bytes]:
    """What a restart resumes from, of these parts; compressed."""
    rows = {"pipeline_at": repr(now_s).encode()}
    for part in parts:
        rows[_key(part)] = zlib.compress(encoded(getattr(state, part)), 1)
    return rows


def _parts_changed(events: Sequence[AnyEvent]) -> Sequence[str]:
    """The parts that a restart must know as they are after these events."""
    if any(isinstance(event, _CHANGES_OCCUPANCY) or _is_entry(event) for event in events):
        return tuple(PARTS)
    if any(isinstance(event, _CHANGES_ALERTS) for event in events):
        return ALL_BUT_SCALE
    return ()


def _is_entry(event: AnyEvent) -> bool:
    """Whether a person has entered something, which can be undone from now on."""
    if not isinstance(event, CommandResult) or event.answer is not None:
        return False
    return event.ok and event.verb in _ENTERED


def _key(part: str) -> str:
    return f"core_{part}"


def kept_part(journal: JournalReader, part: str) -> Any:
    """The state of one part as a journal remembers it; ``None`` when it has none.

    Raises:
        JournalError: the journal cannot be read.
        InputError: what it has cannot be read.
    """
    row = journal.load_state(_key(part))
    return None if row is None else decoded(part, _inflated(row))


class CoreMemory:
    """Builds the core as one journal remembers it."""

    def __init__(
        self, config: Config, journal: Journal, now_s: float, log: Callable[[str], None]
    ) -> None:
        """Nothing is read yet; ``log`` is told when the saved state cannot be used."""
        self._saved_s = now_s
        self._config, self._journal, self._log = config, journal, log
        self._written: dict[str, bytes] = {}
        self.outdated: Rows = {}
        """values that an earlier version wrote: they go when their parts are written anew"""

    def is_due(self, now_s: float) -> bool:
        """Whether every part is to be written again, whatever happened."""
        return now_s - self._saved_s >= SAVE_EVERY_S

    def after(
        self, events: Sequence[AnyEvent], pipeline: Pipeline, now_s: float
    ) -> dict[str, bytes]:
        """What is to be written with these events, so that a restart knows of them."""
        parts = _parts_changed(events)
        return self.snapshot(pipeline, now_s, parts) if parts else {}

    def snapshot(
        self, pipeline: Pipeline, now_s: float, parts: Collection[str] = tuple(PARTS)
    ) -> dict[str, bytes]:
        """The values of these parts that differ from what was handed out for writing before."""
        if len(parts) == len(PARTS):
            self._saved_s = now_s
        pipeline.note_saved()
        rows = rows_of(pipeline.state, now_s, parts)
        found = {key: row for key, row in rows.items() if self._written.get(key) != row}
        self._written |= found
        return found

    def forget_written(self) -> None:
        """The journal is another one now: nothing is known to be in it."""
        self._written.clear()

    def restored(self, now_s: float, earlier: TimeShift | None = None) -> Pipeline:
        """The core as it was saved; worked out anew where that cannot be used.

        Args:
            now_s: the time now.
            earlier: a shift that what was saved has not followed yet.

        Raises:
            JournalError: the journal cannot be read.
        """
        saved = self._saved()
        parts = self._read(saved)
        scale_saved = _key("scale") in saved or "pipeline" in saved
        pipeline = self._fresh(now_s, occupancy_known=not scale_saved)
        try:
            pipeline.resume(**parts)
            if earlier is not None:
                pipeline.shift(earlier)
            pipeline.status(now_s)
        except _UNUSABLE as error:
            # Another version's state, or damage: the journal has everything that matters.
            for key in saved:
                self._reject(key, error)
            return self._fresh(now_s, occupancy_known=False)
        return pipeline

    def _saved(self) -> dict[str, bytes]:
        """What the journal has, older first."""
        keys = (*_OLD_KEYS, *map(_key, PARTS))
        found = {key: self._journal.load_state(key) for key in keys}
        self.outdated = {key: None for key in _OLD_KEYS if found[key] is not None}
        return {key: row for key, row in found.items() if row is not None}

    def _read(self, saved: Mapping[str, bytes]) -> dict[str, Any]:
        """The state of each part that can be read; a value that cannot is set aside."""
        parts: dict[str, Any] = {}
        for key, row in saved.items():
            try:
                if key in _OLD_KEYS:
                    parts |= old_snapshot.parts_of(row)
                else:
                    part = key.removeprefix(_key(""))
                    parts[part] = decoded(part, _inflated(row))
            except _UNUSABLE as error:
                self._reject(key, error)
        return parts

    def _reject(self, key: str, error: Exception) -> None:
        self._log(f"the saved state cannot be used, so it is worked out anew: {error}")
        with suppress(JournalError):
            self._journal.reject_state(key, f"cannot be taken up: {error}")

    def reconcile(self, pipeline: Pipeline, now_s: float) -> tuple[list[Alert], list[Alert]]:
        """Let the journal and the core hold the same open alerts, after damage to either.

        What the journal holds open and no snapshot knows (lost, or too old) is taken up: whether
        it is still so is for the part that knows to say. What the core holds open and the journal
        has no row of, or not the last one (a torn page), is to be written again.

        Returns what is to be written and told to nobody anew, and what is to be told: the ends
        of those that are open under another id.

        Raises:
            JournalError: the journal cannot be read.
        """
        open_now = list(pipeline.open_alerts)
        rows = self._journal.open_alerts()
        known, written = {alert.id for alert in open_now}, {row["id"] for row in rows}
        torn = [alert for alert in open_now if alert.id not in written]
        if torn:
            written = {row["id"] for row in self._journal.alerts()}
            torn = [alert for alert in torn if alert.id not in written]
        last = {row["id"]: (row["t_s"], row["state"]) for row in rows}
        torn += [alert for alert in open_now if _is_newer(alert, last.get(alert.id))]
        forgotten = [_remembered(row, self._config.box) for row in rows if row["id"] not in known]
        return torn, [_closed(alert, now_s) for alert in pipeline.adopt(forgotten)]

    def _fresh(self, now_s: float, *, occupancy_known: bool) -> Pipeline:
        config = self._config
        model = None
        if config.microphone.source != "none":
            model = cry_model(config.microphone.model)
        babies = self._journal.babies()
        mine = {baby.name: self._journal.named_since_s(baby) for baby in babies}
        weighings = self._journal.weighings(now_s - HISTORY_S)
        feeds = self._journal.feeds(now_s - TOLD_S)
        return Pipeline(
            config,
            babies=babies,
            history=[w for w in weighings if w.t_s > mine.get(w.baby, 0.0)],
            told=[f for f in feeds if f.origin == "typed" and f.t_s > mine.get(f.baby, 0.0)],
            model=model,
            reference=growth_reference(),
            start_s=now_s,
            local_minute=local_minute,
            occupancy_known=occupancy_known,
        )


def _inflated(row: bytes) -> bytes:
    try:
        return zlib.decompress(row)
    except zlib.error as error:
        raise InputError(f"the saved state cannot be read: {error}") from error


def _is_newer(alert: Alert, row: tuple[float, str] | None) -> bool:
    """Whether a later change of it is known than that of its last row."""
    return row is not None and alert.t_s >= row[0] and alert.state != row[1]


def _remembered(row: sqlite3.Row, box: str) -> Alert:
    """An alert as the journal has it: without the end of a snooze, so that is over."""
    state = "reminded" if row["state"] == "snoozed" else row["state"]
    return msgspec.convert(
        dict(row) | {"state": state, "since": row["since_s"], "box": box}, Alert, strict=False
    )


def _closed(alert: Alert, now_s: float) -> Alert:
    return msgspec.structs.replace(
        alert,
        t_s=now_s,
        state="cleared",
        title=f"Closed: {alert.title}",
        message="It is open under another id.",
    )

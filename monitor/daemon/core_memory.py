"""What the journal remembers of the core, and how the core is built from it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from monitor.config import Config
from monitor.core.pipeline import Pipeline
from monitor.data.shipped import cry_model, growth_reference
from monitor.errors import JournalError
from monitor.events import (
    Alert,
    AnyEvent,
    BoxOff,
    BoxOn,
    CryEnded,
    JointWeighIn,
    ObjectMoved,
    Unassigned,
    WeighIn,
)
from monitor.store.journal import Journal
from monitor.times import DAY_S, local_minute
from monitor.timeshift import TimeShift

HISTORY_S = 90 * DAY_S
"""Weighings read at the start: longer than any baby stays on the bottle."""

_CHANGES_OCCUPANCY = (WeighIn, Unassigned, JointWeighIn, ObjectMoved, BoxOff, BoxOn)
"""What changes who is in the box: the whole snapshot is written in its transaction."""

_CHANGES_ALERTS = (CryEnded, Alert)
"""What changes what is open: the light one is. An alert that a restart forgot would be told again
under another id."""

_UNUSABLE = (msgspec.MsgspecError, ValueError, TypeError, LookupError, ArithmeticError)
"""what a saved state raises that was not saved by this version, or not by us"""


def whole_snapshot(pipeline: Pipeline, now_s: float) -> dict[str, bytes]:
    """All that a restart resumes from, by the keys of the journal's ``state``."""
    return {"pipeline": pipeline.snapshot(now_s)} | light_snapshot(pipeline, now_s)


def light_snapshot(pipeline: Pipeline, now_s: float) -> dict[str, bytes]:
    """The same without the scale's part, which is most of it."""
    light = pipeline.snapshot(now_s, light=True)
    return {"pipeline_light": light, "pipeline_at": repr(now_s).encode()}


def needs_whole_snapshot(events: Sequence[AnyEvent]) -> bool:
    """Whether a restart must know who is in the box after these events."""
    return any(isinstance(event, _CHANGES_OCCUPANCY) for event in events)


def needs_light_snapshot(events: Sequence[AnyEvent]) -> bool:
    """Whether a restart must know what is open after these events."""
    return any(isinstance(event, _CHANGES_ALERTS) for event in events)


class CoreMemory:
    """Builds the core as one journal remembers it."""

    def __init__(self, config: Config, journal: Journal, log: Callable[[str], None]) -> None:
        """Nothing is read yet; ``log`` is told when the saved state cannot be used."""
        self._config, self._journal, self._log = config, journal, log

    def restored(self, now_s: float, earlier: TimeShift | None = None) -> Pipeline:
        """The core as it was saved; worked out anew where that cannot be used.

        Args:
            now_s: the time now.
            earlier: a shift that what was saved has not followed yet.

        Raises:
            JournalError: the journal cannot be read.
        """
        journal = self._journal
        whole, light = (journal.load_state(key) for key in ("pipeline", "pipeline_light"))
        pipeline = self._fresh(now_s, occupancy_known=whole is None)
        try:
            for snapshot in filter(None, (whole, light)):
                pipeline.restore(snapshot)
            if earlier is not None:
                pipeline.shift(earlier)
            pipeline.state(now_s)
        except _UNUSABLE as error:
            # Another version's snapshot, or damage: the journal has everything that matters.
            self._log(f"the saved state cannot be used, so it is worked out anew: {error}")
            with suppress(JournalError):
                for key in ("pipeline", "pipeline_light"):
                    journal.reject_state(key, f"cannot be taken up: {error}")
            return self._fresh(now_s, occupancy_known=False)
        return pipeline

    def reconcile(self, pipeline: Pipeline, now_s: float) -> tuple[list[Alert], list[Alert]]:
        """Let the journal and the core hold the same open alerts, after damage to either.

        What the journal holds open and no snapshot knows (lost, or too old) is taken up: whether
        it is still so is for the part that knows to say. What the core holds open and the journal
        has no row of (a torn page) is to be written again.

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
        forgotten = [_remembered(row, self._config.box) for row in rows if row["id"] not in known]
        return torn, [_closed(alert, now_s) for alert in pipeline.adopt(forgotten)]

    def _fresh(self, now_s: float, *, occupancy_known: bool) -> Pipeline:
        config = self._config
        model = None
        if config.microphone.source != "none":
            model = cry_model(config.microphone.model)
        return Pipeline(
            config,
            babies=self._journal.babies(),
            history=self._journal.weighings(now_s - HISTORY_S),
            model=model,
            reference=growth_reference(),
            start_s=now_s,
            local_minute=local_minute,
            occupancy_known=occupancy_known,
        )


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

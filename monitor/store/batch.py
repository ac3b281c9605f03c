"""What one turn of the recorder hands to the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from monitor.events import AnyEvent
from monitor.store.outbox_message import OutboxMessage
from monitor.store.push_rows import PushRow
from monitor.timeshift import TimeShift


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Written in one transaction, or not at all."""

    shifts: Sequence[TimeShift] = ()
    """carried out on what is stored, before the rest is written; in order"""
    events: Sequence[AnyEvent] = ()
    messages: Sequence[OutboxMessage] = ()
    pushes: Sequence[PushRow] = ()
    state: Mapping[str, bytes | None] = {}
    """values to resume from, by key; ``None``: it is to go"""
    synced: bool = True
    """False until the wall clock has been synchronised: times of the events are a guess"""

    @property
    def is_empty(self) -> bool:
        """Nothing is to be written."""
        return not (self.shifts or self.events or self.messages or self.pushes or self.state)

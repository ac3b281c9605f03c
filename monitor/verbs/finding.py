"""One line of ``nursery check``: what was looked at, what was measured, what to do."""

from __future__ import annotations

from typing import Literal

import msgspec

State = Literal["ok", "warning", "failed", "skipped"]


class Finding(msgspec.Struct, frozen=True):
    """One line of the diagnostic."""

    check: str
    state: State
    text: str
    todo: str = ""

    @property
    def ok(self) -> bool:
        """False only for what must be repaired."""
        return self.state != "failed"

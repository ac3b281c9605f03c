"""Somebody looks: reading and sound level twice a second, for as long as was asked for."""

from __future__ import annotations

import math

from monitor.events import Command, CommandResult
from monitor.written.setup_requests import Look

LIVE_EVERY_S = 0.5


class Looking:
    """``carry_out`` a look; ask ``due`` at every turn."""

    def __init__(self) -> None:
        self.until_s = -math.inf
        """on the timeline"""
        self._next_s = -math.inf

    def carry_out(self, command: Command) -> CommandResult | None:
        """Begin, go on or end; ``None``: the command is another."""
        if not isinstance(command.request, Look):
            return None
        self.until_s = command.t_s + command.request.seconds
        return command.answer()

    def due(self, now_s: float, monotonic_s: float) -> bool:
        """Whether it is time to show what there is; ``now_s`` is on the timeline."""
        if now_s >= self.until_s or monotonic_s < self._next_s:
            return False
        self._next_s = monotonic_s + LIVE_EVERY_S
        return True

"""How many commands a box carries out: a person's, not a flood.

Every command costs a transaction on the card and an answer on the broker, so whoever may write to
a command topic could starve the listening and the weighing with them. A bucket of tokens lets
through what people and dashboards send; the rest is counted and refused once a second in one
sentence. A flood that goes on costs the processor even when it is refused, so the box then stops
listening to commands for half a minute; its own button still works.
"""

from __future__ import annotations

import math

BURST = 20
"""commands at once: a dashboard that sends every slider when it is opened"""
COMMANDS_PER_S = 2.0
"""for good: nobody taps faster for long, and two transactions a second are a twentieth of what an
SD card manages (about 40 synced writes a second on a slow one)"""
FLOOD_PER_S = 100
"""refused in one second: no person and no dashboard; the broker is asked to stop sending"""
PAUSE_S = 30.0
"""long enough to bring a flood's cost to a thirtieth, short enough to wait for"""


class CommandGate:
    """Monotonic times in; ``admit`` each command, ask ``complaint`` every turn."""

    def __init__(self) -> None:
        self._tokens = float(BURST)
        self._filled_s: float | None = None
        self._refused = 0
        self._since_s = -math.inf
        self._flooded_until_s = -math.inf
        self.total = 0
        """commands refused since the start"""

    def admit(self, now_s: float) -> bool:
        """Whether this command may be read; a refused one is counted."""
        if self._filled_s is not None:
            passed_s = now_s - self._filled_s
            self._tokens = min(float(BURST), self._tokens + passed_s * COMMANDS_PER_S)
        self._filled_s = now_s
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return True
        self.refuse(1)
        return False

    def refuse(self, count: int) -> None:
        """Count commands that were thrown away unread."""
        self._refused += count
        self.total += count

    def complaint(self, now_s: float) -> str | None:
        """At most once a second: what to say about the refused ones, if there were any."""
        if not self._refused or now_s - self._since_s < 1.0:
            return None
        count, self._refused, self._since_s = self._refused, 0, now_s
        text = f"too many commands: {count} ignored; {COMMANDS_PER_S:g} a second are carried out"
        if count < FLOOD_PER_S:
            return text
        self._flooded_until_s = now_s + PAUSE_S
        return f"{text}. This is a flood: the box hears no commands for {PAUSE_S:g} s"

    def is_flooded(self, now_s: float) -> bool:
        """Whether commands are not listened to at all."""
        return now_s < self._flooded_until_s

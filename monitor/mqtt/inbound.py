"""What others send to this box: commands at a person's pace, and Home Assistant's birth.

A person's commands are handed on, a flood is counted and refused in one sentence. After a restart
Home Assistant says ``online`` on a topic of its own; every box then sends all of its state, each
after a time by chance, so that they do not all answer in one moment.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from monitor.events import Command
from monitor.mqtt.connection_events import Received
from monitor.mqtt.flood_gate import CommandGate

FIRST_ANSWER_S = 0.2
"""after a birth at the earliest: Home Assistant subscribes first"""


class Inbound:
    """Times are monotonic seconds; ``begin`` at each connection, ``tend`` at each turn."""

    def __init__(
        self,
        birth_topic: str,
        command_topic: str,
        *,
        receive: Callable[[Received], Command | None],
        complain: Callable[[str, str], None],
        gate: CommandGate | None = None,
        birth_spread_s: float,
    ) -> None:
        """Prepare.

        Args:
            birth_topic: where Home Assistant says that it has started.
            command_topic: named in a complaint as long as no command was refused.
            receive: reads a command; None when it was refused.
            complain: told of a flood: topic and sentence.
            gate: what decides how many commands are too many.
            birth_spread_s: within which a birth is answered.
        """
        self._birth_topic, self._refused_topic = birth_topic, command_topic
        self._receive, self._complain = receive, complain
        self._gate = gate or CommandGate()
        self._birth_spread_s = birth_spread_s
        self._birth_due_s: float | None = None
        self._dropped = 0

    @property
    def ignored(self) -> int:
        """Commands thrown away because there were too many, since the start."""
        return self._gate.total

    def is_flooded(self, now_s: float) -> bool:
        """Whether commands are not listened to at all."""
        return self._gate.is_flooded(now_s)

    def begin(self) -> None:
        """A new connection."""
        self._dropped = 0

    def received(self, message: Received, now_s: float) -> Command | None:
        """A message came in on the birth topic or a command topic; returns a command to obey."""
        if message.topic == self._birth_topic:
            if message.payload == b"online" and not message.retain:
                self._born(now_s)
            return None
        if not self._gate.admit(now_s):
            self._refused_topic = message.topic
            return None
        return self._receive(message)

    def tend(self, dropped: int, now_s: float) -> None:
        """Complain if there were too many; ``dropped``: by this connection, unread."""
        self._gate.refuse(dropped - self._dropped)
        self._dropped = dropped
        if (text := self._gate.complaint(now_s)) is not None:
            self._complain(self._refused_topic, text)

    def listens_again(self, now_s: float) -> None:
        """After a time without listening: a birth may have been missed."""
        self._birth_due_s = self._birth_due_s or now_s

    def answers_birth(self, now_s: float) -> bool:
        """Whether a birth is to be answered now; true once for each."""
        if self._birth_due_s is None or now_s < self._birth_due_s:
            return False
        self._birth_due_s = None
        return True

    def _born(self, now_s: float) -> None:
        if self._birth_due_s is not None:
            self._gate.refuse(1)  # one answer is on its way; a stream of births is a flood
        else:
            self._birth_due_s = now_s + random.uniform(FIRST_ANSWER_S, self._birth_spread_s)

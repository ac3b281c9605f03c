"""When to connect, and how: waits that grow, the protocol to speak, the will a broker takes."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

from monitor.host.backoff import WAITS_S, Backoff
from monitor.mqtt.connection_events import QOS_NOT_SUPPORTED, RETAIN_NOT_SUPPORTED, Limits
from monitor.mqtt.connection_settings import ProtocolVersion, VersionChoice
from monitor.mqtt.topics import Message

AT_ONCE_S = 0.5
"""before an attempt that is known to go better: the broker may still be closing the last one"""

ANSWERS_WITHIN_S = (3.0, 6.0, 12.0, 24.0)
"""for the broker's answer, longer each time: one without version 5 never gives it (amqtt), one that
all boxes of a shelter ask at once after a power cut is slow, and slower if all hang up"""

HEALTHY_AFTER_S = 10.0
"""a connection that held this long starts the waits from the beginning"""


class Attempts:
    """All times are monotonic seconds."""

    def __init__(self, protocol: ProtocolVersion, waits_s: Sequence[float] = WAITS_S) -> None:
        """``protocol``: as configured; ``waits_s``: between attempts, give or take 20 %."""
        self._version = VersionChoice(protocol)
        self._backoff = Backoff(waits_s)
        self.has_connected = False
        """whether any connection has come about since the start"""
        self._next_s = 0.0
        self._taken = Limits()
        self._ignored = 0
        self._connected_s: float | None = None
        self._away_since_s: float | None = None

    @property
    def protocol(self) -> ProtocolVersion:
        """To speak at the next attempt."""
        return self._version.current

    def is_due(self, now_s: float) -> bool:
        """Whether to try now."""
        if self._away_since_s is None:
            self._away_since_s = now_s
        return now_s >= self._next_s

    def now(self) -> None:
        """Try again without waiting."""
        self._backoff.reset()
        self._next_s = 0.0

    def fitted(self, message: Message) -> Message:
        """A will, or a message, as this broker takes it."""
        taken = self._taken
        return msgspec.structs.replace(
            message,
            qos=min(message.qos, taken.maximum_qos),
            retain=message.retain and taken.retain_available,
        )

    def connected(self, limits: Limits, now_s: float) -> None:
        """It came about."""
        self._taken, self._connected_s, self._away_since_s = limits, now_s, None
        self.has_connected, self._ignored = True, 0

    def is_ignored(self, unanswered_s: float) -> bool:
        """Whether an attempt that the broker has not answered for so long is to be given up."""
        answers_within_s = ANSWERS_WITHIN_S[min(self._ignored, len(ANSWERS_WITHIN_S) - 1)]
        if unanswered_s <= answers_within_s:
            return False
        self._ignored += 1
        return True

    def away_s(self, now_s: float) -> float | None:
        """For how long there has been no connection; None while there is one."""
        return None if self._away_since_s is None else now_s - self._away_since_s

    def refused(self, code: int | None) -> bool:
        """Whether the next attempt will do better at once: with a will that the broker takes."""
        before = self._taken
        if code == RETAIN_NOT_SUPPORTED:
            self._taken = msgspec.structs.replace(before, retain_available=False)
        elif code == QOS_NOT_SUPPORTED:
            self._taken = msgspec.structs.replace(before, maximum_qos=0)
        return self._taken != before

    def lost(self, now_s: float, *, wrong_version: bool = False, at_once: bool = False) -> bool:
        """No connection, or no more: decide when the next one is tried.

        Args:
            now_s: monotonic.
            wrong_version: the broker may not speak the version that was tried.
            at_once: the reason is known and the next one will be different.

        Returns:
            Whether the next attempt is in the other version, now.
        """
        held_s = 0.0 if self._connected_s is None else now_s - self._connected_s
        self._connected_s = None
        if self._away_since_s is None:
            self._away_since_s = now_s
        if self._version.over(wrong_version=wrong_version):
            self._next_s = now_s
            return True
        if at_once:
            self._next_s = now_s + AT_ONCE_S
            return False
        if held_s >= HEALTHY_AFTER_S:
            self._backoff.reset()
        self._next_s = now_s + self._backoff.next_s() * random.uniform(0.8, 1.2)
        return False

"""When to connect, and how: waits that grow, the protocol to speak, the will a broker takes."""

from __future__ import annotations

import random

import msgspec

from monitor.mqtt.connection import Protocol
from monitor.mqtt.connection_events import QOS_NOT_SUPPORTED, RETAIN_NOT_SUPPORTED, Limits
from monitor.mqtt.topics import Message

BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Waits between attempts; a rescuer restarting her router is connected within half a minute."""

HEALTHY_AFTER_S = 60.0
"""A connection that held this long starts the waits from the beginning."""


class Attempts:
    """All times are monotonic seconds."""

    def __init__(self, protocol: Protocol) -> None:
        self._first: Protocol = protocol
        self.protocol: Protocol = protocol
        """to speak at the next attempt"""
        self.has_connected = False
        """whether any connection has come about since the start"""
        self._count = 0
        self._next_s = 0.0
        self._taken = Limits()
        self._connected_s: float | None = None
        self._away_since_s: float | None = None

    def is_due(self, now_s: float) -> bool:
        """Whether to try now."""
        if self._away_since_s is None:
            self._away_since_s = now_s
        return now_s >= self._next_s

    def now(self) -> None:
        """Try again without waiting."""
        self._count, self._next_s = 0, 0.0

    def will(self, message: Message) -> Message:
        """The will as this broker takes it."""
        taken = self._taken
        return msgspec.structs.replace(
            message,
            qos=min(message.qos, taken.maximum_qos),
            retain=message.retain and taken.retain_available,
        )

    def connected(self, limits: Limits, now_s: float) -> None:
        """It came about."""
        self._taken, self._connected_s, self._away_since_s = limits, now_s, None
        self.has_connected = True

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

    def lost(self, now_s: float, *, fall_back: bool = False, at_once: bool = False) -> None:
        """No connection, or no more: decide when the next one is tried.

        Args:
            now_s: monotonic.
            fall_back: the broker may speak 3.1.1 only.
            at_once: the reason is known and the next one will be different.
        """
        held_s = 0.0 if self._connected_s is None else now_s - self._connected_s
        self._connected_s = None
        if self._away_since_s is None:
            self._away_since_s = now_s
        if fall_back and self.protocol == "5":
            self.protocol, self._next_s = "3.1.1", now_s
            return
        # Every new round begins with version 5: a broker that merely hung up may speak it.
        self.protocol = self._first
        if at_once:
            self._next_s = now_s + BACK_OFF_S[0] / 2
            return
        self._count = 0 if held_s >= HEALTHY_AFTER_S else self._count + 1
        wait_s = BACK_OFF_S[min(self._count, len(BACK_OFF_S) - 1)]
        self._next_s = now_s + wait_s * random.uniform(0.8, 1.2)

"""What a connection is made with: the version of MQTT, and how much it takes in."""

from __future__ import annotations

from typing import Literal

import msgspec

ProtocolVersion = Literal["5", "3.1.1"]
"""3.1.1 where the broker knows no other"""


class VersionChoice:
    """Which version to speak; ``current`` is for the next attempt.

    A broker that merely hung up may speak version 5, so 3.1.1 holds for one attempt and the
    connection that comes of it; then the configured version is tried first again.
    """

    def __init__(self, configured: ProtocolVersion) -> None:
        self._configured: ProtocolVersion = configured
        self.current: ProtocolVersion = configured

    def over(self, *, wrong_version: bool = False) -> bool:
        """The attempt or its connection is over; returns whether to try at once, in 3.1.1.

        ``wrong_version``: the broker may not speak the current one.
        """
        falls_back = wrong_version and self.current == "5"
        self.current = "3.1.1" if falls_back else self._configured
        return falls_back


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """How much of what others send one connection takes in: memory must not be theirs to fill."""

    most_waiting: int = 500
    """messages not looked at yet; beyond them the newest are dropped and counted"""
    most_bytes: int = 16_384
    """a longer packet is not even sent to us (MQTT 5), or ends the connection at its first bytes
    (3.1.1); a command has at most 4 kB"""
    kept_s: int = 60
    """for which the broker keeps messages for us after the connection (MQTT 5): longer than a short
    loss of the Wi-Fi, shorter than it takes for a tap on "tare" to become a surprise"""

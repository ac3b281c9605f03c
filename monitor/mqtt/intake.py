"""How much a connection takes in of what others send."""

from __future__ import annotations

import msgspec


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of one connection: memory must not be others' to fill."""

    most_waiting: int = 500
    """messages not looked at yet; beyond them the newest are dropped and counted"""
    most_bytes: int = 16_384
    """a longer packet is not even sent to us (MQTT 5), or ends the connection at its first bytes
    (3.1.1); a command has at most 4 kB"""
    kept_s: int = 60
    """for which the broker keeps messages for us after the connection (MQTT 5): longer than a short
    loss of the Wi-Fi, shorter than it takes for a tap on "tare" to become a surprise"""
